"""A walk through what is to be judged: keys in, labels out. It knows no terminal."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from harness.labels import Kind, Label
from harness.review.items import Item

KEYS: Mapping[Kind, Mapping[str, str]] = {
    "claim": {"s": "supported", "c": "contradicted", "n": "not_found"},
    "behaviour": {"r": "refusal", "p": "partial", "a": "answer"},
}
"""Which key gives which label."""
SKIP = {" ", "\r", "\n", "\x1b[C"}
"""Space, enter, the arrow to the right."""
BACK = {"b", "\x7f", "\x08", "\x1b[D"}
"""b, backspace, the arrow to the left."""
QUIT = {"q", "\x1b", "\x04"}


class Session:
    """Where somebody is in a list of things."""

    def __init__(self, items: Sequence[Item], who: str, keep: Callable[[Label], None]) -> None:
        self._items = items
        self._who = who
        self._keep = keep
        self.position = 0
        """Index of what is asked for."""
        self.labels: dict[int, str] = {}
        """What was labelled, by index."""
        self.is_over = not items

    @property
    def item(self) -> Item:
        """What is asked for."""
        return self._items[self.position]

    @property
    def size(self) -> int:
        """How many things there are."""
        return len(self._items)

    def press(self, key: str) -> bool:
        """Do what a key says, and tell whether it says anything."""
        pressed = key if len(key) > 1 else key.lower()
        label = KEYS[self.item.kind].get(pressed)
        if label is not None:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            self._keep(self.item.labelled(label, self._who, at))  # first kept, then shown as done
            self.labels[self.position] = label
            self._move(1)
        elif pressed in SKIP:
            self._move(1)
        elif pressed in BACK:
            self._move(-1)
        elif pressed in QUIT:
            self.is_over = True
        else:
            return False
        return True

    def _move(self, by: int) -> None:
        if self.position + by >= self.size:
            self.is_over = True
        else:
            self.position = max(0, self.position + by)

    @property
    def summary(self) -> str:
        """What was done, in a sentence."""
        counts = Counter(self.labels.values())
        told = ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))
        return f"{len(self.labels)} of {self.size} labelled" + (f": {told}" if told else "")
