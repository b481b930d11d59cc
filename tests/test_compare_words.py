"""Word diffs: both texts can be had back, and changes read as people would mark them."""

import pytest

from harness.compare.words import around, one_side, word_diff


def marked(before: str, after: str) -> str:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[one.change].format(one.text) for one in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("28 days", "28 days", "28 days"),
        ("within 28 days", "within 21 days", "within [-28-]{+21+} days"),
        ("", "new", "{+new+}"),
        ("gone", "", "[-gone-]"),
        ("one two three", "four five six", "[-one two three-]{+four five six+}"),
        ("a lone word that stays", "no other that can", "[-a lone word that stays-]{+no other that can+}"),
        ("28 days in May", "21 days in June", "[-28-]{+21+} days in [-May-]{+June+}"),
    ],
)
def test_changes_are_marked_word_by_word(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


@pytest.mark.parametrize("text", ["a b c d e", "x" * 30_000, "word " * 9_000, "línea\r\nzwei\n\ndrei"])
def test_either_text_can_be_had_back(text: str) -> None:
    other = text[: len(text) // 2] + " other " + text[len(text) // 2 :]

    diff = word_diff(text, other)

    assert "".join(one.text for one in one_side(diff, "removed")) == text
    assert "".join(one.text for one in one_side(diff, "added")) == other


def test_one_word_of_a_long_text_is_marked_as_one_word() -> None:
    text = "word " * 9_000
    assert marked(f"{text}old {text}", f"{text}new {text}") == f"{text}[-old-]{{+new+}} {text}"


def test_long_texts_with_nothing_at_either_end_in_common_are_told_whole() -> None:
    before, after = "a\n" * 10_000 + "b\n", "b\n" + "a\n" * 10_000  # to align these would take minutes
    assert marked(before, after) == f"[-{before}-]{{+{after}+}}"


def test_only_what_stands_near_a_change_is_kept() -> None:
    before = "word " * 100 + "old" + " word" * 100
    shown = around(word_diff(before, before.replace("old", "new")), reach=10)

    assert [one.change for one in shown] == ["same", "removed", "added", "same"]
    assert shown[0].text == "…word word "
    assert shown[3].text == " word word…"
