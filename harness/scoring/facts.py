"""Whether an answer states what its case expects."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import assert_never

from harness.documents import Cell
from harness.documents.language import Number as Quantity
from harness.documents.language import stem, tokens
from harness.model.facts import (
    AllOf,
    AnyFact,
    AnyOf,
    Date,
    JsonPath,
    Language,
    Listed,
    MaxWords,
    Not,
    Number,
    Regex,
    Sql,
    Text,
)
from harness.model.score import FactScore
from harness.model.simple_facts import Anything
from harness.scoring.dates import find_dates
from harness.scoring.denied import is_denied
from harness.scoring.jsonpath import find_json, is_value, places
from harness.scoring.patterns import PatternError, search
from harness.scoring.spelling import is_stated
from harness.scoring.spoken import count_words, is_in
from harness.scoring.terms import quantities
from harness.scoring.words import find_words

__all__ = ["Checked", "FactChecker", "Query", "QueryError", "check_fact"]


_MINUS = re.compile(r"(?P<before>\S?)\s*\b(?:minus|negative)\s+\Z", re.IGNORECASE)


class QueryError(ValueError):
    """A query that cannot be answered from the case's documents."""


Query = Callable[[str], Sequence[Cell]]
"""Runs a select statement over the case's documents; raises QueryError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What became of one fact."""

    is_met: bool
    spans: tuple[tuple[int, int], ...] = ()
    """Where the answer's deciding words stand."""
    expected: str | None = None
    """The value that a query computed."""
    error: str | None = None
    """Why it could not be checked."""
    missing: tuple[str, ...] = ()
    """Of what has parts, those that the answer lacks."""
    note: str | None = None
    """What was found instead, in words, where no stretch of the answer shows it."""


def check_fact(fact: AnyFact, answer: str, query: Query) -> tuple[FactScore, Checked]:
    """Check one fact.

    Args:
        fact: What is expected.
        answer: The answer without citation markers.
        query: Answers `sql` facts from the documents.

    Returns:
        The score as it is reported, and where in the answer it was decided.
    """
    checked = FactChecker(answer, query).check(fact)
    found = checked.note or " … ".join(answer[start:end] for start, end in checked.spans) or None
    score = FactScore(
        fact=str(fact),
        is_met=checked.is_met,
        found=found,
        expected=checked.expected,
        error=checked.error,
        weight=fact.weight,
        missing=checked.missing,
    )
    return score, checked


class FactChecker:
    """Checks facts against one answer.

    Args:
        answer: The answer without citation markers.
        query: Answers `sql` facts from the documents.
        is_unit_optional: Whether a number without any unit will do: in a table it stands in the column's head.
    """

    def __init__(self, answer: str, query: Query, *, is_unit_optional: bool = False) -> None:
        self._answer = answer
        self._query = query
        self._is_unit_optional = is_unit_optional

    def check(self, fact: AnyFact) -> Checked:
        """Check a fact of any kind."""
        match fact:
            case AnyOf() | AllOf() | Not():
                return self._combined(fact)
            case Text() | Number() | Date():
                return _spanned(self._span(fact))
            case Sql():
                return self._sql(fact)
            case Listed():
                return self._listed(fact)
            case _:
                return self._formal(fact)

    def _combined(self, fact: AnyOf | AllOf | Not) -> Checked:
        match fact:
            case AnyOf():
                return _any([self.check(one) for one in fact.any_of])
            case AllOf():
                return _all([self.check(one) for one in fact.all_of])
            case Not():
                return _not(self.check(fact.not_))
            case _:
                assert_never(fact)

    def _span(self, fact: Text | Number | Date) -> tuple[int, int] | None:
        match fact:
            case Text():
                return find_words(fact.text, self._answer)
            case Number():
                return self._find_number(fact.number, fact)
            case Date():
                return self._find_date(fact)
            case _:
                assert_never(fact)

    def _formal(self, fact: Regex | JsonPath | MaxWords | Language) -> Checked:
        """Check the form of the answer rather than what it says."""
        match fact:
            case Regex():
                return self._regex(fact)
            case JsonPath():
                return self._json(fact)
            case MaxWords():
                count = count_words(self._answer)
                return Checked(is_met=count <= fact.max_words, note=f"{count} words")
            case Language():
                is_met, found = is_in(fact.language, self._answer)
                return Checked(is_met=is_met, note=found)
            case _:
                assert_never(fact)

    def _regex(self, fact: Regex) -> Checked:
        try:
            return _spanned(search(fact.regex, self._answer))
        except PatternError as error:
            return Checked(is_met=False, error=str(error))

    def _json(self, fact: JsonPath) -> Checked:
        found = find_json(self._answer)
        if found is None:
            return Checked(is_met=False, note="no JSON")
        data, span = found
        values, wanted = places(fact.json_path, data), fact.equals
        is_met = bool(values) if isinstance(wanted, Anything) else any(is_value(wanted, value) for value in values)
        return Checked(is_met=is_met, spans=(span,) if is_met else ())

    def _listed(self, fact: Listed) -> Checked:
        found = {item: find_words(item, self._answer) for item in fact.items}
        return Checked(
            is_met=all(found.values()),
            spans=tuple(span for span in found.values() if span is not None),
            missing=tuple(item for item, span in found.items() if span is None),
        )

    def _find_date(self, fact: Date) -> tuple[int, int] | None:
        wanted = dt.date.fromisoformat(fact.date)
        for one in find_dates(self._answer, fact.order):
            if one.is_(wanted) and not is_denied(self._answer, one.start, one.end):
                return one.start, one.end
        return None

    def _sql(self, fact: Sql) -> Checked:
        try:
            values = self._query(fact.sql)
        except QueryError as error:
            return Checked(is_met=False, error=str(error))
        checked = [_spanned(self._find_value(value, fact)) for value in values]
        both = _all(checked)
        spelled = [_spell(value) for value in values]
        missing = tuple(value for value, one in zip(spelled, checked, strict=True) if not one.is_met)
        return Checked(is_met=both.is_met, spans=both.spans, expected=", ".join(spelled), missing=missing)

    def _find_value(self, value: Cell, fact: Sql) -> tuple[int, int] | None:
        if isinstance(value, bool):
            words = ("yes", "true") if value else ("no", "false")
            return next((span for word in words if (span := find_words(word, self._answer))), None)
        if isinstance(value, int | float):
            return self._find_number(float(value), fact)
        return find_words(str(value), self._answer)

    def _find_number(self, value: float, fact: Number | Sql) -> tuple[int, int] | None:
        for stated in _numbers(self._answer):
            has_unit = _has_unit(stated, self._answer, fact.unit) or (self._is_unit_optional and stated.unit is None)
            meant = -value if _is_minus(stated, self._answer) else value
            if not has_unit or not _is_near(meant, stated, self._answer, fact):
                continue
            if not is_denied(self._answer, stated.start, stated.end):
                return stated.start, stated.end
        return None


