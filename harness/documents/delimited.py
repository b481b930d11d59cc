"""CSV and TSV to a table and its rows as passages, each with its place in the raw text."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harness.documents.content import Content, Grid, Source, is_number, is_year, to_table
from harness.documents.prose import split_long, trimmed
from harness.documents.types import Passage

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    """One record with its place."""

    cells: tuple[str, ...]
    start: int
    end: int
    line: int
    """Number of its first line, from 1."""


def read_csv(text: str, source: Source) -> Content:
    """Read CSV, with the separator that divides its first lines most evenly: comma, semicolon, tab or bar."""
    return _read(text, source, _separator(text))


def read_tsv(text: str, source: Source) -> Content:
    """Read tab separated values."""
    return _read(text, source, "\t")


def _read(text: str, source: Source, separator: str) -> Content:
    records = list(_records(text, separator, source))
    if not records:
        raise source.error("this document holds no text, only separators and blanks")
    header, body = _header(records)
    width = len(header)
    grid = Grid(
        header=header,
        rows=tuple(_fitted(record, width, source) for record in body),
        spans=tuple((record.start, record.end) for record in body),
    )
    passages = tuple(
        Passage(text=text[start:end], start=start, end=end)
        for record in records
        for start, end in split_long(text, record.start, record.end, longest=4000)
    )
    return Content(text=text, passages=passages, tables=(to_table(grid, source.table_name(1)),))


def _records(text: str, separator: str, source: Source) -> Iterator[_Record]:
    """Yield the records that hold anything; a quoted field may run over several lines."""
    position, lines = 0, 0

    def fed() -> Iterator[str]:
        nonlocal position, lines
        for match in _LINE.finditer(text):
            position, lines = match.end(), lines + 1
            yield match.group()

    reader = csv.reader(fed(), delimiter=separator, strict=True)
    while True:
        before, line = position, lines + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            what = f"this record cannot be read: {error}"
            hint = 'Quote a field that holds quotes, and double them inside it: "a ""quoted"" word".'
            hint = "Shorten the field, or close its quotes." if "limit" in str(error) else hint
            raise source.error(what, line=line, hint=hint) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            start, end = trimmed(text, before, position)
            yield _Record(cells=tuple(cells), start=start, end=end, line=line)


def _separator(text: str) -> str:
    """Return the separator under which most of the first records are of one width, and the widest."""
    sample = "".join(match.group() for match in islice(_LINE.finditer(text), _SAMPLE))
    return max(_SEPARATORS, key=lambda separator: _evenness(sample, separator))


def _evenness(sample: str, separator: str) -> tuple[float, int]:
    """Return the share of lines of the commonest width, and that width; nothing where nothing is divided."""
    # Not strict: the sample may end inside a quoted field.
    try:
        widths = [len(cells) for cells in csv.reader(_lines(sample), delimiter=separator) if cells]
    except csv.Error:  # a field beyond the module's limit: this separator divides nothing
        return 0.0, 0
    width = max(set(widths), key=lambda candidate: (widths.count(candidate), candidate), default=1)
    return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)


def _lines(text: str) -> Iterator[str]:
    return (match.group() for match in _LINE.finditer(text))


def _header(records: list[_Record]) -> tuple[tuple[str, ...], list[_Record]]:
    """Return the column names and the records below them; names are made up where the first record is data.

    A number in the first record says that it is data. A year does not: `city, 2024, 2025` is a header.
    """
    first = records[0].cells
    if any(is_number(cell) and not is_year(cell) for cell in first):
        return tuple(f"column_{position}" for position in range(1, len(first) + 1)), records
    return first, records[1:]


def _fitted(record: _Record, width: int, source: Source) -> tuple[str, ...]:
    """Return the record's cells, as many as there are columns: a short record ends in absent values."""
    cells = record.cells
    if any(cell.strip() for cell in cells[width:]):
        what = f"this record has {len(cells)} cells, where the header has {width} columns"
        raise source.error(what, line=record.line, hint="Quote a field that holds the separator.")
    return (cells + ("",) * (width - len(cells)))[:width]
