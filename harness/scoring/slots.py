"""Whether a number or name stands in a passage where something else stands in the claim's own words."""

from collections.abc import Iterator, Sequence

from harness.documents.language import STOP_WORDS
from harness.scoring.terms import Term, is_number_key

__all__ = ["displaced"]

_AROUND = (-2, -1, 1, 2)
_ENOUGH = 3
"""Of the four words around a place: as many make it the same place."""
_BESIDE = 2
"""Words from a place within which nothing is displaced: `in June 1989` has 1989 where the claim has `in 1989`."""
_REACH = 4
"""Words on either side of a number in which those are looked for that say what it counts."""
_FAR = 5
"""Words: a number that stands farther from what it counts belongs to something else."""


def displaced(claim: Sequence[Term], row: Sequence[str], passage: Sequence[str]) -> tuple[Term, ...]:
    """Find the numbers and names of a claim in whose place the passage has another word.

    The passage holds them too, but elsewhere: `released in 1998` where it says `released in 1997` and tells of 1998.

    Args:
        claim: The claim's terms.
        row: The keys of all its words.
        passage: The keys of all the passage's words.
    """
    places: dict[str, list[int]] = {}
    for at, key in enumerate(passage):
        places.setdefault(key, []).append(at)
    return tuple(
        term
        for at, term in _placed(claim, row)
        if _is_displaced(at, row, passage, places) or _is_apart(at, term, row, places)
    )


def _placed(claim: Sequence[Term], row: Sequence[str]) -> Iterator[tuple[int, Term]]:
    at = -1
    for term in claim:
        at = row.index(term.key, at + 1)
        if term.kind != "word":
            yield at, term


def _is_apart(at: int, term: Term, row: Sequence[str], places: dict[str, list[int]]) -> bool:
    """Tell whether a number stands far from the words that are next to it in the claim, which the passage has too."""
    if term.kind != "number" or row[at] not in places:
        return False
    beside = {*row[max(0, at - _REACH) : at], *row[at + 1 : at + 1 + _REACH]} - STOP_WORDS - {row[at]}
    known = [place for word in beside for place in places.get(word, ())]
    return bool(known) and all(abs(place - here) > _FAR for place in known for here in places[row[at]])


def _is_displaced(at: int, row: Sequence[str], passage: Sequence[str], places: dict[str, list[int]]) -> bool:
    key = row[at]
    around = [(step, row[at + step]) for step in _AROUND if 0 <= at + step < len(row)]
    if len(around) < 2:
        return False
    enough = max([min(_ENOUGH, len(around)), *(_alike(around, place, passage) + 1 for place in places.get(key, ()))])
    slots = {place - step for step, word in around if abs(step) == 1 for place in places.get(word, ())}
    return any(
        0 <= slot < len(passage)
        and is_number_key(passage[slot]) == is_number_key(key)
        and passage[slot] not in STOP_WORDS
        and passage[slot] not in row
        and key not in passage[max(0, slot - _BESIDE) : slot + _BESIDE + 1]
        and _alike(around, slot, passage) >= enough
        for slot in slots
    )


def _alike(around: Sequence[tuple[int, str]], place: int, passage: Sequence[str]) -> int:
    """Count the words around a claim's word that stand around a place of the passage, at the same distance."""
    return sum(0 <= place + step < len(passage) and passage[place + step] == word for step, word in around)
