"""Drive a case through the Assistants protocol. What is said is not looked at here: it is read from the tape."""

import asyncio
from typing import TYPE_CHECKING, Any

from harness.errors import DriveError, FunctionError
from harness.model.plan import Handles, Planned
from harness.targets.assistants.parts import demanded_calls
from harness.targets.assistants.setup import tool_choice
from harness.targets.calls import Answer, get, post, to_its_end
from harness.targets.functions import MOST_ROUNDS, Functions, endless
from harness.targets.target import Remember

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

GOING_ON = frozenset({"queued", "in_progress", "cancelling"})
"""Run statuses after which another follows by itself."""
SEARCH_RESULTS = "step_details.tool_calls[*].file_search.results[*].content"
"""What must be asked for, or the cited passages stay unknown."""


async def drive(
    client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember, functions: Functions
) -> None:
    """Run every turn of a case on a thread of its own.

    Stops after a turn whose run does not complete: later turns would answer a broken conversation.

    Raises:
        EndpointError: The endpoint could not be reached or refused a request.
        DriveError: The endpoint sent a run status that the protocol does not know, or functions come to no end.
    """
    prompts = planned.asked
    thread_id = await to_its_end(_new_thread(client, _thread(prompts[0], handles), remember))
    for index, prompt in enumerate(prompts):
        if index:
            await post(client, f"/threads/{thread_id}/messages", {"role": "user", "content": prompt})
        run = await post(client, f"/threads/{thread_id}/runs", _run_body(planned, handles))
        if not await _finish(client, f"/threads/{thread_id}", run, functions):
            return


async def _new_thread(client: "AsyncOpenAI", body: dict[str, Any], remember: Remember) -> str:
    thread_id = (await post(client, "/threads", body)).text("id")
    remember("thread", thread_id)
    return thread_id


def _thread(prompt: str, handles: Handles) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": prompt}]}
    if handles.store_id is not None:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [handles.store_id]}}
    return body


def _run_body(planned: Planned, handles: Handles) -> dict[str, Any]:
    assistant = planned.assistant
    body: dict[str, Any] = {"assistant_id": handles.assistant_id}
    if assistant.id is not None and assistant.model is not None:
        body["model"] = assistant.model  # the user wants another than the existing assistant's own
    if assistant.run_instructions:
        body["instructions"] = assistant.run_instructions  # replaces the assistant's own
    if assistant.additional_run_instructions:
        body["additional_instructions"] = assistant.additional_run_instructions
    if assistant.tool_choice is not None:
        body["tool_choice"] = tool_choice(assistant.tool_choice)
    if assistant.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = assistant.parallel_tool_calls
    return body


async def _finish(client: "AsyncOpenAI", thread: str, run: Answer, functions: Functions) -> bool:
    """Follow a run to its end, fetch its messages and steps; tell whether it completed."""
    path = f"{thread}/runs/{run.text('id')}"
    run = await _follow(client, path, run)
    try:
        run = await _with_outputs(client, path, run, functions)
    except FunctionError:
        await post(client, f"{path}/cancel", {})  # or it would wait until it expires
        raise
    query = {"order": "asc", "limit": 100}
    await get(client, f"{path}/steps", query | {"include[]": SEARCH_RESULTS})
    await get(client, f"{thread}/messages", query | {"run_id": run.data.get("id")})
    return run.data.get("status") == "completed"


async def _with_outputs(client: "AsyncOpenAI", path: str, run: Answer, functions: Functions) -> Answer:
    """Hand back what functions return for as long as a run asks for it."""
    for _ in range(MOST_ROUNDS):
        if run.data.get("status") != "requires_action":
            return run
        calls = demanded_calls(run.data)
        if not calls:
            raise FunctionError("the run waits for the outputs of functions, and does not say of which")
        outputs = [await _output(call, functions) for call in calls]
        run = await post(client, f"{path}/submit_tool_outputs", {"tool_outputs": outputs})
        run = await _follow(client, path, run)
    if run.data.get("status") == "requires_action":
        raise endless()
    return run


async def _output(call: dict[str, Any], functions: Functions) -> dict[str, str]:
    asked = call.get("function") or {}
    output = await functions.output(str(asked.get("name") or ""), str(asked.get("arguments") or ""))
    return {"tool_call_id": str(call.get("id")), "output": output}


async def _follow(client: "AsyncOpenAI", path: str, run: Answer) -> Answer:
    while (status := run.data.get("status")) in GOING_ON:
        await asyncio.sleep(run.poll_after_s)
        run = await get(client, path)
    if status not in {"completed", "requires_action", "incomplete", "failed", "cancelled", "expired"}:
        raise DriveError(f"the endpoint sent the run status {status!r}, which the protocol does not know")
    return run
