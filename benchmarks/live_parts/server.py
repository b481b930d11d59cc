"""A fake server that answers late but costs little: what is measured is its clients.

`python -m live_parts.server DOCUMENT OPTIONS` (from the folder above) prints its base URL and serves until its standard
input closes. It speaks enough of the Assistants protocol for one assistant over documents, streamed and polled, and
chat completions. `/debug/account` tells what was asked for since `/debug/clear`.

HTTP is read by hand here: a framework's milliseconds a request would be the server's, on cores that it shares.
"""

import argparse
import asyncio
import json
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from live_parts.wire import Json, listed, message_object, run_object, step_objects, stream_of
from live_parts.world import Model, Run, Thread, World

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KINDS = {"files": ("file", "file-"), "vector_stores": ("vector_store", "vs_"), "assistants": ("assistant", "asst_")}
_ID = re.compile(r"/(file-|vs_|asst_|thread_|run_|msg_)[0-9a-f]+")


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came; a client sends its next request only when it has its answer."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._buffer, 0, end)
        size = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) < size:
            return
        head, body = self._buffer[:end], self._buffer[end + 4 : size]
        self._buffer = self._buffer[size:]
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        self._serve(method, target, body)

    def _serve(self, method: str, target: str, body: bytes) -> None:
        began = time.monotonic()
        path, _, query = target.partition("?")
        parts = path.removeprefix("/v1").strip("/").split("/")
        if parts[0] == "debug":
            self._send(debug(self._world, parts[1]))
            return
        route = f"{method} {_ID.sub('/*', path.removeprefix('/v1'))}"
        sent = json.loads(body) if body[:1] == b"{" else {}
        if parts[0] == "chat":
            loop = asyncio.get_running_loop()
            loop.call_later(self._world.model.latency_s, self._answer, route, began, chat(self._world, sent))
        elif parts[0] == "threads":
            self._converse(route, began, parts, sent, parse_qs(unquote(query)))
        else:
            self._answer(route, began, plain(self._world, method, parts, sent))

    def _converse(self, route: str, began: float, parts: list[str], sent: Json, query: dict[str, list[str]]) -> None:
        world = self._world
        if len(parts) > 1 and parts[1] not in world.threads:
            self._answer(route, began, None)
        elif route == "POST /threads/*/runs":
            run = world.start_run(parts[1], sent)
            if sent.get("stream"):
                self._stream(route, began, run, has_content="include[]" in query)
            else:
                self._answer(route, began, run_object(run.facts, "queued"))
        else:
            self._answer(route, began, thread_answer(world, route, parts, sent, query))

    def _stream(self, route: str, began: float, run: Run, *, has_content: bool) -> None:
        loop, model = asyncio.get_running_loop(), self._world.model
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        for share, part in stream_of(run.facts, has_content=has_content, deltas=model.deltas):
            chunk = b"%x\r\n%s\r\n" % (len(part), part)
            if share == 0:
                self._write(head + chunk)
            elif share < 1:
                loop.call_later(share * model.latency_s, self._write, chunk)
            else:
                loop.call_later(model.latency_s, self._end_stream, chunk + b"0\r\n\r\n", route, began)

    def _end_stream(self, chunk: bytes, route: str, began: float) -> None:
        self._write(chunk)
        self._world.note(route, began)

    def _answer(self, route: str, began: float, answer: Json | None) -> None:
        self._send(answer)
        self._world.note(route, began)

    def _send(self, answer: Json | None) -> None:
        status = b"404 Not Found" if answer is None else b"200 OK"
        missing = {
            "error": {"message": "No such object.", "type": "invalid_request_error", "param": None, "code": None}
        }
        body = json.dumps(missing if answer is None else answer, ensure_ascii=False).encode()
        head = (
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nopenai-poll-after-ms: %d\r\n\r\n"
        )
        self._write(head % (status, len(body), self._world.model.poll_after_ms) + body)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():  # clients that are killed leave while they are answered
            self._transport.write(data)


