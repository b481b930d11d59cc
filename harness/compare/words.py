"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS = 3_000
"""Beyond it what differs is compared line by line, or not at all: it would take as long as the square of its length."""

Change: TypeAlias = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text and what became of it."""

    change: Change
    text: str


def word_diff(before: str, after: str) -> tuple[Stretch, ...]:
    """Return both texts as one sequence: what stayed, what was removed, what was added."""
    return tuple(_stretches(_joined(_pieces(before, after))))


def _pieces(before: str, after: str) -> list[tuple[str, str]]:
    """Return both texts in pieces, each the same on both sides or changed."""
    for parts_of in (_TOKEN.findall, _lines):
        first, second = parts_of(before), parts_of(after)
        head = _common(first, second)
        tail = _common(first[head:][::-1], second[head:][::-1])
        inner, other = first[head : len(first) - tail], second[head : len(second) - tail]
        if len(inner) + len(other) <= _MOST_TOKENS:
            break
    pieces = [("".join(inner), "".join(other))]
    if len(inner) + len(other) <= _MOST_TOKENS:
        matcher = SequenceMatcher(None, inner, other, autojunk=False)
        codes = matcher.get_opcodes()
        pieces = [("".join(inner[low:high]), "".join(other[start:end])) for _, low, high, start, end in codes]
    ends = ("".join(first[:head]), "".join(first[len(first) - tail :]))
    return [piece for piece in ((ends[0], ends[0]), *pieces, (ends[1], ends[1])) if any(piece)]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _common(first: list[str], second: list[str]) -> int:
    """Return how many parts two sequences begin with alike."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(second)))


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
