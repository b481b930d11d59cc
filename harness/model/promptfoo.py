"""Assertions as promptfoo spells them, put into our words: `{type: icontains, value: x}`, `{not-contains: x}`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NOT", "PROMPTFOO", "translated"]

NOT = "not-"


def _anchored(start: str, end: str) -> Callable[[Any], dict[str, Any]]:
    def fact(value: Any) -> dict[str, Any]:
        # As there, upper and lower case differ; a line break at the answer's end is nobody's mistake.
        return {"regex": f"{start}(?-i:{re.escape(value)}){end}" if isinstance(value, str) and value.strip() else value}

    return fact


def _each(key: str) -> Callable[[Any], dict[str, Any]]:
    def fact(value: Any) -> dict[str, Any]:
        items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
        return {key: items}

    return fact


_FACTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "contains": lambda value: {"text": value},
    "icontains": lambda value: {"text": value},
    "equals": _anchored(r"\A", r"\s*\Z"),
    "starts-with": _anchored(r"\A", ""),
    "regex": lambda value: {"regex": value},
    "is-json": lambda _: {"json_path": "$"},
    "contains-json": lambda _: {"json_path": "$"},
    "contains-any": _each("any_of"),
    "icontains-any": _each("any_of"),
    "contains-all": _each("all_of"),
    "icontains-all": _each("all_of"),
}
_WITHOUT_VALUE = {"is-json", "contains-json"}
PROMPTFOO = tuple(_FACTS)
"""The names that are understood, each also with `not-` before it."""


def translated(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a fact in our spelling, or as it is where it is not one of promptfoo's."""
    if isinstance(value.get("type"), str):
        name, rest = value["type"], {key: item for key, item in value.items() if key not in {"type", "value"}}
        operand = value.get("value")
    else:
        name = next((key for key in value if key.removeprefix(NOT) in _FACTS), "")
        rest = {key: item for key, item in value.items() if key != name}
        operand = value.get(name)
    make = _FACTS.get(name.removeprefix(NOT))
    if make is None:
        return value
    if operand is None and name.removeprefix(NOT) not in _WITHOUT_VALUE:
        raise ValueError(f"`{name}` has no value: what should be looked for?")
    if name.startswith(NOT):
        return {"not": make(operand), **rest}
    return {**make(operand), **rest}
