"""Whether an answer states what its case expects."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from harness.documents import Cell
from harness.documents.language import Number as Quantity
from harness.documents.language import fold, stem, tokens
from harness.model.facts import AllOf, AnyFact, AnyOf, Not, Number, Regex, Sql, Text
from harness.model.score import FactScore
from harness.scoring.patterns import PatternError, search
from harness.scoring.spelling import is_stated
from harness.scoring.terms import quantities

__all__ = ["Checked", "FactChecker", "Query", "QueryError", "check_fact"]


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
    found = " … ".join(answer[start:end] for start, end in checked.spans) or None
    score = FactScore(
        fact=str(fact), is_met=checked.is_met, found=found, expected=checked.expected, error=checked.error
    )
    return score, checked


class FactChecker:
    """Checks facts against one answer.

    Args:
        answer: The answer without citation markers.
        query: Answers `sql` facts from the documents.
    """

    def __init__(self, answer: str, query: Query) -> None:
        self._answer = answer
        self._query = query
        self._numbers: list[Quantity] | None = None

    def check(self, fact: AnyFact) -> Checked:
        """Check a fact of any kind."""
        match fact:
            case AnyOf():
                return _any([self.check(one) for one in fact.any_of])
            case AllOf():
                return _all([self.check(one) for one in fact.all_of])
            case Not():
                return _not(self.check(fact.not_))
            case Sql():
                return self._sql(fact)
            case Regex():
                return self._regex(fact)
            case Text():
                span = _find_text(fact.text, self._answer)
            case Number():
                span = self._find_number(fact.number, fact)
            case _:
                assert_never(fact)
        return _spanned(span)

    def _regex(self, fact: Regex) -> Checked:
        try:
            return _spanned(search(fact.regex, self._answer))
        except PatternError as error:
            return Checked(is_met=False, error=str(error))

    def _sql(self, fact: Sql) -> Checked:
        try:
            values = self._query(fact.sql)
        except QueryError as error:
            return Checked(is_met=False, error=str(error))
        checked = [_spanned(self._find_value(value, fact)) for value in values]
        both = _all(checked)
        return Checked(is_met=both.is_met, spans=both.spans, expected=", ".join(_spell(value) for value in values))

    def _find_value(self, value: Cell, fact: Sql) -> tuple[int, int] | None:
        if isinstance(value, bool):
            words = ("yes", "true") if value else ("no", "false")
            return next((span for word in words if (span := _find_text(word, self._answer))), None)
        if isinstance(value, int | float):
            return self._find_number(float(value), fact)
        return _find_text(str(value), self._answer)

    def _find_number(self, value: float, fact: Number | Sql) -> tuple[int, int] | None:
        if self._numbers is None:
            self._numbers = quantities(self._answer)
        for stated in self._numbers:
            if not _is_near(value, stated, self._answer, fact) or not _has_unit(stated, self._answer, fact.unit):
                continue
            if not _is_denied(self._answer, stated.start, stated.end):
                return stated.start, stated.end
        return None


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
    )


def _not(inner: Checked) -> Checked:
    return replace(inner, is_met=not inner.is_met and inner.error is None)


def _joined(texts: Iterable[str | None]) -> str | None:
    return ", ".join(text for text in texts if text) or None


def _first_error(checked: Sequence[Checked]) -> str | None:
    return next((one.error for one in checked if one.error), None)


def _spell(value: Cell) -> str:
    return f"{value:,.10g}".replace(",", "") if isinstance(value, float) else str(value)


_DENIED_BEFORE = re.compile(
    r"\b(?:not|rather than|instead of)\s+(?:(?:a|an|the|just|exactly|in|on|at|by)\s+)?\W{0,2}$", re.IGNORECASE
)


def _is_denied(answer: str, start: int, end: int) -> bool:
    """Tell whether words are named only to be turned down: `not 91 but 92`, `92 instead of 91`."""
    before = _DENIED_BEFORE.search(answer[max(0, start - 40) : start])
    if before is None:
        return False
    return (
        not before[0].lower().startswith("not") or re.match(r"[^.;\n]{0,60}\bbut\b", answer[end : end + 80]) is not None
    )


def _is_near(value: float, stated: Quantity, answer: str, fact: Number | Sql) -> bool:
    difference = abs(stated.value - value)
    if fact.tolerance is not None or fact.relative_tolerance is not None:
        allowed = max(fact.tolerance or 0.0, abs(value) * (fact.relative_tolerance or 0.0))
        return difference <= allowed * (1 + 1e-9)
    return is_stated(value, stated.value, answer[stated.start : stated.end])


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


_QUOTES = re.compile(r"[\"'\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb`*_]")
_GAPS = re.compile(r"[\s\u2010-\u2015\u2212-]+")
_SPELLED_OUT = re.compile(r"[^\w\s.,;:!?'\"()/&\u201c\u201d\u2018\u2019\u2010-\u2015-]")
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def _find_text(wanted: str, answer: str) -> tuple[int, int] | None:
    """Find words in any case, accent, spacing, quotes, hyphens and number (plural or singular)."""
    pattern = _loose(wanted)
    if pattern is not None:
        for found in pattern.finditer(answer):
            if not _is_denied(answer, found.start(), found.end()):
                return found.span()
    if _SPELLED_OUT.search(wanted) or _WITHOUT_BLANKS.search(wanted):
        return _find_folded(wanted, answer)
    keys = [_key(token.stem) for token in tokens(wanted)]
    there = tokens(answer)
    stems = [_key(token.stem) for token in there]
    for at in range(len(stems) - len(keys) + 1 if keys else 0):
        if stems[at : at + len(keys)] == keys:
            start, end = there[at].start, there[at + len(keys) - 1].end
            if not _is_denied(answer, start, end):
                return start, end
    return None


def _key(word: str) -> str:
    """Compare `1,234.50` and `1234.5` as equal."""
    try:
        return repr(float(word))
    except ValueError:
        return word


def _loose(wanted: str) -> re.Pattern[str] | None:
    parts = [re.escape(part) for part in _GAPS.split(_QUOTES.sub("", wanted).strip()) if part]
    if not parts:
        return None
    gap = r"[\s\u2010-\u2015\u2212\"'\u201c\u201d\u2018\u2019*_-]{1,9}"
    return re.compile(rf"(?<![^\W_]){gap.join(parts)}(?![^\W_])", re.IGNORECASE)


def _find_folded(wanted: str, answer: str) -> tuple[int, int] | None:
    """Find characters where words can't be told apart: scripts without blanks, names such as `C++`."""
    plain = _GAPS.sub("", fold(wanted))
    kept = [(character, at) for at, one in enumerate(answer) for character in fold(one) if not _GAPS.match(character)]
    found = "".join(character for character, _ in kept).find(plain) if plain else -1
    if found < 0:
        return None
    start, end = kept[found][1], kept[found + len(plain) - 1][1] + 1
    is_inside_word = not _WITHOUT_BLANKS.search(wanted) and (
        (start > 0 and answer[start].isalnum() and answer[start - 1].isalnum())
        or (end < len(answer) and answer[end - 1].isalnum() and answer[end].isalnum())
    )
    return None if is_inside_word else (start, end)
