"""From the lines of pages to paragraphs, headings, lists and tables."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from harness.documents.pdf_tables import FoundTable, find_table
from harness.documents.pdf_words import Band, Page, Segment, to_bands
from harness.documents.pieces import Piece

_MARGIN = 0.085
"""Share of the page's height, above and below, where lines that come again on every page stand."""
_HEADING_SIZE = 1.12
"""Times the usual size of letters: from here on a short paragraph is a heading."""
_LONGEST_HEADING = 120
_ITEM = re.compile(r"(?:[•‣◦▪●○■*\u2013\u2014-]|\(?\d{1,3}[.)]|\(?[a-z]\))\s")
_BULLET = re.compile(r"[•‣◦▪●○■]\s")
_ENDS = (".", "!", "?", ":", "…")
_NUMBERS = re.compile(r"\d+")


@dataclass(kw_only=True)
class _Layout:
    """A walk over the pages that collects pieces."""

    hyphenated: frozenset[str]
    """Words that the document writes with a hyphen inside a line, in lower case."""
    body_size: float
    """The size that most letters have, in points."""
    leading: dict[int, float]
    """The usual distance from line to line, in points, for each size of letters."""
    pieces: list[Piece] = field(default_factory=list)
    tables: int = 0
    page: int = 1
    open_table: FoundTable | None = None
    """The table that the last piece is a row of."""

    def read_page(self, number: int, bands: Sequence[Band]) -> None:
        """Take in the lines of a page."""
        self.page = number
        at = 0
        while at < len(bands):
            table = find_table(bands[at:]) if len(bands[at].segments) > 1 else None
            if table is not None:
                self._table(table)
                at += table.bands
                continue
            behind = at + 1
            while behind < len(bands) and not _begins_paragraph(bands[at:behind], bands[behind], self.leading):
                if len(bands[behind].segments) > 1 and find_table(bands[behind:]) is not None:
                    break
                behind += 1
            self._paragraph(bands[at:behind])
            at = behind

    def _table(self, table: FoundTable) -> None:
        if not _goes_on(self.open_table, table):
            self.tables += 1
        for row in table.rows:
            cells = tuple(self._joined([segment.text for segment in cell]) for cell in row)
            self.pieces.append(Piece(text="", kind="row", page=self.page, table=self.tables, cells=cells))
        self.open_table = table

    def _paragraph(self, bands: Sequence[Band]) -> None:
        self.open_table = None
        text = self._joined([" ".join(segment.text for segment in band.segments) for band in bands])
        first = bands[0].segments[0]
        stands_out = first.size >= _HEADING_SIZE * self.body_size or all(
            segment.is_bold for band in bands for segment in band.segments
        )
        if _ITEM.match(text) and not stands_out:
            self.pieces.append(Piece(text=_BULLET.sub("- ", text, count=1), kind="item", page=self.page))
        elif stands_out and len(text) <= _LONGEST_HEADING and not text.endswith((".", ",", ";")):
            self.pieces.append(Piece(text=text, kind="heading", page=self.page))
        else:
            self.pieces.append(Piece(text=text, kind="text", page=self.page))

    def _joined(self, lines: Sequence[str]) -> str:
        """Return lines as one, with the words whole that were divided at a line's end."""
        result = ""
        for line in lines:
            if result.endswith("-") and len(result) > 1 and result[-2].isalnum() and line[:1].isalnum():
                left, right = result.rsplit(None, 1)[-1], line.split(None, 1)[0]
                result = result + line if self._keeps_hyphen(left, right) else result[:-1] + line
            else:
                result = f"{result} {line}" if result else line
        return result

    def _keeps_hyphen(self, left: str, right: str) -> bool:
        compound = (left + right).lower().strip(".,;:!?()\"'")
        return not right[0].islower() or not left[-2].isalpha() or "-" in left[:-1] or compound in self.hyphenated


