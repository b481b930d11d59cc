"""Rows as they come: runs are started some way ahead, replays fill the time between."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from harness.errors import BudgetReached
from harness.model.plan import Planned
from harness.model.row import Row
from harness.pipeline import Pipeline


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One run's end."""

    planned: Planned
    row: Row | None
    """None: it was not begun."""
    reason: str = ""
    """Why not."""


def ended_runs(pipeline: Pipeline, planned: Sequence[Planned], ahead: int) -> Iterator[End]:
    """Return the end of each run as it comes; no more transcripts are held than runs are started ahead.

    Args:
        pipeline: Makes the runs.
        planned: The runs, each node once.
        ahead: How many that need an endpoint are started before the first of them has ended.
    """
    settled, open_ = deque[Planned](), deque[Planned]()
    for one in planned:
        (settled if pipeline.is_settled(one) else open_).append(one)
    there: SimpleQueue[Planned] = SimpleQueue()
    going = 0
    while settled or open_ or going:
        while open_ and going < ahead:
            pipeline.start(open_.popleft(), there.put)
            going += 1
        # A replay takes some milliseconds of this thread: an end that is there comes first, or runs would wait for it.
        if settled and there.empty():
            yield _end(pipeline, settled.popleft())
        else:
            one = there.get()
            going -= 1
            yield _end(pipeline, one)


def _end(pipeline: Pipeline, planned: Planned) -> End:
    try:
        return End(planned=planned, row=pipeline.row(planned))
    except BudgetReached as reached:
        return End(planned=planned, row=None, reason=reached.what)
