"""Pieces of text, in reading order, to a document: for formats whose text is not the file's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.documents.content import Content, Grid, Source, looks_like_header, to_table
from harness.documents.prose import Block, to_passages
from harness.documents.types import Table

Kind: TypeAlias = Literal["text", "heading", "item", "row"]
_Span: TypeAlias = tuple[int, int]
_SENTENCE_ENDS = (".", "!", "?", ":", "…", '"', "”", ")")


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A paragraph, a heading, a list's item or a table's row."""

    text: str
    """As it will stand in the document's text; empty for a row, which is written from its cells."""
    kind: Kind
    """What it is."""
    page: int | None = None
    """Page number from 1, None where the format has no pages."""
    table: int | None = None
    """For a row, the number of its table."""
    cells: tuple[str, ...] = ()
    """For a row, the texts of its cells."""

    @property
    def written(self) -> str:
        """The piece's characters in the document."""
        return " | ".join(self.cells).strip() if self.kind == "row" else self.text


def assemble(pieces: Sequence[Piece], source: Source) -> Content:
    """Write the pieces down as one text, and find the passages and tables in it."""
    text, spans = _joined(pieces)
    passages = to_passages(text, _blocks(pieces, spans))
    return Content(text=text, passages=passages, tables=tuple(_tables(pieces, spans, source)))


def _joined(pieces: Sequence[Piece]) -> tuple[str, list[_Span]]:
    parts: list[str] = []
    spans: list[_Span] = []
    position = 0
    upper: Piece | None = None
    for piece in pieces:
        gap = _gap(upper, piece)
        start = position + len(gap)
        position = start + len(piece.written)
        parts += (gap, piece.written)
        spans.append((start, position))
        upper = piece
    return "".join(parts), spans


def _gap(upper: Piece | None, lower: Piece) -> str:
    page_above = 1 if upper is None else upper.page
    if lower.page is not None and page_above is not None and lower.page != page_above:
        return "\f" * (lower.page - page_above)
    if upper is None:
        return ""
    close = upper.kind == lower.kind and lower.kind in {"item", "row"} and upper.table == lower.table
    return "\n" if close else "\n\n"


def _blocks(pieces: Sequence[Piece], spans: Sequence[_Span]) -> list[Block]:
    """Return the blocks: the items of one list together, a sentence that crosses a page whole, the rest alone."""
    blocks: list[Block] = []
    heading: str | None = None
    tables_begun: set[int | None] = {None}
    upper: Piece | None = None
    for piece, (start, end) in zip(pieces, spans, strict=True):
        heading = piece.text if piece.kind == "heading" else heading
        joined = blocks.pop() if upper is not None and _is_one_block(upper, piece) else None
        block = Block(
            start=start if joined is None else joined.start,
            end=end,
            heading=heading,
            page=piece.page if joined is None else joined.page,
            is_heading=piece.kind == "heading",
            # A table's first row may take in the heading above it; a row of one cell is a paragraph in a frame.
            is_row=piece.table in tables_begun and len(piece.cells) > 1,
        )
        blocks.append(block)
        tables_begun.add(piece.table)
        upper = piece
    return blocks


def _is_one_block(upper: Piece, lower: Piece) -> bool:
    if upper.page == lower.page:
        return upper.kind == lower.kind == "item"
    ends = upper.text.endswith(_SENTENCE_ENDS)
    return upper.kind == lower.kind == "text" and not ends and lower.text[:1].islower()


def _tables(pieces: Sequence[Piece], spans: Sequence[_Span], source: Source) -> list[Table]:
    rows_of: dict[int, list[tuple[tuple[str, ...], _Span]]] = {}
    for piece, span in zip(pieces, spans, strict=True):
        if piece.table is not None:
            rows_of.setdefault(piece.table, []).append((piece.cells, span))
    tables: list[Table] = []
    for (header, _), *body in rows_of.values():
        # A header that comes again stands at the top of the next page.
        rows = [(cells, span) for cells, span in body if cells != header]
        if not rows or not looks_like_header(header):
            continue
        width = len(header)
        grid = Grid(
            header=header,
            rows=tuple((cells + ("",) * width)[:width] for cells, _ in rows),
            spans=tuple(span for _, span in rows),
        )
        tables.append(to_table(grid, source.table_name(len(tables) + 1)))
    return tables
