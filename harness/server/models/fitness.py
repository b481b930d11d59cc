"""Whether a sentence holds the sort of fact that a question asks for, and agrees with the figures it names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.documents.language import Number, fold, listed, numbers, stem, tokens
from harness.server.models.prosequestion import ProseQuestion
from harness.server.models.units import Unit
from harness.server.models.vocabulary import PERSON_WORDS, akin

__all__ = ["COUNTED", "MONEY", "agrees", "holds_money", "in_range", "is_fit", "names_figures"]

_CURRENCIES = listed("$ € £ %")
_DURATION = listed("second minute hour day night week month quarter year") | {"business day"}
_CAUSAL = re.compile(
    r"\b(?:because|since|so that|so|due to|as|reason|in order to|to (?:avoid|protect|keep|make|ensure"
    r"|prevent)|therefore|which is why|that is why|for safety)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d:\d\d|\b\d{1,2}\s?(?:am|pm|a\.m|p\.m)|\b(?:january|february|march|april|(?-i:May)|june|july|august"
    r"|september|october|november|december"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|noon|midnight|after|before"
    r"|within|until|as soon as|at the (?:end|beginning|start))\b|\b(?:1[5-9]|20)\d\d\b",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b", re.IGNORECASE
)
_FREQUENCY = re.compile(
    r"\b(?:every|each|once|twice|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|per|times"
    r"|a (?:day|week|month|year))\b",
    re.IGNORECASE,
)
_OPEN_ENDED = re.compile(r"\b(?:until|immediately|same day|lifetime)\b", re.IGNORECASE)
_ONE_OF = re.compile(r"\b(?:half an?|an?|quarter of an)\s+(?:hour|minute|day|week|month|year)\b", re.IGNORECASE)
COUNTED = re.compile(r"\bhow many (?P<noun>[a-z]+)", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:(?P<over>over|above|more than|older than|longer than|beyond)|under|below|less than"
    r"|fewer than|younger than)\s*(?:[$€£]\s?)?$",
    re.IGNORECASE,
)
_FEW = re.compile(r"\b(?:once|twice|half|double|both)\b", re.IGNORECASE)
_PHONE = re.compile(r"\d{3,}[\s)-]+\d{2,}|\+\d{2}")
_ANYONE = re.compile(r"\b(?:you|everyone|anyone|employees?|customers?)\b")
_CAPITALISED = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]+)")
_NOTHING = re.compile(r"\b(?:no|none|free|nothing|unlimited|waived|without)\b", re.IGNORECASE)


def is_fit(question: ProseQuestion, unit: Unit, previous: Unit | None) -> bool:
    """Tell whether a unit, with the one it goes on from, holds what is asked for and agrees with the question."""
    text = unit.text if previous is None else f"{previous.text} {unit.text}"
    headed = f"{' '.join(unit.header)} {text}" if unit.header else text
    measures = {"how far", "how old"} & set(question.kinds)
    if measures and not _is_in_its_clause(question, text):
        return False
    return all(_HOLDS[kind](text, unit, question) for kind in question.kinds) and agrees(question, headed)


def _is_in_its_clause(question: ProseQuestion, text: str) -> bool:
    """Whether the clause that says how deep something is speaks of the thing, not of another one beside it."""
    asked = re.search(r"\bhow (\w+)", question.text.lower())
    clauses = [{token.stem for token in tokens(clause)} for clause in re.split(r"[;,]", text)]
    degree = akin(stem(asked[1])) if asked else frozenset()
    holding = [clause for clause in clauses if degree & clause]
    things = set(question.terms) - degree
    return not holding or max(len(things & clause) for clause in holding) >= max(len(things & c) for c in clauses)


def _holds_duration(text: str, unit: Unit, _: ProseQuestion) -> bool:
    found = numbers(text)
    in_header = bool(found) and any(word in _DURATION for name in unit.header for word in _singular(name))
    return (
        in_header
        or any(number.unit in _DURATION for number in found)
        or bool(_OPEN_ENDED.search(text) or _ONE_OF.search(text))
    )


def _holds_count(text: str, unit: Unit, question: ProseQuestion) -> bool:
    """Whether a number counts what is asked for: minutes are no members."""
    asked = COUNTED.search(question.text)
    found = numbers(text)
    if asked and found and all(number.unit in _DURATION | _CURRENCIES for number in found):
        noun = asked["noun"].removesuffix("s")
        return any(number.unit == noun for number in found) or noun in {"time", "day"} or bool(_NOTHING.search(text))
    return _holds_number(text, unit, question)


def _holds_number(text: str, _: Unit, __: ProseQuestion) -> bool:
    return bool(numbers(text)) or bool(_NOTHING.search(text)) or bool(_FEW.search(text))


def _holds_amount(text: str, unit: Unit, question: ProseQuestion) -> bool:
    found = numbers(text)
    if _PART_OF_PRICE.search(text):
        return True
    if found and all(number.unit in _DURATION for number in found):
        return bool(_NOTHING.search(text)) or bool(re.search(r"notice|leave|vacation|time", text))
    return _holds_number(text, unit, question)


def _holds_age(text: str, _: Unit, __: ProseQuestion) -> bool:
    return bool(_AGED.search(text)) and any(number.value < 130 for number in numbers(text))


def holds_money(question: ProseQuestion, text: str) -> bool:
    """Whether a text names a sum, a share, or that nothing is paid, where a question asks what something costs."""
    if "how much" not in question.kinds or not _PAYING.search(question.text):
        return True
    return bool(MONEY.search(text) or _PART_OF_PRICE.search(text) or _NOTHING.search(text))


def _holds_share(text: str, _: Unit, __: ProseQuestion) -> bool:
    return any(number.unit == "%" for number in numbers(text)) or "half" in text


def _holds_past_date(text: str, _: Unit, __: ProseQuestion) -> bool:
    return bool(re.search(r"\b(?:1[5-9]|20)\d\d\b", text)) or bool(re.search(r"\d", text) and _MONTH.search(text))


def _holds_time(text: str, _: Unit, __: ProseQuestion) -> bool:
    return bool(_TIME.search(text)) or any(number.unit in _DURATION for number in numbers(text))


def _holds_person(text: str, unit: Unit, question: ProseQuestion) -> bool:
    names = [name for name in _CAPITALISED.findall(unit.text) if not _TIME.match(name) and name not in question.text]
    return bool(names) or bool(PERSON_WORDS & unit.stems) or bool(_ANYONE.search(text))


def _holds_rhythm(text: str, unit: Unit, _: ProseQuestion) -> bool:
    return bool(_FREQUENCY.search(f"{' '.join(unit.header)} {text}"))


_NUMBER = r"(\d+(?:\.\d+)?)"
_RANGES: tuple[tuple[re.Pattern[str], Callable[..., bool]], ...] = (
    (
        re.compile(rf"{_NUMBER}\s*(?:-|\u2013|to|and|through)\s*{_NUMBER}"),
        lambda value, low, high: low <= value <= high,
    ),
    (
        re.compile(rf"(?:more than|over|above|from|at least|after)\s+\$?{_NUMBER}"),
        lambda value, low: value >= low,
    ),
    (
        re.compile(rf"{_NUMBER}\s*(?:\+|or more|and more|and above|or older|and older|and over)"),
        lambda value, low: value >= low,
    ),
    (
        re.compile(rf"(?:less than|under|below|up to|at most|fewer than|younger than)\s+\$?{_NUMBER}"),
        lambda value, high: value <= high,
    ),
)
"""How a text names a range, and whether it holds a value given the ends that it names."""
_LIMIT = re.compile(
    r"\b(?:ahead|in advance|no later|at (?:the )?latest|due|by the|up to|days?|weeks?)\b", re.IGNORECASE
)
_AGED = re.compile(
    r"\b(?:aged?|old|older|young\w*|birthday|years?|months?|weeks?|at least|under|over|decibels|degrees)\b",
    re.IGNORECASE,
)
MONEY = re.compile(r"[$€£¥%]|\b(?:euros?|dollars?|pounds?|cents?|francs?|percent|per cent)\b")
_PART_OF_PRICE = re.compile(
    r"\b(?:half|quarter|third) of the \w+"
    r"|\b(?:half|full|double|one|third|quarter)\b.{0,20}\b(?:rate|price|fee|fare|charge)\b",
    re.IGNORECASE,
)
_PAYING = re.compile(r"\b(?:costs?|price|pay|charge|fee|fare|expensive|dear)\b", re.IGNORECASE)
_WEIGHTS = listed("kg gram mg pound ounce tonne")
_LENGTHS = listed("metre cm mm km mile foot inch")


def _holds_unit_of(units: frozenset[str]) -> Callable[[str, Unit, ProseQuestion], bool]:
    def holds(text: str, unit: Unit, _: ProseQuestion) -> bool:
        in_header = any(stem in units for stem in unit.context) and bool(numbers(text))
        return in_header or any(number.unit in units for number in numbers(text))

    return holds


_HOLDS: dict[str, Callable[[str, Unit, ProseQuestion], bool]] = {
    "how long": _holds_duration,
    "how many": _holds_count,
    "how much": _holds_amount,
    "percentage": _holds_share,
    "when was": _holds_past_date,
    "when": _holds_time,
    "who": _holds_person,
    "how heavy": _holds_unit_of(_WEIGHTS),
    "how far": _holds_unit_of(_LENGTHS | _DURATION),
    "how old": _holds_age,
    "by when": lambda text, _unit, _question: bool(_TIME.search(text)) or bool(_LIMIT.search(text)),
    "how often": _holds_rhythm,
    "why": lambda text, _unit, _question: bool(_CAUSAL.search(text)),
    "phone": lambda text, _unit, _question: bool(_PHONE.search(text)),
    "email": lambda text, _unit, _question: "@" in text,
}


def _singular(name: str) -> list[str]:
    return [fold(word.text).removesuffix("s") for word in tokens(name)]


def names_figures(question: ProseQuestion, text: str) -> bool:
    """Whether a text states a figure that the question names, and does not only speak of a range that holds it."""
    stated = numbers(text)
    return any(_same(figure, number) for figure in question.figures for number in stated)


def agrees(question: ProseQuestion, text: str) -> bool:
    """Whether the figures that the question takes for granted are those of the text."""
    stated = numbers(text)
    for figure in question.figures:
        bound = _bound_of(question.text[: figure.start])
        if bound:
            within = replace(figure, value=figure.value + (0.5 if bound == "over" else -0.5))
            if any(_same(figure, n) and _bound_of(text[: n.start]) == bound for n in stated) or in_range(within, text):
                continue
        elif any(_same(figure, number) for number in stated) or in_range(figure, text):
            continue
        if re.search(r"\b(?:my|our)\s*$", question.text[: figure.start].lower()):
            continue
        if figure.value == 1 and figure.unit is None:
            continue
        of_same_sort = any(number.unit == figure.unit and figure.unit is not None for number in stated)
        is_premise = bool(re.search(r"\b(?:the|a|an|this|that|your|our|my)\s*$", question.text[: figure.start].lower()))
        if is_premise or not (question.is_yes_no and of_same_sort):
            return False
    return True


def _bound_of(before: str) -> str:
    """Tell whether a figure is named as a bound: `under 16`, `more than 10`."""
    cue = _BOUND.search(before)
    return "" if cue is None else "over" if cue["over"] else "under"


def _same(left: Number, right: Number) -> bool:
    units = {left.unit, right.unit}
    return left.value == right.value and (len(units) == 1 or None in units or units <= {"day", "business day"})


_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPELLED = re.compile(rf"\b(?:{'|'.join(_SMALL)})\b", re.IGNORECASE)


def in_range(figure: Number, text: str) -> bool:
    """Tell whether a text speaks of a range that holds a figure: `3 to 5 years`, `more than 10`, `up to 20`."""
    plain = _SPELLED.sub(lambda match: str(_SMALL.index(match[0].lower())), fold(text))
    stated = numbers(plain)
    for pattern, holds in _RANGES:
        for match in pattern.finditer(plain):
            ends = [(float(digits), match.start(group)) for group, digits in enumerate(match.groups(), 1) if digits]
            if holds(figure.value, *(value for value, _ in ends)) and _is_unit(figure, stated, ends[-1][1]):
                return True
    return False


def _is_unit(figure: Number, stated: Sequence[Number], position: int) -> bool:
    """Whether the number at a position counts the same thing as a figure, as far as both say what they count."""
    unit = next((number.unit for number in stated if number.start <= position < number.end), None)
    return figure.unit is None or unit is None or unit == figure.unit
