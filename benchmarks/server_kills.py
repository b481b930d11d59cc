"""Kill a server at random moments of its work, start it again, and look for anything that is only half there.

Four clients ask for everything at once: uploads in one and in several parts, vector stores and batches, runs that
search and call functions, streamed and cancelled, messages, responses in conversations and in the background,
deletions. After a random time the server is killed. It must start again on the same folder (sometimes it is killed once
more while it does), end what was under way, and stop. Then its database is opened and held to this:

- SQLite finds it whole; no bytes belong to nothing, and a file has as many as it says
- every object lives in one that exists: a step in a run, a message and a run in a thread, an item in a conversation
- every run has ended or waits for functions; no message, step, response or file of a vector store is under way but
  those of runs that wait; a completed run has its message, a completed response in a conversation its items
- a vector store has an index, which holds passages of its completed files and of no others
- everything that a client was told is made is there, unless a client asked for its deletion
"""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2

from harness.server.store import DATABASE_NAME, Store

CLIENTS = 4
LONGEST_S = 2.5
"""How long a server lives under load at most."""
AGAIN = 0.3
"""Share of the restarts that are killed as well."""
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TEXT = b"Herons wade in the river.\n\n" * 400
PASSAGES = 400
"""In that text."""
QUESTION = "Where do herons wade, and what is the weather?"


