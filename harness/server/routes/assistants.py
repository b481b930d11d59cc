"""Assistants: create, list, get, modify, delete."""

from openai.types.beta import Assistant
from openai.types.beta.assistant_create_params import AssistantCreateParams
from openai.types.beta.assistant_update_params import AssistantUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.paging import list_response, read_page
from harness.server.state import state_of
from harness.server.validation import read_body
from harness.server.vectorstores import resolve_resources
from harness.server.wire import Json, deleted, new_id, now, shaped

_DEFAULTS: Json = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}


async def create(request: Request) -> Response:
    """Make an assistant."""
    state = state_of(request)
    body = await read_body(request, AssistantCreateParams)
    state.require_model(body["model"])
    given = {key: value for key, value in body.items() if value is not None}
    own = {"id": new_id("asst"), "object": "assistant", "created_at": now()}
    resources = {"tool_resources": resolve_resources(state, body.get("tool_resources"))}
    assistant = shaped(Assistant, {**_DEFAULTS, **given, **resources, **own})
    state.store.add(assistant)
    return JSONResponse(assistant)


async def list_assistants(request: Request) -> Response:
    """Return one page of the assistants."""
    return list_response(state_of(request).store.page("assistant", read_page(request)))


async def get(request: Request) -> Response:
    """Return an assistant."""
    return JSONResponse(state_of(request).require("assistant", request.path_params["assistant_id"]))


async def modify(request: Request) -> Response:
    """Change what is given of an assistant."""
    state = state_of(request)
    body = await read_body(request, AssistantUpdateParams, is_optional=True)
    assistant = state.require("assistant", request.path_params["assistant_id"])
    if "model" in body:
        state.require_model(body["model"])
    if "tool_resources" in body:
        body = {**body, "tool_resources": resolve_resources(state, body["tool_resources"])}
    # A null takes a value back to what it is when nobody gives one.
    changed = {key: _DEFAULTS.get(key) if value is None else value for key, value in body.items()}
    assistant = shaped(Assistant, {**assistant, **changed})
    state.store.put(assistant)
    return JSONResponse(assistant)


async def delete(request: Request) -> Response:
    """Forget an assistant."""
    state = state_of(request)
    assistant = state.require("assistant", request.path_params["assistant_id"])
    state.store.delete("assistant", assistant["id"])
    return deleted(assistant["id"], "assistant.deleted")


routes = [
    Route("/assistants", list_assistants, methods=["GET"]),
    Route("/assistants", create, methods=["POST"]),
    Route("/assistants/{assistant_id}", get, methods=["GET"]),
    Route("/assistants/{assistant_id}", modify, methods=["POST"]),
    Route("/assistants/{assistant_id}", delete, methods=["DELETE"]),
]
