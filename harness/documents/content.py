"""What the readers share: where a document comes from, and what reading it yields."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.documents.types import Cell, Passage, Table
from harness.errors import DocumentError

_NO_IDENTIFIER = re.compile(r"\W+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A document's text with what was found in it; the offsets of passages and tables count in `text`."""

    text: str
    """All of the document's text."""
    passages: tuple[Passage, ...]
    """In reading order."""
    tables: tuple[Table, ...] = ()
    """In reading order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The document that is being read, for names and for error messages."""

    path: str
    """Relative, with forward slashes."""
    where: str
    """The name that error messages use for it."""

    def table_name(self, ordinal: int) -> str:
        """Return the SQL identifier of the file's table number `ordinal`, counted from 1."""
        stem = _NO_IDENTIFIER.sub("_", PurePosixPath(self.path).stem).strip("_").lower() or "table"
        if stem[0].isdigit():
            stem = f"t_{stem}"
        return stem if ordinal == 1 else f"{stem}_{ordinal}"

    def error(self, what: str, *, line: int | None = None, hint: str | None = None) -> DocumentError:
        """Return an error about this document, with the line (from 1) where that is known."""
        where = self.where if line is None else f"{self.where}:{line}"
        return DocumentError(what, where=where, hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A table as it stands in a document: cells that are still text, and the stretch of every row."""

    header: tuple[str, ...]
    """The names in the header row."""
    rows: tuple[tuple[str, ...], ...]
    """One tuple of cell texts a record, as long as `header`."""
    spans: tuple[tuple[int, int], ...]
    """(start, end) of each record in the document's text."""


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return usable column names: an empty one becomes `column_N`, a repeated one gets a number."""
    taken: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, start=1):
        base = candidate = " ".join(name.split()) or f"column_{position}"
        while candidate.lower() in taken:  # SQL does not tell names apart by case
            taken[base.lower()] += 1
            candidate = f"{base}_{taken[base.lower()]}"
        taken[candidate.lower()] = 1
        result.append(candidate)
    return tuple(result)


def to_table(grid: Grid, name: str) -> Table:
    """Return the grid as a table, each column in the narrowest type that all its cells have."""
    columns = [typed_column([row[position] for row in grid.rows]) for position in range(len(grid.header))]
    return Table(
        name=name,
        columns=distinct_names(grid.header),
        rows=tuple(zip(*columns, strict=True)) if grid.rows else (),
        spans=grid.spans,
    )


# A leading zero marks an identifier (a postcode, an article number), and past 18 digits a number is one too.
_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_TRUTH = {"true": True, "false": False}
_ABSENT = frozenset({"", "-", "n/a", "na", "nan", "none", "null"})


def is_number(text: str) -> bool:
    """Say whether a cell's text is a number, whole or decimal."""
    return _DECIMAL.fullmatch(text.strip()) is not None


def is_year(text: str) -> bool:
    """Say whether a cell's text is a year: the one number that also names columns."""
    return _YEAR.fullmatch(text.strip()) is not None


def looks_like_header(cells: Sequence[str]) -> bool:
    """Say whether a row names columns: two cells or more, none empty, none twice, and no number but a year."""
    names = [cell.strip().lower() for cell in cells]
    distinct = len(set(names)) == len(names) >= 2
    return distinct and all(names) and not any(is_number(name) and not is_year(name) for name in names)


def typed_column(cells: Sequence[str]) -> list[Cell]:
    """Return a column's values: whole numbers, decimals, truth values, or else text.

    A column changes its type only as a whole. An empty cell is None in every column; `n/a`, `-` and the like only among
    numbers, since they may be a word that counts among texts.
    """
    stripped = [cell.strip() for cell in cells]
    present = [cell for cell in stripped if cell.lower() not in _ABSENT]
    if present and all(map(_WHOLE.fullmatch, present)):
        return [None if cell.lower() in _ABSENT else int(cell) for cell in stripped]
    if present and all(map(_DECIMAL.fullmatch, present)):
        return [None if cell.lower() in _ABSENT else float(cell) for cell in stripped]
    if present and all(cell.lower() in _TRUTH for cell in present):
        return [_TRUTH.get(cell.lower()) for cell in stripped]
    return [cell or None for cell in stripped]
