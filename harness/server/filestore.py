"""Files as they are kept: their bytes in parts, their description, their end."""

import asyncio
from typing import get_args

from openai.types import FileObject, FilePurpose
from starlette.datastructures import FormData, UploadFile

from harness.server.state import State
from harness.server.vectorstores import detach_file
from harness.server.wire import ApiError, Json, new_id, now, shaped

_PURPOSES = [
    purpose for purpose in get_args(FilePurpose) if purpose in get_args(FileObject.model_fields["purpose"].annotation)
]
"""What a file can be for: the package lets clients ask for more than its own file can hold."""
_PART_BYTES = 4 * 1024 * 1024
"""Size of the parts in which bytes are kept: small enough that nobody waits for the store."""


def upload_of(form: FormData, field: str) -> UploadFile:
    """Return the file that a multipart body holds.

    Raises:
        ApiError: 400 where it holds none under this name.
    """
    upload = form.get(field)
    if upload is None:
        message = f"Missing required parameter: '{field}'."
        raise ApiError(400, message, param=field, code="missing_required_parameter")
    if not isinstance(upload, UploadFile) or not upload.filename:
        message = f"Invalid type for '{field}': expected a file with a name."
        raise ApiError(400, message, param=field, code="invalid_type")
    return upload


def check_purpose(purpose: object) -> str:
    """Return a purpose that a file can have.

    Raises:
        ApiError: 400 for any other.
    """
    if purpose is None:
        message = "Missing required parameter: 'purpose'."
        raise ApiError(400, message, param="purpose", code="missing_required_parameter")
    if purpose not in _PURPOSES:
        allowed = ", ".join(f"'{name}'" for name in _PURPOSES)
        message = f"Invalid value: '{str(purpose)[:80]}'. Supported values are: {allowed}."
        raise ApiError(400, message, param="purpose", code="invalid_value")
    return str(purpose)


async def keep_bytes(state: State, key: str, upload: UploadFile) -> int:
    """Keep what is uploaded, and return how many bytes it has.

    Args:
        state: The server.
        key: Id of the file or of the part that they are.
        upload: Where they come from.
    """
    size, part = 0, 0
    while data := await upload.read(_PART_BYTES):
        await asyncio.to_thread(state.store.add_content_part, key, part, data)
        size, part = size + len(data), part + 1
    return size


def described_file(name: str, size: int, purpose: str, expires_after_s: int | None) -> Json:
    """Return a new file.

    Args:
        name: As the client calls it; folders in it are none of the server's business.
        size: Its bytes.
        purpose: One of the API's purposes.
        expires_after_s: How long it lives, in seconds; None for as long as nobody deletes it.
    """
    created = now()
    fields: Json = {
        "id": new_id("file"),
        "object": "file",
        "bytes": size,
        "created_at": created,
        "filename": name.replace("\\", "/").rpartition("/")[2] or "file",
        "purpose": purpose,
        "status": "processed",
    }
    if expires_after_s is not None:
        fields["expires_at"] = created + expires_after_s
    return shaped(FileObject, fields)


def forget_file(state: State, file_id: str) -> None:
    """Forget a file, in the vector stores too."""
    with state.store.transaction():
        for attached in state.store.find("vector_store.file", where={"id": file_id}):
            detach_file(state, attached["vector_store_id"], file_id)
        state.store.delete("file", file_id)
        state.store.delete_content(file_id)
    state.library.forget(file_id)


def forget_expired_files(state: State) -> None:
    """Forget the files whose time is over."""
    for file_id in state.store.expired_files(now()):
        forget_file(state, file_id)
