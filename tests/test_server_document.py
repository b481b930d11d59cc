"""Every operation of the Assistants half, its answers held to OpenAI's public document where that is at hand."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from openapi_support import checked_client_of, needs_document
from server_support import serving, without_sunset_warnings

from harness.server.models import BUILT_IN
from harness.server.settings import Settings

WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
QUESTION = "Where do herons wade, and what is the weather?"
OPERATIONS = {
    "GET /assistants",
    "POST /assistants",
    "GET /assistants/asst",
    "POST /assistants/asst",
    "DELETE /assistants/asst",
    "GET /files",
    "POST /files",
    "GET /files/file",
    "DELETE /files/file",
    "GET /models",
    "GET /models/extractive",
    "POST /threads",
    "GET /threads/thread",
    "POST /threads/thread",
    "DELETE /threads/thread",
    "POST /threads/runs",
    "GET /threads/thread/messages",
    "POST /threads/thread/messages",
    "GET /threads/thread/messages/msg",
    "POST /threads/thread/messages/msg",
    "DELETE /threads/thread/messages/msg",
    "GET /threads/thread/runs",
    "POST /threads/thread/runs",
    "GET /threads/thread/runs/run",
    "POST /threads/thread/runs/run",
    "POST /threads/thread/runs/run/cancel",
    "POST /threads/thread/runs/run/submit_tool_outputs",
    "GET /threads/thread/runs/run/steps",
    "GET /threads/thread/runs/run/steps/step",
    "POST /uploads",
    "POST /uploads/upload/parts",
    "POST /uploads/upload/complete",
    "POST /uploads/upload/cancel",
    "GET /vector_stores",
    "POST /vector_stores",
    "GET /vector_stores/vs",
    "POST /vector_stores/vs",
    "DELETE /vector_stores/vs",
    "POST /vector_stores/vs/search",
    "GET /vector_stores/vs/files",
    "POST /vector_stores/vs/files",
    "GET /vector_stores/vs/files/file",
    "POST /vector_stores/vs/files/file",
    "DELETE /vector_stores/vs/files/file",
    "GET /vector_stores/vs/files/file/content",
    "POST /vector_stores/vs/file_batches",
    "GET /vector_stores/vs/file_batches/vsfb",
    "POST /vector_stores/vs/file_batches/vsfb/cancel",
    "GET /vector_stores/vs/file_batches/vsfb/files",
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


def filled_store(client: OpenAI) -> tuple[str, str]:
    """Make a vector store in every way there is, and return it with a file in it."""
    note = client.files.create(file=("note.txt", b"Herons wade in the river."), purpose="assistants").id
    assert [file.id for file in client.files.list()] == [note]
    assert client.files.retrieve(note).id == note
    begun = [
        client.uploads.create(bytes=5, filename="a.txt", mime_type="text/plain", purpose="assistants") for _ in range(2)
    ]
    part = client.uploads.parts.create(begun[0].id, data=b"Crane").id
    ended = client.uploads.complete(begun[0].id, part_ids=[part])
    client.uploads.cancel(begun[1].id)
    assert ended.file is not None
    store = client.vector_stores.create(name="birds", metadata={"a": "b"}).id
    client.vector_stores.files.create_and_poll(note, vector_store_id=store, attributes={"year": 2024, "is_new": True})
    long = client.files.create(file=("long.txt", b"Of no interest.\n\n" * 20_000), purpose="assistants").id
    batch = client.vector_stores.file_batches.create(store, file_ids=[ended.file.id, long]).id
    client.vector_stores.file_batches.retrieve(batch, vector_store_id=store)
    client.vector_stores.file_batches.cancel(batch, vector_store_id=store)
    client.vector_stores.file_batches.list_files(batch, vector_store_id=store)
    return store, note


def use_store(client: OpenAI, store: str, note: str) -> None:
    files = client.vector_stores.files
    files.list(store)
    files.retrieve(note, vector_store_id=store)
    files.update(note, vector_store_id=store, attributes={"year": 2025})
    files.content(note, vector_store_id=store)
    client.vector_stores.list()
    client.vector_stores.retrieve(store)
    client.vector_stores.update(store, expires_after={"anchor": "last_active_at", "days": 3})
    client.vector_stores.search(store, query=["herons"], filters={"type": "eq", "key": "year", "value": 2025})


def converse(client: OpenAI, store: str) -> tuple[str, str]:
    resources: Any = {"file_search": {"vector_store_ids": [store]}}
    tools: Any = [{"type": "file_search"}, WEATHER]
    assistant = client.beta.assistants.create(model="extractive", tools=tools, tool_resources=resources, name="A")
    client.beta.assistants.update(assistant.id, description="B", metadata={"a": "b"})
    client.beta.assistants.list()
    client.beta.assistants.retrieve(assistant.id)
    threads = client.beta.threads
    thread = threads.create(metadata={"a": "b"}).id
    threads.update(thread, metadata={"c": "d"})
    threads.retrieve(thread)
    message = threads.messages.create(thread, role="user", content=QUESTION).id
    threads.messages.update(message, thread_id=thread, metadata={"a": "b"})
    threads.messages.retrieve(message, thread_id=thread)
    run = threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id)
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    run = threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread, tool_outputs=[{"tool_call_id": call.id, "output": "fine"} for call in calls]
    )
    assert run.status == "completed"
    steps = threads.runs.steps.list(run.id, thread_id=thread).data
    assert [step.type for step in steps] == ["message_creation", "tool_calls", "tool_calls"]
    for step in steps:
        threads.runs.steps.retrieve(
            step.id,
            thread_id=thread,
            run_id=run.id,
            include=["step_details.tool_calls[*].file_search.results[*].content"],
        )
    threads.runs.update(run.id, thread_id=thread, metadata={"a": "b"})
    threads.runs.list(thread)
    threads.messages.list(thread)
    threads.messages.delete(message, thread_id=thread)
    return thread, assistant.id


def stream_and_cancel(client: OpenAI, assistant: str) -> str:
    thread: Any = {"messages": [{"role": "user", "content": QUESTION}]}
    with client.beta.threads.create_and_run_stream(assistant_id=assistant, thread=thread) as stream:
        run = stream.get_final_run()
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "fine"} for call in calls],
    ) as stream:
        stream.until_done()
    client.beta.threads.messages.create(run.thread_id, role="user", content=QUESTION)
    waiting = client.beta.threads.runs.create_and_poll(thread_id=run.thread_id, assistant_id=assistant)
    client.beta.threads.runs.cancel(waiting.id, thread_id=run.thread_id)
    return run.thread_id


@needs_document
def test_every_answer_and_event_is_as_the_public_document_says() -> None:
    with serving(Settings(poll_after_ms=2), BUILT_IN) as url, checked_client_of(url) as (client, checked):
        client.models.list()
        client.models.retrieve("extractive")
        store, note = filled_store(client)
        use_store(client, store, note)
        thread, assistant = converse(client, store)
        other = stream_and_cancel(client, assistant)
        for identifier in (thread, other):
            client.beta.threads.delete(identifier)
        client.beta.assistants.delete(assistant)
        client.vector_stores.files.delete(note, vector_store_id=store)
        client.vector_stores.delete(store)
        client.files.delete(note)
    done = {re.sub(r"/([a-z]+)(?:_|-)[A-Za-z0-9]{20,}", r"/\1", operation) for operation in checked.operations}
    assert done == OPERATIONS
