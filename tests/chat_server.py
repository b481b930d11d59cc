"""A chat endpoint that judges by a script, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], str | int | bytes]
"""From a request's body to the reply's text, to the status of a refusal, or to the whole body of the response."""


class ChatServer(ThreadingHTTPServer):
    """Answers `/v1/chat/completions`."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        self.server.keys.append(self.headers.get("authorization"))
        said = self.server.script(body)
        status, answer = (said, _refusal()) if isinstance(said, int) else (200, _completion(str(said)))
        data = said if isinstance(said, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def _refusal() -> dict[str, Any]:
    return {"error": {"message": "response_format is not supported", "type": "invalid_request_error", "code": None}}


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "judge-1", "choices": [choice]}


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Run a server in a thread."""
    server = ChatServer(script)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def all_are(support: str) -> Script:
    """Judge every claim alike."""

    def script(body: dict[str, Any]) -> str:
        task = json.loads(body["messages"][-1]["content"])
        verdicts = [{"claim": one["claim"], "support": support, "reason": "it says so"} for one in task["claims"]]
        return json.dumps({"verdicts": verdicts})

    return script
