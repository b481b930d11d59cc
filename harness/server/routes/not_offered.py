"""What the real API has and this server has not: refused by name, instead of as a wrong address."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.server.wire import ApiError

_NOT_OFFERED = {
    "audio": "audio",
    "batches": "batches",
    "embeddings": "embeddings: its retrieval goes by words",
    "evals": "evals",
    "fine_tuning": "fine-tuning",
    "images": "images: its models read and write text only",
    "moderations": "moderation",
    "realtime": "realtime sessions",
    "videos": "videos",
}
"""The first part of an address, and what it stands for."""


async def refuse(request: Request) -> Response:
    """Say that this part of the API is not offered."""
    part = request.url.path.split("/")[2]  # behind /v1
    raise ApiError(404, f"This server does not offer {_NOT_OFFERED[part]}.", code="not_offered")


routes = [
    Route(path, refuse, methods=["GET", "POST", "DELETE"])
    for part in _NOT_OFFERED
    for path in (f"/{part}", f"/{part}/{{rest:path}}")
]
