"""A text as what can be compared: content words by stem, numbers by value, names by their capital."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from harness.documents.language import Number, Token, fold, is_content, listed, numbers, stem, tokens, words
from harness.scoring.spelling import is_rounded

__all__ = [
    "Keys",
    "Kind",
    "Term",
    "is_number_key",
    "keys_of",
    "negated",
    "number_key",
    "number_of",
    "pieces",
    "quantities",
    "read_terms",
    "rounds",
    "terms",
]

Kind: TypeAlias = Literal["word", "number", "name"]
"""What a term is; a number and a name must stand in the passage, a word may be paraphrased."""


class Term(NamedTuple):
    """A content word, number or name of a text. A tuple, because every answer makes hundreds."""

    key: str
    """What is compared: a stem, or `#1234.5` for a number in any spelling."""
    text: str
    """As it stands in the text."""
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset behind the last character."""
    kind: Kind
    """What it is."""
    unit: str | None = None
    """Of a number: `%`, a currency sign, or a singular word; None where the text names none."""


class Keys(NamedTuple):
    """A text as the keys of its words. A tuple, because a document makes tens of thousands."""

    all: tuple[str, ...]
    """In order, stop words included."""
    content: tuple[str, ...]
    """Those that say something."""


NEGATIONS = listed("not no never none neither nor cannot nobody nothing nowhere hardly")
_NEGATION = re.compile(r"\b(?:" + "|".join(sorted(NEGATIONS)) + r")\b|n['\u2019\u2018\u02bc]t\b", re.IGNORECASE)
_NOT_NEGATING = re.compile(
    r"\s+(?:only|just|later|earlier|more|less|fewer|longer than|limited|least|doubt|matter)\b", re.IGNORECASE
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n|•]|[-*]\s)[\s\"'\u201c\u2018(\[*_#>-]*$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*\(?(?P<number>\d{1,3})[.)][ \t]", re.MULTILINE)
_DATE = re.compile(r"(?<![\d-])\d{4}-(?P<month>0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])")
_PLAIN_NUMBER = re.compile(r"(?<!\S)[0-9]{1,15}(?=[,;]?\s|[.!?]?\Z)")
"""Digits that say what they say whatever stands around them, spelled numbers (`5 million`) apart."""
_DIGITS = re.compile(r"(\d{1,15})(?:st|nd|rd|th)?")
_MONTHS = tuple(
    stem(month)
    for month in re.findall(
        r"\w+", "january february march april may june july august september october november december"
    )
)
_ABBREVIATED_MONTHS = {month[:3]: month for month in _MONTHS} | {"sept": _MONTHS[8]}
_NUMBER_GLUE = listed("a half and")
_LONGEST = 2000  # characters
_NO_NAMES = listed("i ok yes no")


def number_key(value: float) -> str:
    """Spell a value in the one way in which numbers are compared."""
    return f"#{value!r}"


def is_number_key(key: str) -> bool:
    """Tell whether a key stands for a quantity."""
    return key.startswith("#")


def number_of(key: str) -> float:
    """Read the value of a number's key."""
    return float(key[1:])


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a stretch at blanks where it is longer than any sentence: one endless line must not cost quadratic time."""
    while end - start > _LONGEST:
        blank = max(text.rfind(" ", start, start + _LONGEST), text.rfind("\n", start, start + _LONGEST))
        cut = blank + 1 if blank > start else start + _LONGEST
        yield start, cut
        start = cut
    yield start, end


def quantities(text: str) -> list[Number]:
    """Find the numbers of a text of any length; those that only count list items are left out."""
    return _quantities(text, _list_numbers(text))


def _quantities(text: str, bullets: AbstractSet[int]) -> list[Number]:
    found: list[Number] = []
    for start, end in pieces(text, 0, len(text)):
        here = numbers(text[start:end])
        if start:
            here = tuple(replace(one, start=one.start + start, end=one.end + start) for one in here)
        found += (one for one in here if one.start not in bullets)
    return found


def _list_numbers(text: str) -> set[int]:
    """Find where the numbers stand that only count list items."""
    return {match.start("number") for match in _LIST_NUMBER.finditer(text)}


def rounds(term: Term, values: Iterable[float]) -> bool:
    """Tell whether a number is one of some values rounded: `941` for 940.92."""
    return term.kind == "number" and is_number_key(term.key) and is_rounded(number_of(term.key), term.text, values)


def terms(text: str) -> tuple[Term, ...]:
    """Find the content words, numbers and names of a text, in order, but for numbers that only count list items."""
    return read_terms(text)[0]


@lru_cache(maxsize=2048)
def read_terms(text: str) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Read a claim: its terms, and the keys of all its words in order, stop words included."""
    walked = list(_walk(text))
    return tuple(_term(text, *word) for word in walked if _says(word[0])), tuple(key for _, key, _ in walked)


