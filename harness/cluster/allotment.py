"""How the room for runs is shared out among workers that come and go."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.run.limits import Limits

SILENT_S = 5.0
"""A worker that has said nothing for so long is gone, and its share is free."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a worker says of itself."""

    worker: str
    going: int
    """Runs under way. It begins none until it has its answer."""
    waiting: int
    """Runs that it could begin."""
    answered: int = 0
    """Answers since its last report."""
    refused: int | None = None
    """The newest era in which it sent a request that was refused since then; None: none was."""
    tokens: int = 0
    """Used since then."""
    cost: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What it may do until its next report."""

    runs: int
    """Runs at once."""
    per_minute: float | None
    """Requests; None: as many as it likes."""
    era: int
    """Of the limits of all."""
    reached: str | None = None
    """Why no run may begin any more; None: they may."""


@dataclass(kw_only=True, slots=True)
class _Worker:
    seen_s: float
    going: int
    wants: int
    granted: int

    @property
    def holds(self) -> int:
        """The most runs that it can have under way."""
        return max(self.granted, self.going)


class Allotment:
    """Shares out room for runs. All workers together never have more of it than there is.

    Args:
        limits: The room of all: it falls where an endpoint refuses, and recovers.
        per_minute: Requests of all; None: any number.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, limits: Limits, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._per_minute = per_minute
        self._clock = clock
        self._workers: dict[str, _Worker] = {}

    def share(self, report: Report, reached: str | None = None) -> Share:
        """Return what a worker may do.

        Args:
            report: What it says.
            reached: Why no run may begin; None: they may.
        """
        for _ in range(report.answered):
            self._limits.answered()
        if report.refused is not None:
            self._limits.refused(report.refused)
        now_s = self._clock()
        self._workers = {
            name: one
            for name, one in self._workers.items()
            if name != report.worker and one.wants and now_s - one.seen_s < SILENT_S
        }
        wants = report.going + report.waiting
        granted = self._granted(wants)
        if wants:
            self._workers[report.worker] = _Worker(seen_s=now_s, going=report.going, wants=wants, granted=granted)
        rate = self._per_minute and self._per_minute / max(1, len(self._workers))
        return Share(runs=granted, per_minute=rate, era=self._limits.era, reached=reached)

    def _granted(self, wants: int) -> int:
        """Return how many runs one who wants so many may have, beside the others: his part, or what nobody else lacks.

        Others give back what is more than their part with their next report, as their runs end.
        """
        others = self._workers.values()
        free = self._limits.allowed - sum(one.holds for one in others)
        part = -(-self._limits.allowed // (len(others) + 1))
        lacking = sum(max(0, min(one.wants, part) - one.holds) for one in others)
        return max(0, min(wants, max(min(part, free), free - lacking)))
