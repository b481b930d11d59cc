"""Words with places on a page, and the lines that they stand in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_CELL_GAP = 1.0
"""Times the height of the letters: a wider gap between two words parts cells. A justified line stays below it."""
_LOOK_BACK = 12
"""Lines. So far up may a cell of several lines begin; further up, it is the first column of two columns of text."""
_MARKER = re.compile(r"[•‣◦▪●○■*\u2013\u2014-]|\(?(?:\d{1,3}|[a-z])[.)]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word as it stands on the page; y grows upwards, in points."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    is_bold: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page's words in the order of the file."""

    number: int
    """From 1."""
    words: tuple[Word, ...]
    bottom: float
    """The y of the lower edge."""
    height: float
    """In points."""


@dataclass(kw_only=True, slots=True)
class Segment:
    """Words of one line with no wide gap between them: a line of a paragraph, or of a cell."""

    words: list[Word]
    left: float
    right: float
    bottom: float
    top: float

    @property
    def text(self) -> str:
        """The words, parted by single blanks."""
        return " ".join(word.text for word in self.words)

    @property
    def size(self) -> float:
        """Height of the font, in points."""
        return self.top - self.bottom

    @property
    def is_bold(self) -> bool:
        """Whether it is bold from end to end."""
        return self.words[0].is_bold and self.words[-1].is_bold

    def add(self, word: Word) -> None:
        """Take in the next word of the line."""
        self.words.append(word)
        self.left, self.right = min(self.left, word.left), max(self.right, word.right)
        self.bottom, self.top = min(self.bottom, word.bottom), max(self.top, word.top)


@dataclass(kw_only=True, slots=True)
class Band:
    """The segments of one height on the page, from left to right."""

    segments: list[Segment] = field(default_factory=list)

    @property
    def bottom(self) -> float:
        """The y of the first segment's lower edge."""
        return self.segments[0].bottom

    @property
    def top(self) -> float:
        """The y of the first segment's upper edge."""
        return self.segments[0].top

    def takes(self, segment: Segment) -> bool:
        """Say whether a segment stands at this height, to the right of what is here."""
        middle = (segment.bottom + segment.top) / 2
        return self.bottom <= middle <= self.top and segment.left >= max(other.right for other in self.segments)


def to_bands(words: Sequence[Word]) -> list[Band]:
    """Return the lines of a page in reading order, each with its segments."""
    bands: list[Band] = []
    for segment in _segments(words):
        near = bands[-_LOOK_BACK:]
        band = next((band for band in reversed(near) if band.takes(segment)), None)
        if band is None:
            bands.insert(_position(bands, segment), Band(segments=[segment]))
        elif _MARKER.fullmatch(band.segments[-1].text) and segment.left - band.segments[-1].right < 4 * segment.size:
            for word in segment.words:  # the mark of a list's item is no cell
                band.segments[-1].add(word)
        else:
            band.segments.append(segment)
    return bands


def _position(bands: Sequence[Band], segment: Segment) -> int:
    """Return where a new line belongs: at the end, or above the lines of cells to its side that begin further down."""
    position = len(bands)
    while position and bands[position - 1].top < segment.top:
        beside = all(
            other.right <= segment.left or segment.right <= other.left for other in bands[position - 1].segments
        )
        if not beside or len(bands) - position >= _LOOK_BACK:
            return len(bands)
        position -= 1
    return position


def _segments(words: Sequence[Word]) -> Iterator[Segment]:
    current: Segment | None = None
    for word in words:
        if current is not None and _continues(current, word):
            current.add(word)
            continue
        if current is not None:
            yield current
        current = Segment(words=[word], left=word.left, right=word.right, bottom=word.bottom, top=word.top)
    if current is not None:
        yield current


def _continues(segment: Segment, word: Word) -> bool:
    last = segment.words[-1]
    middle = (word.bottom + word.top) / 2
    if not last.bottom <= middle <= last.top and not word.bottom <= (last.bottom + last.top) / 2 <= word.top:
        return False
    gap = _CELL_GAP * max(last.top - last.bottom, word.top - word.bottom)
    # Lines may run from right to left.
    return -0.5 * gap <= word.left - last.right <= gap or 0 <= last.left - word.right <= gap
