"""Find the sentences that answer a question, or find that there are none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.server.models.answer import Answer, Place, Statement
from harness.server.models.fitness import agrees, in_range, is_fit, names_figures
from harness.server.models.loose import LooseMatch, asks_only_a_price, find_loosely, quoted_units
from harness.server.models.prosequestion import NEGATION, ProseQuestion
from harness.server.models.units import Library, Unit
from harness.server.models.vocabulary import akin, related

__all__ = ["Nearest", "answer_from_prose"]


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """The unit that comes nearest to answering, whether or not it does."""

    number: int
    score: float
    """Share of the question's weight that it covers, in [0, 1]."""
    missing: tuple[str, ...]
    is_fit: bool
    """Whether it holds the sort of fact that is asked for and contradicts no figure of the question."""
    uses_previous: bool

    def statement(self, library: Library) -> Statement:
        """Say what the unit says."""
        return _statement(library.units[self.number], is_first=True)


def answer_from_prose(question: ProseQuestion, library: Library) -> tuple[Answer | None, Nearest | None]:
    """Return the answer, or None with the nearest miss."""
    if not question.terms:
        return None, None
    if question.is_leaning and asks_only_a_price(question) and (loose := find_loosely(question, library)) is not None:
        return _loose_answer(loose, library), None
    ranked = sorted(_candidates(question, library), key=lambda near: (-near.is_fit, -near.score, near.number))
    best = next((near for near in ranked if near.is_fit and not near.missing), None)
    if best is None and (loose := find_loosely(question, library)) is not None:
        return _loose_answer(loose, library), None
    if best is None:
        nearest = max(ranked, key=lambda near: near.score, default=None)
        return None, nearest
    return _answer(question, library, best, ranked), best


def _loose_answer(match: LooseMatch, library: Library) -> Answer:
    chosen = quoted_units(match, library)
    statements = tuple(_statement(unit, is_first=unit is chosen[0]) for unit in chosen)
    return Answer(statements=statements, confidence=min(1.0, match.score))


def _candidates(question: ProseQuestion, library: Library) -> list[Nearest]:
    weights = {term: library.weight(term) for term in question.terms}
    total = sum(weights.values())
    return [_judge(question, library, number, weights, total) for number in library.likeliest(weights)]


def _judge(question: ProseQuestion, library: Library, number: int, weights: dict[str, float], total: float) -> Nearest:
    unit, previous = library.units[number], library.previous(number)
    covered, own, missing, uses_previous = 0.0, 0.0, [], False
    for term, weight in weights.items():
        share, place = _coverage(term, unit, previous, is_name=term in question.names)
        covered += share * weight
        own += share * weight if place == "own" else 0
        uses_previous |= place == "previous"
        if not share:
            missing.append(term)
    if own and len(missing) == 1 and _section_tells(missing[0], question, unit, library):
        covered += 0.6 * weights[missing.pop()]
    light = sum(1 for term in question.light if akin(term) & (unit.stems | unit.context))
    bonus = 0.08 * light / max(1, len(question.light)) - 0.0005 * min(60, len(unit.stems))
    if previous is not None and not agrees(question, unit.text) and agrees(question, f"{previous.text} {unit.text}"):
        uses_previous = True
    fits = (
        is_fit(question, unit, previous if uses_previous else None)
        and (
            own >= 0.15 * total
            or any(akin(term) & unit.stems for term in question.light if term not in question.told)
            or bool(unit.header)
            or _leans(question, previous)
            or _is_under_its_heading(question, unit)
        )
        and (not unit.header or _names_row(question, unit))
    )
    if question.is_negated != bool(NEGATION.search(f"{unit.lead or unit.section} {unit.text}")):
        bonus -= 0.06 if question.is_negated else 0.0
    if _is_under_its_heading(question, unit):
        bonus += 0.15
    if names_figures(question, unit.text):
        bonus += 0.15
    score = max(0.0, min(1.0, covered / total * 0.95 + bonus))
    return Nearest(number=number, score=score, missing=tuple(missing), is_fit=fits, uses_previous=uses_previous)


