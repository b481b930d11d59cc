"""An inverted index over a document's sentences and records, to find the passage a claim is about."""

import math
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.documents import Cell, Document
from harness.documents.language import sentences
from harness.scoring.terms import pieces, terms

if TYPE_CHECKING:  # numpy is imported when the first document is indexed
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Index", "Segment", "Window", "build_index", "index_of"]

_WINDOW = 3  # sentences: a statement and its neighbours, as people judge support
_KEPT = 64  # documents whose index is kept
_CANDIDATES = 3  # windows that are looked at closely


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or a record. Positional, because a document has tens of thousands."""

    start: int
    """Offset in the document's text, in code points."""
    end: int
    """Offset behind it."""
    cells: str | None
    """For a row of a table its values by column, set apart (`16,49` is two of them); None for a sentence."""
    page: int | None
    """Page number from 1; None where the format has no pages."""
    heading: str | None
    """The nearest heading above it."""
    context: tuple[str, ...]
    """Keys that hold for it without standing in it: its heading."""

    @property
    def is_record(self) -> bool:
        """Whether it is a row of a table: what stands in it belongs together, and nothing else does."""
        return self.cells is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Neighbouring segments that hold as much of a claim as any others."""

    first: int
    """Index of the first segment."""
    last: int
    """Index of the last segment, included."""
    weight: float
    """Sum of the weights of the keys it holds."""
    rivals: int
    """How many windows hold as much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """A document made searchable."""

    document: Document
    segments: tuple[Segment, ...]
    """In the order of the text."""
    keys: tuple[tuple[str, ...], ...]
    """The keys of each segment, in order."""
    postings: Mapping[str, "NDArray[np.int32]"]
    """The segments that hold a key."""
    reach: tuple["NDArray[np.int32]", ...]
    """For each step back, the first segment of the window that ends at a segment."""
    weights: dict[str, float] = field(default_factory=dict, compare=False)
    """Weights computed so far."""

    @property
    def records(self) -> float:
        """How many of the segments are records: `of the 1,000 purchases` stands in no record."""
        return float(sum(segment.is_record for segment in self.segments))

    def weight(self, key: str) -> float:
        """Weigh a key by its rarity among the segments (inverse document frequency)."""
        known = self.weights.get(key)
        if known is None:
            held = len(self.postings[key]) if key in self.postings else 0
            known = self.weights[key] = math.log(1 + (len(self.segments) + 1) / (held + 0.5))
        return known

    def windows(self, wanted: Iterable[str]) -> list[Window]:
        """Find the windows that hold most of the wanted keys by weight, best first."""
        import numpy as np

        if not self.segments:
            return []
        total = np.zeros(len(self.segments))
        for key in set(wanted):
            held = self.postings.get(key)
            if held is not None:
                covered = np.zeros(len(self.segments), dtype=bool)
                for back in self.reach:
                    covered[back[held]] = True
                total[covered] += self.weight(key)
        return [self._window(int(at), total) for at in _best(total)]

    def best_segment(self, wanted: AbstractSet[str], holding: str | None = None) -> tuple[int, float, int] | None:
        """Find the one segment that holds most of the wanted keys by weight.

        Args:
            wanted: Keys.
            holding: A key that it has to hold besides; None for any segment.

        Returns:
            Its index, the weight of what it holds, and how many segments hold as much; None where none holds any.
        """
        import numpy as np

        total = np.zeros(len(self.segments))
        for key in wanted:
            if key in self.postings:
                total[self.postings[key]] += self.weight(key)
        if holding is not None:
            kept = np.zeros_like(total)
            held = self.postings.get(holding, np.zeros(0, dtype=np.int32))
            kept[held] = total[held]
            total = kept
        at = int(total.argmax()) if len(total) else -1
        if at < 0 or total[at] <= 0:
            return None
        return at, float(total[at]), int((total >= total[at] - 1e-9).sum())

    def _window(self, first: int, total: "NDArray[np.float64]") -> Window:
        last = first
        while last + 1 < len(self.segments) and last + 1 - first < _WINDOW and self._reaches(last + 1, first):
            last += 1
        rivals = int((total >= total[first] - 1e-9).sum())
        return Window(first=first, last=last, weight=float(total[first]), rivals=rivals)

    def _reaches(self, last: int, first: int) -> bool:
        return int(self.reach[last - first][last]) == first

    def window_keys(self, window: Window) -> set[str]:
        """Return the keys that a window holds, context included."""
        held: set[str] = set()
        for at in range(window.first, window.last + 1):
            held.update(self.keys[at], self.segments[at].context)
        return held

    def window_bigrams(self, window: Window) -> set[tuple[str, str]]:
        """Return the pairs of neighbouring keys in a window."""
        row = [key for at in range(window.first, window.last + 1) for key in self.keys[at]]
        return set(pairwise(row))

    def text(self, window: Window) -> str:
        """Return what a window says; of a record its values."""
        cells = self.segments[window.first].cells
        if cells is not None:
            return cells
        return self.document.text[self.segments[window.first].start : self.segments[window.last].end]


