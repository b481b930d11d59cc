"""An endpoint of both protocols whose model calls functions by a script, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[Sequence[str]], str | Sequence[tuple[str, str]]]
"""From all outputs handed back so far to the answer, or to the functions that are called next, with their arguments."""


class CallingServer(ThreadingHTTPServer):
    """Knows one conversation at a time."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[tuple[str, Any]] = []
        self.outputs: list[str] = []
        self.calls: list[dict[str, str]] = []
        self.text = ""
        self.response: dict[str, Any] = {}
        self.statuses: list[str] = []
        """Statuses that responses show before they are completed, or end with."""
        self.made: set[str] = set()
        self.deleted: set[str] = set()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def left(self) -> set[str]:
        """Ids of objects that were made and not deleted."""
        return self.made - self.deleted

    def sent(self, end: str) -> list[Any]:
        """Return the bodies of POST requests to paths with this end."""
        return [body for line, body in self.requests if line.startswith("POST") and line.endswith(end)]

    def new(self, prefix: str) -> str:
        """Return a new id."""
        made = f"{prefix}{len(self.made):024d}"
        self.made.add(made)
        return made

    def go_on(self, outputs: Sequence[str]) -> None:
        """Let the script decide what comes next."""
        self.outputs += outputs
        said = self.script(self.outputs)
        self.text = said if isinstance(said, str) else ""
        called = () if isinstance(said, str) else said
        number = len(self.outputs)
        self.calls = [
            {"id": f"call_{number + at:024d}", "name": name, "arguments": arguments}
            for at, (name, arguments) in enumerate(called)
        ]


@contextmanager
def calling_server(script: Script) -> Iterator[CallingServer]:
    """Run a server in a thread."""
    server = CallingServer(script)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: CallingServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a header and a body in two packets would wait for each other

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        body = json.loads(sent) if sent else None
        self.server.requests.append((f"{method} {path}", body))
        data = json.dumps(self._answer(method, path, body)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("openai-poll-after-ms", "1")
        self.end_headers()
        self.wfile.write(data)

    def _answer(self, method: str, path: str, body: Any) -> dict[str, Any]:  # noqa: PLR0911 - one line a route
        server, last = self.server, path.rsplit("/", maxsplit=1)[-1]
        if method == "DELETE":
            server.deleted.add(last)
            return {"id": last, "deleted": True}
        if path.endswith("/steps"):
            return {"object": "list", "data": [self._step()] if server.outputs else []}
        if path.endswith("/messages") and method == "GET":
            return {"object": "list", "data": [self._message()]}
        if last == "responses":
            return self._response(body)
        if "/responses/" in path:
            return {**server.response, "status": self._status()}
        if "/runs" in path:
            if method == "POST" and last != "cancel":
                server.go_on([one["output"] for one in body.get("tool_outputs", [])])
            return self._run("cancelled" if last == "cancel" else "")
        prefixes = {"assistants": "asst_", "threads": "thread_", "conversations": "conv_"}
        return {"id": server.new(prefixes.get(last, "x_")), "object": last.removesuffix("s")}

    def _run(self, status: str) -> dict[str, Any]:
        asked = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self.server.calls
        ]
        status = status or ("requires_action" if asked else "completed")
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        run = {"id": "run_1", "object": "thread.run", "status": status, "model": "scripted"}
        return run | ({"required_action": action} if status == "requires_action" else {})

    def _step(self) -> dict[str, Any]:
        return {"id": "step_1", "object": "thread.run.step", "run_id": "run_1", "step_details": {"tool_calls": []}}

    def _message(self) -> dict[str, Any]:
        content = [{"type": "text", "text": {"value": self.server.text, "annotations": []}}]
        message = {"id": "msg_1", "object": "thread.message", "role": "assistant", "run_id": "run_1"}
        return message | {"content": content}

    def _response(self, body: dict[str, Any]) -> dict[str, Any]:
        server, given = self.server, body["input"]
        server.go_on([one["output"] for one in given] if isinstance(given, list) else [])
        output: list[dict[str, Any]] = [
            {"type": "function_call", "call_id": call["id"], "name": call["name"], "arguments": call["arguments"]}
            for call in server.calls
        ]
        text = {"type": "output_text", "text": server.text, "annotations": []}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text]}
        server.response = {"id": server.new("resp_"), "object": "response", "model": "scripted"}
        server.response |= {"status": self._status(), "output": output or [message]}
        return server.response

    def _status(self) -> str:
        return self.server.statuses.pop(0) if self.server.statuses else "completed"