def debug(world: World, what: str) -> Json:
    """Answer whoever measures."""
    account = world.account()
    if what == "clear":
        world.clear()
    return account


def plain(world: World, method: str, parts: list[str], sent: Json) -> Json | None:
    """Answer what is about no thread."""
    if parts == ["models"]:
        return listed([{"id": "fake", "object": "model", "created": 1, "owned_by": "nobody"}])
    kind, prefix = _KINDS[parts[0]]
    if method == "DELETE":
        return {"id": parts[-1], "object": f"{kind}.deleted", "deleted": True} if world.delete(parts[-1]) else None
    counts = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
    described: dict[str, Json] = {
        "file": {"purpose": "assistants", "bytes": 1, "filename": "branches.txt", "status": "processed"},
        "vector_store": {"status": "completed", "file_counts": counts, "name": "store", "usage_bytes": 1},
        "assistant": {"model": "fake", "tools": [], **sent},
    }
    if len(parts) > 1:
        return {"id": parts[1], "object": kind, **described[kind]} if parts[1] in world.objects else None
    made = world.make(kind, prefix, described[kind])
    if kind == "file":
        world.file_id = made["id"]
    return made


def thread_answer(world: World, route: str, parts: list[str], sent: Json, query: dict[str, list[str]]) -> Json | None:  # noqa: PLR0911 - a line a route
    """Answer what is about a thread."""
    if route == "POST /threads":
        made = world.make("thread", "thread_", {"metadata": sent.get("metadata") or {}, "tool_resources": {}})
        world.threads[made["id"]] = Thread(prompts=[_text(one) for one in sent.get("messages") or []])
        return made
    thread_id = parts[1]
    if route == "DELETE /threads/*":
        world.delete(thread_id)
        return {"id": thread_id, "object": "thread.deleted", "deleted": True}
    thread = world.threads[thread_id]
    if route == "GET /threads/*":
        return {"id": thread_id, "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
    if route == "POST /threads/*/messages":
        thread.prompts.append(_text(sent))
        return {"id": "msg_0", "object": "thread.message", "role": "user", "content": []}
    if route == "GET /threads/*/messages":
        wanted = query.get("run_id", list(thread.runs))
        return listed([message_object(thread.runs[one].facts) for one in wanted if _is_over(world, thread, one)])
    if route == "GET /threads/*/runs":
        return listed([run_object(run.facts, world.status(run)) for run in reversed(thread.runs.values())])
    run = thread.runs.get(parts[3])
    if run is None:
        return None
    if route == "GET /threads/*/runs/*/steps":
        is_over = _is_over(world, thread, run.facts.id)
        return listed(step_objects(run.facts, has_content="include[]" in query) if is_over else [])
    return run_object(run.facts, world.status(run))


def _is_over(world: World, thread: Thread, run_id: str) -> bool:
    return run_id in thread.runs and world.status(thread.runs[run_id]) == "completed"


def _text(message: Json) -> str:
    content: Any = message["content"]
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)


def chat(world: World, sent: Json) -> Json:
    """Return a chat completion."""
    said = world.paragraphs[len(str(sent["messages"])) % len(world.paragraphs)]
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice]}


async def serve(world: World) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(world), "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    over = asyncio.Event()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=wait, daemon=True).start()
    await over.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the fake assistant.")
    parser.add_argument("document", type=Path)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--poll-after-ms", type=int, default=500)
    parser.add_argument("--results", type=int, default=10)
    parser.add_argument("--length", type=int, default=800)
    parser.add_argument("--deltas", type=int, default=60)
    options = parser.parse_args()
    model = Model(
        latency_s=options.latency,
        poll_after_ms=options.poll_after_ms,
        results=options.results,
        length=options.length,
        deltas=options.deltas,
    )
    asyncio.run(serve(World(options.document, model)))


if __name__ == "__main__":
    main()
