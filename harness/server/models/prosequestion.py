"""What a question demands of the sentence that answers it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.documents.language import Number, Token, is_content, listed, numbers, tokens
from harness.server.models.thesaurus import FAMILY, in_plain_words
from harness.server.models.vocabulary import LIGHT, stems_of

__all__ = ["NEGATION", "ProseQuestion", "in_setting", "read_question", "with_setting", "with_terms"]

_AGENTS = stems_of(
    listed("employee employees staff worker workers customer customers visitor visitors guest guests buyer buyers")
)
_WEEKDAYS = stems_of(listed("monday tuesday wednesday thursday friday saturday sunday mondays sundays saturdays"))
_FAMILY = stems_of(FAMILY)
_IMPLIED = stems_of(listed("phone telephone email mail e address number"))
_SOFT = LIGHT | _AGENTS
_OPENING = stems_of(listed("hour hours open opening opens"))
NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|without|except|nor|neither)\b|n['\u2019]t\b", re.IGNORECASE)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("why", r"\bwhy\b|\bwhat is the reason\b|\bfor what reason\b"),
        ("how many", r"\bhow many\b|\bhow long\b.*\bbe$|\bnumber of\b"),
        ("how much", r"\bhow much\b|\bwhat (?:is|are|does|do) .*\b(?:cost|price|fee|charge|rate|amount|salary|fine)\b"),
        (
            "how long",
            (
                r"\bhow long\b(?!.*\bbe$)|\bwhat is the duration\b|\bhow (?:soon|fast|quickly)\b"
                r"|\bhow (?:far|long) (?:in advance|ahead|before)\b"
            ),
        ),
        ("how heavy", r"\bhow heavy\b|\bhow much .*\bweighs?\b|\b(?:maximum|minimum) weight\b"),
        (
            "how far",
            (
                r"\bhow (?:tall|high|wide|deep|far)\b(?! in advance)(?! ahead)|\b(?:maximum"
                r"|minimum)(?: \w+)? (?:height|length|width)\b"
            ),
        ),
        ("how old", r"\bhow (?:old|loud|warm|cold|hot)\b|\b(?:what|which|certain|minimum) age\b"),
        ("how often", r"\bhow often\b|\bhow frequently\b"),
        ("when was", r"\bwhen (?:was|were|did)\b|\bwhat year\b"),
        (
            "when",
            (
                r"\bwhat are .*\bhours\b|(?:^|\b(?:and|by|until|till|since|from|but|so|then|know|tell me"
                r"|say)\s+|,\s*)when\b|\bwhat (?:time|date|day)\b|\b(?:which|what) (?:year|month)\b"
                r"|\bby what\b"
                r"|\bhow (?:late|early)\b"
            ),
        ),
        ("by when", r"\b(?:by|until|till) (?:when|what (?:time|date|day))\b|\bhow late can\b|\bdeadline\b"),
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
    told: tuple[str, ...] = ()
    """Stems of the statements in front of the question."""
    is_leaning: bool = False
    """Whether it points at these statements, so that an answer must hold some of their words."""


def read_question(text: str) -> ProseQuestion:
    """Read what a question demands."""
    text = in_plain_words(text)
    words = tokens(text)
    lowered = text.lower().strip(" ?.!")
    kinds = tuple(kind for kind, pattern in _KINDS if pattern.search(lowered))
    if {"phone", "email"} & set(kinds):
        kinds = tuple(kind for kind in kinds if kind != "how many")
    implied = _IMPLIED if {"phone", "email"} & set(kinds) else _OPENING if "when" in kinds else frozenset()
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
        is_name = (
            position > 0
            and word.stem not in _WEEKDAYS
            and word.text[0].isupper()
            and not text[: word.start].rstrip().endswith((".", "?", "!"))
        )
        is_modifier = word.stem in _AGENTS and not word.text.endswith("s") and _is_heavy_next(words, position)
        if word.stem in (_SOFT | implied) and not (is_joined or is_name or is_modifier):
            light[word.stem] = None
            continue
        heavy[word.stem] = None
        is_others = word.stem in _FAMILY and bool(re.search(r"['\u2019]s?$", word.text))
        if is_others or is_name or word.is_number or any(map(str.isdigit, word.text)):
            names.add(word.stem)
    if not heavy:
        # Nothing but general words: then these are all there is to go by.
        heavy, light = light, {}
        names = set(heavy)
    return ProseQuestion(
        text=text, terms=tuple(heavy), light=tuple(light), names=frozenset(names), figures=figures, kinds=kinds,
        is_yes_no=bool(_YES_NO.match(lowered)), is_negated=bool(NEGATION.search(lowered)),
    )  # fmt: skip


def _is_heavy_next(words: Sequence[Token], position: int) -> bool:
    """Whether a noun of topic follows, so that this word narrows it: `staff discount`."""
    following = words[position + 1] if position + 1 < len(words) else None
    return following is not None and is_content(following) and following.stem not in _SOFT


def with_terms(question: ProseQuestion, terms: tuple[str, ...], figures: tuple[Number, ...]) -> ProseQuestion:
    """Return the question with the topic and the figures of an earlier turn added."""
    return replace(
        question, terms=tuple(dict.fromkeys((*question.terms, *terms))), figures=(*question.figures, *figures)
    )


def in_setting(question: ProseQuestion, setting: str) -> ProseQuestion:
    """Return the question with the words of the statements in front of it as a bonus, not as a demand."""
    if not setting:
        return question
    said = read_question(setting)
    return replace(
        question,
        light=tuple(dict.fromkeys((*question.light, *said.terms, *said.light))),
        told=(*said.terms, *said.light),
    )


def with_setting(text: str, setting: str) -> ProseQuestion:
    """Read a question that points at the statements in front of it: their words are demanded too."""
    asked = read_question(text)
    whole = read_question(f"{setting} {text}")
    told = tuple(term for term in (*whole.terms, *whole.light) if term not in asked.terms)
    return replace(
        asked, text=whole.text, figures=whole.figures, told=told, light=(*asked.light, *told), is_leaning=True
    )
