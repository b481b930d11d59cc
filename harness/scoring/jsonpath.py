"""JSON in an answer, and the places that a path names in it.

A path is a small part of RFC 9535: `$`, then any number of `.name`, `['name']`, `[0]`, `[-1]`, `[*]`, `.*`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.model.simple_facts import Plain

__all__ = ["find_json", "is_value", "places"]

_FENCED = re.compile(r"```[^\n`]*\n(?P<body>.*?)\n[ \t]*```", re.DOTALL)
_STEP = re.compile(
    r"\.(?P<name>[^\W\d][\w-]*|\*)|\[(?:(?P<index>-?\d+)|(?P<star>\*)|'(?P<one>[^']+)'|\"(?P<two>[^\"]+)\")\]"
)


def find_json(answer: str) -> tuple[Any, tuple[int, int]] | None:
    """Return the first JSON of an answer and where it stands: the whole of it, or a fenced block; None without any."""
    start = len(answer) - len(answer.lstrip())
    stretches = [(start, len(answer.rstrip()))] + [match.span("body") for match in _FENCED.finditer(answer)]
    for start, end in stretches:
        try:
            return json.loads(answer[start:end], parse_constant=_refuse), (start, end)
        except (ValueError, RecursionError):  # no JSON, or nested too deeply to be meant
            continue
    return None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def places(path: str, data: Any) -> list[Any]:
    """Return the values at the places that a path names; a place that is not there is left out."""
    found = [data]
    for step in _STEP.finditer(path):
        found = [inner for value in found for inner in _inside(value, step)]
    return found


def _inside(value: Any, step: re.Match[str]) -> Iterator[Any]:
    name = step["name"] or step["one"] or step["two"]
    if step["star"] or step["name"] == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif step["index"] is not None:
        at = int(step["index"])
        if isinstance(value, list) and -len(value) <= at < len(value):
            yield value[at]
    elif isinstance(value, dict) and name in value:
        yield value[name]


def is_value(wanted: Plain, value: Any) -> bool:
    """Compare a value of the answer with the one wanted: `3` and `3.0` are one, the text `"true"` is true too."""
    if isinstance(wanted, str):
        return wanted == (value if isinstance(value, str) else json.dumps(value))
    if wanted is None or isinstance(wanted, bool):
        return value is wanted
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value - wanted) <= 1e-9
