"""JSON and JSON lines to passages and tables, each record with its place in the raw text.

As lenient as Python: of two equal keys the later one counts; `NaN` and `Infinity` are read, as absent values.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.documents.content import Content, Source, distinct_names
from harness.documents.prose import LONGEST_PASSAGE, Block, split_long
from harness.documents.types import Cell, Passage, Table

LONGEST_RECORD = 4000
"""Characters. A record stays one passage up to here, so that a passage and a row of the table are the same thing."""

_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)
_BLANK = re.compile(r"[ \t\n\r]*")
_LARGEST_INTEGER = 2**63 - 1


def read_json(text: str, source: Source) -> Content:
    """Read a JSON document: arrays of objects become tables, the rest pieces of a paragraph's size.

    Raises:
        DocumentError: The text is no JSON, or is nested too deeply.
    """
    walk = _Walk(text=text, source=source)
    try:
        value = _DECODER.decode(text)
        walk.visit(_skip(text, 0), value, heading=None)
    except json.JSONDecodeError as error:
        what = f"this is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise source.error(what, line=error.lineno, hint=_hint(text, error)) from None
    except (RecursionError, ValueError) as error:
        is_deep = isinstance(error, RecursionError)
        reason = "it is nested too deeply" if is_deep else "it holds a number of thousands of digits"
        raise source.error(f"this JSON cannot be read: {reason}") from None
    walk.flush()
    return walk.content()


def read_json_lines(text: str, source: Source) -> Content:
    """Read JSON lines: one value a line; where all are objects, they are the rows of a table.

    Raises:
        DocumentError: A line is no JSON.
    """
    values: list[tuple[int, int, Any]] = []
    position = 0
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped:
            start = position + line.index(stripped)
            values.append((start, start + len(stripped), _line_value(stripped, source, number)))
        position += len(line) + 1
    passages = tuple(_passages(text, [(start, end) for start, end, _ in values], None))
    rows = [value for _, _, value in values]
    if not all(isinstance(row, dict) for row in rows):
        return Content(text=text, passages=passages)
    table = _table(rows, [(start, end) for start, end, _ in values], source.table_name(1))
    return Content(text=text, passages=passages, tables=(table,))


def _line_value(line: str, source: Source, number: int) -> Any:
    try:
        return _DECODER.decode(line)
    except json.JSONDecodeError as error:
        what = f"this line is no JSON: {error.msg} (line {number}, column {error.colno})"
        raise source.error(what, line=number, hint="JSON lines hold one complete JSON value a line.") from None
    except (RecursionError, ValueError):
        raise source.error("this line's JSON is nested too deeply, or holds too long a number", line=number) from None


def _hint(text: str, error: json.JSONDecodeError) -> str | None:
    if error.msg == "Extra data" and text[error.pos] in "{[":
        return "If this file holds one JSON value a line, give it the ending .jsonl."
    return None


@dataclass(kw_only=True)
class _Walk:
    """A walk over the text of a valid JSON document that collects passages and tables."""

    text: str
    source: Source
    passages: list[Passage] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    pending: Block | None = None
    """Small neighbouring members that will be one passage."""

    def content(self) -> Content:
        return Content(text=self.text, passages=tuple(self.passages), tables=tuple(self.tables))

    def visit(self, start: int, value: Any, heading: str | None) -> int:
        """Take in the value that begins at `start` and return where it ends."""
        if _is_records(value):
            return self._records(start, value, heading)
        if isinstance(value, dict) and value:
            return self._members(start, heading)
        if isinstance(value, list) and value:
            return self._items(start, heading)
        end = _end(self.text, start)
        self.add(start, end, heading)
        return end

    def _records(self, start: int, records: list[dict[str, Any]], heading: str | None) -> int:
        self.flush()
        spans = []
        position = _skip(self.text, start + 1)
        for _ in records:
            end = _end(self.text, position)
            spans.append((position, end))
            position = _skip_comma(self.text, end)
        self.tables.append(_table(records, spans, self.source.table_name(len(self.tables) + 1)))
        self.passages.extend(_passages(self.text, spans, heading))
        return position + 1

    def _members(self, start: int, heading: str | None) -> int:
        position = _skip(self.text, start + 1)
        while self.text[position] != "}":
            key, behind_key = _DECODER.raw_decode(self.text, position)
            value_start = _skip(self.text, _skip(self.text, behind_key) + 1)
            value, end = _DECODER.raw_decode(self.text, value_start)
            if _holds_records(value) or (end - position > LONGEST_PASSAGE and isinstance(value, dict | list)):
                self.flush()
                self.visit(value_start, value, f"{heading}.{key}" if heading else key)
            else:
                self.add(position, end, heading)
            position = _skip_comma(self.text, end)
        return position + 1

    def _items(self, start: int, heading: str | None) -> int:
        position = _skip(self.text, start + 1)
        while self.text[position] != "]":
            value, end = _DECODER.raw_decode(self.text, position)
            if end - position > LONGEST_PASSAGE and isinstance(value, dict | list):
                self.visit(position, value, heading)
            else:
                self.add(position, end, heading)
            position = _skip_comma(self.text, end)
        return position + 1

    def add(self, start: int, end: int, heading: str | None) -> None:
        """Put a small piece with its neighbours of the same heading, as long as they fit one passage."""
        waiting = self.pending
        if waiting is not None and waiting.heading == heading and end - waiting.start <= LONGEST_PASSAGE:
            self.pending = Block(start=waiting.start, end=end, heading=heading)
            return
        self.flush()
        self.pending = Block(start=start, end=end, heading=heading)

    def flush(self) -> None:
        """Turn the waiting pieces into passages."""
        if self.pending is None:
            return
        for start, end in split_long(self.text, self.pending.start, self.pending.end):
            passage = Passage(text=self.text[start:end], start=start, end=end, heading=self.pending.heading)
            self.passages.append(passage)
        self.pending = None


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _holds_records(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_records(member) for member in value.values())
    return _is_records(value)


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    assert match is not None  # the pattern matches nothing, too
    return match.end()


def _skip_comma(text: str, position: int) -> int:
    position = _skip(text, position)
    return _skip(text, position + 1) if text[position] == "," else position


def _end(text: str, start: int) -> int:
    return _DECODER.raw_decode(text, start)[1]


def _passages(text: str, spans: list[tuple[int, int]], heading: str | None) -> Iterator[Passage]:
    for span in spans:
        for start, end in split_long(text, *span, longest=LONGEST_RECORD):
            yield Passage(text=text[start:end], start=start, end=end, heading=heading)


def _table(records: list[dict[str, Any]], spans: list[tuple[int, int]], name: str) -> Table:
    keys = list(dict.fromkeys(key for record in records for key in record))
    rows = tuple(tuple(_cell(record.get(key)) for key in keys) for record in records)
    return Table(name=name, columns=distinct_names([_text(key) for key in keys]), rows=rows, spans=tuple(spans))


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict | list):
        return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    if type(value) is int and abs(value) > _LARGEST_INTEGER:
        return str(value)  # no column of a database holds it as a number
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None  # `1e999`
    assert value is None or isinstance(value, int | float)
    return value


def _text(value: str) -> str:
    """Return text that any encoder takes: JSON may spell half of a surrogate pair."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
