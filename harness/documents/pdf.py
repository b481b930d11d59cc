"""PDF to words with their places, page by page; `pdf_layout` makes paragraphs and tables of them."""

import ctypes
import math
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.documents.content import Content, Source
from harness.documents.pdf_layout import to_pieces
from harness.documents.pdf_words import Page, Word
from harness.documents.pieces import assemble

MOST_PAGES = 5000
"""A page costs a few milliseconds; a file of a few kilobytes can claim a million of them."""

_LOCK = threading.Lock()  # pdfium keeps global state, and two threads in it crash the process
_WORD = re.compile(r"[^\s\x00\x02\ufffe]+[\x02\ufffe]?")  # a hyphen at a line's end takes the line break's place
_BROKEN_HYPHEN = str.maketrans({"\ufffe": "-", "\x02": "-", "\xad": "-"})  # how pdfium marks one at a line's end


def read_pdf(data: bytes, source: Source) -> Content:
    """Read a PDF's text: paragraphs joined from their lines, a table's row as one line, pages parted by form feeds.

    Raises:
        DocumentError: It is broken or encrypted, has too many pages, or holds pictures of text instead of text.
    """
    with _LOCK:
        pages = _pages(data, source)
    if not any(page.words for page in pages):
        what = f"this PDF holds no text on its {len(pages)} pages: it seems to be scanned, or drawn"
        raise source.error(what, hint="Run it through text recognition (OCR) first.")
    return assemble(to_pieces(pages), source)


def _pages(data: bytes, source: Source) -> list[Page]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise source.error("this PDF is encrypted", hint="Save a copy without a password.") from None
        raise source.error("this PDF is broken: its structure cannot be read", hint="Export it again.") from None
    try:
        if len(document) > MOST_PAGES:
            what = f"this PDF has {len(document):,} pages, and at most {MOST_PAGES:,} are read"
            raise source.error(what, hint="Split it.")
        return [_page(document, number, source) for number in range(1, len(document) + 1)]
    finally:
        document.close()


def _page(document: Any, number: int, source: Source) -> Page:
    import pypdfium2

    try:
        page = document[number - 1]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        raise source.error(f"page {number} of this PDF is broken", hint="Export it again.") from None
    try:
        angle = _angle(textpage)
        # The size is that of the page as it is shown, the places of words are not.
        sideways = page.get_rotation() in {90, 270}
        height = page.get_width() if sideways != (angle in {90, 270}) else page.get_height()
        bottom = -height if angle in {90, 180} else 0.0
        return Page(number=number, words=tuple(_words(textpage, angle)), bottom=bottom, height=height)
    finally:
        textpage.close()
        page.close()


def _words(textpage: Any, angle: int) -> Iterator[Word]:
    from pypdfium2 import raw

    text = _characters(textpage)
    box, font_name = raw.FS_RECTF(), ctypes.create_string_buffer(96)

    def place(index: int) -> tuple[float, float, float, float]:
        raw.FPDFText_GetLooseCharBox(textpage, index, box)
        return _turned((box.left, box.bottom, box.right, box.top), angle)

    for match in _WORD.finditer(text):
        cleaned = _clean(match.group())
        if not cleaned:
            continue
        first = place(match.start())
        last = place(match.end() - 1) if match.end() - match.start() > 1 else first
        yield Word(
            text=cleaned,
            left=min(first[0], last[0]),
            right=max(first[2], last[2]),
            bottom=first[1],
            top=first[3],
            is_bold=_is_bold(textpage, match.start(), font_name),
        )


def _characters(textpage: Any) -> str:
    """Return the page's text with one character an index of pdfium, so that both count alike."""
    count = textpage.count_chars()
    text: str = textpage.get_text_range()
    if len(text) == count:
        return text
    from pypdfium2 import raw

    # pdfium counts UTF-16 units, and its text leaves out what it cannot show. Halves of pairs are joined in `_clean`.
    codes = (raw.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if code <= sys.maxunicode else "\ufffd" for code in codes)


def _clean(word: str) -> str:
    """Return a word without halves of surrogate pairs and without control characters."""
    text = word.translate(_BROKEN_HYPHEN)
    if text.isascii() and text.isprintable():
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(character for character in whole if character >= " ")


def _turned(box: tuple[float, float, float, float], angle: int) -> tuple[float, float, float, float]:
    """Return a box (left, bottom, right, top) as it stands once text that runs at an angle is turned upright."""
    left, bottom, right, top = box
    if angle == 90:
        return bottom, -right, top, -left
    if angle == 180:
        return -right, -top, -left, -bottom
    if angle == 270:
        return -top, left, -bottom, right
    return box


def _angle(textpage: Any) -> int:
    """Return the angle at which most of the page's text runs, counter-clockwise: 0, 90, 180 or 270."""
    from pypdfium2 import raw

    count = textpage.count_chars()
    sample = range(0, count, max(1, count // 40))
    radians = [raw.FPDFText_GetCharAngle(textpage, index) for index in sample]
    quarters = Counter(round(angle / (math.pi / 2)) % 4 for angle in radians if angle >= 0)  # -1: a blank made up
    return quarters.most_common(1)[0][0] * 90 if quarters else 0


def _is_bold(textpage: Any, index: int, name: Any) -> bool:
    """Say whether a character's font is called bold; the fonts' own weights are often 0."""
    from pypdfium2 import raw

    raw.FPDFText_GetFontInfo(textpage, index, name, len(name), None)
    lowered: bytes = name.value.lower()
    return b"bold" in lowered or b"black" in lowered or b"heavy" in lowered
