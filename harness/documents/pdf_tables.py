"""Find tables among the lines of a page: rows of segments that stand in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from harness.documents.pdf_words import Band, Segment

_Interval: TypeAlias = tuple[float, float]

_TIGHT = 1.35
"""Times the height of the letters: the most that the next line of one cell stands below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTable:
    """Rows of cells, and how many lines of the page they took."""

    rows: tuple[tuple[tuple[Segment, ...], ...], ...]
    """Rows of cells; a cell is the segments that its lines are, none for an empty one."""
    bands: int
    """How many bands it spans."""
    columns: tuple[_Interval, ...]
    """The columns from left to right: (left, right)."""


def find_table(bands: Sequence[Band]) -> FoundTable | None:
    """Return the table that begins at the first of these bands, None where none does.

    A table is two rows or more in columns that no segment crosses, over lines that follow closely.
    """
    count = _run(bands)
    run = bands[:count]
    columns = _columns(run)
    if sum(len(band.segments) > 1 for band in run) < 2 or len(columns) < 2:
        return None
    rows = tuple(_cells(group, columns) for group in _row_groups(run, columns))
    return FoundTable(rows=rows, bands=count, columns=tuple(columns)) if len(rows) > 1 else None


def _run(bands: Sequence[Band]) -> int:
    """Return how many bands, from the first, may belong to one table."""
    if len(bands[0].segments) < 2:
        return 0
    widest, certain, is_open = 0.0, 1, False
    columns = _columns(bands[:1])
    for number in range(1, len(bands)):
        band = bands[number]
        pitch = bands[number - 1].bottom - band.bottom
        size = band.segments[0].size
        is_tight = pitch <= _TIGHT * size
        limit = max(1.35 * widest, 1.6 * size) if widest else 4.5 * size
        if not 0 < pitch <= limit or _crosses(band, columns) or (is_open and not is_tight):
            break
        # A lone segment below a gap is text below the table, unless more of its row follows closely.
        is_open = len(band.segments) == 1 and (is_open or not is_tight)
        certain = certain if is_open else number + 1
        columns = _merged([*columns, *((segment.left, segment.right) for segment in band.segments)])
        widest = max(widest, pitch)
    return certain


def _crosses(band: Band, columns: Sequence[_Interval]) -> bool:
    """Say whether a segment reaches over two columns, or stands in the column of another one of its line."""
    touched: set[int] = set()
    for segment in band.segments:
        over = [
            number for number, column in enumerate(columns) if segment.left < column[1] and segment.right > column[0]
        ]
        if len(over) > 1 or touched.intersection(over):
            return True
        touched.update(over)
    return False


def _columns(bands: Sequence[Band]) -> list[_Interval]:
    return _merged([(segment.left, segment.right) for band in bands for segment in band.segments])


def _merged(intervals: Sequence[_Interval]) -> list[_Interval]:
    merged: list[_Interval] = []
    for left, right in sorted(intervals):
        if merged and left < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def _row_groups(run: Sequence[Band], columns: Sequence[_Interval]) -> list[list[Band]]:
    """Return the bands of each row: a cell of several lines makes a row of several bands.

    Lines of one cell follow more closely than rows do. Where all follow alike, a line that leaves the first column
    empty goes on with the row above.
    """
    pitches = [upper.bottom - lower.bottom for upper, lower in pairwise(run)]
    narrow, wide = min(pitches), max(pitches)
    two_kinds = wide > 1.2 * narrow and narrow < 1.5 * run[0].segments[0].size
    groups = [[run[0]]]
    for band, pitch in zip(run[1:], pitches, strict=True):
        is_close = pitch < (narrow + wide) / 2 if two_kinds else True
        is_partial = len(band.segments) < len(columns) and band.segments[0].left >= columns[0][1]
        if is_close and (two_kinds or is_partial):
            groups[-1].append(band)
        else:
            groups.append([band])
    return groups


def _cells(group: Sequence[Band], columns: Sequence[_Interval]) -> tuple[tuple[Segment, ...], ...]:
    segments = [segment for band in group for segment in band.segments]
    return tuple(
        tuple(segment for segment in segments if left <= (segment.left + segment.right) / 2 <= right)
        for left, right in columns
    )
