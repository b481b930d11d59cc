"""Find the sentences that answer a question, or find that there are none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.documents.language import Number, fold, is_content, listed, numbers, tokens
from harness.server.models.answer import Answer, Place, Statement
from harness.server.models.units import Library, Unit
from harness.server.models.vocabulary import LIGHT, PERSON_WORDS, related, stems_of

__all__ = ["Nearest", "ProseQuestion", "answer_from_prose", "read_question"]

_SOFT = LIGHT | stems_of(
    listed("employee employees staff worker workers customer customers visitor visitors guest guests buyer buyers")
)
_IMPLIED = stems_of(listed("phone telephone email mail e address number"))
_DURATION = listed("second minute hour day night week month quarter year") | {"business day"}
_CAUSAL = re.compile(
    r"\b(?:because|since|so that|so|due to|as|reason|in order to|to (?:avoid|protect|keep|make|ensure|prevent)|therefore|which is why|that is why|for safety)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|without|except|nor|neither)\b|n['\u2019]t\b", re.IGNORECASE)
_TIME = re.compile(
    r"\d:\d\d|\b\d{1,2}\s?(?:am|pm|a\.m|p\.m)|\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|noon|midnight|after|before|within|until|as soon as|at the (?:end|beginning|start))\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_FREQUENCY = re.compile(
    r"\b(?:every|each|once|twice|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|per|times|a (?:day|week|month|year))\b",
    re.IGNORECASE,
)
_OPEN_ENDED = re.compile(r"\b(?:until|immediately|same day|lifetime)\b", re.IGNORECASE)
_NOTHING = re.compile(r"\b(?:no|none|free|nothing|unlimited|waived|without)\b", re.IGNORECASE)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("why", r"\bwhy\b|\bwhat is the reason\b|\bfor what reason\b"),
        ("how many", r"\bhow many\b|\bhow long\b.*\bbe$|\bnumber of\b"),
        ("how much", r"\bhow much\b|\bwhat (?:is|are|does|do) .*\b(?:cost|price|fee|charge|rate|amount|salary|fine)\b"),
        ("how long", r"\bhow long\b(?!.*\bbe$)|\bwhat is the (?:duration|length)\b|\bhow (?:soon|fast|quickly)\b"),
        ("how often", r"\bhow often\b|\bhow frequently\b"),
        ("when", r"\bwhen\b|\bwhat (?:time|date|day)\b|\b(?:which|what) (?:year|month)\b|\bby what\b"),
        ("who", r"\bwho\b|\bwhom\b|\bwhose\b"),
        ("percentage", r"\bwhat (?:percentage|percent|share|proportion)\b"),
        ("phone", r"\b(?:phone|telephone) number\b"),
        ("email", r"\be-?mail address\b"),
    )
)
_YES_NO = re.compile(
    r"^(?:and |so |but |then )?(?:is|are|was|were|can|could|may|might|do|does|did|has|have|must|should|will|would|am)\b"
)


@dataclass(frozen=True, kw_only=True)
class ProseQuestion:
    """What a question demands of a sentence."""

    text: str
    terms: tuple[str, ...]
    """Stems that must be covered."""
    light: tuple[str, ...]
    """Stems that may be."""
    names: frozenset[str]
    """Terms that are names or numbers: only the sentence's own surroundings may cover them."""
    figures: tuple[Number, ...]
    """Quantities that the question takes for granted."""
    kinds: tuple[str, ...]
    """The sorts of fact it asks for (`how long`, `who`); empty for any."""
    is_yes_no: bool
    is_negated: bool


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


