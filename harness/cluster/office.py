"""The actor beside the driver: the run's folder as workers see it, and the limits of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.cluster.allotment import Allotment, Report, Share
from harness.config import Budget, Prices
from harness.errors import BudgetReached
from harness.model.plan import Planned
from harness.model.transcript import Transcript
from harness.results import RunFolder
from harness.run.ledger import Ledger, Remote
from harness.run.limits import Limits
from harness.run.spending import Spending
from harness.run.won import Won

Event: TypeAlias = Literal["made", "deleted", "lost"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What an office works with."""

    folder: RunFolder
    """The run's: the office is on the driver's machine."""
    concurrency: int
    """Runs at once, of all workers."""
    per_minute: float | None
    """Requests, of all workers; None: any number."""
    budget: Budget
    prices: Prices
    spent: Path
    """Where it is noted what runs use."""
    secrets: frozenset[str] = field(repr=False)
    """Values that must reach no file."""


class Office:
    """Does what workers ask for, one thing at a time. Each is a short write: nobody waits long."""

    def __init__(self, desk: Desk) -> None:
        desk.folder.make()
        self._ledger = Ledger(desk.folder.ledger)
        self._won = Won(desk.folder.won, desk.secrets)
        self._spending = Spending(desk.budget, desk.prices, desk.spent)
        self._allotment = Allotment(Limits(desk.concurrency, desk.per_minute), desk.per_minute)

    def note(self, event: Event, remote: Remote) -> None:
        """Note what became of a remote object."""
        {"made": self._ledger.made, "deleted": self._ledger.deleted, "lost": self._ledger.lost}[event](remote)

    def keep(self, about: dict[str, Any]) -> None:
        """Keep a transcript."""
        self._won.write(about)

    def kept(self, planned: Sequence[Planned]) -> list[Transcript | None]:
        """Return the transcripts that were kept of runs; None for each that has none."""
        return [self._won.transcript(one) for one in planned]

    def share(self, report: Report) -> Share:
        """Take a worker's report, and say what it may do."""
        if report.tokens or report.cost:
            self._spending.use(report.tokens, report.cost)
        reached = None
        if report.going or report.waiting:
            try:
                self._spending.admit()
            except BudgetReached as error:
                reached = error.what
        return self._allotment.share(report, reached)
