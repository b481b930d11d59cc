"""A transport that tries again what may be sent twice; what may not is left to those who know what they asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from harness.run.limits import Limits
from harness.targets.patience import Patience

SAFE = frozenset({"GET", "HEAD", "DELETE"})
"""Methods that come to the same however often they are sent."""
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""What is raised before anything of a request was sent."""
REFUSED = frozenset({408, 429})
"""Statuses of requests that were not carried out: any method may be sent again."""
BROKEN = frozenset({500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses of requests of which nobody knows how far they got."""
ROUNDS, ROUND_S = 10, 0.01
"""How often, and after how many seconds, it is looked whether there is quiet."""


class PatientTransport(httpx2.AsyncBaseTransport):
    """Sends requests through another transport, again where that is safe and may help.

    Below the transport that records: what was tried in vain is on no tape.

    Args:
        inner: What reaches the endpoint.
        patience: How often, and after what pauses.
        limits: Are told of refusals and answers.
        most_s: A server that asks for a longer pause is believed, and its refusal handed on.
    """

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, patience: Patience, limits: Limits, most_s: float = 60.0
    ) -> None:
        self._inner = inner
        self._patience = patience
        self._limits = limits
        self._most_s = most_s
        self._unanswered = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and again as long as that may help.

        Raises:
            httpx2.TransportError: It was sent, perhaps, and no answer came; or all tries failed.
        """
        tried = 0
        while True:
            tried += 1
            await self._limits.turn()
            era = self._limits.era
            response: httpx2.Response | None = None
            try:
                response = await self._sent(request)
            except httpx2.TransportError as error:
                if not (request.method in SAFE or isinstance(error, UNSENT)) or self._patience.is_over(tried):
                    raise
            wanted_s = None
            if response is not None:
                self._tell(response, era)
                wanted_s = retry_after_s(response.headers)
                if not self._is_worth_it(request, response, tried, wanted_s):
                    return response
                await response.aclose()
            await self._patience.pause(tried, wanted_s)

    async def quiet(self) -> None:
        """Wait until no request waits for the beginning of its answer, or a while: what is not urgent stands back."""
        for _ in range(ROUNDS):
            if not self._unanswered:
                return
            await asyncio.sleep(ROUND_S)

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; what may be sent again is read to its end at once: it may break off in the middle."""
        self._unanswered += 1
        try:
            response = await self._inner.handle_async_request(request)
        finally:
            self._unanswered -= 1
        if request.method not in SAFE:
            return response
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        try:
            content = b"".join([piece async for piece in stream])
        finally:
            await stream.aclose()
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=_Read(content), extensions=response.extensions
        )

    def _tell(self, response: httpx2.Response, era: int) -> None:
        if response.status_code == 429:
            self._limits.refused(era)
        elif response.status_code < 400:
            self._limits.answered()

    def _is_worth_it(
        self, request: httpx2.Request, response: httpx2.Response, tried: int, wanted_s: float | None
    ) -> bool:
        status = response.status_code
        was_refused = status in REFUSED or (status == 503 and wanted_s is not None)
        is_known = was_refused or (status in BROKEN and request.method in SAFE)
        return is_known and not self._patience.is_over(tried) and (wanted_s or 0) <= self._most_s

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Read(httpx2.AsyncByteStream):
    """A body that has arrived."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def retry_after_s(headers: httpx2.Headers, now: datetime | None = None) -> float | None:
    """Return the pause that an answer asks for, in seconds; None where it asks for none that can be read.

    Args:
        headers: `retry-after-ms`, or `retry-after` in seconds or as a date.
        now: The time; None: the clock's.
    """
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) / scale)
        except ValueError:
            continue
    try:
        at = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
