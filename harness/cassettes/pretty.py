"""JSON as people read and diff it: one line for what fits a line, an item a line for the rest."""

import json
import re
from typing import Any

WIDTH = 140
"""What fits into so many characters stays on one line."""

_FLAT = json.JSONEncoder(ensure_ascii=False).encode
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def pretty(value: Any) -> str:
    """Return JSON over several lines, with nothing in it that YAML could not hold as it is."""
    return _escaped("\n".join(_lines(value, 0)))


def compact(value: Any) -> str:
    """Return JSON on one line, with nothing in it that YAML could not hold as it is."""
    return _escaped(_COMPACT(value))


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _lines(value: Any, depth: int) -> list[str]:
    indent = " " * depth
    flat = _FLAT(value)
    if not value or not isinstance(value, dict | list) or (depth and len(flat) + depth <= WIDTH):
        return [indent + flat]
    if isinstance(value, dict):
        opening, closing = "{", "}"
        items = [(f"{_FLAT(key)}: ", item) for key, item in value.items()]
    else:
        opening, closing = "[", "]"
        items = [("", item) for item in value]
    lines = [indent + opening]
    for number, (label, item) in enumerate(items, start=1):
        inner = _lines(item, depth + 1)
        inner[0] = f"{indent} {label}{inner[0].lstrip(' ')}"
        inner[-1] += "," if number < len(items) else ""
        lines += inner
    return [*lines, indent + closing]
