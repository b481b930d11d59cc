"""Where a suite holds JSON or a truth value, YAML's booleans mean what they say; anywhere else they are a mistake."""

from typing import Any

from harness.casefile.problems import Unquoted

JSON_KEYS = frozenset({"arguments", "output", "parallel_tool_calls", "parameters", "strict", "variables"})
"""Keys that such values stand below."""


def as_json(data: Any, *, is_json: bool = False) -> Any:
    """Return the data with booleans where they may stand; dates and the like are there the text that was written."""
    if isinstance(data, dict):
        return {key: as_json(value, is_json=is_json or key in JSON_KEYS) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value, is_json=is_json) for value in data]
    if is_json and isinstance(data, Unquoted):
        return data.spelling if data.truth is None else data.truth
    return data