@lru_cache(maxsize=256)
def _numbers(text: str) -> tuple[Quantity, ...]:
    """Keep what was read of a text: all facts of a case are looked for in the same answer and passages."""
    return tuple(quantities(text))


def _spanned(span: tuple[int, int] | None) -> Checked:
    return Checked(is_met=span is not None, spans=(span,) if span else ())


def _any(checked: Sequence[Checked]) -> Checked:
    met = next((one for one in checked if one.is_met), None)
    if met is not None:
        return met
    return Checked(is_met=False, expected=_joined(one.expected for one in checked), error=_first_error(checked))


def _all(checked: Sequence[Checked]) -> Checked:
    return Checked(
        is_met=all(one.is_met for one in checked),
        spans=tuple(span for one in checked for span in one.spans),
        expected=_joined(one.expected for one in checked),
        error=_first_error(checked),
        missing=tuple(part for one in checked for part in one.missing),
    )


def _not(inner: Checked) -> Checked:
    return replace(inner, is_met=not inner.is_met and inner.error is None)


def _joined(texts: Iterable[str | None]) -> str | None:
    return ", ".join(text for text in texts if text) or None


def _first_error(checked: Sequence[Checked]) -> str | None:
    return next((one.error for one in checked if one.error), None)


def _spell(value: Cell) -> str:
    return f"{value:,.10g}".replace(",", "") if isinstance(value, float) else str(value)


def _is_near(value: float, stated: Quantity, answer: str, fact: Number | Sql) -> bool:
    difference = abs(stated.value - value)
    if fact.tolerance is not None or fact.relative_tolerance is not None:
        allowed = max(fact.tolerance or 0.0, abs(value) * (fact.relative_tolerance or 0.0))
        return difference <= allowed * (1 + 1e-9)
    return is_stated(value, stated.value, answer[stated.start : stated.end])


def _is_minus(stated: Quantity, answer: str) -> bool:
    """Tell whether a sign in words stands before a number: `minus 5`, and not `10 minus 5`."""
    sign = _MINUS.search(answer[max(0, stated.start - 30) : stated.start])
    return sign is not None and not (sign["before"].isdigit() or sign["before"] in {"%", ")", "]"})


def _has_unit(stated: Quantity, answer: str, unit: str | None) -> bool:
    """Tell whether a number has a unit, in any spelling that is known, or as a word near by."""
    if unit is None:
        return True
    wanted = _unit_of(unit)
    if wanted is not None:
        return stated.unit == wanted
    after = [token.stem for token in tokens(answer[stated.end : stated.end + 60])[:3]]
    before = [token.stem for token in tokens(answer[max(0, stated.start - 30) : stated.start])[-1:]]
    return stem(unit) in after + before


def _unit_of(unit: str) -> str | None:
    for spelled in (f"2 {unit}", f"{unit}2"):
        found = quantities(spelled)
        if len(found) == 1 and found[0].unit is not None and found[0].end - found[0].start == len(spelled):
            return found[0].unit
    return None
