"""Models: list, get."""

from openai.types import Model
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.state import state_of
from harness.server.wire import Json, shaped

_OWNER = "assistant-harness (built-in stand-in, not a language model)"
"""Who owns the models: so that nobody takes a stand-in for a language model."""


async def list_models(request: Request) -> Response:
    """Return the models that this server offers."""
    names = state_of(request).models
    return JSONResponse({"object": "list", "data": [_shown(name) for name in names]})


async def get_model(request: Request) -> Response:
    """Return one model."""
    name = request.path_params["model"]
    state_of(request).require_model(name)
    return JSONResponse(_shown(name))


def _shown(name: str) -> Json:
    # No date: these models are part of the package, and equal packages answer equally.
    return shaped(Model, {"id": name, "object": "model", "created": 0, "owned_by": _OWNER})


routes = [
    Route("/models", list_models, methods=["GET"]),
    Route("/models/{model}", get_model, methods=["GET"]),
]