@lru_cache(maxsize=8192)
def keys_of(text: str) -> Keys:
    """Find the keys of a text's words: what `terms` finds, without places and kinds, and the stop words besides.

    Kept, because what is retrieved of a document repeats its sentences.
    """
    known = [_known(word) for word in words(text)]
    # To read numbers takes longer than all else: most sentences have none, and of the others most have plain ones.
    numeric = sum(one.is_numeric for one in known)
    if numeric and numeric == len(_PLAIN_NUMBER.findall(text)) and len(text) <= _LONGEST:
        known = [one._replace(key=number_key(float(one.key))) if one.is_numeric else one for one in known]
    elif numeric:
        walked = list(_walk(text))
        return Keys(tuple(key for _, key, _ in walked), tuple(key for token, key, _ in walked if _says(token)))
    return Keys(tuple([one.key for one in known]), tuple([one.key for one in known if one.is_content]))


class _Known(NamedTuple):
    key: str
    is_content: bool
    is_numeric: bool


@lru_cache(maxsize=65_536)
def _known(word: str) -> _Known:
    """Read a word on its own, once; one that may spell a number has to be read where it stands."""
    found = tokens(word)
    if len(found) != 1 or word[0].isdigit() or _spells_number(word):
        return _Known(word, is_content=True, is_numeric=True)
    return _Known(_word_key(found[0]), is_content=is_content(found[0]), is_numeric=False)


def _says(token: Token) -> bool:
    return token.is_number or _known(token.text).is_content


def _walk(text: str) -> Iterator[tuple[Token, str, Number | None]]:
    """Walk words and quantities together: a quantity replaces the words that spell it, its unit stays a word.

    Yields:
        Each word, its key, and the quantity that it stands for.
    """
    found = tokens(text)
    if not any(token.text[0].isdigit() or _spells_number(token.text) for token in found):
        yield from ((token, _word_key(token), None) for token in found)
        return
    bullets = _list_numbers(text)
    amounts = _quantities(text, bullets)
    months = {match.start("month"): _MONTHS[int(match["month"]) - 1] for match in _DATE.finditer(text)}
    at, emitted = 0, -1
    for token in found:
        while at < len(amounts) and amounts[at].end <= token.start:
            at += 1
        inside = at < len(amounts) and amounts[at].start <= token.start
        if inside and (token.is_number or _spells_number(token.text) or token.text.lower() in _NUMBER_GLUE):
            if emitted != at:
                emitted = at
                yield token, number_key(amounts[at].value), amounts[at]
        elif token.start not in bullets:
            yield token, months.get(token.start) or _word_key(token), None


def _word_key(token: Token) -> str:
    if token.text[0].isdigit():  # `16th`, `top-8`, the parts of a date: no quantity, and yet the same number as `16`
        digits = _DIGITS.fullmatch(token.text)
        return number_key(float(digits[1])) if digits else token.stem
    return _ABBREVIATED_MONTHS.get(token.stem, token.stem)


def _term(text: str, token: Token, key: str, quantity: Number | None) -> Term:
    if quantity is not None:
        return _number_term(text, quantity, token)
    kind = "number" if is_number_key(key) else _kind(text, token)
    return Term(key, token.text, token.start, token.end, kind)


def _number_term(text: str, quantity: Number, token: Token) -> Term:
    # `one` says little on its own (`one exception`): as a word it may be missing, as a digit it may not.
    kind: Kind = "word" if not token.is_number and quantity.value == 1 else "number"
    return Term(
        number_key(quantity.value),
        text[quantity.start : quantity.end],
        quantity.start,
        quantity.end,
        kind,
        quantity.unit,
    )


@lru_cache(maxsize=65_536)
def _spells_number(word: str) -> bool:
    return bool(numbers(word))


def _kind(text: str, token: Token) -> Kind:
    if token.is_number:
        return "number"
    if not token.text[0].isupper() or len(token.text) < 2 or fold(token.text) in _NO_NAMES:
        return "word"
    if token.text.isupper() and len(token.text) <= 6:
        return "name"
    return "word" if _SENTENCE_START.search(text, max(0, token.start - 12), token.start) else "name"


def negated(text: str) -> frozenset[str]:
    """Find the stems of the words that a text denies: the first content word behind each negation."""
    if not _NEGATION.search(text):
        return frozenset()
    found, is_open = [], False
    for token in tokens(text):
        word = fold(token.text)
        if (word in NEGATIONS or word.endswith("n't")) and not _NOT_NEGATING.match(text, token.end):
            is_open = True
        elif is_open and is_content(token):
            found.append(token.stem)
            is_open = False
    return frozenset(found)
