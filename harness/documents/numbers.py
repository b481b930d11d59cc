"""Numbers as people write them: digits with separators, currencies, units, and words."""

import re
from dataclasses import dataclass

__all__ = ["Number", "listed", "numbers", "plain_value"]


def listed(words: str) -> frozenset[str]:
    """Read a list of words that is written as one text, as long lists read best."""
    return frozenset(words.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A quantity found in a text."""

    value: float
    """What it says: `$1.2k` is 1200.0, `12%` is 12.0, `three dozen` is 36.0."""
    start: int
    """Offset of its first character, a currency sign included, in code points."""
    end: int
    """Offset behind its last character, unit included."""
    unit: str | None
    """`%`, a currency sign, or a singular word (`day`, `business day`, `kg`); None where the text names none."""


_ONES = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SMALL = {word: value for value, word in enumerate(re.split(r"\|", _ONES))} | {
    word: 10 * value for value, word in enumerate(re.split(r"\|", _TENS), start=2)
}
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_SUFFIXES = {"k": 1_000, "m": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000}

_UNIT_WORDS = {
    "%": ("%", "percent", "per cent", "percentage points", "percentage point"),
    "$": ("dollars", "dollar", "usd", "us$"),
    "€": ("€", "euros", "euro", "eur"),
    "£": ("£", "pounds sterling", "gbp"),
    "cent": ("cents", "cent"),
    "second": ("seconds", "second", "secs", "sec"),
    "minute": ("minutes", "minute", "mins", "min"),
    "hour": ("hours", "hour", "hrs", "hr", "h"),
    "business day": ("business days", "business day", "working days", "working day", "workdays", "workday"),
    "day": ("calendar days", "calendar day", "full days", "consecutive days", "days", "day"),
    "night": ("nights", "night"),
    "week": ("weeks", "week"),
    "month": ("calendar months", "months", "month"),
    "quarter": ("quarters", "quarter"),
    "year": ("calendar years", "years", "year", "yrs", "yr"),
    "mile": ("miles", "mile"),
    "foot": ("feet", "foot", "ft"),
    "inch": ("inches", "inch"),
    "metre": ("metres", "metre", "meters", "meter", "m"),
    "cm": ("centimetres", "centimeters", "cm"),
    "mm": ("millimetres", "millimeters", "mm"),
    "km": ("kilometres", "kilometers", "kilometre", "kilometer", "km"),
    "kg": ("kilograms", "kilogram", "kilos", "kilo", "kg"),
    "gram": ("grams", "gram", "g"),
    "mg": ("mg",),
    "pound": ("pounds", "pound", "lbs", "lb"),
    "ounce": ("ounces", "ounce", "oz"),
    "litre": ("litres", "litre", "liters", "liter", "l"),
    "ml": ("millilitres", "milliliters", "ml"),
    "gb": ("gigabytes", "gigabyte", "gb"),
    "mb": ("megabytes", "megabyte", "mb"),
    "tb": ("terabytes", "terabyte", "tb"),
    "watt": ("watts", "watt", "w"),
    "degree": ("degrees celsius", "degrees fahrenheit", "degrees", "degree", "°c", "°f", "°"),
    "star": ("stars", "star"),
    "point": ("points", "point"),
    "unit": ("units", "unit"),
    "item": ("items", "item"),
    "piece": ("pieces", "piece"),
    "time": ("times",),
}
_UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words}


def _any_of(words: list[str]) -> str:
    """Alternatives, longest first, so that `working days` wins over `w`."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_SMALL_WORD = _any_of(list(_SMALL))
_SCALE_WORD = _any_of(list(_SCALES))
_AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=million))\s+and\s+"
_WORDS = rf"(?:{_SMALL_WORD}|{_SCALE_WORD})(?:(?:[\s-]+|{_AND})(?:{_SMALL_WORD}|{_SCALE_WORD}))*"
_NUMBER = re.compile(
    rf"""
    (?P<skip> \d+(?::\d+)+ | \d{{4}}-\d{{1,2}}-\d{{1,2}} | \d{{1,2}}/\d{{1,2}}/\d{{2,4}} | \d+(?:\.\d+){{2,}} )
    | (?:(?P<currency>(?:US)?\$|€|£|¥|\b(?:USD|EUR|GBP)(?=\s?\d))\s?)?(?P<sign>(?<![\w)])[-\u2212](?=\d))?
      (?<![\w])(?<![A-Za-z]-)(?<!\d[.,])(?P<digits>\d+(?:[.,]\d+)*)
      (?P<suffix>(?:k|mn|bn|(?(currency)m|(?!)))\b)?  # `5m` is a length, `$5m` an amount
      (?: [\s-]?(?P<scale>{_SCALE_WORD})\b )?
      (?! (?:st|nd|rd|th)\b )
    | (?P<article>\b(?:a|half\s+a)\s+)? \b(?P<words>{_WORDS})\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNIT = re.compile(rf"[\s-]?(?P<unit>{_any_of(list(_UNITS))})(?![^\W_])", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|\u2013|to|and|or)\s*", re.IGNORECASE)
# `one` is a number in `one year`, and a pronoun in `no one`, `this one`, `one of them`.
_PRONOUN_BEFORE = re.compile(r"\b(?:no|any|every|each|some|this|that|the|which|another|new)[\s-]+$", re.IGNORECASE)
_PRONOUN_AFTER = re.compile(
    r"\s+(?:of|another|who|that|by|can|may|should|must|another's)\b|['\u2019]s\b", re.IGNORECASE
)


def numbers(text: str) -> tuple[Number, ...]:
    """Find the quantities of a text, in order.

    Ordinals (`3rd`, `third`), clock times, version numbers and dates written in digits are no quantities. The parts of
    a date with a month's name are found: who reads dates subtracts their spans.
    """
    found = [number for match in _NUMBER.finditer(text) if (number := _read(match, text)) is not None]
    return tuple(_with_shared_unit(found, text))


def _read(match: re.Match[str], text: str) -> Number | None:
    if match["skip"]:
        return None
    value = _spelled_value(match, text) if match["words"] else _digit_value(match, text)
    if value is None:
        return None
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    if match["currency"]:
        sign = {"USD": "$", "US$": "$", "EUR": "€", "GBP": "£"}.get(match["currency"].upper(), match["currency"])
        return Number(value=value, start=start, end=match.end(), unit=sign)
    unit = _UNIT.match(text, match.end())
    if unit is None:
        return Number(value=value, start=start, end=match.end(), unit=None)
    return Number(value=value, start=start, end=unit.end(), unit=_UNITS[unit["unit"].lower()])


def _digit_value(match: re.Match[str], text: str) -> float | None:
    follows = text[match.end() : match.end() + 1]
    value = plain_value(match["digits"])
    if value is None or (follows.isalpha() and _UNIT.match(text, match.end()) is None):
        return None
    value *= _SUFFIXES.get((match["suffix"] or "").lower(), 1) * _SCALES.get((match["scale"] or "").lower(), 1)
    return -value if match["sign"] else value


def plain_value(digits: str) -> float | None:
    """Read digits with separators: the last of two kinds is the decimal one; `1,234` is a thousand, `12,5` is not."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        group, decimal = (",", ".") if point > comma else (".", ",")
        plain = digits.replace(group, "").replace(decimal, ".")
    elif comma >= 0:
        plain = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{2,3})+", digits) and _grouped(digits) else ""
        plain = plain or digits.replace(",", ".")
    else:
        plain = digits
    try:
        return float(plain)
    except ValueError:
        return None


