"""Messages: create, list, get, modify, delete."""

from openai.types.beta.threads import Message
from openai.types.beta.threads.message_create_params import MessageCreateParams
from openai.types.beta.threads.message_update_params import MessageUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.conversations import add_message
from harness.server.paging import list_response, read_page
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, deleted, shaped


async def create(request: Request) -> Response:
    """Add a message to a thread."""
    state = state_of(request)
    body = await read_body(request, MessageCreateParams)
    thread = state.require("thread", request.path_params["thread_id"])
    log = state.active_runs.get(thread["id"])
    if log is not None:
        message = f"Can't add messages to {thread['id']} while a run {log.run['id']} is active."
        raise ApiError(400, message)
    return JSONResponse(add_message(state, thread["id"], body))


async def list_messages(request: Request) -> Response:
    """Return one page of a thread's messages."""
    state = state_of(request)
    thread = state.require("thread", request.path_params["thread_id"])
    run_id = request.query_params.get("run_id")
    where = {"run_id": run_id} if run_id else None
    return list_response(state.store.page("thread.message", read_page(request), where=where, parent=thread["id"]))


async def get(request: Request) -> Response:
    """Return a message."""
    return JSONResponse(_of(state_of(request), request))


async def modify(request: Request) -> Response:
    """Change a message's metadata."""
    state = state_of(request)
    body = await read_body(request, MessageUpdateParams, is_optional=True)
    message = _of(state, request)
    if "metadata" in body:
        message = shaped(Message, {**message, "metadata": body["metadata"] or {}})
        state.store.put(message, parent=message["thread_id"])
    return JSONResponse(message)


async def delete(request: Request) -> Response:
    """Forget a message."""
    state = state_of(request)
    message = _of(state, request)
    state.store.delete("thread.message", message["id"], parent=message["thread_id"])
    return deleted(message["id"], "thread.message.deleted")


def _of(state: State, request: Request) -> Json:
    thread = state.require("thread", request.path_params["thread_id"])
    return state.require("thread.message", request.path_params["message_id"], parent=thread["id"])


_MESSAGES = "/threads/{thread_id}/messages"
routes = [
    Route(_MESSAGES, list_messages, methods=["GET"]),
    Route(_MESSAGES, create, methods=["POST"]),
    Route(_MESSAGES + "/{message_id}", get, methods=["GET"]),
    Route(_MESSAGES + "/{message_id}", modify, methods=["POST"]),
    Route(_MESSAGES + "/{message_id}", delete, methods=["DELETE"]),
]