def read_question(text: str) -> ProseQuestion:
    """Read what a question demands."""
    words = tokens(text)
    lowered = text.lower().strip(" ?.!")
    kinds = tuple(kind for kind, pattern in _KINDS if pattern.search(lowered))
    implied = _IMPLIED if {"phone", "email"} & set(kinds) else frozenset()
    figures = tuple(
        n
        for n in numbers(text)
        if not re.search(r"\b(?:top|section|chapter|page|article)\s*$", text[: n.start].lower())
    )
    spelled = [(number.start, number.end) for number in figures]
    heavy: dict[str, None] = {}
    light: dict[str, None] = {}
    names: set[str] = set()
    for position, word in enumerate(words):
        if not is_content(word) or any(start <= word.start < end for start, end in spelled):
            continue
        is_joined = text[word.end : word.end + 1] == "-" or text[word.start - 1 : word.start] == "-"
        is_name = position > 0 and word.text[0].isupper() and not text[: word.start].rstrip().endswith((".", "?", "!"))
        if word.stem in (_SOFT | implied) and not is_joined and not is_name:
            light[word.stem] = None
            continue
        heavy[word.stem] = None
        if is_name or word.is_number or any(map(str.isdigit, word.text)):
            names.add(word.stem)
    return ProseQuestion(
        text=text, terms=tuple(heavy), light=tuple(light), names=frozenset(names), figures=figures, kinds=kinds,
        is_yes_no=bool(_YES_NO.match(lowered)), is_negated=bool(_NEGATION.search(lowered)),
    )  # fmt: skip


def answer_from_prose(question: ProseQuestion, library: Library) -> tuple[Answer | None, Nearest | None]:
    """Return the answer, or None with the nearest miss."""
    if not question.terms:
        return None, None
    ranked = sorted(_candidates(question, library), key=lambda near: (-near.is_fit, -near.score, near.number))
    best = next((near for near in ranked if near.is_fit and not near.missing), None)
    if best is None:
        nearest = max(ranked, key=lambda near: near.score, default=None)
        return None, nearest
    return _answer(question, library, best, ranked), best


def _candidates(question: ProseQuestion, library: Library) -> list[Nearest]:
    weights = {term: library.weight(term) for term in question.terms}
    total = sum(weights.values())
    return [_judge(question, library, number, weights, total) for number in library.holding(question.terms)]


def _judge(question: ProseQuestion, library: Library, number: int, weights: dict[str, float], total: float) -> Nearest:
    unit, previous = library.units[number], library.previous(number)
    covered, own, missing, uses_previous = 0.0, 0.0, [], False
    for term, weight in weights.items():
        share, place = _coverage(term, unit, previous)
        covered += share * weight
        own += share * weight if place == "own" else 0
        uses_previous |= place == "previous"
        if not share:
            missing.append(term)
    if unit.header and len(missing) == 1 and missing[0] not in question.names and own and _names_row(question, unit):
        # A row's section tells what its cells are about, once a cell has been named.
        if related(missing[0]) & library.section(unit):
            covered += 0.6 * weights[missing.pop()]
    light = sum(1 for term in question.light if related(term) & (unit.stems | unit.context))
    bonus = 0.04 * light / max(1, len(question.light)) - 0.0005 * min(60, len(unit.stems))
    is_fit = (
        _is_fit(question, unit, previous if uses_previous else None)
        and (own >= 0.3 * total or bool(unit.header))
        and (not unit.header or _names_row(question, unit))
    )
    if question.is_negated != bool(_NEGATION.search(f"{unit.lead or unit.section} {unit.text}")):
        bonus -= 0.06 if question.is_negated else 0.0
    return Nearest(number=number, score=max(0.0, min(1.0, covered / total * 0.95 + bonus)), missing=tuple(missing), is_fit=is_fit,
                   uses_previous=uses_previous)  # fmt: skip


def _names_row(question: ProseQuestion, unit: Unit) -> bool:
    """Whether the question names one of a row's cells, or a figure within one of its ranges."""
    cells = " ".join(unit.text.split("|"))
    named = any(related(term) & unit.stems for term in question.terms)
    return named or any(_in_range(figure, cells) for figure in question.figures)


def _coverage(term: str, unit: Unit, previous: Unit | None) -> tuple[float, str]:
    synonyms = related(term)
    if term in unit.stems:
        return 1.0, "own"
    if synonyms & unit.stems:
        return 0.92, "own"
    if term in unit.context:
        return 0.88, "context"
    if synonyms & unit.context:
        return 0.84, "context"
    if previous is not None and synonyms & (previous.stems | previous.context):
        return 0.8, "previous"
    if term in unit.title:
        return 0.7, "title"
    return 0.0, ""


