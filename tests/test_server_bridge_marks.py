"""Citation marks in a model's words."""

import pytest
from bridge_support import cites_of, text_of

from harness.server.bridge.marks import MarkReader
from harness.server.models.interface import Segment


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("text", "shown", "cites"),
    [
        ("A is B 【1】.", "A is B.", [0]),
        ("A【1】【2】 and C【1, 2】", "A and C", [0, 1, 0, 1]),
        ("A 【4:0†source】 B 【4:1†a.md】", "A B", [0, 1]),
        ("A 【2†source】", "A", [1]),
        ("A 【9】. B 【0】 C【4:7†source】", "A. B C", []),
        ("A 【99999999999999999999】.", "A.", []),
        ("【重要】 is no mark, nor 【】 or 【", "【重要】 is no mark, nor 【】 or 【", []),
        ("A 【1", "A", []),
        ("A\n\n  B   ", "A\n\n  B   ", []),
        ("A" + " " * 500 + "B", "A" + " " * 500 + "B", []),
    ],
)
def test_marks_are_read_however_they_are_cut(text: str, shown: str, cites: list[int], size: int) -> None:
    reader = MarkReader()
    pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]

    told = [segment for piece in pieces for segment in reader.read(piece, 2)] + list(reader.finish(2))

    assert text_of(told) == shown
    assert cites_of(told) == cites


def test_words_without_marks_are_not_held_back() -> None:
    assert list(MarkReader().read("A [1] b", 2)) == [Segment(text="A [1] b")]


def test_long_runs_that_look_like_marks_are_read_in_no_time() -> None:
    reader = MarkReader()

    for text in (" " * 200_000, "【" * 200_000, "【1" * 100_000, "【" + "1" * 200_000, "【" + " " * 200_000):
        assert sum(len(segment.text) for segment in [*reader.read(text, 2), *reader.finish(2)]) > 190_000
