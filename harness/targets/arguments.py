"""The arguments of a function call: read from what the model wrote, and held against the function's JSON schema."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["WrongArguments", "read_arguments"]


class WrongArguments(ValueError):
    """What the model wrote is no call of this function; the message tells the model why."""


def read_arguments(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call.

    Args:
        text: As the model wrote them; none at all stands for an empty object.
        schema: The function's parameters. Keywords that are not known here ask for nothing: a model is told of what it
            certainly did wrong, and of nothing else.

    Raises:
        WrongArguments: They are no JSON object, or do not fit the schema.
    """
    try:
        arguments = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise WrongArguments(f"the arguments are no JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise WrongArguments("the arguments are no JSON object")
    try:
        problem = next(_problems(arguments, schema, "arguments"), None)
    except RecursionError:
        problem = "the arguments are nested too deeply"
    if problem is not None:
        raise WrongArguments(problem)
    return arguments


def _problems(value: Any, schema: Any, place: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    yield from _wrong_kind(value, schema, place)
    if isinstance(value, dict):
        yield from _wrong_members(value, schema, place)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _problems(item, schema.get("items"), f"{place}[{at}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for key, word, is_kept in _LIMITS:
            limit = schema.get(key)
            if isinstance(limit, int | float) and not is_kept(value, limit):
                yield f"{place} is {_shown(value)}, it must be {word} {limit}"


def _wrong_kind(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    kinds = schema.get("type")
    named = kinds if isinstance(kinds, list) else [kinds]
    known = [kind for kind in named if isinstance(kind, str) and kind in _KINDS]
    if known and not any(_KINDS[kind](value) for kind in known):
        yield f"{place} is {_shown(value)}, it must be of type {' or '.join(known)}"
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(allowed, list) and value not in allowed:
        yield f"{place} is {_shown(value)}, it must be one of {_shown(allowed)}"
    options = schema.get("anyOf")
    if isinstance(options, list) and options and all(any(_problems(value, one, place)) for one in options):
        yield f"{place} is {_shown(value)}, which fits none of its schemas"


def _wrong_members(value: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Iterator[str]:
    properties = schema.get("properties")
    known: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            yield f"{place} lacks {name!r}"
    for name, item in value.items():
        if name in known:
            yield from _problems(item, known[name], f"{place}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{place} holds {name!r}, which is not known; known are {', '.join(known) or 'none'}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_number(value: Any) -> bool:
    # A whole number may be too large for any float, so only floats are asked whether they are finite.
    return math.isfinite(value) if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
"""What JSON schema's types are."""
_LIMITS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("minimum", "at least", lambda value, limit: value >= limit),
    ("maximum", "at most", lambda value, limit: value <= limit),
    ("exclusiveMinimum", "above", lambda value, limit: value > limit),
    ("exclusiveMaximum", "below", lambda value, limit: value < limit),
)
"""JSON schema's limits on numbers."""
