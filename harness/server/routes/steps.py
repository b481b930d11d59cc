"""Run steps: list, get."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.paging import list_response, read_page
from harness.server.rendering import without_result_content
from harness.server.state import State, state_of
from harness.server.wire import ApiError, Json

_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def has_content(request: Request) -> bool:
    """Return whether a request asks for the content of search results.

    Raises:
        ApiError: 400 where it asks for something that cannot be included.
    """
    query = request.query_params
    wanted = [*query.getlist("include[]"), *query.getlist("include")]
    for name in wanted:
        if name != _CONTENT:
            message = f"Invalid value: '{name}'. Supported values are: '{_CONTENT}'."
            raise ApiError(400, message, param="include", code="invalid_value")
    return bool(wanted)


async def list_steps(request: Request) -> Response:
    """Return one page of a run's steps."""
    state = state_of(request)
    run = _run_of(state, request)
    found = state.store.page("thread.run.step", read_page(request), parent=run["id"])
    if has_content(request):
        return list_response(found)
    return list_response(found and ([without_result_content(step) for step in found[0]], found[1]))


async def get(request: Request) -> Response:
    """Return a step."""
    state = state_of(request)
    run = _run_of(state, request)
    step = state.require("thread.run.step", request.path_params["step_id"], parent=run["id"])
    return JSONResponse(step if has_content(request) else without_result_content(step))


def _run_of(state: State, request: Request) -> Json:
    thread = state.require("thread", request.path_params["thread_id"])
    return state.require("thread.run", request.path_params["run_id"], parent=thread["id"])


_STEPS = "/threads/{thread_id}/runs/{run_id}/steps"
routes = [
    Route(_STEPS, list_steps, methods=["GET"]),
    Route(_STEPS + "/{step_id}", get, methods=["GET"]),
]
