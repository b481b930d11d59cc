"""A worker's ledger, limits and budget: each asks the office."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness.cluster.allotment import Report
from harness.config import Budget, Prices
from harness.errors import BudgetReached
from harness.run.ledger import Ledger, Remote
from harness.run.limits import Limits
from harness.run.spending import Spending
from harness.run.won import Won

EVERY_S = 0.5
"""Seconds between two reports, unless there is news that cannot wait."""
NOWHERE = Path("nowhere")
"""The file of those who have none of their own."""
GONE = "the driver of this session is gone"


class TiedLedger(Ledger):
    """Notes objects in the driver's ledger.

    Args:
        office: The actor.
    """

    def __init__(self, office: Any) -> None:
        super().__init__(NOWHERE)
        self._office = office

    def made(self, remote: Remote) -> None:
        """Note an object; it is on the driver's disk when this returns."""
        import ray

        ray.get(self._office.note.remote("made", remote))

    def deleted(self, remote: Remote) -> None:
        """Note that an object is gone. Were that lost, it would only be looked for once more."""
        self._office.note.remote("deleted", remote)

    def lost(self, remote: Remote) -> None:
        """Note an object that may have been made."""
        self._office.note.remote("lost", remote)


class TiedWon(Won):
    """Keeps transcripts on the driver's disk.

    Args:
        office: The actor.
    """

    def __init__(self, office: Any) -> None:
        super().__init__(NOWHERE)
        self._office = office

    def write(self, about: Mapping[str, Any]) -> None:
        """Keep a transcript; it is on the driver's disk when this returns."""
        import ray

        ray.get(self._office.keep.remote(dict(about)))


class TiedSpending(Spending):
    """Counts what runs use until it is reported, and lets runs begin as long as the office does."""

    def __init__(self, budget: Budget, prices: Prices) -> None:
        super().__init__(budget, prices, NOWHERE)
        self.tokens = 0
        """Not reported yet."""
        self.cost = 0.0
        self.reached: str | None = None
        """Why no run may begin; None: they may."""

    def admit(self) -> None:
        """Let a run begin.

        Raises:
            BudgetReached: It may not.
        """
        if self.reached is not None:
            raise BudgetReached(self.reached)

    def use(self, tokens: int, cost: float) -> None:
        """Note what was used."""
        self.tokens += tokens
        self.cost += cost


class TiedLimits(Limits):
    """Room that the office gives, a part of that of all workers. It is asked twice a second while there are runs.

    Args:
        office: The actor.
        worker: This worker's name.
        spending: What it spends is reported along with it.
    """

    def __init__(self, office: Any, worker: str, spending: TiedSpending) -> None:
        super().__init__(0)
        self._office = office
        self._worker = worker
        self._spending = spending
        self._answered = 0
        self._refused: int | None = None
        self._news = asyncio.Event()
        self._has_all = True
        """Whether the office gave all that was asked for: there may be more."""
        self._beat: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Wait for a place, and give it back in the end."""
        if self._beat is None:
            self._beat = asyncio.create_task(self._report())
        if self._has_all and self.going >= self.allowed:
            self._news.set()
        async with super().room():
            yield

    def refused(self, era: int) -> None:
        """Take note of a refusal: there is less room at once, and the office hears of it at once."""
        if era == self.era:
            self._refused = era
            self.allow(max(1, self.allowed // 2), self._per_minute)
            self.era += 1
            self._news.set()

    def answered(self) -> None:
        """Take note of an answer."""
        self._answered += 1

    async def _report(self) -> None:
        from ray.exceptions import RayError

        try:
            while True:
                self._news.clear()
                await self._ask()
                if not self.going and not self.waiting:
                    await self._news.wait()
                elif not (self._has_all and self.waiting):
                    await self._pause()
        except RayError:
            # Nobody waits for these runs any more. Those that have not begun are let go.
            self._spending.reached = GONE
            self.allow(self.going + self.waiting, None)

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), EVERY_S)
        except TimeoutError:
            return

    async def _ask(self) -> None:
        spending = self._spending
        report = Report(
            worker=self._worker,
            going=self.going,
            waiting=self.waiting,
            answered=self._answered,
            refused=self._refused,
            tokens=spending.tokens,
            cost=spending.cost,
        )
        spending.tokens, spending.cost, self._answered, self._refused = 0, 0.0, 0, None
        self.allow(0, self._per_minute)  # what the office says must hold for all that goes on
        share = await self._office.share.remote(report)
        spending.reached, self.era = share.reached, share.era
        self._has_all = share.runs >= report.going + report.waiting
        # Who may not begin is let in to be told so.
        self.allow(self.going + self.waiting if share.reached else share.runs, share.per_minute)