def _section_tells(term: str, question: ProseQuestion, unit: Unit, library: Library) -> bool:
    """Whether the section of a row or item tells what it is about, once the question has named one of its cells."""
    is_named = (unit.kind == "item" and bool(question.kinds)) or (unit.kind == "row" and _names_row(question, unit))
    return is_named and term not in question.names and bool(related(term) & library.section(unit))


def _leans(question: ProseQuestion, previous: Unit | None) -> bool:
    """Whether a unit that goes on from another may answer although that other one names the topic."""
    return previous is not None and bool(question.kinds)


def _is_under_its_heading(question: ProseQuestion, unit: Unit) -> bool:
    """Whether an item stands under a heading that says all that the question says: `What cannot be returned`."""
    return unit.kind == "item" and not question.kinds and all(related(term) & unit.context for term in question.terms)


def _names_row(question: ProseQuestion, unit: Unit) -> bool:
    """Whether the question names one of a row's cells, or a figure within one of its ranges."""
    cells = " ".join(unit.text.split("|"))
    named = any(related(term) & unit.stems for term in (*question.terms, *question.told))
    return named or any(in_range(figure, cells) for figure in question.figures)


def _coverage(term: str, unit: Unit, previous: Unit | None, *, is_name: bool) -> tuple[float, str]:
    """Return how well a unit or its surroundings cover a term, in [0, 1], and where they do."""
    synonyms = related(term)
    before = frozenset() if previous is None else previous.stems | previous.context
    places = (
        (1.0, "own", term in unit.stems),
        (0.92, "own", synonyms & unit.stems),
        (0.88, "context", term in unit.context),
        (0.84, "context", synonyms & unit.context),
        (0.8, "previous", synonyms & before),
        (0.7, "title", term in unit.title and not is_name),
    )
    return next(((share, place) for share, place, is_covered in places if is_covered), (0.0, ""))


def _answer(question: ProseQuestion, library: Library, best: Nearest, ranked: Sequence[Nearest]) -> Answer:
    unit = library.units[best.number]
    chosen = [unit]
    previous = library.previous(best.number)
    if best.uses_previous and previous is not None:
        chosen.insert(0, previous)
    if unit.kind == "item" and not question.is_yes_no and not question.kinds:
        siblings = [
            n for n in ranked if n.is_fit and not n.missing and n.number != best.number and n.score >= best.score - 0.12
        ]
        chosen += [
            u for n in siblings[:5] if (u := library.units[n.number]).kind == "item" and u.section == unit.section
        ]
        chosen.sort(key=lambda u: u.start)
    if unit.text.rstrip().endswith(":"):
        chosen += _items_after(library, best.number)
    return Answer(statements=tuple(_statement(u, is_first=u is chosen[0]) for u in chosen), confidence=best.score)


def _items_after(library: Library, number: int) -> list[Unit]:
    unit, items = library.units[number], []
    for following in library.units[number + 1 : number + 9]:
        if following.document is not unit.document or following.kind != "item":
            break
        items.append(following)
    return items


def _statement(unit: Unit, *, is_first: bool) -> Statement:
    text = re.sub(r"\s*\n\s*", " ", unit.text).strip().strip("|").strip()
    text = re.sub(r"\s*\|\s*", " | ", text)
    text = re.sub(r"(\*\*|__|`)", "", text)
    if unit.kind == "row":
        cells = [cell.strip() for cell in text.split(" | ")]
        if len(cells) == len(unit.header):
            text = "; ".join(f"{name}: {cell}" for name, cell in zip(unit.header, cells, strict=True) if cell)
    elif unit.lead and is_first:
        lead = re.sub(r"^[#\d.)\s]+", "", " ".join(unit.lead.split())).rstrip(":").strip()
        text = f"{lead}: {text}"
    if not re.search(r"[.!?:]['\"\u201d\u2019)]*$", text):
        text += "."
    places = [Place(document=unit.document, start=unit.start, end=unit.end)]
    at = unit.document.text.rfind(unit.lead, 0, unit.start) if unit.lead and is_first and unit.kind != "row" else -1
    if at >= 0:
        places.insert(0, Place(document=unit.document, start=at, end=at + len(unit.lead)))
    return Statement(text=text, places=tuple(places))
