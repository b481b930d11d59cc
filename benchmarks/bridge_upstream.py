"""The scripted chat endpoint of `bridge.py`: a model that has read the recordings and must find the passages itself."""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
PIECE = 7
"""Characters of a streamed piece: fewer than a citation mark has, more than one."""
QUERIES = 20
"""Most searches for one answer; the bridge allows a few more."""
_RESULT = re.compile(r"^【(\d+)】 (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What was said to a question under some instructions."""

    rules: tuple[str, ...]
    """The instructions that were in force; the system message holds all of them."""
    prompts: tuple[str, ...]
    """What the user has said so far, the question last."""
    text: str
    """The answer, with the marks of its citations."""
    cites: tuple[tuple[int, int, str, str], ...]
    """Where each mark begins and ends, and the file and the words of its passage."""
    calls: tuple[tuple[str, str], ...]
    """Functions that were called on the way: name and arguments."""


class Book:
    """All that the scripted endpoint knows."""

    def __init__(self, sayings: Sequence[Saying]) -> None:
        self._sayings = sayings
        self.requests = 0
        self.unknown = 0

    def reply(self, body: Json) -> Json:
        """Return the message that answers a request."""
        self.requests += 1
        messages = body["messages"]
        saying = self._saying(messages)
        if saying is None:
            self.unknown += 1
            return {"content": "I was never asked this."}
        said_since = messages[max(i for i, message in enumerate(messages) if message["role"] == "user") :]
        called = {call["function"]["name"] for message in said_since for call in message.get("tool_calls", ())}
        offered = [tool["function"]["name"] for tool in body.get("tools", ())]
        due = [(name, arguments) for name, arguments in saying.calls if name in offered and name not in called]
        if not due and "file_search" in offered and "file_search" not in called:
            words = [passage[:1000] for _, _, _, passage in saying.cites if passage]
            queries = list(dict.fromkeys([saying.prompts[-1], *words]))[:QUERIES]
            due = [("file_search", json.dumps({"query": query})) for query in queries]
        if due:
            return {"content": None, "tool_calls": [_call(*one, number) for number, one in enumerate(due)]}
        told = [message["content"] for message in said_since if message["role"] == "tool"]
        return {"content": _cited(saying, "\n\n".join(told))}

    def _saying(self, messages: Sequence[Json]) -> Saying | None:
        """Return what is known for a conversation, by the longest instructions that are in force."""
        prompts = tuple(message["content"] for message in messages if message["role"] == "user")
        system = messages[0]["content"] if messages[0]["role"] == "system" else ""
        fitting = [one for one in self._sayings if one.prompts == prompts and all(r in system for r in one.rules)]
        return max(fitting, key=lambda one: sum(map(len, one.rules)), default=None)


def _call(name: str, arguments: str, number: int) -> Json:
    return {"id": f"call{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _cited(saying: Saying, told: str) -> str:
    """Return the answer with its marks in the numbers that the search has given the passages."""
    bounds = [*_RESULT.finditer(told)]
    ends = [*(one.start() for one in bounds[1:]), len(told)]
    shown = [(one[1], one[2], told[one.end() : end].strip()) for one, end in zip(bounds, ends, strict=True)]
    text, position = "", 0
    for start, end, file_name, passage in saying.cites:
        of_file = [(number, words) for number, name, words in shown if name == file_name]
        exact = [number for number, words in of_file if words == passage.strip()]
        number = (exact or [number for number, _ in of_file] or ["0"])[0]
        text += f"{saying.text[position:start]}【{number}】"
        position = end
    return text + saying.text[position:]


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = self.server.book.reply(body)
        content = reply.pop("content") or ""
        deltas = [{"content": content[begin : begin + PIECE]} for begin in range(0, len(content), PIECE)]
        deltas += [{"tool_calls": [{"index": i, **call}]} for i, call in enumerate(reply.get("tool_calls", ()))]
        chunks: list[Json] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        finish = "tool_calls" if "tool_calls" in reply else "stop"
        counted = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}, {"choices": [], "usage": counted}]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, book: Book) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.book = book


@contextmanager
def upstream(book: Book) -> Iterator[str]:
    """Serve in a thread; yield the base URL."""
    server = _Server(book)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
