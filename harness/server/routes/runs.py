"""Runs: create (alone or with a thread), list, get, modify, cancel, submit tool outputs."""

from typing import Any

from openai.types.beta.thread_create_and_run_params import ThreadCreateAndRunParamsBase
from openai.types.beta.threads import Run
from openai.types.beta.threads.run_create_params import RunCreateParamsBase
from openai.types.beta.threads.run_submit_tool_outputs_params import RunSubmitToolOutputsParamsBase
from openai.types.beta.threads.run_update_params import RunUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.conversations import add_messages, create_thread
from harness.server.paging import list_response, read_page
from harness.server.routes.steps import has_content
from harness.server.runlog import TERMINAL, RunLog
from harness.server.runs import check_outputs, start_run, submit_outputs
from harness.server.state import State, state_of
from harness.server.streaming import stream_response
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, new_id, now, shaped

_OVERRIDES = ("model", "tools", "temperature", "top_p", "response_format")
"""What a run takes from its assistant unless the request says otherwise."""
_MAX_TOOLS = 20
_CANCELLABLE = frozenset({"queued", "in_progress", "requires_action"})


class _RunCreate(RunCreateParamsBase, total=False):
    """The package has one type for each value of `stream`; over the wire it is one field."""

    stream: bool | None


class _ThreadRunCreate(ThreadCreateAndRunParamsBase, total=False):
    stream: bool | None


class _ToolOutputs(RunSubmitToolOutputsParamsBase, total=False):
    stream: bool | None


async def create(request: Request) -> Response:
    """Start a run on a thread."""
    state = state_of(request)
    body = await read_body(request, _RunCreate)
    thread = state.require("thread", request.path_params["thread_id"])
    active = state.active_runs.get(thread["id"])
    if active is not None:
        raise ApiError(400, f"Thread {thread['id']} already has an active run {active.run['id']}.")
    run = _new_run(state, thread["id"], body)
    is_with_content = has_content(request)
    with state.store.transaction():
        add_messages(state, thread["id"], body.get("additional_messages") or [], param="additional_messages")
        return _started(state, run, body, has_content=is_with_content)


async def create_with_thread(request: Request) -> Response:
    """Make a thread and start a run on it."""
    state = state_of(request)
    body = await read_body(request, _ThreadRunCreate)
    _new_run(state, "thread_", body)  # refused here, the request leaves no thread behind
    described = dict(body.get("thread") or {})
    if body.get("tool_resources") is not None:
        described["tool_resources"] = {**(described.get("tool_resources") or {}), **body["tool_resources"]}
    thread = create_thread(state, described, param="thread.messages")
    run = _new_run(state, thread["id"], body)
    return _started(state, run, body, has_content=False, thread=thread)


def _started(state: State, run: Json, body: Json, *, has_content: bool, thread: Json | None = None) -> Response:
    log = RunLog(state.store, run)
    events = log.listen() if body.get("stream") else None
    start_run(state, log)
    return JSONResponse(run) if events is None else stream_response(events, has_content=has_content, thread=thread)