def to_pieces(pages: Sequence[Page]) -> list[Piece]:
    """Return the pieces of all pages, in reading order."""
    bands_of = {page.number: to_bands(page.words) for page in pages}
    words = Counter(word.text.lower().strip(".,;:!?()\"'") for page in pages for word in page.words if "-" in word.text)
    sizes: Counter[float] = Counter()
    for page in pages:
        for word in page.words:
            sizes[round(word.top - word.bottom, 1)] += len(word.text)
    body_size = sizes.most_common(1)[0][0]
    layout = _Layout(hyphenated=frozenset(words), body_size=body_size, leading=_leading(bands_of))
    for page, bands in zip(pages, _without_repeats(pages, bands_of), strict=True):
        layout.read_page(page.number, bands)
    return layout.pieces


def _without_repeats(pages: Sequence[Page], bands_of: dict[int, list[Band]]) -> Iterator[list[Band]]:
    """Yield each page's lines, with a running head or foot only on the first page that has it, and above its text."""
    counts = Counter(
        key for page in pages for key in {_key(band) for band in bands_of[page.number] if _in_margin(band, page)}
    )
    repeated = {key for key, count in counts.items() if count > 1 and count >= 0.4 * len(pages)}
    seen: set[str] = set()
    for page in pages:
        margin: list[Band] = []
        body: list[Band] = []
        for band in bands_of[page.number]:
            key = _key(band) if _in_margin(band, page) else ""
            if key not in repeated:
                body.append(band)
            elif key not in seen:
                margin.append(band)
        seen.update(map(_key, margin))
        yield margin + body


def _key(band: Band) -> str:
    return _NUMBERS.sub("#", " ".join(segment.text for segment in band.segments))


def _in_margin(band: Band, page: Page) -> bool:
    share = (band.bottom - page.bottom) / page.height if page.height else 0.5
    return share < _MARGIN or share > 1 - _MARGIN


def _leading(bands_of: dict[int, list[Band]]) -> dict[int, float]:
    """Return the commonest distance from line to line, in points, for each size of letters (rounded)."""
    counts: dict[int, Counter[float]] = {}
    for bands in bands_of.values():
        for upper, lower in pairwise(bands):
            one, two = upper.segments[0], lower.segments[0]
            pitch = one.bottom - two.bottom
            alone = len(upper.segments) == len(lower.segments) == 1
            if alone and 0 < pitch < 2.2 * one.size and round(one.size) == round(two.size):
                counts.setdefault(round(one.size), Counter())[round(pitch, 1)] += 1
    return {size: count.most_common(1)[0][0] for size, count in counts.items()}


def _begins_paragraph(paragraph: Sequence[Band], band: Band, leading: dict[int, float]) -> bool:
    """Say whether a line begins a new paragraph below these lines."""
    upper, first = paragraph[-1].segments[0], paragraph[0].segments[0]
    lower = band.segments[0]
    pitch = upper.bottom - lower.bottom
    if abs(upper.size - lower.size) > 0.1 * upper.size or _is_all_bold(paragraph[-1]) != _is_all_bold(band):
        return True
    if _ITEM.match(lower.text + " "):
        return True
    if pitch < 0:  # the next column begins
        return upper.text.endswith(_ENDS) or not lower.text[:1].islower()
    if pitch > 1.25 * leading.get(round(lower.size), 1.3 * lower.size):
        return True
    if _is_indented_anew(paragraph, lower):
        return True
    widest = max(segment.right for line in [*paragraph, band] for segment in line.segments)
    is_short = upper.right < widest - 0.25 * (widest - first.left)
    return is_short and upper.text.endswith(_ENDS)


def _is_indented_anew(paragraph: Sequence[Band], lower: Segment) -> bool:
    """Say whether a line's left edge shows a new paragraph: a first line set in, or the end of a list's item."""
    first, upper = paragraph[0].segments[0], paragraph[-1].segments[0]
    if _ITEM.match(first.text) is None:
        return lower.left > upper.left + 0.8 * lower.size
    is_hanging = upper.left > first.left + 0.5 * lower.size
    return lower.left < first.left - 0.3 * lower.size or (is_hanging and lower.left < first.left + 0.3 * lower.size)


def _is_all_bold(band: Band) -> bool:
    return all(segment.is_bold for segment in band.segments)


def _goes_on(upper: FoundTable | None, lower: FoundTable) -> bool:
    """Say whether a table is the next page's part of the one before it."""
    if upper is None or len(upper.columns) != len(lower.columns):
        return False
    return all(one[0] < two[1] and two[0] < one[1] for one, two in zip(upper.columns, lower.columns, strict=True))
