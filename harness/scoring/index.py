"""An inverted index over a document's sentences and records, to find the passage a claim is about."""

import hashlib
import heapq
import math
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from harness.documents import Cell, Document, Passage
from harness.documents.language import sentences
from harness.scoring.terms import keys_of, pieces

__all__ = ["Index", "Segment", "Window", "build_index", "index_of", "index_text"]

_WINDOW = 3  # sentences: a statement and its neighbours, as people judge support
_KEPT = 64  # documents whose index is kept
_KEPT_TEXTS = 256  # the same of passages, which are some thousand characters
_CANDIDATES = 3  # windows that are looked at closely
_SAME = 1e-9  # sums that differ by less are equal: they were added up in different orders
_WORTHWHILE = 0.7  # of the best one's weight: others that hold less are not


class Segment(NamedTuple):
    """A sentence or a record. A tuple, because a document has tens of thousands."""

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
    """The keys of each segment that say something, in order."""
    rows: tuple[tuple[str, ...], ...]
    """The keys of all words of each segment, in order, stop words included."""
    words: AbstractSet[str]
    """The keys of all words of the document."""
    postings: Mapping[str, Sequence[int]]
    """The segments that hold a key."""
    runs: Sequence[int]
    """Of each segment, where its stretch of prose begins; a record stands alone."""
    weights: dict[str, float] = field(default_factory=dict, compare=False)
    """Weights computed so far."""
    starts: dict[str, AbstractSet[int]] = field(default_factory=dict, compare=False)
    """The first segments of the windows that hold a key, as far as computed."""
    held: dict[str, frozenset[int]] = field(default_factory=dict, compare=False)
    """The segments that hold a key, as far as asked for."""

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

        def least(totals: Collection[float]) -> float:
            best = heapq.nlargest(_CANDIDATES, totals)
            return max(_WORTHWHILE * best[0], best[-1] if len(best) == _CANDIDATES else 0.0)

        total = self._totals(wanted, self._starts, least)
        best = heapq.nsmallest(_CANDIDATES, total, key=lambda at: (-total[at], at))
        return [self._window(at, total) for at in best if total[at] >= _WORTHWHILE * total[best[0]]]

    def _totals(
        self,
        wanted: Iterable[str],
        places: Callable[[str], AbstractSet[int]],
        least: Callable[[Collection[float]], float],
    ) -> dict[int, float]:
        """Sum for each place the weights of the wanted keys it holds.

        Rare keys first: once all keys to come together weigh less than what a place must reach, no new place can reach
        it, and the words that half of a document holds need not be walked through. Places that cannot reach it may be
        left out; all others are there with their whole sum.

        Args:
            wanted: Keys.
            places: Tells where a key is held.
            least: Tells from the sums so far what a place must reach to matter; it never falls as sums grow.
        """
        total: dict[int, float] = {}
        keys = sorted(((places(key), key) for key in set(wanted)), key=lambda pair: (len(pair[0]), pair[1]))
        left = sum(self.weight(key) for _, key in keys)
        for held, key in keys:
            weight = self.weight(key)
            is_closed = bool(total) and left + _SAME < least(total.values())
            for at in [at for at in total if at in held] if is_closed else held:
                total[at] = total.get(at, 0.0) + weight
            left -= weight
        return total

    def _held(self, key: str) -> frozenset[int]:
        known = self.held.get(key)
        if known is None:
            known = self.held[key] = frozenset(self.postings.get(key, ()))
        return known

    def _starts(self, key: str) -> AbstractSet[int]:
        known = self.starts.get(key)
        if known is None:
            held = self.postings.get(key, ())
            reached = {first for at in held for first in range(max(self.runs[at], at - _WINDOW + 1), at + 1)}
            known = self.starts[key] = reached
        return known

    def _window(self, first: int, total: Mapping[int, float]) -> Window:
        last = first
        while last + 1 < min(len(self.segments), first + _WINDOW) and self.runs[last + 1] <= first:
            last += 1
        enough = total[first] - _SAME
        rivals = sum(weight >= enough for weight in total.values())
        return Window(first=first, last=last, weight=total[first], rivals=rivals)

    def best_segment(self, wanted: AbstractSet[str], holding: str | None = None) -> tuple[int, float, int] | None:
        """Find the one segment that holds most of the wanted keys by weight.

        Args:
            wanted: Keys.
            holding: A key that it has to hold besides; None for any segment.

        Returns:
            Its index, the weight of what it holds, and how many segments hold as much; None where none holds any.
        """
        allowed = None if holding is None else self._held(holding)
        together = self._together(wanted, allowed)
        if together:  # nothing can hold more than all of it
            return min(together), sum(self.weight(key) for key in wanted), len(together)

        def places(key: str) -> AbstractSet[int]:
            return self._held(key) if allowed is None else self._held(key) & allowed

        total = self._totals(wanted, places, max)
        if not total:
            return None
        most = max(total.values())
        rivals = sorted(at for at, weight in total.items() if weight >= most - _SAME)
        return rivals[0], most, len(rivals)

    def _together(self, wanted: AbstractSet[str], allowed: frozenset[int] | None) -> frozenset[int]:
        """Find the segments that hold all the wanted keys: in a document of one template the common words cost most."""
        held = [self._held(key) for key in wanted]
        if allowed is not None:
            held.append(allowed)
        held.sort(key=len)
        return held[0].intersection(*held[1:]) if held else frozenset()

    def window_keys(self, window: Window) -> set[str]:
        """Return the keys that a window holds, context included."""
        held: set[str] = set()
        for at in range(window.first, window.last + 1):
            held.update(self.keys[at], self.segments[at].context)
        return held

    def window_pairs(self, window: Window) -> set[tuple[str, str]]:
        """Return the pairs of neighbouring words in a window, as keys, stop words included."""
        return set(pairwise(self.window_row(window)))

    def window_row(self, window: Window) -> tuple[str, ...]:
        """Return the keys of all words of a window, in order, stop words included."""
        return tuple(chain.from_iterable(self.rows[window.first : window.last + 1]))

    def text(self, window: Window) -> str:
        """Return what a window says; of a record its values."""
        cells = self.segments[window.first].cells
        if cells is not None:
            return cells
        return self.document.text[self.segments[window.first].start : self.segments[window.last].end]


