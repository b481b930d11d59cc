"""Connections that end otherwise than HTTP has it."""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.server.faults.rules import Place

_KEY = "connection"
_ON_AND_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ReachableProtocol(H11Protocol):
    """HTTP/1.1 as always, but the application can reach the connection: in the scope's state, where ASGI has room."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        """Take a new connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _KEY: transport}


def reset(scope: Scope) -> None:
    """End a connection at once: the client reads `connection reset by peer`, whatever was sent before."""
    transport = _transport(scope)
    # With nothing to linger for, closing sends RST instead of an orderly end.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ON_AND_ZERO)
    transport.abort()


def close(scope: Scope) -> None:
    """End a connection once what was sent is out: the client reads that, and then the end of the connection."""
    _transport(scope).close()


async def until_gone(receive: Receive) -> None:
    """Wait until a connection has ended; the rest of the request is passed over."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Beginning:
    """Pass an answer on up to a place in it, and nothing after that.

    Args:
        place: After how many events or bytes.
        send: Where the answer goes.
        end: What happens there.
    """

    def __init__(self, place: Place, send: Send, end: Callable[[], None]) -> None:
        self.is_over = False
        self._is_counting_events = place.events is not None
        self._left = (place.events if place.events is not None else place.bytes) or 0
        self._send = send
        self._end = end

    async def __call__(self, message: Message) -> None:
        """Take a message of the answer (ASGI)."""
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
            return
        body: bytes = message.get("body", b"")
        passed = self._events_of(body) if self._is_counting_events else body[: self._left]
        self._left -= passed.count(b"\n\n") if self._is_counting_events else len(passed)
        self.is_over = self._left <= 0
        if not self.is_over:
            await self._send(message)
            return
        await self._send({"type": "http.response.body", "body": passed, "more_body": True})
        self._end()

    async def _begin(self, message: Message) -> None:
        is_stream = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
        if self._is_counting_events and not is_stream:
            self._is_counting_events, self._left = False, sys.maxsize  # no events: all of it passes
        await self._send(message)
        if self._left <= 0:
            self.is_over = True
            self._end()

    def _events_of(self, body: bytes) -> bytes:
        """Return as many events as are left; each ends with an empty line, and is sent in one piece."""
        events = body.split(b"\n\n")
        return body if len(events) <= self._left else b"".join(event + b"\n\n" for event in events[: self._left])


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope["state"][_KEY]
    assert isinstance(transport, asyncio.Transport)
    return transport
