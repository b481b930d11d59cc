"""A server that is killed in the middle of its work comes back with whole objects only."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from server_support import client_of, without_sunset_warnings

from harness.embedded import EmbeddedServer, start_embedded

WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TEXT = b"Herons wade in the river.\n\n" * 400


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


class Load:
    """Ask for everything, again and again, and kill the server at one of the requests."""

    def __init__(self, server: EmbeddedServer, fatal_request: int) -> None:
        self._server = server
        self._left = fatal_request
        self._lock = threading.Lock()

    def run(self) -> None:
        workers = [threading.Thread(target=self._work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _count(self, _: httpx2.Request) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(self._server.process_id, signal.SIGKILL)

    def _work(self) -> None:
        hooks: Any = {"request": [self._count]}
        with (
            httpx2.Client(event_hooks=hooks, timeout=20) as http,
            OpenAI(base_url=self._server.base_url, api_key="none", max_retries=0, http_client=http) as client,
            contextlib.suppress(openai.APIConnectionError, httpx2.TransportError),
        ):
            while True:
                self._ask(client)

    def _ask(self, client: OpenAI) -> None:
        files = [client.files.create(file=("a.txt", TEXT), purpose="assistants").id for _ in range(2)]
        store = client.vector_stores.create(file_ids=files[:1]).id
        client.vector_stores.file_batches.create(store, file_ids=files)
        resources: Any = {"file_search": {"vector_store_ids": [store]}}
        assistant = client.beta.assistants.create(
            model="extractive", tools=[{"type": "file_search"}, WEATHER], tool_resources=resources
        )
        for question in ("Where do herons wade?", "What is the weather?"):
            thread: Any = {"messages": [{"role": "user", "content": question}]}
            with client.beta.threads.create_and_run_stream(assistant_id=assistant.id, thread=thread) as stream:
                run = stream.get_final_run()
            client.beta.threads.messages.list(run.thread_id)


def kept_objects(data: Path) -> list[dict[str, Any]]:
    """Everything that a stopped server has kept."""
    from harness.server.store import DATABASE_NAME, Store

    store = Store(data / DATABASE_NAME)
    try:
        kinds = [kind for (kind,) in store.query("select distinct kind from objects")]
        assert store.query("pragma integrity_check") == [("ok",)]
        orphans = "select count(*) from contents where file_id not in (select id from objects)"
        assert store.query(orphans) == [(0,)]
        return [body for kind in kinds for body in store.find(kind)]
    finally:
        store.close()


@pytest.mark.slow
@pytest.mark.parametrize("fatal_request", [7, 23, 48])
def test_a_killed_server_comes_back_with_whole_objects_only(tmp_path: Path, fatal_request: int) -> None:
    with start_embedded(data=tmp_path) as server:
        Load(server, fatal_request).run()
    with start_embedded(data=tmp_path) as server, client_of(server.base_url) as client:
        stores = [store.id for store in client.vector_stores.list(limit=100)]
        while any(client.vector_stores.retrieve(store).status == "in_progress" for store in stores):
            pass
        for store in stores:
            counts = client.vector_stores.retrieve(store).file_counts
            assert counts.completed == counts.total
            assert counts.total == 0 or client.vector_stores.search(store, query="heron").data
        thread: Any = {"messages": [{"role": "user", "content": "Hello"}]}
        assistant = client.beta.assistants.create(model="extractive")
        run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
        assert run.status == "completed"
    kept = kept_objects(tmp_path)
    states = {(body["object"], body["status"]) for body in kept if "status" in body}
    assert not states & {
        *(("thread.run", status) for status in ("queued", "in_progress", "cancelling")),
        ("thread.message", "in_progress"),
        ("vector_store.file", "in_progress"),
    }
    waiting = {body["id"] for body in kept if body["object"] == "thread.run" and body["status"] == "requires_action"}
    open_steps = [b for b in kept if b["object"] == "thread.run.step" and b["status"] == "in_progress"]
    assert {step["run_id"] for step in open_steps} == waiting
    threads = {body["id"] for body in kept if body["object"] == "thread"}
    assert {body["thread_id"] for body in kept if body["object"] == "thread.message"} <= threads