def _grouped(digits: str) -> bool:
    return len(digits.rsplit(",", 1)[-1]) == 3  # a group of thousands has three digits


def _spelled_value(match: re.Match[str], text: str) -> float | None:
    words = [word for word in re.split(r"[\s-]+", match["words"].lower()) if word != "and"]
    article = (match["article"] or "").lower()
    if words == ["one"] and (
        _PRONOUN_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
        or _PRONOUN_AFTER.match(text, match.end())
    ):
        return None
    total, group = 0.0, 0.0
    for word in words:
        if word in _SMALL:
            group += _SMALL[word]
        elif _SCALES[word] <= 100:
            group = (group or 1) * _SCALES[word]
        else:
            total += (group or 1) * _SCALES[word]
            group = 0
    return (total + group) * (0.5 if article.startswith("half") else 1)


def _with_shared_unit(found: list[Number], text: str) -> list[Number]:
    """Give the first number of `3 to 5 days` the unit of the second."""
    shared = list(found)
    for index in range(len(found) - 2, -1, -1):
        this, following = shared[index], shared[index + 1]
        if this.unit is None and following.unit and _RANGE.fullmatch(text, this.end, following.start):
            shared[index] = Number(value=this.value, start=this.start, end=this.end, unit=following.unit)
    return shared
