"""Models: list, get."""

from openai.types import Model
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.state import State, no_model, state_of
from harness.server.wire import Json, shaped

_OWNER = "assistant-harness (built-in stand-in, not a language model)"
"""Who owns the models: so that nobody takes a stand-in for a language model."""


async def list_models(request: Request) -> Response:
    """Return the models that this server offers, and those of the upstream where it lists them."""
    state = state_of(request)
    built_in = [_shown(name) for name in state.models]
    return JSONResponse({"object": "list", "data": [*built_in, *(await _behind(state) or ())]})


async def get_model(request: Request) -> Response:
    """Return one model."""
    state = state_of(request)
    name = request.path_params["model"]
    state.require_model(name)
    if name in state.models:
        return JSONResponse(_shown(name))
    listed = await _behind(state)
    if listed is None:
        return JSONResponse(shaped(Model, {"id": name, "object": "model", "created": 0, "owned_by": "upstream"}))
    for model in listed:
        if model["id"] == name:
            return JSONResponse(model)
    raise no_model(name)


async def _behind(state: State) -> list[Json] | None:
    """Return the upstream's models; None where it lists none, or there is no upstream."""
    if state.endpoint is None:
        return None
    listed = await state.endpoint.models()
    return None if listed is None else [model for model in listed if model["id"] not in state.models]


def _shown(name: str) -> Json:
    # No date: these models are part of the package, and equal packages answer equally.
    return shaped(Model, {"id": name, "object": "model", "created": 0, "owned_by": _OWNER})


routes = [
    Route("/models", list_models, methods=["GET"]),
    Route("/models/{model:path}", get_model, methods=["GET"]),
]
