"""Citation marks in a model's words, as they come: `【2】` behind what rests on the second result."""

import re
from collections.abc import Iterator

from harness.server.models.interface import Segment

__all__ = ["MarkReader", "without_marks"]

_MARK = re.compile(r"【\s*(?:\d+\s*:\s*(?P<place>\d+)|(?P<numbers>\d+(?:\s*[,;、]\s*\d+)*))\s*(?:†[^【】\n]{0,80})?】")
"""`【2】`, `【1, 3】`, `【2†name】`, or the API's own `【4:1†source】`, whose second number counts from 0."""
_BEGUN = re.compile(r"【[\d\s:,;、]{0,40}(?:†[^【】\n]{0,80})?\Z")
"""What may still become a mark."""
_CUT = re.compile(r"【\s*\d[^】]*\Z")
"""A mark that will never be closed."""
_BLANKS = " \t"
"""What is dropped before a mark: the mark stands directly behind its words."""
_MOST_BLANKS = 64
"""So many are held back until it is known whether a mark follows."""
_MOST_DIGITS = 6
"""A longer number is the number of no result, and turning it into one could cost without bound."""


class MarkReader:
    """Take text in pieces and give it back as segments that cite results.

    A mark that is split across pieces is put together first. One that names no result is dropped from the text.
    """

    def __init__(self) -> None:
        self._held = ""

    def read(self, text: str, results: int) -> Iterator[Segment]:
        """Yield what can be passed on.

        Args:
            text: The next piece.
            results: How many results there are to cite so far.
        """
        text = self._held + text
        begin = _held_back(text)
        self._held = text[begin:]
        yield from _segments(text[:begin], results)

    def finish(self, results: int) -> Iterator[Segment]:
        """Yield what was held back, because nothing follows it."""
        held, self._held = self._held, ""
        cut = _CUT.search(held)
        yield from _segments(held[: cut.start()].rstrip(_BLANKS) if cut else held, results)


def without_marks(text: str) -> str:
    """Return text without its marks: in an earlier answer they name results that are no longer shown."""
    return "".join(segment.text for segment in _segments(text, 0))


def _held_back(text: str) -> int:
    """Return where that begins which may turn out to be a mark, or the blanks before one."""
    last = text.rfind("【")
    begin = last if last >= 0 and _BEGUN.match(text, last) else len(text)
    blanks = begin - len(text[:begin].rstrip(_BLANKS))
    return begin - min(blanks, _MOST_BLANKS)


def _segments(text: str, results: int) -> Iterator[Segment]:
    position = 0
    for mark in _MARK.finditer(text):
        cites = tuple(_cited(mark, results))
        said = text[position : mark.start()].rstrip(_BLANKS)
        if said or cites:
            yield Segment(text=said, cites=cites)
        position = mark.end()
    if position < len(text):
        yield Segment(text=text[position:])


def _cited(mark: re.Match[str], results: int) -> Iterator[int]:
    """Yield the indices of the results that a mark names."""
    if mark["place"] is not None:
        numbers = [mark["place"]]
        first = 0
    else:
        numbers = re.findall(r"\d+", mark["numbers"])
        first = 1
    for index in dict.fromkeys(int(number) - first for number in numbers if len(number) <= _MOST_DIGITS):
        if 0 <= index < results:
            yield index
