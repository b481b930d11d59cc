"""What a request of the Responses protocol says of the assistant: with each turn all that an assistant would hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model.plan import Handles, Planned
from harness.model.suite import Assistant
from harness.model.tools import FunctionChoice, FunctionTool, ToolChoice

INCLUDE = ("file_search_call.results",)
"""What must be asked for, or the cited passages stay unknown."""
INCLUDE_OF_PROMPTS = (*INCLUDE, "code_interpreter_call.outputs")
"""A prompt that is kept on the server may have tools that no suite can give."""


def settings_of(planned: Planned, handles: Handles) -> dict[str, Any]:
    """Return the part of a request that is the same in all of a run's turns.

    A response does not take over the instructions of the one that it goes on from: they are sent each time.
    """
    assistant = planned.assistant
    tools = list(_tools(assistant, handles.store_id))
    has_search = any(tool["type"] == "file_search" for tool in tools)
    include = INCLUDE_OF_PROMPTS if assistant.prompt is not None else INCLUDE if has_search else None
    body: dict[str, Any] = {
        "model": assistant.model,
        "prompt": _prompt(assistant),
        "instructions": instructions_of(assistant) or None,
        "tools": tools or None,
        "include": list(include) if include else None,
        "temperature": assistant.temperature,
        "top_p": assistant.top_p,
        "parallel_tool_calls": assistant.parallel_tool_calls,
    }
    return {name: value for name, value in body.items() if value is not None}


def instructions_of(assistant: Assistant) -> str:
    """Return what the model is told: what the Assistants protocol puts together from an assistant and its run."""
    told = (assistant.run_instructions or assistant.instructions, assistant.additional_run_instructions)
    return "\n".join(text for text in told if text)


def tool_choice(choice: ToolChoice) -> str | dict[str, str]:
    """Return a choice of tools as a request spells it."""
    if isinstance(choice, FunctionChoice):
        return {"type": "function", "name": choice.function}
    return {"type": choice} if choice == "file_search" else choice


def _prompt(assistant: Assistant) -> Mapping[str, Any] | None:
    prompt = assistant.prompt
    if prompt is None:
        return None
    told = {"id": prompt.id, "version": prompt.version, "variables": dict(prompt.variables) or None}
    return {name: value for name, value in told.items() if value is not None}


def _tools(assistant: Assistant, store_id: str | None) -> Iterator[dict[str, Any]]:
    for tool in assistant.tools:
        if isinstance(tool, FunctionTool):
            # Of a prompt the functions are its own: the suite only says what they return.
            if assistant.prompt is None:
                yield _function(tool)
        elif store_id is not None:  # there must be something to search in
            settings = {} if assistant.max_num_results is None else {"max_num_results": assistant.max_num_results}
            yield {"type": tool, "vector_store_ids": [store_id], **settings}


def _function(tool: FunctionTool) -> dict[str, Any]:
    described = {} if tool.description is None else {"description": tool.description}
    parameters = dict(tool.parameters)
    # Left out, `strict` would mean yes here and no in the other protocol.
    return {"type": "function", "name": tool.function, **described, "parameters": parameters, "strict": tool.strict}
