"""Facts and names as a suite has them, checked one by one so that one bad value spoils nothing else."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.casefile.translate import problems_of
from harness.model.facts import Fact
from harness.model.suite import TAG
from harness.model.variants import Variant

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHORT_WORDS = 6
"""A reference answer of at most so many words can be looked for as it stands."""
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
_MOST_LETTERS = 60


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def wrong_fact(fact: Any) -> str | None:
    """Return what is wrong with a fact, or None."""
    return _wrong(Fact, fact)


def wrong_setting(name: str, value: Any) -> str | None:
    """Return what is wrong with a setting of a variant, or None."""
    return _wrong(Variant, {name: value})


def _wrong(kind: Any, value: Any) -> str | None:
    from pydantic import ValidationError

    try:
        _adapter(kind).validate_python(value)
    except ValidationError as error:
        return "; ".join(problem.text for problem in problems_of(error))
    return None


def answer_fact(text: str) -> Any | None:
    """Return the fact that a reference answer is: a number, a few words; None where it is too long to look for."""
    words = text.strip()
    if _NUMBER.fullmatch(words):
        value = float(words.replace(",", ""))
        return {"number": int(value) if value.is_integer() else value}
    return words.rstrip(".") if words and len(words.split()) <= SHORT_WORDS and "\n" not in words else None


def regex_fact(pattern: str) -> dict[str, str]:
    """Return the fact of a regular expression in JavaScript's spelling."""
    return {"regex": _NAMED_GROUP.sub("(?P<", pattern)}


def slug(text: str, *, words: int = 8) -> str:
    """Return a name made of a text's first words; empty where it has no letter or digit of ASCII."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    parts = re.findall(r"[a-z0-9]+", folded.replace("'", ""))[:words]
    name = ""
    for part in parts:
        if name and len(name) + len(part) >= _MOST_LETTERS:
            break
        name = f"{name}-{part}" if name else part[:_MOST_LETTERS]
    return name


def unique(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken yet, whatever its upper and lower case."""
    names = {one.casefold() for one in taken}
    found, number = name, 2
    while found.casefold() in names:
        found, number = f"{name}-{number}", number + 1
    return found


def tag_of(text: str) -> str | None:
    """Return the tag that a text makes, or None."""
    name = slug(text)
    return name if TAG.fullmatch(name) else None