def _best(total: "NDArray[np.float64]") -> list[int]:
    import numpy as np

    count = min(_CANDIDATES, len(total))
    best = np.argpartition(-total, count - 1)[:count] if len(total) > count else np.arange(len(total))
    return sorted((int(at) for at in best if total[at] > 0), key=lambda at: (-total[at], at))


def build_index(document: Document) -> Index:
    """Index a document; takes about two seconds for each million characters."""
    import numpy as np

    segments = tuple(_segments(document))
    keys = tuple(_keys(segment.cells or document.text[segment.start : segment.end]) for segment in segments)
    postings: dict[str, list[int]] = {}
    for at, segment in enumerate(segments):
        for key in {*keys[at], *segment.context}:
            postings.setdefault(key, []).append(at)
    here = np.arange(len(segments), dtype=np.int32)
    return Index(
        document=document,
        segments=segments,
        keys=keys,
        postings={key: np.array(held, dtype=np.int32) for key, held in postings.items()},
        reach=(here, *(_reach(segments, here, step) for step in range(1, _WINDOW))),
    )


def _reach(segments: tuple[Segment, ...], here: "NDArray[np.int32]", step: int) -> "NDArray[np.int32]":
    """Step back, but never into or out of a record."""
    import numpy as np

    alone = np.array([segment.is_record for segment in segments], dtype=bool)
    runs = np.cumsum(alone) + 0  # a run of prose has one count of the records before it
    back = np.maximum(here - step, 0)
    is_same_run = ~alone & (runs[back] == runs) & (here >= step) & ~alone[back]
    reached: NDArray[np.int32] = np.where(is_same_run, back, here).astype(np.int32)
    return reached


def _segments(document: Document) -> Iterator[Segment]:
    """Records as they stand, and the sentences of everything between them, in the order of the text."""
    records = sorted(
        (
            (span, table.columns, row)
            for table in document.tables
            for span, row in zip(table.spans, table.rows, strict=True)
        ),
        key=lambda record: record[0],
    )
    make = _Maker(document)
    position = 0
    for (start, end), columns, row in records:
        if start < position:
            continue  # a table inside a record is part of the record
        yield from (make.sentence(left, right) for left, right in _prose(document.text, position, start))
        yield make.record(start, end, columns, row)
        position = end
    yield from (make.sentence(left, right) for left, right in _prose(document.text, position, len(document.text)))


class _Maker:
    """Makes the segments of a document: knows which page and heading a place has.

    Args:
        document: The document.
    """

    def __init__(self, document: Document) -> None:
        self._passages = document.passages
        self._starts = [passage.start for passage in document.passages]

    def sentence(self, start: int, end: int) -> Segment:
        """Make a segment of prose."""
        page, heading = self._place(start)
        return Segment(start, end, None, page, heading, _context(heading or ""))

    def record(self, start: int, end: int, columns: Sequence[str], row: Sequence[Cell]) -> Segment:
        """Make a segment of a table's row."""
        page, heading = self._place(start)
        cells = " | ".join(f"{column}: {_spelled(cell)}" for column, cell in zip(columns, row, strict=True))
        return Segment(start, end, cells, page, heading, _context(heading or ""))

    def _place(self, start: int) -> tuple[int | None, str | None]:
        if not self._passages:
            return None, None
        passage = self._passages[max(bisect_right(self._starts, start) - 1, 0)]
        return passage.page, passage.heading


def _spelled(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)


@lru_cache(maxsize=1024)
def _context(text: str) -> tuple[str, ...]:
    return _keys(text)


def _prose(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start <= 3:  # between two records stand only separators
        return
    for left, right in sentences(text[start:end]):
        yield from pieces(text, start + left, start + right)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(term.key for term in terms(text, with_names=False))


_INDEXES: OrderedDict[str, Index] = OrderedDict()
_LOCK = threading.Lock()


def index_of(document: Document) -> Index:
    """Return the document's index, made once for each content and kept for a while."""
    key = f"{document.sha256}:{document.path}"
    with _LOCK:
        known = _INDEXES.get(key)
        if known is not None:
            _INDEXES.move_to_end(key)
            return known
    made = build_index(document)
    with _LOCK:
        _INDEXES[key] = made
        while len(_INDEXES) > _KEPT:
            _INDEXES.popitem(last=False)
    return made
