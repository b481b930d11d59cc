"""What both protocols set up alike, uploaded documents and a vector store, and how anything remote is deleted."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.errors import SetupError
from harness.model.plan import Source
from harness.targets.calls import Answer, answer_of, delete, endpoint_errors, get, post
from harness.targets.maker import Maker

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

MOST_FILES_AT_ONCE = 500
"""The protocol's limit on `file_ids` when a vector store is created; further ones are added one by one."""
FOLDERS: Mapping[str, str] = {
    "response": "responses",
    "conversation": "conversations",
    "thread": "threads",
    "assistant": "assistants",
    "vector_store": "vector_stores",
    "file": "files",
}
"""Where remote objects of each kind live."""
PASSING = frozenset({"response", "conversation", "thread"})
"""Kinds that one run makes for itself, and that are deleted as it ends."""


async def upload(maker: Maker, source: Source, content: bytes) -> str:
    """Upload a document for assistants and return its file id.

    Raises:
        EndpointError: The endpoint refused it, could not be reached, or is none.
    """
    name = PurePosixPath(source.path).name

    async def send() -> Answer:
        with endpoint_errors(maker.client):
            raw = await maker.client.files.with_raw_response.create(file=(name, content), purpose="assistants")
        return answer_of(raw.http_response)

    return await maker.surely("file", send)


async def make_store(maker: Maker, name: str, file_ids: Sequence[str]) -> str:
    """Make a vector store of uploaded files, wait until all are searchable, and return its id.

    Raises:
        SetupError: A file could not be indexed; the message holds the server's reason.
    """
    client = maker.client
    body = {"name": name, "file_ids": list(file_ids[:MOST_FILES_AT_ONCE])}
    store_id = await maker.make("vector_store", "/vector_stores", body)
    for file_id in file_ids[MOST_FILES_AT_ONCE:]:
        await post(client, f"/vector_stores/{store_id}/files", {"file_id": file_id})
    store = await get(client, f"/vector_stores/{store_id}")
    while store.data.get("status") == "in_progress":
        await asyncio.sleep(store.poll_after_s)
        store = await get(client, f"/vector_stores/{store_id}")
    if store.data.get("status") == "expired":
        raise SetupError("the vector store expired before it was ready", where=str(client.base_url))
    counts = store.data.get("file_counts") or {}
    if counts.get("failed") or counts.get("cancelled"):
        raise await _store_error(client, store_id)
    return store_id


async def _store_error(client: "AsyncOpenAI", store_id: str) -> SetupError:
    listed = await get(client, f"/vector_stores/{store_id}/files", {"filter": "failed"})
    reasons = []
    for item in listed.data.get("data") or []:
        error = item.get("last_error") or {}
        said = error.get("message") or "no reason given"
        reasons.append(f"{await _file_name(client, item.get('id'))}: {said} ({error.get('code')})")
    return SetupError(
        "the vector store could not index " + ("; ".join(reasons) or "a file, and does not say which"),
        where=str(client.base_url),
        hint="check that the document opens and has text",
    )


async def _file_name(client: "AsyncOpenAI", file_id: Any) -> str:
    file = await get(client, f"/files/{file_id}")
    return str(file.data.get("filename") or file_id)


async def delete_remote(client: "AsyncOpenAI", kind: str, remote_id: str) -> None:
    """Delete a remote object; one that is gone already is no error.

    Raises:
        EndpointError: The endpoint could not be reached, or refused.
    """
    await delete(client, f"/{FOLDERS[kind]}/{remote_id}")
