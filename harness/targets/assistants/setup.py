"""What runs share: uploaded documents, a vector store, an assistant."""

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.errors import SetupError
from harness.model.plan import Planned, Source
from harness.targets.calls import answer_of, endpoint_errors, get, post
from harness.targets.target import Remember

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

MOST_FILES_AT_ONCE = 500
"""The protocol's limit on `file_ids` when a vector store is created; further ones are added one by one."""


async def upload(client: "AsyncOpenAI", source: Source, content: bytes, remember: Remember) -> str:
    """Upload a document for assistants and return its file id.

    Raises:
        EndpointError: The endpoint refused it, could not be reached, or is none.
    """
    name = PurePosixPath(source.path).name
    with endpoint_errors(client):
        raw = await client.files.with_raw_response.create(file=(name, content), purpose="assistants")
    file_id = answer_of(raw.http_response).text("id")
    remember("file", file_id)
    return file_id


async def make_store(client: "AsyncOpenAI", name: str, file_ids: Sequence[str], remember: Remember) -> str:
    """Make a vector store of uploaded files, wait until all are searchable, and return its id.

    Raises:
        SetupError: A file could not be indexed; the message holds the server's reason.
    """
    made = await post(client, "/vector_stores", {"name": name, "file_ids": list(file_ids[:MOST_FILES_AT_ONCE])})
    store_id = made.text("id")
    remember("vector_store", store_id)
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


async def make_assistant(
    client: "AsyncOpenAI", planned: Planned, vector_store_id: str | None, remember: Remember
) -> str:
    """Make the assistant under test and return its id."""
    assistant = planned.assistant
    body: dict[str, Any] = {
        "model": assistant.model,
        "name": (assistant.name or PurePosixPath(planned.suite).stem)[:256],
        "instructions": assistant.instructions,
        "tools": [_tool(tool, assistant.max_num_results) for tool in assistant.tools],
        "temperature": assistant.temperature,
        "top_p": assistant.top_p,
    }
    if vector_store_id is not None and "file_search" in assistant.tools:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [vector_store_id]}}
    made = await post(client, "/assistants", {key: value for key, value in body.items() if value is not None})
    assistant_id = made.text("id")
    remember("assistant", assistant_id)
    return assistant_id


def _tool(name: str, max_num_results: int | None) -> dict[str, Any]:
    settings = {} if max_num_results is None else {name: {"max_num_results": max_num_results}}
    return {"type": name, **settings}
