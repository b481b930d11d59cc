"""What every answer has in common: ids, times, errors, the shape of objects."""

import secrets
import string
import time
from collections.abc import Mapping
from typing import Any, TypeAlias

from openai import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json: TypeAlias = dict[str, Any]
"""A wire object: exactly what a client reads."""

_ALPHABET = string.ascii_letters + string.digits


class ApiError(Exception):
    """An answer in the API's error shape.

    Args:
        status: HTTP status.
        message: What is wrong, in the API's own words where they are known.
        param: The part of the request that is wrong, for example `tools[0].type`.
        code: The API's short name for the error.
    """

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code


def not_found(kind: str, identifier: str) -> ApiError:
    """Return the 404 for an object that does not exist.

    Args:
        kind: The object in words, for example `vector store`.
        identifier: The id that was asked for.
    """
    if kind == "file":
        return ApiError(404, f"No such File object: {identifier}", param="id")
    return ApiError(404, f"No {kind} found with id '{identifier}'.")


def error_response(error: ApiError) -> JSONResponse:
    """Render an error as the API does."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    body = {"message": error.message, "type": kind, "param": error.param, "code": error.code}
    return JSONResponse({"error": body}, status_code=error.status)


async def handle_api_error(_request: Request, error: Exception) -> Response:
    """Answer our own errors."""
    assert isinstance(error, ApiError)
    return error_response(error)


async def handle_http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown route, a method that a route does not have."""
    assert isinstance(error, HTTPException)
    messages = {
        404: f"Invalid URL ({request.method} {request.url.path})",
        405: f"Not allowed to {request.method} on {request.url.path} "
        "(HINT: Perhaps you meant to use a different HTTP method?)",
    }
    return error_response(ApiError(error.status_code, messages.get(error.status_code, str(error.detail))))


async def handle_departure(_request: Request, _error: Exception) -> Response:
    """Answer a client that left while it was still sending: nobody reads it, and nothing is wrong here."""
    return Response(status_code=499)


async def handle_crash(_request: Request, _error: Exception) -> Response:
    """Answer a defect of ours; the traceback goes to the server's stderr."""
    return error_response(
        ApiError(500, "The server had an error while processing your request. See the server's own output.")
    )


def new_id(prefix: str) -> str:
    """Return a fresh id in the real API's format for its kind, for example `asst_` + 24 alphanumerics."""
    if prefix in {"vs", "vsfb"}:
        return f"{prefix}_{secrets.token_hex(16)}"
    if prefix == "file":
        return "file-" + "".join(secrets.choice(_ALPHABET) for _ in range(22))
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def now() -> int:
    """Return the time as the wire tells it: whole seconds since 1970."""
    return int(time.time())


def shaped(model: type[BaseModel], fields: Mapping[str, Any]) -> Json:
    """Return fields as a wire object, held to the openai package's own type for it.

    Keys that were not given stay absent, because the API tells an absent field from a null one.

    Raises:
        pydantic.ValidationError: The fields do not make such an object: a defect of this server.
    """
    return model.model_validate(fields).to_dict(mode="json")


def deleted(identifier: str, kind: str) -> JSONResponse:
    """Answer that an object is gone.

    Args:
        identifier: Its id.
        kind: The answer's `object`, for example `assistant.deleted`.
    """
    return JSONResponse({"id": identifier, "object": kind, "deleted": True})
