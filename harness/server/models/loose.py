"""Find the sentence that answers a question told with everyday words: what its core asks for must be there.

A strict reading demands every topical word of the question. This one lets go of words that only tell the asker's story,
and takes words that are akin for each other. In return the sentence must hold the sort of fact that is asked for, every
name, and most of the rest; and a topical word that stands nowhere in the documents makes the question unanswerable.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.documents.language import listed, stem
from harness.server.models.fitness import COUNTED, MONEY, holds_money, is_fit, names_figures
from harness.server.models.prosequestion import NEGATION, ProseQuestion
from harness.server.models.units import Library, Unit
from harness.server.models.vocabulary import CONTEXT, LIGHT, akin, related, stems_of

__all__ = ["LooseMatch", "asks_only_a_price", "find_loosely", "quoted_units"]

_WEEKDAYS = stems_of(listed("monday tuesday wednesday thursday friday saturday sunday"))
_PRICES = stems_of(listed("cost price pay charge fee"))
_NEAR = listed("own context previous")
_ENOUGH_FOR_A_FACT = 0.6
_ENOUGH_FOR_A_RULE = 0.74
_SETTING_WEIGHT = 0.3


@dataclass(frozen=True, kw_only=True)
class LooseMatch:
    """A unit that answers a question by its core."""

    number: int
    score: float
    uses_previous: bool


def find_loosely(question: ProseQuestion, library: Library) -> LooseMatch | None:
    """Return the best unit that covers the core of a question, or None where none does."""
    core, story = _split(question, library)
    if not core or (set(core) <= _PRICES and not question.is_leaning):
        return None
    weights = {term: library.loose_weight(term) for term in core}
    story_weights = {term: library.loose_weight(term) for term in story}
    matches = [
        match
        for number in library.likeliest_akin({**story_weights, **weights})
        if (match := _judge(question, library, number, weights, story_weights)) is not None
    ]
    return max(matches, key=lambda match: (match.score, -match.number), default=None)


def asks_only_a_price(question: ProseQuestion) -> bool:
    """Whether a question only asks for a price, and leaves of what to the statements in front of it."""
    return bool(question.terms) and all(term in _PRICES for term in question.terms)


def _split(question: ProseQuestion, library: Library) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Part the terms into core and story; the core is None where the documents never speak of one of its words."""
    core, story = [], []
    for term in question.terms:
        is_known = library.knows(term) if term not in question.names else library.names(term)
        if (term in CONTEXT or term in _WEEKDAYS) and term not in question.names:
            story.append(term)
        elif is_known:
            core.append(term)
        else:
            return None, ()
    story += [term for term in question.light if library.knows(term) and term not in core]
    told = [term for term in question.told if library.knows(term)]
    for others in ([*question.terms, *question.light], told):
        core = core or [
            term for term in others if library.knows(term) and (others is told or term not in question.told)
        ]
    return tuple(dict.fromkeys(core)), tuple(dict.fromkeys((*story, *told)))


def _judge(
    question: ProseQuestion, library: Library, number: int, weights: Mapping[str, float], story: Mapping[str, float]
) -> LooseMatch | None:
    unit, previous = library.units[number], library.previous(number)
    shares = {term: _share(term, library, number, is_name=term in question.names) for term in weights}
    if MONEY.search(unit.text):
        # A sum of money answers what something costs, whatever the verb is.
        shares |= {term: (0.85, "own") for term, (share, _) in shares.items() if term in _PRICES and share < 0.85}
    told = {term: _share(term, library, number, is_name=False) for term in story}
    if not _covers(question, unit, weights, shares, told) or not _counts_the_same(question, {**told, **shares}):
        return None
    uses_previous = any(place == "previous" for _, place in shares.values())
    fits = holds_money(question, f"{unit.lead} {unit.text}") and is_fit(
        question, unit, previous if uses_previous else None
    )
    if not fits or (question.is_leaning and not _leans_on(question, told)):
        return None
    heard = sum(weight for term, weight in story.items() if told[term][0] >= 0.6) / (sum(story.values()) or 1)
    bonus = _SETTING_WEIGHT * heard + (0.2 if names_figures(question, unit.text) else 0)
    bonus -= 0.1 if question.is_negated and not NEGATION.search(f"{unit.lead} {unit.text}") else 0
    score = _covered(weights, shares) + bonus - 0.001 * len(unit.stems)
    return LooseMatch(number=number, score=score, uses_previous=uses_previous)


def _covered(weights: Mapping[str, float], shares: Mapping[str, tuple[float, str]]) -> float:
    return sum(shares[term][0] * weight for term, weight in weights.items()) / sum(weights.values())


def _covers(
    question: ProseQuestion,
    unit: Unit,
    weights: Mapping[str, float],
    shares: Mapping[str, tuple[float, str]],
    told: Mapping[str, tuple[float, str]],
) -> bool:
    """Whether a unit covers enough of the core: all names, the rarest words, and most of the rest."""
    if any(not shares[term][0] for term in (*question.names, *_WEEKDAYS) if term in shares):
        return False
    heaviest = max(weights.values())
    if any(not shares[term][0] and weight >= 0.9 * heaviest for term, weight in weights.items()):
        return False
    own = sum(weight for term, weight in weights.items() if shares[term][1] == "own") / sum(weights.values())
    names_row = bool(unit.header) and any(place == "own" for _, place in told.values())
    enough = _ENOUGH_FOR_A_FACT if question.kinds or question.figures else _ENOUGH_FOR_A_RULE
    return _covered(weights, shares) >= enough and (own >= 0.3 or names_row)


def _counts_the_same(question: ProseQuestion, shares: Mapping[str, tuple[float, str]]) -> bool:
    """Whether what `how many` counts stands in the unit itself, not only elsewhere in its section."""
    counted = COUNTED.search(question.text)
    noun = stem(counted["noun"]) if counted else ""
    return noun not in shares or noun in LIGHT or shares[noun][1] in _NEAR


def _leans_on(question: ProseQuestion, told: Mapping[str, tuple[float, str]]) -> bool:
    """Whether a unit speaks of what the statements in front of a question are about."""
    topics = [term for term in question.told if term in told and term not in LIGHT]
    return not topics or any(told[term][1] in _NEAR for term in topics)


def _share(term: str, library: Library, number: int, *, is_name: bool) -> tuple[float, str]:
    """Return how well a unit or what surrounds it covers a term, and where it does."""
    unit, previous = library.units[number], library.previous(number)
    synonyms = related(term)
    kin = synonyms if is_name else akin(term)
    before: frozenset[str] = frozenset() if previous is None else previous.stems
    places = (
        (1.0, "own", term in unit.stems),
        (0.95, "own", synonyms & unit.stems),
        (0.85, "own", kin & unit.stems),
        (0.8, "context", kin & unit.context),
        (0.7, "previous", kin & before),
        (0.45, "section", kin & library.section(unit) and bool(unit.section)),
        (0.45, "title", term in unit.title and not is_name),
    )
    return next(((share, place) for share, place, is_covered in places if is_covered), (0.0, ""))


def quoted_units(match: LooseMatch, library: Library) -> tuple[Unit, ...]:
    """Return what to quote: the unit, after the one that it goes on from where that one is needed."""
    unit, previous = library.units[match.number], library.previous(match.number)
    return (previous, unit) if match.uses_previous and previous is not None else (unit,)
