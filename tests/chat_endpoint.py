"""A chat endpoint over real HTTP that answers by a script: what stands behind the bridge in tests."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.server.__main__ import bound_socket

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[["ChatEndpointServer"], Response]
"""Makes the response to one request."""
Script: TypeAlias = Callable[[Json], Answer]
"""From a request's body to its answer."""


@dataclass
class ChatEndpointServer:
    """What was asked, and what happens next."""

    script: Script
    url: str
    bodies: list[Json] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    """From which the requests came: a connection has one."""
    models: Answer | None = None
    closed: threading.Event = field(default_factory=threading.Event)
    """Set once a client has closed an answer that never ends."""

    def play(self, *answers: Answer, script: Script | None = None) -> None:
        """Forget what was asked, and answer in this way from now on: one answer after the other, the last for ever."""
        left = list(answers)
        self.script = script or (lambda _: left.pop(0) if len(left) > 1 else left[0])
        self.bodies, self.headers, self.ports = [], [], []
        self.models, self.closed = None, threading.Event()


def chunk(delta: Json | None = None, finish: str | None = None, **more: Any) -> Json:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
        **more,
    }


def usage(prompt: int, completion: int) -> Json:
    return chunk(usage={"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})


def said(*pieces: str, finish: str = "stop", used: tuple[int, int] | None = (10, 5)) -> Answer:
    """Say text in pieces."""
    last = [usage(*used)] if used else []
    return events(chunk({"role": "assistant"}), *(chunk({"content": p}) for p in pieces), chunk({}, finish), *last)


def called(*calls: tuple[str, str], text: str = "", used: tuple[int, int] | None = (10, 5)) -> Answer:
    """Call functions: (name, arguments); the arguments come in two pieces."""
    deltas: list[Json] = [{"content": text}] if text else []
    for index, (name, arguments) in enumerate(calls):
        middle = len(arguments) // 2
        begun = {"name": name, "arguments": arguments[:middle]}
        deltas.append({"tool_calls": [{"index": index, "id": f"up{index}", "type": "function", "function": begun}]})
        deltas.append({"tool_calls": [{"index": index, "function": {"arguments": arguments[middle:]}}]})
    last = [usage(*used)] if used else []
    return events(*(chunk(delta) for delta in deltas), chunk({}, "tool_calls"), *last)


def searched(query: str) -> Answer:
    return called(("file_search", json.dumps({"query": query})))


def events(*chunks: Json) -> Answer:
    """Stream chunks, and say that this was all."""
    return streamed(b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks) + b"data: [DONE]\n\n")


def streamed(*parts: bytes) -> Answer:
    """Stream bytes as they are."""

    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            yield part
            await asyncio.sleep(0)

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")


def whole(message: Json, finish: str = "stop") -> Answer:
    """Answer by one JSON object, streaming or not."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    counted = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return lambda _: JSONResponse({"id": "c", "object": "chat.completion", "choices": [choice], "usage": counted})


def refused(status: int, message: str, headers: Mapping[str, str] | None = None, **error: Any) -> Answer:
    body = {"error": {"message": message, "type": "invalid_request_error", **error}}
    return lambda _: JSONResponse(body, status_code=status, headers=dict(headers or {}))


def raw(content: bytes, media_type: str = "application/json", status: int = 200) -> Answer:
    return lambda _: Response(content, status_code=status, media_type=media_type)


def silent(*pieces: str) -> Answer:
    """Say something, then nothing more, until the client goes away."""

    def answer(server: ChatEndpointServer) -> Response:
        async def body() -> AsyncIterator[bytes]:
            try:
                for piece in pieces:
                    yield b"data: " + json.dumps(chunk({"content": piece})).encode() + b"\n\n"
                await asyncio.sleep(30)
            finally:
                server.closed.set()

        return StreamingResponse(body(), media_type="text/event-stream")

    return answer


@contextmanager
def chat_endpoint() -> Iterator[ChatEndpointServer]:
    """Serve in a thread; what is answered is told by `play`."""
    listener = bound_socket("127.0.0.1", 0)
    listener.listen()  # whoever connects before the server runs waits for it
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server = ChatEndpointServer(script=lambda _: said("Nothing is played."), url=url)

    async def complete(request: Request) -> Response:
        server.bodies.append(await request.json())
        server.headers.append(dict(request.headers))
        server.ports.append(request.client.port if request.client else 0)
        return server.script(server.bodies[-1])(server)

    async def models(_: Request) -> Response:
        return server.models(server) if server.models else Response(status_code=404)

    routes = [
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/v1/models", models, methods=["GET"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="critical", timeout_graceful_shutdown=1, ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[listener])))
    thread.start()
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(10)
        listener.close()
