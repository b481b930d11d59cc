"""Uploads: a large file in parts, put together when they are all there."""

import hashlib

from openai.types import Upload
from openai.types.upload_complete_params import UploadCompleteParams
from openai.types.upload_create_params import UploadCreateParams
from openai.types.uploads import UploadPart
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.filestore import check_purpose, described_file, keep_bytes, upload_of
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, new_id, now, shaped

_LIFETIME_S = 3600
"""How long an upload takes parts: as the real API."""
_MAX_PART_BYTES = 64 * 1024 * 1024
"""Largest part: the limit of the real API."""


async def create(request: Request) -> Response:
    """Begin an upload."""
    state = state_of(request)
    body = await read_body(request, UploadCreateParams)
    limit = state.settings.max_upload_bytes
    if not 0 < body["bytes"] <= limit:
        raise ApiError(
            400, f"Invalid 'bytes': expected a value between 1 and {limit}.", param="bytes", code="invalid_value"
        )
    check_purpose(body["purpose"])
    created = now()
    fields = {
        "id": new_id("upload"),
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": created,
        "expires_at": created + _LIFETIME_S,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "file": None,
    }
    upload = shaped(Upload, fields)
    state.store.add({**upload, "expires_after": body.get("expires_after"), "mime_type": body["mime_type"]})
    return JSONResponse(upload)


async def add_part(request: Request) -> Response:
    """Keep a part of an upload."""
    state = state_of(request)
    upload = _pending(state, request)
    part_id = new_id("part")
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            size = await keep_bytes(state, part_id, upload_of(form, "data"))
    except MultiPartException as error:
        raise ApiError(400, f"The multipart body could not be read: {error.message}") from None
    if size > _MAX_PART_BYTES:
        state.store.delete_content(part_id)
        raise ApiError(400, f"A part has at most {_MAX_PART_BYTES} bytes, and this one has {size}.", param="data")
    try:
        _pending(state, request)  # it may have ended while the bytes came in
    except ApiError:
        state.store.delete_content(part_id)
        raise
    part = shaped(UploadPart, {"id": part_id, "object": "upload.part", "created_at": now(), "upload_id": upload["id"]})
    state.store.add({**part, "bytes": size}, parent=upload["id"])
    return JSONResponse(part)


async def complete(request: Request) -> Response:
    """Make a file of an upload's parts, in the order that the client names."""
    state = state_of(request)
    body = await read_body(request, UploadCompleteParams)
    upload = _pending(state, request)
    parts = [state.require("upload.part", part_id, parent=upload["id"]) for part_id in body["part_ids"]]
    if len(set(body["part_ids"])) < len(parts):
        raise ApiError(400, "A part is named twice.", param="part_ids", code="invalid_value")
    size = sum(part["bytes"] for part in parts)
    if size != upload["bytes"]:
        message = f"The parts have {size} bytes together, and the upload was to have {upload['bytes']}."
        raise ApiError(400, message, param="part_ids")
    expires_after_s = (upload.get("expires_after") or {}).get("seconds")
    file = described_file(upload["filename"], size, upload["purpose"], expires_after_s)
    if body.get("md5") is not None and body["md5"].lower() != _md5(state, body["part_ids"]):
        raise ApiError(400, "The MD5 checksum of the parts is another.", param="md5", code="invalid_value")
    with state.store.transaction():
        state.store.join_contents(body["part_ids"], file["id"])
        _forget_parts(state, upload["id"])
        state.store.add(file)
        state.store.put({**upload, "status": "completed", "file": file})
    return JSONResponse(_shown({**upload, "status": "completed", "file": file}))


async def cancel(request: Request) -> Response:
    """End an upload without a file."""
    state = state_of(request)
    upload = {**_pending(state, request), "status": "cancelled"}
    with state.store.transaction():
        _forget_parts(state, upload["id"])
        state.store.put(upload)
    return JSONResponse(_shown(upload))


def _pending(state: State, request: Request) -> Json:
    """Return the upload that a request names.

    Raises:
        ApiError: 404 where there is none; 400 where it has ended.
    """
    upload = state.require("upload", request.path_params["upload_id"])
    status = "expired" if upload["status"] == "pending" and upload["expires_at"] <= now() else upload["status"]
    if status != "pending":
        raise ApiError(400, f"Upload {upload['id']} has status '{status}' and takes no more.", code="invalid_upload")
    return upload


def _md5(state: State, part_ids: list[str]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part_id in part_ids:
        number = 0
        while (data := state.store.content_part(part_id, number)) is not None:
            digest.update(data)
            number += 1
    return digest.hexdigest()


def _forget_parts(state: State, upload_id: str) -> None:
    for part in state.store.find("upload.part", parent=upload_id):
        state.store.delete_content(part["id"])
    state.store.delete_children("upload.part", upload_id)


def _shown(upload: Json) -> Json:
    return {key: value for key, value in upload.items() if key not in {"expires_after", "mime_type"}}


_UPLOAD = "/uploads/{upload_id}"
routes = [
    Route("/uploads", create, methods=["POST"]),
    Route(_UPLOAD + "/parts", add_part, methods=["POST"]),
    Route(_UPLOAD + "/complete", complete, methods=["POST"]),
    Route(_UPLOAD + "/cancel", cancel, methods=["POST"]),
]
