"""What a document is once it has been read: text, passages, tables."""

from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = str | int | float | bool | None
"""One value of a table. Dates stay text, in the spelling of the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A stretch of a document that is read, retrieved and cited as one.

    `document.text[start:end] == text` holds for every passage.
    """

    text: str
    """The characters themselves, as they stand in the document's text."""
    start: int
    """Offset of the first character in the document's text, in code points."""
    end: int
    """Offset behind the last character, in code points."""
    page: int | None = None
    """Page number from 1 where the format has pages, else None."""
    heading: str | None = None
    """The nearest heading above the passage, None where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Records of one shape found in a document: a JSON array of objects, a CSV file, a Markdown or HTML table."""

    name: str
    """An SQL identifier from the file's name (`products.json` -> `products`; a file's second table `products_2`)."""
    columns: tuple[str, ...]
    """Column names in the order of the file."""
    rows: tuple[tuple[Cell, ...], ...]
    """One tuple a record, as long as `columns`; an absent value is None."""
    spans: tuple[tuple[int, int], ...]
    """Where each record stands in the document's text: (start, end), in code points, one pair a row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document as text, with its passages and tables."""

    path: str
    """The name by which cases and results know it: relative, with forward slashes."""
    sha256: str
    """Of the bytes, in hexadecimal."""
    media_type: str
    """For example `application/json`, `application/pdf`."""
    text: str
    """All of its text; for PDF the pages joined by form feeds."""
    passages: tuple[Passage, ...]
    """In reading order; together they cover all that can be asked for."""
    tables: tuple[Table, ...] = ()
    """The tables found in it, in reading order."""
