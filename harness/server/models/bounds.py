"""Mark the numbers and dates of a question with the column that they bound."""

import re

from harness.documents.language import Number, numbers, stem
from harness.server.models.annotated import Annotated
from harness.server.models.lexicon import SUPERLATIVES
from harness.server.models.query import Comparison, Filter
from harness.server.models.schema import Column

__all__ = ["mark_bounds", "mark_dates"]

_UP = "more|greater|higher|larger|bigger|better|longer|older|heavier|taller|above|over|exceed(?:s|ing|ed)?|after|later"
_DOWN = "less|fewer|lower|smaller|cheaper|shorter|younger|lighter|under|below|before|earlier|worse"
_CUES: tuple[tuple[str, Comparison], ...] = (
    (r"at least|no (?:less|fewer|lower) than|(?:a )?minimum of|since|not less than", ">="),
    (r"at most|no (?:more|higher|greater) than|up to|(?:a )?maximum of|until|not more than", "<="),
    (rf"(?:{_UP})(?: than)?", ">"),
    (rf"(?:{_DOWN})(?: than)?", "<"),
    (r"exactly|equal to|equals|of|is|was|are|were|rated|at|with|in|during", "="),
)
_BEFORE: tuple[tuple[re.Pattern[str], Comparison], ...] = tuple(
    (re.compile(rf"\b(?:{cue})\s*(?:a |an |the year )?$", re.IGNORECASE), comparison) for cue, comparison in _CUES
)
_AFTER: tuple[tuple[re.Pattern[str], Comparison], ...] = (
    (re.compile(r"\s*(?:\+|\b(?:or|and) (?:more|higher|above|better|over|greater|longer|later|older|up)\b)"), ">="),
    (re.compile(r"\s*\b(?:or|and) (?:less|lower|fewer|below|under|cheaper|worse|earlier)\b"), "<="),
)
_SORTS = {
    "$": "price", "€": "price", "£": "price", "star": "rating", "unit": "units", "item": "units",
    "piece": "units", "year": "age", "day": "nights", "minute": "duration", "hour": "duration",
}  # fmt: skip
"""Unit of a number -> the sort of column that it bounds."""
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_DATES = tuple(
    (re.compile(rf"{pattern}(?!\S)"), length)
    for pattern, length in (
        (r"(?P<year>\d{4}) (?P<month>\d\d) (?P<day>\d\d)", 3),
        (rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH} (?P<year>\d{{4}})", 3),
        (rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<year>\d{{4}})", 3),
        (rf"{_MONTH} (?P<year>\d{{4}})", 2),
        (rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}", 2),
        (rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?", 2),
        (rf"(?!may){_MONTH}", 1),
        (r"(?P<year>(?:1[5-9]|20|21)\d\d)", 1),
    )
)
"""Ways to write a date, the most particular first, with the number of words that each takes."""


def mark_dates(found: Annotated) -> None:
    """Mark dates, months and years, where the table has a column of dates."""
    dated = [column for column in found.view.columns if column.kind == "date"]
    if not dated:
        return
    for position in range(len(found.words)):
        if found.roles[position]:
            continue
        prefix, length = _date_at(found.folded, position)
        if length:
            column = _nearest(found, position, dated)
            comparison = _comparison_before(found.text[: found.words[position].start]) or ("=", 0)
            shown = f"{column.title} {_in_words(comparison[0], _date_in_words(prefix), is_date=True)}"
            found.bounds.append(Filter(column=column, comparison=comparison[0], values=(prefix,), shown=shown))
            _take_span(found, comparison[1] or found.words[position].start, found.words[position + length - 1].end)


def _date_at(folded: list[str], position: int) -> tuple[str, int]:
    """Read a date, a month with its year, or a year: (the start of its ISO form, number of words)."""
    following = " ".join(folded[position : position + 3])
    for pattern, length in _DATES:
        if match := pattern.match(following):
            parts = match.groupdict()
            month = f"{_MONTHS.index(parts['month']) + 1:02}" if parts.get("month") in _MONTHS else parts.get("month")
            day = f"{int(parts['day']):02}" if parts.get("day") else None
            # A month without its year starts with the dash that stands before it in the ISO form.
            return "-".join(part for part in (parts.get("year") or "", month, day) if part is not None), length
    return "", 0


def mark_bounds(found: Annotated) -> None:
    """Numbers with what they bound: `over $500`, `a rating of 4 or more`, `between 10 and 20`, `the top three`."""
    pending: Number | None = None
    for number in numbers(found.text):
        covered = [i for i, word in enumerate(found.words) if word.start < number.end and word.end > number.start]
        if not covered or any(found.roles[i] in {"value", "bound"} for i in covered):
            continue
        if _mark_limit(found, number, covered):
            continue
        before = found.text[: number.start]
        if pending is not None and re.search(r"\b(?:and|to)\s*$", before):
            _add_bound(found, number, "<=", pending.start)
            pending = None
        elif re.search(r"\b(?:between|from)\s*$", before):
            _add_bound(found, number, ">=", before.rindex(before.split()[-1]))
            pending = number
        else:
            after = next((sign for cue, sign in _AFTER if cue.match(found.text, number.end)), None)
            comparison = (after, number.start) if after else _comparison_before(before) or ("=", number.start)
            _add_bound(found, number, *comparison)


def _mark_limit(found: Annotated, number: Number, covered: list[int]) -> bool:
    before = found.folded[covered[0] - 1] if covered[0] else ""
    following = found.folded[covered[-1] + 1] if covered[-1] + 1 < len(found.words) else ""
    is_limit = before in {"top", "first"} or following in SUPERLATIVES
    if is_limit and number.unit is None and number.value == int(number.value) and 0 < number.value <= 100:
        found.limit = int(number.value)
        _take_span(found, number.start, number.end)
    return is_limit


def _comparison_before(before: str) -> tuple[Comparison, int] | None:
    for cue, comparison in _BEFORE:
        if match := cue.search(before.removesuffix("$")):
            return comparison, match.start()
    return None


def _add_bound(found: Annotated, number: Number, comparison: Comparison, start: int) -> None:
    column = _bounded_column(found, number, is_equality=comparison == "=")
    if column is None:
        return
    shown = f"{column.title} {_in_words(comparison, f'{number.value:g}', is_date=False)}"
    found.bounds.append(Filter(column=column, comparison=comparison, values=(number.value,), shown=shown))
    end = number.end
    for cue, _ in _AFTER:
        if match := cue.match(found.text, number.end):
            end = match.end()
    _take_span(found, start, end)


def _bounded_column(found: Annotated, number: Number, *, is_equality: bool) -> Column | None:
    """Return the column that a number is a bound of: by its unit, else by the nearest column named."""
    numeric = [column for column in found.view.columns if column.kind == "number"]
    unit = number.unit or ""
    of_unit = [
        column
        for column in found.view.columns_for(stem(unit))
        if column in numeric and not re.search(rf"\b(?:a|per|each|every) {unit}|{unit}ly|daily", column.title.lower())
    ]
    if of_unit:
        return of_unit[0]
    if sort := _SORTS.get(unit):
        return next((column for column in found.view.columns_for(stem(sort)) if column in numeric), None)
    first = next(i for i, word in enumerate(found.words) if word.end > number.start)
    near = [
        (abs(mention.position - first) + (mention.position > first), column)
        for mention in found.columns
        for column in mention.columns
        if column in numeric and abs(mention.position - first) <= (3 if is_equality else 6)
    ]
    near += [
        (abs(operator.position - first), column)
        for operator in found.operators
        for column in operator.hint
        if column in numeric and 0 < first - operator.position <= 3
    ]
    if near:
        return min(near, key=lambda pair: pair[0])[1]
    years = [column for column in numeric if _holds_years(column)]
    if years and 1500 <= number.value <= 2200:
        return years[0]
    return None


def _holds_years(column: Column) -> bool:
    present = [value for value in column.values if isinstance(value, float)]
    return bool(present) and all(1500 <= value <= 2200 and value == int(value) for value in present)


def _nearest(found: Annotated, position: int, columns: list[Column]) -> Column:
    mentioned = [
        (abs(mention.position - position), column)
        for mention in found.columns
        for column in mention.columns
        if column in columns
    ]
    return min(mentioned, key=lambda pair: pair[0])[1] if mentioned else columns[0]


def _take_span(found: Annotated, start: int, end: int) -> None:
    for position, word in enumerate(found.words):
        if word.start < end and word.end > start and found.roles[position] in {"", "operator", "filler"}:
            found.roles[position] = "bound"
    # `more than 5` compares with a number, not groups with each other.
    found.operators = [operator for operator in found.operators if found.roles[operator.position] == "operator"]


def _date_in_words(prefix: str) -> str:
    """Write the start of an ISO date as people do: `-06` is June, `2026-06-13` is 13 June 2026."""
    year, month, day = (*prefix.split("-"), "", "")[:3]
    name = _MONTHS[int(month) - 1].title() if month else ""
    return " ".join(part for part in (day.lstrip("0"), name, year) if part)


def _in_words(comparison: Comparison, bound: str, *, is_date: bool) -> str:
    dated = {
        "=": "on" if bound[:1].isdigit() and " " in bound else "in",
        ">": "after",
        "<": "before",
        ">=": "since",
        "<=": "until",
    }
    counted = {"=": "of", ">": "above", "<": "below", ">=": "of at least", "<=": "of at most"}
    return f"{(dated if is_date else counted)[comparison]} {bound}"
