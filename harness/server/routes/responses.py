"""Responses: create, get, delete, cancel, their input items; what an input weighs in tokens."""

import asyncio

from openai.types.responses import InputTokenCountResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.departure import is_awaited
from harness.server.paging import list_response, read_page
from harness.server.rendering import prompt_tokens
from harness.server.responses.asking import read_request, told
from harness.server.responses.body import ResponseCreate, TokenCount
from harness.server.responses.context import (
    earlier_items,
    forget_response,
    given_items,
    input_items,
    kept_events,
    require_response,
)
from harness.server.responses.items import shown_item, shown_response
from harness.server.responses.log import TERMINAL, ResponseLog
from harness.server.responses.making import start_response
from harness.server.responses.query import page_of, read_include, read_number
from harness.server.responses.streaming import replay_events, stream_response
from harness.server.responses.tools import chosen_tools, shown_tools
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, deleted, shaped


async def create(request: Request) -> Response:
    """Answer an input."""
    state = state_of(request)
    body = await read_body(request, ResponseCreate)
    include = frozenset(body.get("include") or [])
    log = start_response(state, read_request(state, body))
    if body.get("stream"):
        return stream_response(log, include)
    if not body.get("background"):
        await _end_of(log, request)
    return _answered(state, log.response, include)


async def _end_of(log: ResponseLog, request: Request) -> None:
    """Wait for the end of a response; the work ends with its client."""
    over = asyncio.ensure_future(log.over.wait())
    try:
        if not await is_awaited(request, over):
            log.stop.set()
        await over
    finally:
        over.cancel()


def _answered(state: State, response: Json, include: frozenset[str]) -> Response:
    headers = {} if response["status"] in TERMINAL else {"openai-poll-after-ms": str(state.settings.poll_after_ms)}
    return JSONResponse(shown_response(response, include), headers=headers)


async def get(request: Request) -> Response:
    """Return a response, or its events."""
    state = state_of(request)
    include = read_include(request)
    response = require_response(state, request.path_params["response_id"])
    if request.query_params.get("stream", "").lower() != "true":
        return _answered(state, response, include)
    after = read_number(request, "starting_after", -1)
    log = state.active_responses.get(response["id"])
    if log is not None and log.is_followed:
        return stream_response(log, include, after=after)
    events = kept_events(state, response["id"])
    if events is None:
        message = "Only a response that was created with 'background' and 'stream' can be streamed again."
        raise ApiError(400, message, param="stream", code="invalid_value")
    return replay_events(events, include, after=after)


async def delete(request: Request) -> Response:
    """Forget a response; one under way is stopped."""
    state = state_of(request)
    response = require_response(state, request.path_params["response_id"])
    log = state.active_responses.get(response["id"])
    if log is not None:
        log.is_stored = False
        log.stop.set()
    forget_response(state, response)
    return deleted(response["id"], "response")


async def cancel(request: Request) -> Response:
    """Stop a response that is made in the background; one that has ended stays as it is."""
    state = state_of(request)
    response = require_response(state, request.path_params["response_id"])
    if not response["background"]:
        raise ApiError(400, "Cannot cancel a synchronous response.")
    log = state.active_responses.get(response["id"])
    if log is not None:
        log.stop.set()
        await log.over.wait()
        response = log.response
    return JSONResponse(shown_response(response, frozenset()))


async def list_input_items(request: Request) -> Response:
    """Return one page of everything that a response was given, earlier turns included."""
    state = state_of(request)
    include = read_include(request)
    response = require_response(state, request.path_params["response_id"])
    items = [shown_item(item, include) for item in input_items(state, response["id"])]
    return list_response(page_of(items, read_page(request)))


async def count_tokens(request: Request) -> Response:
    """Estimate the tokens of an input."""
    state = state_of(request)
    body = await read_body(request, TokenCount, is_optional=True)
    items = [*earlier_items(state, body), *given_items(state, body)]
    tools = chosen_tools(shown_tools(state, body.get("tools") or []), body.get("tool_choice"))
    counted = prompt_tokens(told(body, items, tools))
    return JSONResponse(shaped(InputTokenCountResponse, {"object": "response.input_tokens", "input_tokens": counted}))


async def compact(_request: Request) -> Response:
    """Refuse to compact: there is no model here that could read the result."""
    message = "This server does not offer compaction: send the items themselves, or 'previous_response_id'."
    raise ApiError(400, message, code="unsupported_operation")


_RESPONSE = "/responses/{response_id}"
# The fixed names must come before `/responses/{response_id}`.
routes = [
    Route("/responses", create, methods=["POST"]),
    Route("/responses/input_tokens", count_tokens, methods=["POST"]),
    Route("/responses/compact", compact, methods=["POST"]),
    Route(_RESPONSE, get, methods=["GET"]),
    Route(_RESPONSE, delete, methods=["DELETE"]),
    Route(_RESPONSE + "/cancel", cancel, methods=["POST"]),
    Route(_RESPONSE + "/input_items", list_input_items, methods=["GET"]),
]
