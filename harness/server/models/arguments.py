"""Arguments for a function of the client's: made from its JSON Schema and the words of a question."""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import dropwhile
from typing import Any

from harness.documents.language import STOP_WORDS, fold, listed, numbers, stem, tokens
from harness.server.models.schema import stems

__all__ = ["arguments_for"]

_DEEPEST = 8  # a schema may refer to itself
_OPEN, _CLOSE = "\"'\u201c\u2018\u00ab", "\"'\u201d\u2019\u00bb"
_QUOTED = re.compile(rf"(?<!\w)[{_OPEN}](?=\S)([^{_OPEN}{_CLOSE}]{{1,200}}?)(?<=\S)[{_CLOSE}](?!\w)")
_DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b|\b(?:today|tomorrow|yesterday|tonight"
    r"|(?:next |last |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    r"|\b(?:\d{1,2}(?:st|nd|rd|th)? )?(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)(?: \d{1,2}(?:st|nd|rd|th)?\b(?!\d))?(?:,? \d{4})?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(r"(?<![\w-])#?(?=[\w-]*\d)[\w-]*[A-Za-z#_-][\w-]*|#\d+")
_NAME = re.compile(
    r"\b[A-Z\u00c0-\u00de][\w-]*(?:['\u2019](?!s\b)\w+)*(?:[ ](?:of |the |de |la )?[A-Z\u00c0-\u00de][\w-]*)*"
)
_DATES = frozenset(map(stem, listed("date day when time month year start end since until deadline")))
_CODES = frozenset(map(stem, listed("id number no nr code key sku order ticket reference ref identifier")))
_WHOLE = frozenset(map(stem, listed("query question text input prompt message q search request sentence content")))
_OPENERS = listed("please can could would what which who when where why how is are does do did and")


class _Words:
    """What a question offers as values; each is given away once."""

    def __init__(self, question: str) -> None:
        self.text = question
        self.quoted = _QUOTED.findall(question)
        self.addresses = _ADDRESS.findall(question)
        self.dates = [match.strip() for match in _DATE.findall(question)]
        rest = _ADDRESS.sub(" ", _DATE.sub(" ", question))
        self.codes = [code.strip("-") for code in _CODE.findall(rest) if code.strip("-#_")]
        self.numbers = [number.value for number in numbers(_CODE.sub(" ", rest))]
        self.names = _names(rest)


def _names(text: str) -> list[str]:
    """Return the names in a text, without the words that are written large because they open a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = match[0].split()
        name = " ".join(dropwhile(lambda word: fold(word) in STOP_WORDS | _OPENERS, words))
        before = text[: match.start()].rstrip()
        is_opening = name == match[0] and len(words) == 1 and (not before or before[-1] in ".?!:")
        if name and not is_opening:
            found.append(name)
    return found


def arguments_for(parameters: Mapping[str, Any], question: str) -> str:
    """Return a call's arguments as JSON.

    Every required property gets a value; an optional one only where the question names one of its allowed values.
    A value is, in this order: the schema's constant; an allowed value that the question names; a date, an address, a
    code (`A-1042`) for a property that is named after one; what stands in quotes; a number for a number; a name such
    as a place or a person; the whole question for a property such as `query`; the schema's default; the emptiest value
    of the right type. No value of the question is used twice.

    Args:
        parameters: JSON Schema of the arguments; anything that is none counts as a schema without properties.
        question: What the user asked.
    """
    value = _object(parameters, _Words(question), parameters, 0)
    return json.dumps(value, ensure_ascii=False)


def _object(schema: Mapping[str, Any], words: _Words, root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    required = schema.get("required")
    made: dict[str, Any] = {}
    for name, inner in (properties if isinstance(properties, Mapping) else {}).items():
        resolved = _resolved(inner, root)
        is_required = isinstance(required, list) and name in required
        if is_required:
            made[name] = _value(name, resolved, words, root, depth + 1)
        elif named := _named_choices(resolved, words.text):
            made[name] = named[0]
    return made


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references inside the schema and take the first branch that is not null."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        branches = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if isinstance(reference, str):
            schema = _at(root, reference)
        elif isinstance(branches, list) and branches:
            schema = next((branch for branch in branches if branch != {"type": "null"}), branches[0])
        else:
            return schema
    return {}


def _at(root: Any, reference: str) -> Any:
    if not reference.startswith("#"):
        return None  # nothing is ever fetched
    for part in reference.split("/")[1:]:
        root = root.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(root, Mapping) else None
    return root


def _value(name: str, schema: Mapping[str, Any], words: _Words, root: Mapping[str, Any], depth: int) -> Any:
    if "const" in schema:
        return schema["const"]
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        named = _named_choices(schema, words.text)
        return named[0] if named else schema.get("default", choices[0])
    kind = _type_of(schema)
    if kind == "object":
        return _object(schema, words, root, depth) if depth < _DEEPEST else {}
    if kind == "array":
        return _array(name, schema, words, root, depth) if depth < _DEEPEST else []
    found = _found(name, kind, schema, words)
    if found is not None:
        return found
    return schema.get("default", {"integer": 0, "number": 0, "boolean": False, "null": None}.get(kind, ""))


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def _named_choices(schema: Mapping[str, Any], question: str) -> list[Any]:
    """Return the allowed values that a question names, in the order of the schema."""
    choices = schema.get("enum")
    asked = {token.stem for token in tokens(question)}
    return [
        choice
        for choice in (choices if isinstance(choices, list) else [])
        if choice is not None and (wanted := set(stems(str(choice)))) and wanted <= asked
    ]


def _array(name: str, schema: Mapping[str, Any], words: _Words, root: Mapping[str, Any], depth: int) -> list[Any]:
    items = _resolved(schema.get("items", {}), root)
    if isinstance(items.get("enum"), list):
        return _named_choices(items, words.text) or items["enum"][:1]
    if _type_of(items) == "object":
        return [_object(items, words, root, depth + 1)]
    found: list[Any] = []
    while (value := _found(name, _type_of(items), items, words)) is not None and value not in found:
        found.append(value)
    return found


def _found(name: str, kind: str, schema: Mapping[str, Any], words: _Words) -> Any:
    """Return the next value that the question offers for a plain property, or None."""
    if kind == "boolean":
        asked = {token.stem for token in tokens(words.text)}
        return True if set(stems(name)) & asked else None
    if kind in {"integer", "number"}:
        return _next_number(kind, schema, words)
    if kind != "string":
        return None
    named = set(stems(name))
    lists: Iterable[list[str]] = (words.quoted, words.names, words.codes)
    if str(schema.get("format")) in {"date", "date-time", "time"} or named & _DATES:
        lists = (words.dates, words.quoted)
    elif schema.get("format") == "email" or "email" in fold(name):
        lists = (words.addresses,)
    elif named & _WHOLE:
        return words.quoted.pop(0) if words.quoted else words.text
    elif named & _CODES:
        lists = (words.codes, words.quoted)
    for offered in lists:
        if offered:
            return offered.pop(0)
    is_asked_about = bool(named & {token.stem for token in tokens(words.text)})  # "member 17" for `member`
    return _number_as_text(words) if named & _CODES or (is_asked_about and not named & _DATES) else None


def _next_number(kind: str, schema: Mapping[str, Any], words: _Words) -> float | None:
    for place, number in enumerate(words.numbers):
        is_fitting = kind == "number" or number == int(number)
        if is_fitting and _in_bounds(number, schema):
            del words.numbers[place]
            return int(number) if number == int(number) else number
    least = schema.get("minimum")
    return least if isinstance(least, int | float) and "default" not in schema else None


def _in_bounds(number: float, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum"), schema.get("maximum")
    is_above = not isinstance(least, int | float) or number >= least
    return is_above and (not isinstance(most, int | float) or number <= most)


def _number_as_text(words: _Words) -> str | None:
    """Return a number for a property such as `order_id` that is text."""
    return f"{words.numbers.pop(0):g}" if words.numbers else None
