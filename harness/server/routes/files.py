"""Files: upload, list, get, delete, content."""

from collections.abc import Iterator

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.server.filestore import (
    check_purpose,
    described_file,
    forget_expired_files,
    forget_file,
    keep_bytes,
    upload_of,
)
from harness.server.limits import check_limits
from harness.server.paging import list_response, read_page
from harness.server.state import State, state_of
from harness.server.wire import ApiError, deleted


async def create(request: Request) -> Response:
    """Keep an uploaded file."""
    state = state_of(request)
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            upload, purpose = upload_of(form, "file"), check_purpose(form.get("purpose"))
            file = described_file(upload.filename or "", 0, purpose, _expires_after(form))
            file["bytes"] = await keep_bytes(state, file["id"], upload)
    except MultiPartException as error:
        raise ApiError(400, f"The multipart body could not be read: {error.message}") from None
    state.store.add(file)
    return JSONResponse(file)


def _expires_after(form: FormData) -> int | None:
    seconds = form.get("expires_after[seconds]")
    if seconds is None:
        return None
    if not str(seconds).isdecimal():
        param = "expires_after.seconds"
        raise ApiError(400, f"Invalid type for '{param}': expected an integer.", param=param, code="invalid_type")
    check_limits({"expires_after": {"seconds": int(str(seconds)[:20])}})
    return int(str(seconds))


async def list_files(request: Request) -> Response:
    """Return one page of the files."""
    state = state_of(request)
    forget_expired_files(state)
    purpose = request.query_params.get("purpose")
    page = read_page(request, maximum=10_000, default=10_000)
    return list_response(state.store.page("file", page, where={"purpose": purpose} if purpose else None))


async def get(request: Request) -> Response:
    """Return a file's description."""
    return JSONResponse(state_of(request).require("file", request.path_params["file_id"]))


async def delete(request: Request) -> Response:
    """Forget a file, in the vector stores too."""
    state = state_of(request)
    file_id = state.require("file", request.path_params["file_id"])["id"]
    forget_file(state, file_id)
    return deleted(file_id, "file")


async def content(request: Request) -> Response:
    """Return a file's bytes."""
    state = state_of(request)
    file_id = state.require("file", request.path_params["file_id"])["id"]
    return StreamingResponse(_parts(state, file_id), media_type="application/octet-stream")


def _parts(state: State, file_id: str) -> Iterator[bytes]:
    number = 0
    while (part := state.store.content_part(file_id, number)) is not None:
        yield part
        number += 1


routes = [
    Route("/files", list_files, methods=["GET"]),
    Route("/files", create, methods=["POST"]),
    Route("/files/{file_id}", get, methods=["GET"]),
    Route("/files/{file_id}", delete, methods=["DELETE"]),
    Route("/files/{file_id}/content", content, methods=["GET"]),
]