# --- whether a unit holds the sort of fact that is asked for ---


def _is_fit(question: ProseQuestion, unit: Unit, previous: Unit | None) -> bool:
    text = unit.text if previous is None else f"{previous.text} {unit.text}"
    return all(_holds(kind, text, unit) for kind in question.kinds) and _agrees(question, text)


def _holds(kind: str, text: str, unit: Unit) -> bool:
    found = numbers(text)
    if kind == "how long":
        in_header = bool(found) and any(word in _DURATION for name in unit.header for word in _singular(name))
        return in_header or any(number.unit in _DURATION for number in found) or bool(_OPEN_ENDED.search(text))
    if kind in {"how many", "how much"}:
        return (
            bool(found) or bool(_NOTHING.search(text)) or bool(re.search(r"\b(?:once|twice|half|double|both)\b", text))
        )
    if kind == "percentage":
        return any(number.unit == "%" for number in found) or "half" in text
    if kind == "when":
        return bool(_TIME.search(text)) or any(number.unit in _DURATION for number in found)
    if kind == "who":
        names = re.search(r"(?<=[a-z,] )(?:[A-Z][a-z]+)", text)
        return (
            bool(names)
            or bool(PERSON_WORDS & unit.stems)
            or bool(re.search(r"\b(?:you|everyone|anyone|employees?|customers?)\b", text))
        )
    patterns = {"why": _CAUSAL, "how often": _FREQUENCY, "phone": re.compile(r"\d{3}"), "email": re.compile(r"@")}
    return bool(patterns[kind].search(text))


def _singular(name: str) -> list[str]:
    return [fold(word.text).removesuffix("s") for word in tokens(name)]


def _agrees(question: ProseQuestion, text: str) -> bool:
    """Whether the figures that the question takes for granted are those of the text."""
    stated = numbers(text)
    for figure in question.figures:
        if any(_same(figure, number) for number in stated) or _in_range(figure, text):
            continue
        if figure.value in {1.0} and figure.unit is None:
            continue
        of_same_sort = any(number.unit == figure.unit and figure.unit is not None for number in stated)
        is_premise = bool(re.search(r"\b(?:the|a|an|this|that|your|our|my)\s*$", question.text[: figure.start].lower()))
        if is_premise or not (question.is_yes_no and of_same_sort):
            return False
    return True


def _same(left: Number, right: Number) -> bool:
    units = {left.unit, right.unit}
    return left.value == right.value and (len(units) == 1 or None in units or units <= {"day", "business day"})


def _in_range(figure: Number, text: str) -> bool:
    """Whether the text speaks of a range that holds the figure: `3 to 5 years`, `more than 10`, `up to 20`."""
    plain = fold(text)
    low_high = re.finditer(r"(\d+(?:\.\d+)?)\s*(?:-|\u2013|to|and|through)\s*(\d+(?:\.\d+)?)", plain)
    if any(float(m[1]) <= figure.value <= float(m[2]) for m in low_high):
        return True
    above = re.finditer(
        r"(?:more than|over|above|from|at least|after)\s+\$?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:\+|or more|and more|and above|or older|and older|and over)",
        plain,
    )
    if any(figure.value >= float(m[1] or m[2]) for m in above):
        return True
    below = re.finditer(r"(?:less than|under|below|up to|at most|fewer than|younger than)\s+\$?(\d+(?:\.\d+)?)", plain)
    return any(figure.value <= float(m[1]) for m in below)


# --- the answer ---


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
        lead = re.sub(r"^[#\d.)\s]+", "", unit.lead).rstrip(":").strip()
        text = f"{lead}: {text}"
    if not re.search(r"[.!?:]['\"\u201d\u2019)]*$", text):
        text += "."
    return Statement(text=text, places=(Place(document=unit.document, start=unit.start, end=unit.end),))


def with_terms(question: ProseQuestion, terms: tuple[str, ...]) -> ProseQuestion:
    """Return the question with the topic of an earlier turn added."""
    return replace(question, terms=tuple(dict.fromkeys((*question.terms, *terms))))
