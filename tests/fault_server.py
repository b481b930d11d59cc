"""A server that speaks just enough of the protocol to fail in a chosen way, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HTML = "<html><body>Sign in</body></html>"


class FaultServer(ThreadingHTTPServer):
    """Answers the set-up, and then does what its `fault` says.

    Faults: `401`, `404`, `429`, `500` (every request), `html` (200 with a page), `404-thread` (no such route),
    `failed`, `expired`, `never` (how runs end), `requires_action`, `store-failed`, `slow`, or `` for none.
    """

    daemon_threads = True

    def __init__(self, fault: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = fault
        self.requests: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self.made = 0
        self.runs: dict[str, str] = {}
        self.usage: dict[str, int] | None = None
        """What each run says that it used."""

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def left(self) -> set[str]:
        """Return ids of objects that were made and not deleted."""
        with self.lock:
            made = {line.split()[1] for line in self.requests if line.startswith("MADE")}
            deleted = {line.split("/")[-1] for line in self.requests if line.startswith("DELETE")}
        return made - deleted


@contextmanager
def fault_server(fault: str = "") -> Iterator[FaultServer]:
    """Run a server in a thread."""
    server = FaultServer(fault)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: FaultServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path  # a client that takes us for its proxy sends whole URLs
        with self.server.lock:
            self.server.requests.append(f"{method} {path}")
            self.server.headers_seen.append({key.lower(): value for key, value in self.headers.items()})
        fault = self.server.fault
        if fault.isdigit():
            self._error(int(fault))
        elif fault == "html":
            self._send(200, HTML, "text/html")
        elif fault == "404-thread" and "/threads" in path:
            self._send(404, json.dumps({"detail": "Not Found"}), "application/json")
        else:
            self._send(200, json.dumps(self._answer(method, path)), "application/json")

    def _error(self, status: int) -> None:
        said = {"error": {"message": f"fault {status}", "type": "x", "code": f"code_{status}", "param": None}}
        self._send(status, json.dumps(said), "application/json")

    def _send(self, status: int, body: str, kind: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("openai-poll-after-ms", "20")
        self.send_header("retry-after-ms", "10")
        self.end_headers()
        self.wfile.write(data)

    def _new(self, prefix: str) -> str:
        with self.server.lock:
            self.server.made += 1
            new = f"{prefix}{self.server.made:024d}"
            if prefix in {"file-", "vs_", "asst_", "thread_"}:
                self.server.requests.append(f"MADE {new}")
        return new

    def _answer(self, method: str, path: str) -> dict[str, Any]:  # noqa: PLR0911 - one line a route
        fault, parts = self.server.fault, path.split("/")
        if method == "DELETE":
            return {"id": parts[-1], "object": "deleted", "deleted": True}
        if path.endswith("/steps"):
            return {"object": "list", "data": [], "has_more": False}
        if path.endswith("/messages"):
            return {"object": "list", "data": [self._message(parts[3])], "has_more": False}
        if "/runs" in path:
            return self._run(parts)
        if "/vector_stores" in path:
            return self._store(method, path)
        if method == "GET":
            return {"id": parts[-1], "object": "file", "filename": "library.md", "status": "processed"}
        prefix = {"files": "file-", "assistants": "asst_", "threads": "thread_"}[parts[2]]
        made = {"id": self._new(prefix), "created_at": 1, "object": parts[2].removesuffix("s"), "status": "processed"}
        return made | ({"filename": "library.md", "bytes": 1, "purpose": "assistants"} if fault != "odd" else {})

    def _store(self, method: str, path: str) -> dict[str, Any]:
        failed = self.server.fault == "store-failed"
        if path.endswith("/files"):
            error = {"code": "invalid_file", "message": "The file could not be parsed."}
            return {"object": "list", "data": [{"id": "file-x", "status": "failed", "last_error": error}]}
        store_id = self._new("vs_") if method == "POST" else path.rsplit("/", maxsplit=1)[-1]
        status = "in_progress" if method == "POST" else "completed"
        return {"id": store_id, "object": "vector_store", "status": status, "file_counts": {"failed": int(failed)}}

    def _run(self, parts: list[str]) -> dict[str, Any]:
        if parts[-1] == "cancel":
            status = "cancelled"
        elif parts[-1] == "runs":
            status = "queued"
        else:
            status = {"never": "in_progress", "odd": "dreaming"}.get(
                self.server.fault, self.server.fault
            ) or "completed"
        run_id = self._new("run_") if parts[-1] == "runs" else parts[5]
        self.server.runs[parts[3]] = run_id
        error = {"code": "server_error", "message": "the model fell over"} if status == "failed" else None
        run = {"id": run_id, "object": "thread.run", "thread_id": parts[3], "status": status, "model": "m"}
        return run | {"last_error": error, "usage": self.server.usage if status == "completed" else None}

    def _message(self, thread: str) -> dict[str, Any]:
        text = {"value": "Members may borrow books for 28 days.", "annotations": []}
        content = [{"type": "text", "text": text}]
        message = {"id": self._new("msg_"), "object": "thread.message", "role": "assistant"}
        return message | {"run_id": self.server.runs[thread], "content": content}
