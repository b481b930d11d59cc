"""Vector stores: making them, filling them, counting what is in them."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from openai.types import VectorStore
from openai.types.vector_stores import VectorStoreFile, VectorStoreFileBatch

from harness.documents import media_type
from harness.errors import DocumentError
from harness.server.chunking import chunks_of, shown_chunking
from harness.server.expiry import expiry, is_expired, require_unexpired, touch
from harness.server.state import State
from harness.server.wire import ApiError, Json, new_id, now, shaped

_COUNTS = ("in_progress", "completed", "failed", "cancelled")
_MAX_FILES = 10_000
"""Files of one vector store: the limit of the real API."""


def create_vector_store(state: State, body: Json) -> Json:
    """Make a vector store and begin to read the files that it starts with."""
    file_ids = list(dict.fromkeys(body.get("file_ids") or []))
    for file_id in file_ids:
        state.require("file", file_id)
    created = now()
    fields: Json = {
        "id": new_id("vs"),
        "object": "vector_store",
        "created_at": created,
        "name": body.get("name") or "",
        "usage_bytes": 0,
        "file_counts": _counts({}),
        "status": "completed",
        "last_active_at": created,
        "expires_at": None,
        "metadata": body.get("metadata") or {},
    }
    vector_store = shaped(VectorStore, {**fields, **expiry(body.get("expires_after"), created)})
    with state.store.transaction():
        state.store.add(vector_store)
        state.index.create(vector_store["id"])
        for file_id in file_ids:
            entry = {"file_id": file_id, "chunking_strategy": body.get("chunking_strategy")}
            attach_file(state, vector_store["id"], entry)
    return shown_vector_store(state, vector_store)


def shown_vector_store(state: State, vector_store: Json) -> Json:
    """Return a vector store with its counts as they are now."""
    sums = state.store.sums("vector_store.file", "status", "usage_bytes", parent=vector_store["id"])
    counts = _counts({status: count for status, (count, _) in sums.items()})
    return {
        **vector_store,
        "file_counts": counts,
        "usage_bytes": sum(size for _, size in sums.values()),
        "status": "expired" if is_expired(vector_store) else "in_progress" if counts["in_progress"] else "completed",
    }


def delete_vector_store(state: State, vector_store_id: str) -> None:
    """Forget a vector store; its files stay."""
    with state.store.transaction():
        for kind in ("vector_store.file", "vector_store.files_batch"):
            state.store.delete_children(kind, vector_store_id)
        state.index.drop(vector_store_id)
        state.store.delete("vector_store", vector_store_id)
    state.readings.pop(vector_store_id, None)


def attach_file(state: State, vector_store_id: str, entry: Json, *, batch: str | None = None) -> Json:
    """Put a file into a vector store and begin to read it.

    Args:
        state: The server.
        vector_store_id: Where it goes.
        entry: `file_id`, and optionally `attributes` and `chunking_strategy`.
        batch: The batch it came with.
    """
    file = state.require("file", entry["file_id"])
    require_unexpired(state.require("vector_store", vector_store_id))
    attached = shaped(
        VectorStoreFile,
        {
            "id": file["id"],
            "object": "vector_store.file",
            "created_at": now(),
            "vector_store_id": vector_store_id,
            "status": "in_progress",
            "last_error": None,
            "usage_bytes": 0,
            "attributes": entry.get("attributes") or {},
            "chunking_strategy": shown_chunking(entry.get("chunking_strategy")),
        },
    )
    with state.store.transaction():
        if state.store.get("vector_store.file", file["id"], parent=vector_store_id) is not None:
            detach_file(state, vector_store_id, file["id"])
        if state.store.size("vector_store.file", parent=vector_store_id) >= _MAX_FILES:
            message = f"Vector store {vector_store_id} holds {_MAX_FILES} files, the most that one can hold."
            raise ApiError(400, message, code="vector_store_file_limit_exceeded")
        touch(state, vector_store_id)
        state.store.add(attached, parent=vector_store_id, batch=batch)
    _begin_reading(state, attached, file)
    return attached


def _begin_reading(state: State, attached: Json, file: Json) -> None:
    """Read in the background; a run on the store waits for it."""
    readings = state.readings.setdefault(attached["vector_store_id"], set())
    task = state.background.start(_read(state, attached, file))
    readings.add(task)
    task.add_done_callback(readings.discard)


def detach_file(state: State, vector_store_id: str, file_id: str) -> None:
    """Take a file out of a vector store."""
    with state.store.transaction():
        state.index.remove(vector_store_id, file_id)
        state.store.delete("vector_store.file", file_id, parent=vector_store_id)


def create_batch(state: State, vector_store_id: str, entries: Sequence[Json]) -> Json:
    """Put several files into a vector store at once."""
    for entry in entries:
        state.require("file", entry["file_id"])
    batch = shaped(
        VectorStoreFileBatch,
        {
            "id": new_id("vsfb"),
            "object": "vector_store.files_batch",
            "created_at": now(),
            "vector_store_id": vector_store_id,
            "status": "in_progress",
            "file_counts": _counts({}),
        },
    )
    with state.store.transaction():
        state.store.add(batch, parent=vector_store_id)
        for entry in entries:
            attach_file(state, vector_store_id, entry, batch=batch["id"])
    return shown_batch(state, batch)


def cancel_batch(state: State, batch: Json) -> Json:
    """Call off the files of a batch that are not read yet; what is read stays."""
    with state.store.transaction():
        for attached in state.store.find("vector_store.file", where={"status": "in_progress"}, batch=batch["id"]):
            cancelled = shaped(VectorStoreFile, {**attached, "status": "cancelled"})
            state.store.put(cancelled, parent=attached["vector_store_id"])
        batch = shaped(VectorStoreFileBatch, {**batch, "status": "cancelled"})
        state.store.put(batch, parent=batch["vector_store_id"])
    return shown_batch(state, batch)


def shown_batch(state: State, batch: Json) -> Json:
    """Return a batch with its counts as they are now."""
    counts = _counts(state.store.count("vector_store.file", "status", batch=batch["id"]))
    status = batch["status"]
    if status == "in_progress" and not counts["in_progress"]:
        status = "completed"
    return {**batch, "file_counts": counts, "status": status}


async def _read(state: State, attached: Json, file: Json) -> None:
    """Read a file and make it searchable, or say why not."""
    try:
        await state.readers.run(_index, state, attached, file)
    except DocumentError as error:
        _end_reading(state, attached, last_error={"code": _error_code(file["filename"]), "message": str(error)})
    except Exception as error:  # noqa: BLE001  # the bytes are a stranger's, and a file must not stay in_progress
        traceback.print_exc(file=sys.stderr)
        message = f"The file could not be processed: {type(error).__name__}."
        _end_reading(state, attached, last_error={"code": "server_error", "message": message})


def _index(state: State, attached: Json, file: Json) -> None:
    if file["bytes"] > state.settings.max_document_bytes:
        limit = state.settings.max_document_bytes
        raise DocumentError(f"{file['bytes']} bytes are more than this server reads ({limit})", where=file["filename"])
    document = state.library.document(file["id"], file["filename"])
    passages = chunks_of(document, attached["chunking_strategy"])
    if len(passages) > state.settings.max_passages:
        state.library.forget(file["id"])
        what = f"{len(passages)} passages are more than one file may have ({state.settings.max_passages})"
        raise DocumentError(what, where=file["filename"], hint="Split it.")
    place = attached["vector_store_id"]
    with state.store.transaction():
        current = state.store.get("vector_store.file", file["id"], parent=place)
        if current is None or current["status"] == "cancelled":  # taken out or called off while it was read
            return
        if current["status"] != "in_progress":  # taken out and put in again: another reading was quicker
            state.index.remove(place, file["id"])
        state.index.add(place, file["id"], file["filename"], passages)
        _end_reading(state, attached, usage_bytes=sum(len(passage.text.encode()) for passage in passages))


def _end_reading(state: State, attached: Json, **outcome: Any) -> None:
    with state.store.transaction():
        current = state.store.get("vector_store.file", attached["id"], parent=attached["vector_store_id"])
        if current is None or current["status"] == "cancelled":
            return
        status = "failed" if "last_error" in outcome else "completed"
        state.store.put(
            shaped(VectorStoreFile, {**current, "status": status, **outcome}), parent=attached["vector_store_id"]
        )


def resume_reading(state: State) -> None:
    """Begin again to read the files that the last process left in the middle."""
    for attached in state.store.find("vector_store.file", where={"status": "in_progress"}):
        _begin_reading(state, attached, state.require("file", attached["id"]))


def _error_code(file_name: str) -> str:
    """Return the API's code for a file that cannot be read: a format we do not know, or a broken file of one we do."""
    is_known = media_type(file_name) != "text/plain" or PurePosixPath(file_name).suffix.lower() == ".txt"
    return "invalid_file" if is_known else "unsupported_file"


def _counts(by_status: dict[str, int]) -> dict[str, Any]:
    counts = {status: by_status.get(status, 0) for status in _COUNTS}
    return {**counts, "total": sum(counts.values())}


def resolve_resources(state: State, resources: Json | None) -> Json:
    """Return tool resources as an object keeps them: what is named exists, every described vector store is made."""
    for file_id in ((resources or {}).get("code_interpreter") or {}).get("file_ids") or []:
        state.require("file", file_id)
    search = (resources or {}).get("file_search")
    if search is None:
        return dict(resources or {})
    if search.get("vector_store_ids") and search.get("vector_stores"):
        message = "'vector_store_ids' and 'vector_stores' cannot both be given."
        raise ApiError(400, message, param="tool_resources.file_search")
    identifiers = list(search.get("vector_store_ids") or [])
    for identifier in identifiers:
        state.require("vector_store", identifier)
    identifiers += [create_vector_store(state, described)["id"] for described in search.get("vector_stores") or []]
    return {**(resources or {}), "file_search": {"vector_store_ids": identifiers}}
