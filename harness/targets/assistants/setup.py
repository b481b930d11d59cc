"""The assistant under test, as the Assistants protocol makes it."""

from pathlib import PurePosixPath
from typing import Any

from harness.model.plan import Planned
from harness.model.tools import FunctionChoice, FunctionTool, Tool, ToolChoice
from harness.targets.maker import Maker


async def make_assistant(maker: Maker, planned: Planned, vector_store_id: str | None) -> str:
    """Make the assistant under test and return its id."""
    assistant = planned.assistant
    body: dict[str, Any] = {
        "model": assistant.model,
        "name": (assistant.name or PurePosixPath(planned.suite).stem)[:256],
        "instructions": assistant.instructions,
        "tools": [_tool(tool, assistant.max_num_results) for tool in assistant.tools],
        "temperature": assistant.temperature,
        "top_p": assistant.top_p,
    }
    if vector_store_id is not None and "file_search" in assistant.tools:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [vector_store_id]}}
    told = {key: value for key, value in body.items() if value is not None}
    return await maker.make("assistant", "/assistants", told)


def _tool(tool: Tool, max_num_results: int | None) -> dict[str, Any]:
    if isinstance(tool, FunctionTool):
        told: dict[str, Any] = {
            "name": tool.function,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        }
        told |= {"strict": True} if tool.strict else {}
        return {"type": "function", "function": {name: value for name, value in told.items() if value is not None}}
    return {"type": tool} | ({} if max_num_results is None else {tool: {"max_num_results": max_num_results}})


def tool_choice(choice: ToolChoice) -> str | dict[str, Any]:
    """Return a choice of tools as a run spells it."""
    if isinstance(choice, FunctionChoice):
        return {"type": "function", "function": {"name": choice.function}}
    return {"type": choice} if choice == "file_search" else choice
