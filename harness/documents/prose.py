"""Plain text to passages: paragraphs, with the heading each stands under."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.documents.content import Content, Source
from harness.documents.types import Passage

LONGEST_PASSAGE = 1200
"""Characters. A longer paragraph is split at the ends of its sentences: what is cited should fit a screen."""

_PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+")
# The best place to part a long stretch, best first: an end of line, of a sentence, of a word.
_BREAKS = (
    re.compile(r"\n+\s*"),
    re.compile(
        r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[A-Z0-9\u00c0-\u00de])|[\u3002\uff01\uff1f]"
    ),
    re.compile(r"\s+"),
)
_FILLED = re.compile(r"\S")
_UNDERLINE = re.compile(r"\n\s*(={3,}|-{3,})\s*$")
_LONGEST_HEADING = 80
_NO_HEADING_ENDS_IN = (".", ",", ";", ":", "!", "?", "…")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A stretch of text that belongs together, before long ones are split."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset behind the last character."""
    heading: str | None = None
    """The nearest heading above it, or its own text where it is a heading."""
    page: int | None = None
    """Page number from 1, None where the format has none."""
    is_heading: bool = False
    """A heading joins the block below it, so that no passage is a title alone."""
    is_row: bool = False
    """A table's row stays one passage and takes nothing in."""


def read_text(text: str, _source: Source) -> Content:
    """Read plain text; a short line that stands alone above a paragraph counts as its heading."""
    return Content(text=text, passages=to_passages(text, _plain_blocks(text)))


def to_passages(text: str, blocks: Iterable[Block]) -> tuple[Passage, ...]:
    """Return the blocks as passages: headings joined to what follows, long blocks split."""
    return tuple(
        Passage(text=text[start:end], start=start, end=end, page=block.page, heading=block.heading)
        for block in _join_blocks(text, blocks)
        for start, end in split_long(text, block.start, block.end)
    )


def _join_blocks(text: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """Join headings, and lead-ins that end in a colon, to the block below them."""
    opened: Block | None = None
    for block in blocks:
        if opened is not None and not _may_join(opened, block):
            yield opened
            opened = None
        start = block.start if opened is None else opened.start
        joined = Block(
            start=start,
            end=block.end,
            heading=block.heading,
            page=block.page if opened is None else opened.page,
            is_heading=block.is_heading,
            is_row=block.is_row,
        )
        if block.is_heading or (not block.is_row and text[block.end - 1] == ":"):
            opened = joined
        else:
            opened = None
            yield joined
    if opened is not None:
        yield opened


def _may_join(upper: Block, lower: Block) -> bool:
    if lower.is_row or upper.page != lower.page:
        return False
    return upper.is_heading or (not lower.is_heading and lower.end - upper.start <= LONGEST_PASSAGE)


def split_long(text: str, start: int, end: int, *, longest: int = LONGEST_PASSAGE) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a stretch, none longer than `longest`, none with blanks at its ends.

    Args:
        text: The document's text.
        start: Offset of the stretch's first character.
        end: Offset behind its last character.
        longest: In code points.
    """
    while end - start > longest:
        cut = _best_cut(text, start, start + longest)
        piece = text[start:cut]
        yield start, start + len(piece.rstrip())
        start = _skip_blanks(text, cut, end)
    if start < end:
        yield start, end


def _best_cut(text: str, start: int, limit: int) -> int:
    """Return the last good place to cut before `limit`; lines and sentences count only past the middle."""
    middle = (start + limit) // 2
    for pattern in _BREAKS:
        last = None
        for match in pattern.finditer(text, middle, limit):
            last = match.end()
        if last is not None:
            return last
    return limit


def _skip_blanks(text: str, start: int, end: int) -> int:
    found = _FILLED.search(text, start, end)
    return end if found is None else found.start()


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the stretch without the blanks at its ends; start equals end where nothing is left."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))


def _plain_blocks(text: str) -> Iterator[Block]:
    heading: str | None = None
    stretches = list(_paragraphs(text))
    for position, (start, end) in enumerate(stretches):
        title = _title(text[start:end]) if end - start <= 2 * _LONGEST_HEADING else None
        if title is not None and position + 1 < len(stretches):
            heading = title
            yield Block(start=start, end=end, heading=title, is_heading=True)
        else:
            yield Block(start=start, end=end, heading=heading)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for match in _PARAGRAPH_BREAK.finditer(text):
        start, end = trimmed(text, position, match.start())
        if start < end:
            yield start, end
        position = match.end()
    start, end = trimmed(text, position, len(text))
    if start < end:
        yield start, end


def _title(paragraph: str) -> str | None:
    """Return the heading that a paragraph is: one short line, alone or underlined; else None."""
    title = _UNDERLINE.sub("", paragraph).strip()
    underlined = title != paragraph
    if not title or "\n" in title or len(title) > _LONGEST_HEADING:
        return None
    plausible = title[0].isupper() or title[0].isdigit()
    return title if underlined or (plausible and not title.endswith(_NO_HEADING_ENDS_IN)) else None
