"""Which runs go to the cluster together, and what becomes of those that a lost worker had."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from harness.model.plan import Planned

LARGEST, ROUNDS = 100, 8
"""A batch has so many runs at most, or what a worker makes in so many rounds: what is more is lost with it."""
PARTS = 4
"""Each worker is to come back for more about so often: who is done early takes what others have not begun."""
TRIES = 4
"""So often a run is handed out, before it is given up: it may be what ends its workers."""


class Queue:
    """Runs that are to be handed out.

    Args:
        planned: The runs.
        at_once: How many go on at once, in the whole cluster.
    """

    def __init__(self, planned: Iterable[Planned], at_once: int) -> None:
        self._waiting = deque(planned)
        self._at_once = at_once
        self._tries: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, workers: int, is_fit: Callable[[Planned], bool]) -> list[Planned]:
        """Return the runs of the next batch: smaller ones towards the end, so that all workers end together.

        Args:
            workers: How many there are.
            is_fit: Tells of each whether it can be handed out; what cannot is dropped.
        """
        each = -(-self._at_once // max(1, workers))
        most = max(LARGEST, ROUNDS * each)
        size = min(most, max(each, len(self._waiting) // (PARTS * max(1, workers))))
        batch: list[Planned] = []
        while self._waiting and len(batch) < size:
            one = self._waiting.popleft()
            if is_fit(one):
                batch.append(one)
        return batch

    def give_back(self, planned: Sequence[Planned]) -> list[Planned]:
        """Take runs back whose worker is gone; return those that have been handed out often enough."""
        self._tries.update(one.node for one in planned)
        given_up = [one for one in planned if self._tries[one.node] >= TRIES]
        self._waiting.extendleft(one for one in reversed(planned) if self._tries[one.node] < TRIES)
        return given_up
