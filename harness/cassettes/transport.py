"""The transport that records what passes through it, or answers from a recording."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

from harness.cassettes.form import form_parts
from harness.cassettes.interaction import EVENT_STREAM, FORM, Interaction, json_or_text
from harness.cassettes.streams import arrival_times
from harness.errors import CassetteStale


class CassetteTransport(httpx2.AsyncBaseTransport):
    """Record through another transport, or replay without one.

    One per run: nothing is patched and nothing is shared, so runs side by side cannot mix their tapes.

    Args:
        inner: The transport that reaches the endpoint; None replays `recorded`.
        recorded: The interactions to answer from; each is given once, the last of equal reads as often as asked.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport | None = None, recorded: Sequence[Interaction] = ()) -> None:
        self._inner = inner
        self._left = list(recorded)
        self._reads: dict[str, Interaction] = {}
        self._origin = time.monotonic()
        self._slots: list[Interaction | None] = []

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What was recorded so far, in the order of the requests; those that were never answered are left out."""
        return tuple(interaction for interaction in self.sent if interaction.status)

    @property
    def sent(self) -> tuple[Interaction, ...]:
        """What was recorded so far, and with the status 0 what was sent in vain, mere reads aside."""
        return tuple(interaction for interaction in self._slots if interaction is not None)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request on and record it, or answer it from the recording.

        Raises:
            CassetteStale: In replay, for a request that the recording does not hold.
        """
        await request.aread()
        if self._inner is None:
            return self._replay(request)
        slot = len(self._slots)
        self._slots.append(None)
        # An encoded body would have to be decoded before it can be read in a diff.
        request.headers["accept-encoding"] = "identity"
        started = time.monotonic()
        try:
            response = await self._inner.handle_async_request(request)
        except httpx2.TransportError:
            self._slots[slot] = self._unanswered(request, started)
            raise
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)

        def keep(chunks: list[tuple[float, bytes]], *, is_whole: bool) -> None:
            # A stream tells its tale event by event; half an object tells nothing.
            tells = is_whole or (chunks and _media_type(response.headers) == EVENT_STREAM)
            made = self._interaction(request, response, chunks, started) if tells else None
            self._slots[slot] = made or self._unanswered(request, started)

        response.stream = _Tee(stream, started, keep)
        return response

    async def aclose(self) -> None:
        """Do nothing: the inner transport belongs to whoever made it."""

    def _unanswered(self, request: httpx2.Request, started: float) -> Interaction | None:
        """Return a request that came to nothing, as far as anybody knows; None for a mere read."""
        if request.method == "GET":
            return None
        nothing = httpx2.Response(200)
        return replace(self._interaction(request, nothing, [], started), status=0)

    def _interaction(
        self, request: httpx2.Request, response: httpx2.Response, chunks: list[tuple[float, bytes]], started: float
    ) -> Interaction:
        body = b"".join(chunk for _, chunk in chunks)
        # What is encoded all the same tells nothing of where its events end.
        is_timed = _media_type(response.headers) == EVENT_STREAM and "content-encoding" not in response.headers
        decoded = httpx2.Response(response.status_code, headers=response.headers, content=body).content
        media_type = _media_type(response.headers)
        request_type = _media_type(request.headers) if request.content else ""
        return Interaction(
            method=request.method,
            uri=str(request.url),
            request_type=request_type,
            request_body=_request_body(request, request_type),
            status=response.status_code,
            response_type=media_type,
            response_body=decoded.decode(errors="replace"),
            started_s=round(started - self._origin, 3),
            duration_s=round(time.monotonic() - started, 3),
            event_times=arrival_times(chunks) if is_timed else (),
        )

    def _replay(self, request: httpx2.Request) -> httpx2.Response:
        body = _request_body(request, _media_type(request.headers)) if request.content else ""
        wanted = (request.method, _place(str(request.url)), json_or_text(body))
        for index, interaction in enumerate(self._left):
            if wanted == _asked(interaction):
                del self._left[index]
                self._reads[_place(interaction.uri)] = interaction
                return _response(interaction, request)
        again = self._reads.get(wanted[1])
        if request.method == "GET" and again is not None and again.method == "GET":
            return _response(again, request)
        raise CassetteStale(
            f"the recording holds no (further) answer to {request.method} {request.url.path} with this body",
            hint="record it again: --harness-record=all",
        )


class _Keep(Protocol):
    """Takes the chunks of a response, each with the time from the request to it."""

    def __call__(self, chunks: list[tuple[float, bytes]], *, is_whole: bool) -> None: ...


class _Tee(httpx2.AsyncByteStream):
    """A stream that keeps what flows through it and hands it over at its end, or where it breaks off."""

    def __init__(self, stream: httpx2.AsyncByteStream, started: float, keep: "_Keep") -> None:
        self._stream = stream
        self._started = started
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: list[tuple[float, bytes]] = []
        is_whole = False
        try:
            async for chunk in self._stream:
                chunks.append((round(time.monotonic() - self._started, 3), chunk))
                yield chunk
            is_whole = True
        finally:
            self._keep(chunks, is_whole=is_whole)

    async def aclose(self) -> None:
        await self._stream.aclose()


def _media_type(headers: httpx2.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def _request_body(request: httpx2.Request, media_type: str) -> str:
    if media_type == FORM:
        return json.dumps(form_parts(request.headers["content-type"], request.content), ensure_ascii=False)
    return request.content.decode(errors="replace")


def _asked(interaction: Interaction) -> tuple[str, str, object]:
    return interaction.method, _place(interaction.uri), json_or_text(interaction.request_body)


def _place(uri: str) -> str:
    url = urlsplit(uri)
    return f"{url.path}?{url.query}"


def _response(interaction: Interaction, request: httpx2.Request) -> httpx2.Response:
    headers = {"openai-poll-after-ms": "1"}  # a recording has nothing to wait for
    if interaction.response_type:
        headers["content-type"] = interaction.response_type
    # A stream, as a server's would be: a client that records what it reads must find something to read.
    stream = httpx2.ByteStream(interaction.response_body.encode())
    return httpx2.Response(interaction.status, headers=headers, stream=stream, request=request)
