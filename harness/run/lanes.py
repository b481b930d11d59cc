"""Connections side by side, each in a pool of its own.

A pool looks at all of its connections for each request that comes and goes: with fifty of them that takes longer than
the rest of the request.
"""

from collections.abc import AsyncIterator, Callable

import httpx2

IDLE_S = 3.0
"""How long an unused connection is kept: servers close theirs after 5 s, and a request must not meet that."""


class Lanes(httpx2.AsyncBaseTransport):
    """A transport that sends each request through one nobody else uses, the last used first.

    Args:
        make: Makes such a transport.
    """

    def __init__(self, make: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._make = make
        self._free: list[httpx2.AsyncBaseTransport] = []
        self._all: list[httpx2.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        lane = self._free.pop() if self._free else self._new()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.append(lane)
            raise
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        response.stream = _Passing(stream, lambda: self._free.append(lane))
        return response

    def _new(self) -> httpx2.AsyncBaseTransport:
        self._all.append(self._make())
        return self._all[-1]

    async def aclose(self) -> None:
        """Close all connections."""
        for lane in self._all:
            await lane.aclose()


class _Passing(httpx2.AsyncByteStream):
    """A body; once it is closed, its lane is free."""

    def __init__(self, stream: httpx2.AsyncByteStream, free: Callable[[], None]) -> None:
        self._stream = stream
        self._free: Callable[[], None] | None = free

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            free, self._free = self._free, None
            if free is not None:
                free()
