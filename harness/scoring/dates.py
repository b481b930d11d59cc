"""Days in a text, in the spellings that people use."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.documents.language import fold
from harness.scoring.lazy import Pattern

__all__ = ["StatedDate", "find_dates"]

_MONTHS = (
    "january jan janvier januar enero gennaio janeiro januari",
    "february feb febr fevrier februar febrero febbraio fevereiro februari",
    "march mar mars marz maerz marzo marco maart",
    "april apr avril abril aprile",
    "may mai mayo maggio maio mei",
    "june jun juin juni junio giugno junho",
    "july jul juillet juli julio luglio julho",
    "august aug aout agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct octobre oktober okt octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec decembre dezember dez diciembre dicembre dezembro",
)
"""Names of the months without accents: English, French, German, Spanish, Italian, Portuguese, Dutch."""
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth
    twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first
"""
_DAY_OF = {name: number for number, name in enumerate(_ORDINALS.split(), start=1)}
_WORDS = "|".join(sorted(_DAY_OF, key=len, reverse=True))
_DAY = rf"(?P<day>\d{{1,2}}|{_WORDS})(?:st|nd|rd|th|er|\.|\u00ba|\u00b0)?"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR = r"(?:,?\s*(?:(?:of|de|del)\s+)?(?P<year>\d{4})(?!\d))?"
_PATTERNS = (
    Pattern(r"(?<![\d.])(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/-]|\.\d)"),
    Pattern(
        r"(?<![\d./-])(?P<first>\d{1,2})(?P<sign>[./-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})(?![\d/-]|\.\d)"
    ),
    Pattern(
        rf"(?<![\w.,]){_DAY}[\s-]+(?:(?:day\s+)?(?:of|de)\s+)?{_MONTH}(?!\w)(?:-(?=\d{{4}}))?{_YEAR}", re.IGNORECASE
    ),
    Pattern(rf"(?<!\w){_MONTH}\s+(?:the\s+)?{_DAY}(?![\w%]|[.,]\d){_YEAR}", re.IGNORECASE),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedDate:
    """A day as a text names it."""

    start: int
    """Offset of its first character, in code points."""
    end: int
    """Offset behind its last."""
    day: int
    month: int
    year: int | None
    """None where the text names none; below 100 where it gives two digits."""

    def is_(self, wanted: dt.date) -> bool:
        """Tell whether it names a day."""
        is_year = self.year is None or self.year in {wanted.year, wanted.year % 100}
        return is_year and (self.month, self.day) == (wanted.month, wanted.day)


def find_dates(text: str, order: Literal["day_first", "month_first"] | None) -> Iterator[StatedDate]:
    """Find the days that a text names.

    Args:
        text: Any text.
        order: How `03/04/2026` is read; None: such a date is passed over unless only one reading is a day.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            found = _digits(match, order) if "first" in match.re.groupindex else _named(match)
            if found is not None and 1 <= found[0] <= 31 and 1 <= found[1] <= 12:
                day, month, year = found
                end = match.start() + len(match[0].rstrip(",. \n"))
                yield StatedDate(start=match.start(), end=end, day=day, month=month, year=year)


def _digits(match: re.Match[str], order: str | None) -> tuple[int, int, int] | None:
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    if first > 12 or first == second or (order == "day_first" and second <= 12):
        return first, second, year
    # Points stand between day, month and year only where the day comes first.
    if order is None and match["sign"] == "." and second <= 12:
        return first, second, year
    if second > 12 or order == "month_first":
        return second, first, year
    return None


def _named(match: re.Match[str]) -> tuple[int, int, int | None] | None:
    name = fold(match["month"])
    month = int(name) if name.isdigit() else _NUMBER_OF.get(name)
    if month is None:
        return None
    day = match["day"].lower()
    return _DAY_OF.get(day) or int(day), month, int(match["year"]) if match["year"] else None