def build_index(document: Document) -> Index:
    """Index a document; takes about half a second for each million characters."""
    segments = tuple(_segments(document))
    read = [keys_of(segment.cells or document.text[segment.start : segment.end]) for segment in segments]
    postings: dict[str, list[int]] = {}
    for at, segment in enumerate(segments):
        for key in {*read[at].content, *segment.context}:
            postings.setdefault(key, []).append(at)
    runs: list[int] = []
    for at, segment in enumerate(segments):
        is_joined = at > 0 and not segment.is_record and not segments[at - 1].is_record
        runs.append(runs[-1] if is_joined else at)
    return Index(
        document=document,
        segments=segments,
        keys=tuple(one.content for one in read),
        rows=tuple(one.all for one in read),
        words={*postings, *chain.from_iterable(one.all for one in read)},
        postings=postings,
        runs=runs,
    )


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
    return keys_of(text).content


def _prose(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start <= 3:  # between two records stand only separators
        return
    for left, right in sentences(text[start:end]):
        yield from pieces(text, start + left, start + right)


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


def index_text(text: str, name: str) -> Index:
    """Return the index of a text that is no file, kept for a while: a search finds the same passages again."""
    index = _index_of_text(text)
    return replace(index, document=replace(index.document, path=name))


@lru_cache(maxsize=_KEPT_TEXTS)
def _index_of_text(text: str) -> Index:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    passage = Passage(text=text, start=0, end=len(text))
    return build_index(Document(path="", sha256=digest, media_type="text/plain", text=text, passages=(passage,)))
