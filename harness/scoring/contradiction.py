"""Whether a passage that is about the same thing says something else."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from harness.documents.language import Number, is_content, stem, tokens
from harness.scoring.index import Index, Window
from harness.scoring.terms import Term, is_number_key, negated, number_key, number_of, quantities, rounds

__all__ = ["contradicts", "corrects"]

_SAME_THING = 0.6
"""Share of the claim's other content that a passage holds which is about the same thing."""
_SAME_STATEMENT = 0.8
"""Share of the claim that one sentence holds which makes the same statement or denies it."""
_CLEARLY = 0.15
"""Share of the claim by which one sentence has to be nearer to it than another."""
_WORDS = 2
"""Fewer words do not tell what a claim is about."""
_RIVALS = 3
"""With more passages that fit as well, none of them is the one the claim is about."""


_CURRENCIES = frozenset("$€£¥")
_AMOUNTS = frozenset(stem(word) for word in ("price", "cost", "amount", "fee", "salary", "total", "revenue", "paid"))
"""Column names of records that hold money: `"price": 1234.5` names no currency."""


def contradicts(text: str, claim: Sequence[Term], index: Index, window: Window, absent: Sequence[Term]) -> bool:
    """Tell whether the window that fits a claim best states another number in its place, or denies it.

    Args:
        text: The claim.
        claim: Its terms.
        index: The document.
        window: The passage in it.
        absent: The claim's numbers and names that it does not hold.
    """
    if window.rivals > _RIVALS:
        return False
    missing = [term for term in absent if term.key.startswith("#")]
    if missing:
        return _states_another(text, claim, index, window, missing)
    return not absent and _denies(text, claim, index, window)


def corrects(text: str, claim: Sequence[Term], index: Index, asked: AbstractSet[str]) -> Window | None:
    """Find a sentence or record that is clearly the one a claim is about, and states another number.

    The claim's number stands somewhere too, but beside fewer of the claim's words: `60 days` to buy a plan does not
    support `60 days to return a purchase` where another sentence gives 30 days for that.

    Args:
        text: The claim.
        claim: Its terms.
        index: The document.
        asked: Keys of the question: to repeat its numbers claims nothing.
    """
    numbers = {term.key for term in claim if term.kind == "number"}
    # A word that stands nowhere (`lasts` for `runs`) does not tell the document's sentences apart.
    words = {term.key for term in claim if term.key not in numbers and term.key in index.postings}
    if not numbers or len(words) < _WORDS:
        return None
    whole = sum(index.weight(key) for key in words)
    best = index.best_segment(words)
    if best is None or best[2] > _RIVALS or best[1] < _SAME_STATEMENT * whole:
        return None
    at, weight, _ = best
    stated = [number_of(key) for key in index.keys[at] if is_number_key(key)]
    rounded = {term.key for term in claim if rounds(term, stated)}
    for key in numbers - asked - rounded:
        other = index.best_segment(words, holding=key)
        if weight - (other[1] if other else 0.0) < _CLEARLY * whole:
            continue
        window = Window(first=at, last=at, weight=weight, rivals=best[2])
        about = [term for term in claim if term.key in words or term.key == key]
        if _states_another(text, about, index, window, [term for term in about if term.key == key]):
            return window
    return None


def _states_another(text: str, claim: Sequence[Term], index: Index, window: Window, missing: Sequence[Term]) -> bool:
    gone = {term.key for term in missing}
    others = [term for term in claim if term.key not in gone]
    held = index.window_keys(window)
    whole = sum(index.weight(term.key) for term in others)
    if not whole or sum(index.weight(term.key) for term in others if term.key in held) < _SAME_THING * whole:
        return False
    wanted = [number for number in quantities(text) if number_key(number.value) in gone]
    said = {term.key for term in claim}
    passage = index.text(window)
    stated = [number for number in quantities(passage) if number_key(number.value) not in said]
    return any(_same_place(text, one, passage, other) for one in wanted for other in stated)


def _same_place(text: str, one: Number, passage: str, other: Number) -> bool:
    """Two numbers answer the same question if they count the same unit, or stand by the same word."""
    if one.unit or other.unit:
        is_bare_amount = one.unit in _CURRENCIES and other.unit is None and _neighbours(passage, other) & _AMOUNTS
        return one.unit == other.unit or bool(is_bare_amount)
    return not _neighbours(text, one).isdisjoint(_neighbours(passage, other))


def _neighbours(text: str, number: Number) -> set[str]:
    """Return the stems of the content words next to a number."""
    before = [token.stem for token in tokens(text[max(0, number.start - 60) : number.start]) if is_content(token)]
    after = [token.stem for token in tokens(text[number.end : number.end + 60]) if is_content(token)]
    return {*before[-1:], *after[:1]}


def _denies(text: str, claim: Sequence[Term], index: Index, window: Window) -> bool:
    wanted = {term.key for term in claim}
    for at in range(window.first, window.last + 1):
        segment = index.segments[at]
        shared = wanted.intersection((*index.keys[at], *segment.context))
        if segment.is_record or len(shared) < _SAME_STATEMENT * len(wanted):
            continue
        sentence = index.document.text[segment.start : segment.end]
        here = negated(text) & shared
        there = (negated(sentence) | negated(segment.heading or "")) & shared
        return here != there and not (here and there)
    return False
