"""Files of vector stores, one by one and in batches."""

from openai.types.vector_stores import VectorStoreFile
from openai.types.vector_stores.file_batch_create_params import FileBatchCreateParams
from openai.types.vector_stores.file_create_params import FileCreateParams
from openai.types.vector_stores.file_update_params import FileUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.paging import list_response, read_page
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.vectorstores import attach_file, cancel_batch, create_batch, detach_file, shown_batch
from harness.server.wire import ApiError, Json, deleted, shaped

_STATES = ("in_progress", "completed", "failed", "cancelled")


async def create(request: Request) -> Response:
    """Put a file into a vector store."""
    state = state_of(request)
    body = await read_body(request, FileCreateParams)
    return JSONResponse(attach_file(state, _store_id(state, request), body))


async def list_files(request: Request) -> Response:
    """Return one page of a vector store's files."""
    state = state_of(request)
    parent = _store_id(state, request)
    return list_response(
        state.store.page("vector_store.file", read_page(request), where=_filter(request), parent=parent)
    )


async def get(request: Request) -> Response:
    """Return a file's state in a vector store."""
    state = state_of(request)
    attached = _file(state, request)
    return JSONResponse(attached, headers=_poll_headers(state, attached))


async def modify(request: Request) -> Response:
    """Change a file's attributes."""
    state = state_of(request)
    body = await read_body(request, FileUpdateParams)
    attached = _file(state, request)
    changed = shaped(VectorStoreFile, {**attached, "attributes": body["attributes"] or {}})
    state.store.put(changed, parent=attached["vector_store_id"])
    return JSONResponse(changed)


async def delete(request: Request) -> Response:
    """Take a file out of a vector store; the file itself stays."""
    state = state_of(request)
    attached = _file(state, request)
    detach_file(state, attached["vector_store_id"], attached["id"])
    return deleted(attached["id"], "vector_store.file.deleted")


async def content(request: Request) -> Response:
    """Return the text that was read from a file, chunk by chunk."""
    state = state_of(request)
    attached = _file(state, request)
    texts = state.index.passages(attached["vector_store_id"], attached["id"])
    data = [{"type": "text", "text": text} for text in texts]
    page = {"object": "vector_store.file_content.page", "data": data}
    return JSONResponse({**page, "has_more": False, "next_page": None})


async def create_file_batch(request: Request) -> Response:
    """Put several files into a vector store."""
    state = state_of(request)
    body = await read_body(request, FileBatchCreateParams)
    if bool(body.get("file_ids")) == bool(body.get("files")):
        raise ApiError(400, "Exactly one of 'file_ids' and 'files' must be given, and not empty.", param="file_ids")
    shared = {key: body[key] for key in ("attributes", "chunking_strategy") if key in body}
    entries = body.get("files") or [{"file_id": file_id, **shared} for file_id in dict.fromkeys(body["file_ids"])]
    return JSONResponse(create_batch(state, _store_id(state, request), entries))


async def get_file_batch(request: Request) -> Response:
    """Return a batch with its counts."""
    state = state_of(request)
    shown = shown_batch(state, _batch(state, request))
    return JSONResponse(shown, headers=_poll_headers(state, shown))


async def cancel_file_batch(request: Request) -> Response:
    """Call off what of a batch is not read yet."""
    state = state_of(request)
    batch = _batch(state, request)
    status = shown_batch(state, batch)["status"]
    if status != "in_progress":
        raise ApiError(400, f"Cannot cancel file batch with status '{status}'.")
    return JSONResponse(cancel_batch(state, batch))


async def list_batch_files(request: Request) -> Response:
    """Return one page of a batch's files."""
    state = state_of(request)
    batch = _batch(state, request)
    found = state.store.page("vector_store.file", read_page(request), where=_filter(request), batch=batch["id"])
    return list_response(found)


def _store_id(state: State, request: Request) -> str:
    identifier: str = state.require("vector_store", request.path_params["vector_store_id"])["id"]
    return identifier


def _file(state: State, request: Request) -> Json:
    return state.require("vector_store.file", request.path_params["file_id"], parent=_store_id(state, request))


def _batch(state: State, request: Request) -> Json:
    return state.require("vector_store.files_batch", request.path_params["batch_id"], parent=_store_id(state, request))


def _filter(request: Request) -> dict[str, str]:
    status = request.query_params.get("filter")
    if status is None:
        return {}
    if status not in _STATES:
        allowed = ", ".join(f"'{name}'" for name in _STATES)
        message = f"Invalid value: '{status}'. Supported values are: {allowed}."
        raise ApiError(400, message, param="filter", code="invalid_value")
    return {"status": status}


def _poll_headers(state: State, shown: Json) -> dict[str, str]:
    return {"openai-poll-after-ms": str(state.settings.poll_after_ms)} if shown["status"] == "in_progress" else {}


_FILES = "/vector_stores/{vector_store_id}/files"
_BATCHES = "/vector_stores/{vector_store_id}/file_batches"
routes = [
    Route(_FILES, list_files, methods=["GET"]),
    Route(_FILES, create, methods=["POST"]),
    Route(_FILES + "/{file_id}", get, methods=["GET"]),
    Route(_FILES + "/{file_id}", modify, methods=["POST"]),
    Route(_FILES + "/{file_id}", delete, methods=["DELETE"]),
    Route(_FILES + "/{file_id}/content", content, methods=["GET"]),
    Route(_BATCHES, create_file_batch, methods=["POST"]),
    Route(_BATCHES + "/{batch_id}", get_file_batch, methods=["GET"]),
    Route(_BATCHES + "/{batch_id}/cancel", cancel_file_batch, methods=["POST"]),
    Route(_BATCHES + "/{batch_id}/files", list_batch_files, methods=["GET"]),
]
