"""Files: upload, list, get, delete, content."""

import asyncio
from collections.abc import Iterator
from typing import get_args

from openai.types import FileObject, FilePurpose
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.server.limits import check_limits
from harness.server.paging import list_response, read_page
from harness.server.state import State, state_of
from harness.server.vectorstores import detach_file
from harness.server.wire import ApiError, Json, deleted, new_id, now, shaped

_PART_BYTES = 4 * 1024 * 1024
"""Size of the parts in which files are kept: small enough that nobody waits for the store."""
_PURPOSES = get_args(FilePurpose)


async def create(request: Request) -> Response:
    """Keep an uploaded file."""
    state = state_of(request)
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            upload, purpose = _upload_of(form), _purpose_of(form)
            expires_at = _expires_at(form)
            file_id = new_id("file")
            size = await _keep(state, file_id, upload)
    except MultiPartException as error:
        raise ApiError(400, f"The multipart body could not be read: {error.message}") from None
    fields: Json = {
        "id": file_id,
        "object": "file",
        "bytes": size,
        "created_at": now(),
        "filename": _base_name(upload.filename or ""),
        "purpose": purpose,
        "status": "processed",
        **expires_at,
    }
    state.store.add(shaped(FileObject, fields))
    return JSONResponse(fields)


def _upload_of(form: FormData) -> UploadFile:
    upload = form.get("file")
    if upload is None:
        raise ApiError(400, "Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise ApiError(400, "Invalid type for 'file': expected a file with a name.", param="file", code="invalid_type")
    return upload


def _purpose_of(form: FormData) -> str:
    purpose = form.get("purpose")
    if purpose is None:
        raise ApiError(
            400, "Missing required parameter: 'purpose'.", param="purpose", code="missing_required_parameter"
        )
    if purpose not in _PURPOSES:
        allowed = ", ".join(f"'{name}'" for name in _PURPOSES)
        message = f"Invalid value: '{str(purpose)[:80]}'. Supported values are: {allowed}."
        raise ApiError(400, message, param="purpose", code="invalid_value")
    return str(purpose)


def _expires_at(form: FormData) -> Json:
    seconds = form.get("expires_after[seconds]")
    if seconds is None:
        return {}
    if not str(seconds).isdecimal():
        param = "expires_after.seconds"
        raise ApiError(400, f"Invalid type for '{param}': expected an integer.", param=param, code="invalid_type")
    check_limits({"expires_after": {"seconds": int(str(seconds))}})
    return {"expires_at": now() + int(str(seconds))}


def _base_name(name: str) -> str:
    """Return the last part of a name: a client's folders are none of the server's business."""
    return name.replace("\\", "/").rpartition("/")[2] or "file"


async def _keep(state: State, file_id: str, upload: UploadFile) -> int:
    size, part = 0, 0
    while data := await upload.read(_PART_BYTES):
        await asyncio.to_thread(state.store.add_content_part, file_id, part, data)
        size, part = size + len(data), part + 1
    return size


async def list_files(request: Request) -> Response:
    """Return one page of the files."""
    purpose = request.query_params.get("purpose")
    page = read_page(request, maximum=10_000, default=10_000)
    return list_response(state_of(request).store.page("file", page, where={"purpose": purpose} if purpose else None))


async def get(request: Request) -> Response:
    """Return a file's description."""
    return JSONResponse(state_of(request).require("file", request.path_params["file_id"]))


async def delete(request: Request) -> Response:
    """Forget a file, in the vector stores too."""
    state = state_of(request)
    file_id = state.require("file", request.path_params["file_id"])["id"]
    with state.store.transaction():
        for attached in state.store.find("vector_store.file", where={"id": file_id}):
            detach_file(state, attached["vector_store_id"], file_id)
        state.store.delete("file", file_id)
        state.store.delete_content(file_id)
    state.library.forget(file_id)
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
