"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS = 3_000
"""Beyond it texts are compared line by line: word by word would take as long as the square of their length."""

Change: TypeAlias = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text and what became of it."""

    change: Change
    text: str


def word_diff(before: str, after: str) -> tuple[Stretch, ...]:
    """Return both texts as one sequence: what stayed, what was removed, what was added."""
    is_long = len(before) + len(after) > 6 * _MOST_TOKENS
    first, second = (text.splitlines(keepends=True) if is_long else _TOKEN.findall(text) for text in (before, after))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    pieces = [
        ("".join(first[low:high]), "".join(second[start:end])) for _, low, high, start, end in matcher.get_opcodes()
    ]
    return tuple(_stretches(_joined(pieces)))


def _joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join changes that only a space, a comma or a lone word keeps apart: they read as one."""
    joined: list[tuple[str, str]] = []
    for at, (before, after) in enumerate(pieces):
        is_gap = before == after and 0 < at < len(pieces) - 1 and _is_trifle(before, joined[-1], pieces[at + 1])
        is_next = joined and joined[-1][0] != joined[-1][1] and (is_gap or before != after)
        if is_next:
            joined[-1] = (joined[-1][0] + before, joined[-1][1] + after)
        else:
            joined.append((before, after))
    return joined


def _is_trifle(gap: str, left: tuple[str, str], right: tuple[str, str]) -> bool:
    words = len(gap.split()) if re.search(r"\w", gap) else 0
    around = sum(len(text.split()) for side in (left, right) for text in side)
    return words == 0 or (words == 1 and around > 6)


def _stretches(pieces: list[tuple[str, str]]) -> Iterator[Stretch]:
    for before, after in pieces:
        if before == after:
            yield Stretch("same", before)
            continue
        if before:
            yield Stretch("removed", before)
        if after:
            yield Stretch("added", after)


def one_side(stretches: tuple[Stretch, ...], change: Change) -> tuple[Stretch, ...]:
    """Return the first text (`removed`) or the second (`added`) with its changes."""
    return tuple(one for one in stretches if one.change in {"same", change})


def around(stretches: tuple[Stretch, ...], reach: int = 60) -> tuple[Stretch, ...]:
    """Return the changes with a little of what stands around them; what is left out becomes an ellipsis."""
    last = len(stretches) - 1
    return tuple(
        one if one.change != "same" else Stretch("same", _middle_cut(one.text, reach, at == 0, at == last))
        for at, one in enumerate(stretches)
    )


def _middle_cut(text: str, reach: int, is_first: bool, is_last: bool) -> str:  # noqa: FBT001 - ends of one sequence
    if is_first and is_last:
        return text[:reach]
    if is_first:
        return text if len(text) <= reach else "…" + text[-reach:]
    if is_last:
        return text if len(text) <= reach else text[:reach] + "…"
    return text if len(text) <= 2 * reach else f"{text[:reach]} … {text[-reach:]}"
