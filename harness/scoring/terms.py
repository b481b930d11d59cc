"""A text as what can be compared: content words by stem, numbers by value, names by their capital."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from harness.documents.language import Number, Token, fold, is_content, listed, numbers, tokens
from harness.scoring.spelling import is_rounded

__all__ = [
    "Kind",
    "Term",
    "is_number_key",
    "negated",
    "number_key",
    "number_of",
    "pieces",
    "quantities",
    "rounds",
    "terms",
]

Kind: TypeAlias = Literal["word", "number", "name"]
"""What a term is; a number and a name must stand in the passage, a word may be paraphrased."""


@dataclass(frozen=True, slots=True)
class Term:
    """A content word, number or name of a text. Positional, because a document makes hundreds of thousands."""

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


NEGATIONS = listed("not no never none neither nor cannot nobody nothing nowhere hardly")
_NOT_NEGATING = re.compile(
    r"\s+(?:only|just|later|earlier|more|less|fewer|longer than|limited|least|doubt|matter)\b", re.IGNORECASE
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n|•]|[-*]\s)[\s\"'\u201c\u2018(\[*_#>-]*$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*\(?(?P<number>\d{1,3})[.)][ \t]", re.MULTILINE)
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
        found += (
            replace(number, start=number.start + start, end=number.end + start)
            for number in numbers(text[start:end])
            if number.start + start not in bullets
        )
    return found


def _list_numbers(text: str) -> set[int]:
    """Find where the numbers stand that only count list items."""
    return {match.start("number") for match in _LIST_NUMBER.finditer(text)}


def rounds(term: Term, values: Iterable[float]) -> bool:
    """Tell whether a number is one of some values rounded: `941` for 940.92."""
    return term.kind == "number" and is_number_key(term.key) and is_rounded(number_of(term.key), term.text, values)


def terms(text: str, *, with_names: bool = True) -> tuple[Term, ...]:
    """Find the content words, numbers and names of a text, in order.

    Args:
        text: Any text; numbers that only count list items are left out.
        with_names: False where nobody asks for names: a document is large, and they cost time.
    """
    words = tokens(text)
    # To read numbers takes longer than all else, and most sentences have none.
    if not any(token.text[0].isdigit() or _spells_number(token.text) for token in words):
        return tuple(_term(text, token, with_names=with_names) for token in words if is_content(token))
    return tuple(_merge(text, words, with_names=with_names))


def _merge(text: str, words: Sequence[Token], *, with_names: bool) -> Iterator[Term]:
    """Walk words and quantities together: a quantity replaces the words that spell it, its unit stays a word."""
    bullets = _list_numbers(text)
    found = _quantities(text, bullets)
    index, emitted = 0, -1
    for token in words:
        while index < len(found) and found[index].end <= token.start:
            index += 1
        inside = index < len(found) and found[index].start <= token.start
        if inside and (token.is_number or _spells_number(token.text) or token.text.lower() in _NUMBER_GLUE):
            if emitted != index:
                emitted = index
                yield _number_term(text, found[index], token)
        elif is_content(token) and token.start not in bullets:
            yield _term(text, token, with_names=with_names)


def _term(text: str, token: Token, *, with_names: bool) -> Term:
    return Term(token.stem, token.text, token.start, token.end, _kind(text, token, with_names=with_names))


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


def _kind(text: str, token: Token, *, with_names: bool) -> Kind:
    if token.is_number:
        return "number"
    if not with_names or not token.text[0].isupper() or len(token.text) < 2 or fold(token.text) in _NO_NAMES:
        return "word"
    if token.text.isupper() and len(token.text) <= 6:
        return "name"
    return "word" if _SENTENCE_START.search(text, max(0, token.start - 12), token.start) else "name"


def negated(text: str) -> frozenset[str]:
    """Find the stems of the words that a text denies: the first content word behind each negation."""
    found, is_open = [], False
    for token in tokens(text):
        word = fold(token.text)
        if (word in NEGATIONS or word.endswith("n't")) and not _NOT_NEGATING.match(text, token.end):
            is_open = True
        elif is_open and is_content(token):
            found.append(token.stem)
            is_open = False
    return frozenset(found)