def _new_run(state: State, thread_id: str, body: Json) -> Json:
    assistant = state.require("assistant", body["assistant_id"])
    taken: Json = {key: body[key] if body.get(key) is not None else assistant.get(key) for key in _OVERRIDES}
    state.require_model(taken["model"])
    _check_tools(taken["tools"])
    _check_choice(body.get("tool_choice"), taken["tools"])
    created = now()
    fields: dict[str, Any] = {
        "id": new_id("run"),
        "object": "thread.run",
        "created_at": created,
        "assistant_id": assistant["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": created + round(state.settings.run_lifetime_s),
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "incomplete_details": None,
        "usage": None,
        "instructions": _instructions(assistant, body),
        "metadata": body.get("metadata") or {},
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "max_completion_tokens": body.get("max_completion_tokens"),
        "truncation_strategy": {"last_messages": None, **(body.get("truncation_strategy") or {"type": "auto"})},
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        **taken,
    }
    return shaped(Run, fields)


def _instructions(assistant: Json, body: Json) -> str:
    """Return the instructions in force: the run's replace the assistant's, additional ones are appended."""
    own = body.get("instructions")
    base = own if own is not None else assistant.get("instructions")
    return "\n".join(part for part in (base, body.get("additional_instructions")) if part)


def _check_tools(tools: list[Json]) -> None:
    if len(tools) > _MAX_TOOLS:
        message = f"Invalid 'tools': array too long. Expected at most {_MAX_TOOLS}, but got {len(tools)} instead."
        raise ApiError(400, message, param="tools", code="array_above_max_length")
    for number, tool in enumerate(tools):
        if tool["type"] == "code_interpreter":
            message = "This server does not offer code_interpreter: it never executes code."
            raise ApiError(400, message, param=f"tools[{number}].type", code="unsupported_value")


def _check_choice(choice: str | Json | None, tools: list[Json]) -> None:
    if choice == "required" and not tools:
        message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        raise ApiError(400, message, param="tool_choice")
    if not isinstance(choice, dict):
        return
    name = (choice.get("function") or {}).get("name")
    offered = {tool["function"]["name"] if tool["type"] == "function" else tool["type"] for tool in tools}
    if (name if choice["type"] == "function" else choice["type"]) not in offered:
        message = f"Tool choice '{name or choice['type']}' not found in 'tools' parameter."
        raise ApiError(400, message, param="tool_choice")


async def list_runs(request: Request) -> Response:
    """Return one page of a thread's runs."""
    state = state_of(request)
    thread = state.require("thread", request.path_params["thread_id"])
    return list_response(state.store.page("thread.run", read_page(request), parent=thread["id"]))


async def get(request: Request) -> Response:
    """Return a run."""
    state = state_of(request)
    run = _of(state, request)
    headers = {} if run["status"] in TERMINAL else {"openai-poll-after-ms": str(state.settings.poll_after_ms)}
    return JSONResponse(run, headers=headers)


async def modify(request: Request) -> Response:
    """Change a run's metadata."""
    state = state_of(request)
    body = await read_body(request, RunUpdateParams, is_optional=True)
    run = _of(state, request)
    if "metadata" in body:
        run = shaped(Run, {**run, "metadata": body["metadata"] or {}})
        state.store.put(run, parent=run["thread_id"])
    return JSONResponse(run)


async def cancel(request: Request) -> Response:
    """Ask a run to stop."""
    state = state_of(request)
    run = _of(state, request)
    log = state.active_runs.get(run["thread_id"])
    if log is None or log.run["id"] != run["id"] or run["status"] not in _CANCELLABLE:
        raise ApiError(400, f"Cannot cancel run with status '{run['status']}'.")
    log.move("cancelling")
    log.stop.set()
    return JSONResponse(log.run)


async def submit_tool_outputs(request: Request) -> Response:
    """Take what the functions gave back that a run waits for, and let it go on."""
    state = state_of(request)
    body = await read_body(request, _ToolOutputs)
    run = _of(state, request)
    log = state.active_runs.get(run["thread_id"])
    if log is None or log.run["id"] != run["id"] or run["status"] != "requires_action":
        raise ApiError(400, f'Runs in status "{run["status"]}" do not accept tool outputs.')
    check_outputs(log, body["tool_outputs"])
    events = log.listen() if body.get("stream") else None
    with state.store.transaction():
        submit_outputs(log, body["tool_outputs"])
    return JSONResponse(log.run) if events is None else stream_response(events, has_content=has_content(request))


def _of(state: State, request: Request) -> Json:
    thread = state.require("thread", request.path_params["thread_id"])
    return state.require("thread.run", request.path_params["run_id"], parent=thread["id"])


_RUNS = "/threads/{thread_id}/runs"
routes = [
    Route("/threads/runs", create_with_thread, methods=["POST"]),
    Route(_RUNS, list_runs, methods=["GET"]),
    Route(_RUNS, create, methods=["POST"]),
    Route(_RUNS + "/{run_id}", get, methods=["GET"]),
    Route(_RUNS + "/{run_id}", modify, methods=["POST"]),
    Route(_RUNS + "/{run_id}/cancel", cancel, methods=["POST"]),
    Route(_RUNS + "/{run_id}/submit_tool_outputs", submit_tool_outputs, methods=["POST"]),
]
