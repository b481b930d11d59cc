"""Markdown to passages and tables; the text stays as it is written, marks included."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.documents.content import Content, Grid, Source, to_table
from harness.documents.prose import Block, to_passages
from harness.documents.types import Table

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADING = re.compile(r" {0,3}#{1,6}(?=[ \t])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})\s*")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_RULE = re.compile(r":?-+:?")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"(\*\*|__|`)(.+?)\1")


class _Line(NamedTuple):
    """A line with its place; a tuple, since there may be a million."""

    text: str
    """Without the line break and blanks at the end."""
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def first(self) -> int:
        """Offset of the first character that is no blank."""
        return self.end - len(self.text.lstrip())


@dataclass(kw_only=True)
class _Reader:
    """A walk over the lines that collects blocks and tables."""

    lines: list[_Line]
    source: Source
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    heading: str | None = None

    def read(self) -> None:
        at = 0
        while at < len(self.lines):
            at = self._block(at)

    def _block(self, at: int) -> int:
        """Take in the block that begins at line `at`, and return the line behind it."""
        text = self.lines[at].text
        if not text:
            return at + 1
        if fence := _FENCE.match(text):
            return self._fenced(at, fence.group(1))
        if heading := _HEADING.match(text):
            return self._headed(at, at + 1, _unclosed(text[heading.end() :].strip()))
        if self._is_table(at):
            return self._table(at)
        if _ITEM.match(text):
            return self._list(at)
        return self._paragraph(at)

    def _add(self, at: int, behind: int, *, is_row: bool = False) -> int:
        start, end = self.lines[at].first, self.lines[behind - 1].end
        self.blocks.append(Block(start=start, end=end, heading=self.heading, is_row=is_row))
        return behind

    def _headed(self, at: int, behind: int, title: str) -> int:
        self.heading = _plain(title) or None
        start, end = self.lines[at].first, self.lines[behind - 1].end
        self.blocks.append(Block(start=start, end=end, heading=self.heading, is_heading=True))
        return behind

    def _fenced(self, at: int, fence: str) -> int:
        for behind in range(at + 1, len(self.lines)):
            if self.lines[behind].text.strip().startswith(fence):
                return self._add(at, behind + 1)
        return self._add(at, self._last_filled(at) + 1)

    def _last_filled(self, at: int) -> int:
        return max(number for number in range(at, len(self.lines)) if self.lines[number].text)

    def _is_table(self, at: int) -> bool:
        if "|" not in self.lines[at].text or at + 1 >= len(self.lines):
            return False
        rule = _cells(self.lines[at + 1].text)
        return all(map(_RULE.fullmatch, rule)) and len(rule) == len(_cells(self.lines[at].text))

    def _table(self, at: int) -> int:
        """Take in a table: header and rule are a block (the heading joins it), and so is each row."""
        header = tuple(_plain(cell) for cell in _cells(self.lines[at].text))
        behind = self._add(at, at + 2)
        rows, spans = [], []
        while behind < len(self.lines) and "|" in self.lines[behind].text:
            line = self.lines[behind]
            cells = [_plain(cell) for cell in _cells(line.text)]
            rows.append(tuple((cells + [""] * len(header))[: len(header)]))
            spans.append((line.first, line.end))
            behind = self._add(behind, behind + 1, is_row=True)
        grid = Grid(header=header, rows=tuple(rows), spans=tuple(spans))
        self.tables.append(to_table(grid, self.source.table_name(len(self.tables) + 1)))
        return behind

    def _list(self, at: int) -> int:
        """Take in a list: items, their indented lines, and single blank lines between them."""
        behind = at + 1
        while behind < len(self.lines):
            text = self.lines[behind].text
            if not text:
                following = self.lines[behind + 1].text if behind + 1 < len(self.lines) else ""
                if not (_ITEM.match(following) or following.startswith("  ")):
                    break
            elif not _ITEM.match(text) and self._interrupts(behind):
                break
            behind += 1
        return self._add(at, behind)

    def _paragraph(self, at: int) -> int:
        behind = at + 1
        while behind < len(self.lines) and self.lines[behind].text:
            if _UNDERLINE.fullmatch(self.lines[behind].text):
                title = " ".join(line.text.strip() for line in self.lines[at:behind])
                return self._headed(at, behind + 1, title)
            if self._interrupts(behind) or _ITEM.match(self.lines[behind].text):
                break
            behind += 1
        return self._add(at, behind)

    def _interrupts(self, at: int) -> bool:
        """Say whether a heading, a fence or a table begins here, without a blank line above it."""
        text = self.lines[at].text
        return bool(_HEADING.match(text) or _FENCE.match(text)) or self._is_table(at)


def read_markdown(text: str, source: Source) -> Content:
    """Read Markdown: paragraphs, lists and code are passages, tables are tables and each row a passage."""
    reader = _Reader(lines=list(_lines(text)), source=source)
    reader.read()
    return Content(text=text, passages=to_passages(text, reader.blocks), tables=tuple(reader.tables))


def _lines(text: str) -> Iterator[_Line]:
    for match in _LINE.finditer(text):
        yield _Line(text=match.group().rstrip(), start=match.start())


def _unclosed(title: str) -> str:
    """Return a heading's text without the marks that may close it."""
    bare = title.rstrip("#")
    return bare.rstrip() if not bare or bare[-1].isspace() else title


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in _CELL_BORDER.split(inner)]


def _plain(text: str) -> str:
    """Return a cell's or heading's text without the marks for bold and code."""
    return _MARKS.sub(r"\2", text).strip()