class Server:
    """A process that serves a folder.

    Args:
        data: The folder.
    """

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "harness.server", "--data", str(data), "--exit-with-stdin"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)

    def url(self) -> str:
        """Wait until it answers, and return where; nothing where it ends instead."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().removeprefix("listening on ").strip()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """Let it end."""
        self._process.communicate(timeout=30)


class Client:
    """Ask for everything until the server is gone, and remember what was told to be made.

    Args:
        url: Base URL of the server.
        seed: Of what is asked.
    """

    def __init__(self, url: str, seed: int) -> None:
        self.told: set[tuple[str, str]] = set()
        """Kind and id of what was made, and never asked to be deleted."""
        self.wrong: list[str] = []
        """Answers that no client should get."""
        self._source = random.Random(seed)
        self._http = httpx2.Client(base_url=url, timeout=30)

    def run(self) -> None:
        """Ask."""
        with self._http, suppress(httpx2.TransportError):
            while True:
                store = self._fill()
                works = [self._run, self._respond, self._upload, self._cancel, self._delete]
                for work in self._source.sample(works, len(works)):
                    work(store)

    def _ask(self, path: str, body: Any = None, **options: Any) -> Any:
        answer = self._http.post(path, json=body, **options)
        if not answer.is_success:
            self.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        if "event-stream" in answer.headers["content-type"]:
            return None
        made = answer.json()
        self.told.add((made["object"], made["id"]))
        return made

    def _make(self, path: str, body: Any = None, **options: Any) -> str:
        return str(self._ask(path, body, **options)["id"])

    def _fill(self) -> str:
        form: Any = {"files": {"file": ("a.txt", TEXT)}, "data": {"purpose": "assistants"}}
        files = [self._make("/files", **form) for _ in range(3)]
        store = self._make("/vector_stores", {"file_ids": files[:1]})
        self._make(f"/vector_stores/{store}/file_batches", {"file_ids": files[1:]})
        return store

    def _assistant(self, store: str) -> str:
        resources = {"file_search": {"vector_store_ids": [store]}}
        tools = [{"type": "file_search"}, WEATHER]
        return self._make("/assistants", {"model": "extractive", "tools": tools, "tool_resources": resources})

    def _thread(self) -> str:
        return self._make("/threads", {"messages": [{"role": "user", "content": QUESTION}]})

    def _run(self, store: str) -> None:
        thread = self._thread()
        self._ask(f"/threads/{thread}/runs", {"assistant_id": self._assistant(store), "stream": True})
        run = self._http.get(f"/threads/{thread}/runs").json()["data"][0]
        if run["status"] == "requires_action":
            calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            outputs = [{"tool_call_id": call["id"], "output": "fine"} for call in calls]
            body = {"tool_outputs": outputs, "stream": True}
            self._ask(f"/threads/{thread}/runs/{run['id']}/submit_tool_outputs", body)
        self._make(f"/threads/{thread}/messages", {"role": "user", "content": "Thanks"})

    def _cancel(self, store: str) -> None:
        run = self._make(f"/threads/{(thread := self._thread())}/runs", {"assistant_id": self._assistant(store)})
        self._http.post(f"/threads/{thread}/runs/{run}/cancel")  # refused where the run was quicker

    def _respond(self, store: str) -> None:
        conversation = self._make("/conversations", {"items": [{"role": "user", "content": "Hello"}]})
        tools = [{"type": "file_search", "vector_store_ids": [store]}]
        body = {"model": "extractive", "input": QUESTION, "tools": tools}
        self._make("/responses", {**body, "conversation": conversation})
        self._make("/responses", {**body, "background": True})

    def _upload(self, _: str) -> None:
        about = {"bytes": 2 * len(TEXT), "filename": "b.txt", "mime_type": "text/plain", "purpose": "assistants"}
        path = f"/uploads/{self._make('/uploads', about)}"
        told = set(self.told)
        parts = [self._make(f"{path}/parts", files={"data": ("data", TEXT)}) for _ in range(2)]
        self.told = told  # parts go into the file
        self.told.add(("file", self._ask(f"{path}/complete", {"part_ids": parts})["file"]["id"]))

    def _delete(self, _: str) -> None:
        told = set(self.told)
        store, thread = self._fill(), self._thread()
        file = self._http.get(f"/vector_stores/{store}/files").json()["data"][0]["id"]
        self._make(f"/threads/{thread}/runs", {"assistant_id": self._assistant(store)})
        self.told = told
        paths = [f"/files/{file}", f"/threads/{thread}", f"/vector_stores/{store}"]
        for path in self._source.sample(paths, len(paths)):
            self._http.delete(path)


def kill_again_and_again(kills: int, seed: int) -> dict[str, Any]:
    """Return after how many kills the server came back with whole objects only.

    Args:
        kills: How often it is killed under load.
        seed: Of the moments, and of what is asked.
    """
    source, survived, wrong, objects = random.Random(seed), 0, list[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(kills):
            data = Path(folder, str(number // 5))  # a folder lives through five kills
            found, objects = _killed_once(data, source)
            survived += not found
            for what in found[:5]:
                print(f"kill {number + 1}: {what}")
            wrong += found
    return {"kills_survived": survived, "kills": kills, "kept_objects": objects, "wrong": len(wrong)}


def _killed_once(data: Path, source: random.Random) -> tuple[list[str], int]:
    server = Server(data)
    url = server.url()
    if not url:
        return ["the server does not start"], 0
    clients = [Client(url, source.randrange(10**6)) for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(source.uniform(0.05, LONGEST_S))
    server.kill()
    for thread in threads:
        thread.join()
    if source.random() < AGAIN:
        hasty = Server(data)
        time.sleep(source.uniform(0.3, 1.5))
        hasty.kill()
    server = Server(data)
    url = server.url()
    if not url:
        return ["the server does not start again"], 0
    _settle(url)
    server.stop()
    kept = Kept(data / DATABASE_NAME)
    try:
        wrong = [what for client in clients for what in client.wrong]
        lost = [f"{name} is lost" for client in clients for name in client.told - kept.names]
        return [*wrong, *lost, *kept.faults()], len(kept.names)
    finally:
        kept.close()


def _settle(url: str) -> None:
    """Wait until every file is read."""
    with httpx2.Client(base_url=url, timeout=60) as client:
        for _ in range(3000):
            stores = client.get("/vector_stores", params={"limit": 100}).json()["data"]
            if all(store["status"] == "completed" for store in stores):
                return
            time.sleep(0.02)


class Kept:
    """What a stopped server has kept.

    Args:
        path: Its database.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store(path)
        rows = self._store.query("select distinct kind from objects")
        self._by_kind = {kind: self._store.find(kind) for (kind,) in rows}
        self.names = {(kind, body["id"]) for kind, bodies in self._by_kind.items() for body in bodies}
        """Kind and id of every object."""

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def faults(self) -> Iterator[str]:
        """Yield what should not be."""
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self._of_bytes,
            self._of_owners,
            self._of_states,
            self._of_runs,
            self._of_responses,
            self._of_indexes,
        )
        for check in checks:
            yield from check()

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return self._by_kind.get(kind, [])

    def _of_bytes(self) -> Iterator[str]:
        if self._store.query("pragma integrity_check") != [("ok",)]:
            yield "the database is broken"
        sizes = dict(self._store.query("select file_id, sum(length(bytes)) from contents group by file_id"))
        for body in (*self._all("file"), *self._all("upload.part")):
            if sizes.pop(body["id"], 0) != body["bytes"]:
                yield f"{body['id']} has not the bytes that it says"
        for name in sizes:
            yield f"bytes of {name}, which is not there"

    def _of_owners(self) -> Iterator[str]:
        owners = {
            "thread.message": "thread",
            "thread.run": "thread",
            "thread.run.step": "thread.run",
            "vector_store.file": "vector_store",
            "vector_store.files_batch": "vector_store",
            "upload.part": "upload",
        }
        for kind, identifier, parent in self._store.query("select kind, id, parent from objects"):
            owner = owners.get(kind, "conversation" if parent.startswith("conv_") else None)
            if owner is not None and (owner, parent) not in self.names:
                yield f"{kind} {identifier} of {owner} {parent}, which is not there"
        for attached in self._all("vector_store.file"):
            if ("file", attached["id"]) not in self.names:
                yield f"{attached['id']} is in a vector store, and no file"
        for upload in self._all("upload"):
            if upload["status"] == "completed" and not upload.get("file"):
                yield f"{upload['id']} is complete without a file"

    def _of_states(self) -> Iterator[str]:
        waiting = {run["id"] for run in self._all("thread.run") if run["status"] == "requires_action"}
        ended = {"completed", "failed", "cancelled", "expired", "incomplete"}
        for kind in ("thread.run", "thread.run.step", "thread.message", "vector_store.file", "response"):
            for body in self._all(kind):
                is_waiting = body["id"] in waiting or body.get("run_id") in waiting
                if body.get("status", "completed") not in ended and not is_waiting:
                    yield f"{kind} {body['id']} is {body['status']} for ever"

    def _of_runs(self) -> Iterator[str]:
        steps = defaultdict(list)
        for step in self._all("thread.run.step"):
            steps[step["run_id"]].append(step)
        for run in self._all("thread.run"):
            said = [step["step_details"] for step in steps[run["id"]] if step["type"] == "message_creation"]
            if run["status"] == "completed" and not said:
                yield f"{run['id']} is complete and has said nothing"
            for details in said:
                if ("thread.message", details["message_creation"]["message_id"]) not in self.names:
                    yield f"{run['id']} has said a message that is not there"
            if run["status"] == "failed" and run["last_error"]["code"] != "server_error":
                yield f"{run['id']} has failed with {run['last_error']}"

    def _of_responses(self) -> Iterator[str]:
        kept = {identifier for (_, identifier) in self.names}
        for response in self._all("response"):
            conversation = (response.get("conversation") or {}).get("id")
            if response["status"] != "completed" or conversation not in kept:
                continue
            for item in response["output"]:
                if item["id"] not in kept:
                    yield f"{response['id']} has said {item['id']}, which its conversation has not"

    def _of_indexes(self) -> Iterator[str]:
        sql = "select name from sqlite_master where name like 'fts_vs%' and sql like 'create virtual%'"
        tables = {name for (name,) in self._store.query(sql)}
        for table in tables ^ {f"fts_{store['id']}" for store in self._all("vector_store")}:
            yield f"{table} is an index without a vector store, or missing"
        read = defaultdict(set)
        for attached in self._all("vector_store.file"):
            if attached["status"] == "completed":
                read[f"fts_{attached['vector_store_id']}"].add(attached["id"])
        for table in tables:
            rows = self._store.query(f"select file_id, count(*) from {table} group by 1")
            if {name for name, _ in rows} != read[table] or any(count % PASSAGES for _, count in rows):
                yield f"{table} does not hold the passages of the files that are completed"
