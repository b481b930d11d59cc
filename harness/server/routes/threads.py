"""Threads: create, get, modify, delete."""

from openai.types.beta import Thread
from openai.types.beta.thread_create_params import ThreadCreateParams
from openai.types.beta.thread_update_params import ThreadUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.conversations import create_thread, delete_thread
from harness.server.state import state_of
from harness.server.validation import read_body
from harness.server.vectorstores import resolve_resources
from harness.server.wire import deleted, shaped


async def create(request: Request) -> Response:
    """Make a thread."""
    body = await read_body(request, ThreadCreateParams, is_optional=True)
    return JSONResponse(create_thread(state_of(request), body))


async def get(request: Request) -> Response:
    """Return a thread."""
    return JSONResponse(state_of(request).require("thread", request.path_params["thread_id"]))


async def modify(request: Request) -> Response:
    """Change a thread's metadata or vector stores."""
    state = state_of(request)
    body = await read_body(request, ThreadUpdateParams, is_optional=True)
    thread = state.require("thread", request.path_params["thread_id"])
    changed = {"metadata": body["metadata"] or {}} if "metadata" in body else {}
    if "tool_resources" in body:
        changed["tool_resources"] = resolve_resources(state, body["tool_resources"])
    thread = shaped(Thread, {**thread, **changed})
    state.store.put(thread)
    return JSONResponse(thread)


async def delete(request: Request) -> Response:
    """Forget a thread and everything in it."""
    state = state_of(request)
    thread = state.require("thread", request.path_params["thread_id"])
    delete_thread(state, thread["id"])
    return deleted(thread["id"], "thread.deleted")


routes = [
    Route("/threads", create, methods=["POST"]),
    Route("/threads/{thread_id}", get, methods=["GET"]),
    Route("/threads/{thread_id}", modify, methods=["POST"]),
    Route("/threads/{thread_id}", delete, methods=["DELETE"]),
]
