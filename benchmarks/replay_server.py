"""A server for `replay.py`: it speaks enough of the Assistants protocol to be recorded, and looks nothing up.

`python replay_server.py DOCUMENT RESULTS LENGTH` prints its base URL and serves until its standard input closes. The
answer to a prompt with a number in it is that paragraph of the document, with a citation; the search step has RESULTS
stretches of the document of LENGTH characters.
"""

import itertools
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DATE = 1_780_000_000
INSTRUCTIONS = "Answer only from the attached document, in two sentences. If it does not hold the answer, say so."


class FakeServer(ThreadingHTTPServer):
    """Answers from a document by paragraph number."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, document: Path, results: int, length: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.document = document
        self.text = document.read_text(encoding="utf-8")
        self.paragraphs = self.text.split("\n\n")
        self.results = results
        self.length = length
        self.file_id = "file-0"
        self.prompts: dict[str, str] = {}
        self.assistants: dict[str, str] = {}
        self.numbers = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        """Return an id as long as the real ones."""
        return f"{prefix}{next(self.numbers):024x}"

    def answer(self, prompt: str) -> str:
        """Return the paragraph that a prompt asks for: two sentences."""
        found = re.search(r"\d+", prompt)
        return self.paragraphs[int(found.group()) % len(self.paragraphs)] if found else self.paragraphs[0]

    def found(self, prompt: str) -> list[dict[str, Any]]:
        """Return search results: stretches that overlap by half, as the hosted API cuts them."""
        step = max(1, self.length // 2)
        count = max(1, (len(self.text) - self.length) // step)
        first = self.text.index(self.answer(prompt)) // step
        places = [(first + 7 * rank) % count * step for rank in range(self.results)]
        return [
            {
                "file_id": self.file_id,
                "file_name": self.document.name,
                "score": round(0.9 - rank / 100, 2),
                "content": [{"type": "text", "text": self.text[place : place + self.length]}],
            }
            for rank, place in enumerate(places)
        ]


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer, or the kernel waits for more

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._respond("GET")

    def do_POST(self) -> None:
        self._respond("POST")

    def do_DELETE(self) -> None:
        self._respond("DELETE")

    def _respond(self, method: str) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path.removeprefix("/v1").strip("/").split("/")
        is_json = "json" in self.headers.get("content-type", "") and content  # the client says so of no body, too
        body = json.dumps(self._answer(method, path, json.loads(content) if is_json else {})).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("openai-poll-after-ms", "20")
        self.send_header("x-request-id", self.server.new_id("req_"))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, method: str, path: list[str], sent: dict[str, Any]) -> dict[str, Any]:
        if path[0] == "threads" and method != "DELETE":
            return self._conversation(method, path, sent)
        server, object_id = self.server, path[-1]
        if method == "DELETE":
            return {"id": object_id, "object": "deleted", "deleted": True}
        if path[0] == "files":
            server.file_id = server.new_id("file-")
            return {"id": server.file_id, "object": "file", "purpose": "assistants", "bytes": 1}
        if path[0] == "vector_stores":
            counts = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
            store_id = object_id if len(path) > 1 else server.new_id("vs_")
            return {"id": store_id, "object": "vector_store", "status": "completed", "file_counts": counts}
        return {"id": server.new_id("asst_"), "object": "assistant", **sent}

    def _conversation(self, method: str, path: list[str], sent: dict[str, Any]) -> dict[str, Any]:
        server = self.server
        if path == ["threads"]:
            thread_id = server.new_id("thread_")
            server.prompts[thread_id] = sent["messages"][0]["content"]
            resources: dict[str, Any] = {"code_interpreter": {"file_ids": []}}
            return {
                "id": thread_id,
                "object": "thread",
                "created_at": DATE,
                "metadata": {},
                "tool_resources": resources,
            }
        match method, path[1:]:
            case "POST", [thread_id, "runs"]:
                server.assistants[thread_id] = sent["assistant_id"]
                return self._run(server.new_id("run_"), thread_id, "queued")
            case _, [thread_id, "runs", run_id, "steps"]:
                return _listed(self._steps(thread_id, run_id))
            case _, [thread_id, "runs", run_id]:
                return self._run(run_id, thread_id, "completed")
        return _listed([self._message(path[1])])

    def _steps(self, thread_id: str, run_id: str) -> list[dict[str, Any]]:
        server = self.server
        search = {
            "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
            "results": server.found(server.prompts[thread_id]),
        }
        calls = [{"id": server.new_id("call_"), "type": "file_search", "file_search": search}]
        made = {"message_id": f"msg_{thread_id[7:]}"}
        return [
            self._step(server.new_id("step_"), thread_id, run_id, {"type": "tool_calls", "tool_calls": calls}),
            self._step(
                server.new_id("step_"), thread_id, run_id, {"type": "message_creation", "message_creation": made}
            ),
        ]

    def _message(self, thread_id: str) -> dict[str, Any]:
        answer = self.server.answer(self.server.prompts[thread_id])
        marker = "【4:0†source】"
        note = {
            "type": "file_citation",
            "text": marker,
            "start_index": len(answer),
            "end_index": len(answer) + len(marker),
            "file_citation": {"file_id": self.server.file_id},
        }
        run_id = urlsplit(self.path).query.partition("run_id=")[2].partition("&")[0]
        return {
            "id": f"msg_{thread_id[7:]}",
            "object": "thread.message",
            "created_at": DATE,
            "assistant_id": self.server.assistants[thread_id],
            "thread_id": thread_id,
            "run_id": run_id or None,
            "role": "assistant",
            "content": [{"type": "text", "text": {"value": answer + marker, "annotations": [note]}}],
            "attachments": [],
            "metadata": {},
        }

    def _run(self, run_id: str, thread_id: str, status: str) -> dict[str, Any]:
        is_over = status == "completed"
        return {
            "id": run_id,
            "object": "thread.run",
            "created_at": DATE,
            "assistant_id": self.server.assistants[thread_id],
            "thread_id": thread_id,
            "status": status,
            "started_at": DATE if is_over else None,
            "expires_at": None if is_over else DATE + 600,
            "cancelled_at": None,
            "failed_at": None,
            "completed_at": DATE if is_over else None,
            "required_action": None,
            "last_error": None,
            "model": "fake",
            "instructions": INSTRUCTIONS,
            "tools": [{"type": "file_search", "file_search": {"ranking_options": {"ranker": "default_2024_08_21"}}}],
            "tool_resources": {},
            "metadata": {},
            "temperature": 1.0,
            "top_p": 1.0,
            "max_completion_tokens": None,
            "max_prompt_tokens": None,
            "truncation_strategy": {"type": "auto", "last_messages": None},
            "incomplete_details": None,
            "usage": {"prompt_tokens": 780, "completion_tokens": 41, "total_tokens": 821} if is_over else None,
            "response_format": "auto",
            "tool_choice": "auto",
            "parallel_tool_calls": True,
        }

    def _step(self, step_id: str, thread_id: str, run_id: str, details: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": step_id,
            "object": "thread.run.step",
            "created_at": DATE,
            "run_id": run_id,
            "assistant_id": self.server.assistants[thread_id],
            "thread_id": thread_id,
            "type": details["type"],
            "status": "completed",
            "cancelled_at": None,
            "completed_at": DATE,
            "expired_at": None,
            "failed_at": None,
            "last_error": None,
            "step_details": details,
            "usage": {"prompt_tokens": 390, "completion_tokens": 20, "total_tokens": 410},
        }


def _listed(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"],
        "last_id": items[-1]["id"],
        "has_more": False,
    }


def main() -> None:
    document, results, length = sys.argv[1:]
    server = FakeServer(Path(document), int(results), int(length))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
