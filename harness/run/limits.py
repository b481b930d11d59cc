"""How many runs may go on at once, and how many requests a minute may be sent.

As many runs as was asked for, fewer while the endpoint refuses, all of them again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_S = 10.0
"""So long at most a request should have to wait for its turn: no more runs go on at once than send so many in it."""


class Limits:
    """Room for so many runs. Lives on one event loop; all runs of a process share it.

    A refusal halves the room, but only once for all that was asked before the last halving: those refusals are news of
    the same crowd. Each answer gives one place back. So the room follows what the endpoint takes, as TCP does.

    Args:
        most: Runs at once where nothing is refused.
        per_minute: Requests; None: as many as the runs send.
    """

    def __init__(self, most: int, per_minute: float | None = None) -> None:
        self._most = _fed(most, per_minute)
        self._allowed = self._most
        self._per_minute = per_minute
        self._turn_s = 0.0
        self._going = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.era = 0
        """How often the room was halved."""

    @property
    def allowed(self) -> int:
        """Runs at once, as of now."""
        return self._allowed

    async def turn(self) -> None:
        """Wait until a request may be sent: they are spread evenly, since servers count over less than a minute too."""
        if self._per_minute is None:
            return
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._turn_s)
        self._turn_s = turn_s + 60.0 / self._per_minute
        if turn_s > now_s:
            await asyncio.sleep(turn_s - now_s)

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Wait for a place, and give it back in the end. First come, first served."""
        await self._enter()
        try:
            yield
        finally:
            self._going -= 1
            self._let_in()

    @property
    def going(self) -> int:
        """Runs that have a place."""
        return self._going

    @property
    def waiting(self) -> int:
        """Runs that wait for one."""
        return len(self._waiting)

    def allow(self, runs: int, per_minute: float | None) -> None:
        """Set the room to so many runs and requests; what goes on already is not ended."""
        self._allowed, self._per_minute = runs, per_minute
        self._let_in()

    def refused(self, era: int) -> None:
        """Take note of a refusal.

        Args:
            era: The era in which the request was sent.
        """
        if era == self.era:
            self.era += 1
            self._allowed = max(1, self._allowed // 2)

    def answered(self) -> None:
        """Take note of an answer."""
        if self._allowed < self._most:
            self._allowed += 1
            self._let_in()

    async def _enter(self) -> None:
        if self._going < self._allowed and not self._waiting:
            self._going += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was let in, and leaves at once
                self._going -= 1
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._going < self._allowed:
            place = self._waiting.popleft()
            if not place.done():
                self._going += 1
                place.set_result(None)


def _fed(runs: int, per_minute: float | None) -> int:
    """Return how many of these runs can go on at once without waiting long for their turns."""
    return runs if per_minute is None else max(1, min(runs, int(per_minute * PATIENCE_S / 60.0)))
