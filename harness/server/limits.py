"""The limits that the API states for the fields of its requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.server.wire import ApiError, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class _Limit:
    low: float = 0
    """Smallest value or length."""
    high: float | None = None
    """Largest value or length; None for no limit."""


_LENGTHS = {
    "name": _Limit(high=256),
    "description": _Limit(high=512),
    "instructions": _Limit(high=256_000),
    "tools": _Limit(high=128),
    "tool_resources.code_interpreter.file_ids": _Limit(high=20),
    "tool_resources.file_search.vector_store_ids": _Limit(high=1),
    "tool_resources.file_search.vector_stores": _Limit(high=1),
    "file_ids": _Limit(high=2000),
}
_VALUES = {
    "temperature": _Limit(high=2),
    "top_p": _Limit(high=1),
    "max_prompt_tokens": _Limit(low=256),
    "max_completion_tokens": _Limit(low=256),
    "max_num_results": _Limit(low=1, high=50),
    "ranking_options.score_threshold": _Limit(high=1),
    "expires_after.days": _Limit(low=1, high=365),
    "expires_after.seconds": _Limit(low=3600, high=2_592_000),
    "tools[].file_search.max_num_results": _Limit(low=1, high=50),
    "tools[].file_search.ranking_options.score_threshold": _Limit(high=1),
    "truncation_strategy.last_messages": _Limit(low=1),
    "chunking_strategy.static.max_chunk_size_tokens": _Limit(low=100, high=4096),
}
_PAIRS = {"metadata", "attributes", "additional_messages[].metadata", "messages[].metadata", "thread.metadata"}
_MAX_PAIRS = 16
_MAX_KEY = 64
_MAX_VALUE = 512


def check_limits(body: Json) -> None:
    """Hold a body, valid by its types, to the stated limits.

    Raises:
        ApiError: 400, with the field as `param`.
    """
    for path, limit in _LENGTHS.items():
        for param, value in _values(body, path):
            _check_length(param, value, limit)
    for path, limit in _VALUES.items():
        for param, value in _values(body, path):
            _check_value(param, value, limit)
    for path in _PAIRS:
        for param, value in _values(body, path):
            _check_pairs(param, value)


def _values(value: Any, path: str, param: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (place, value) for each value at a path; `[]` stands for every item of a list."""
    if not path:
        if value is not None:
            yield param, value
        return
    name, _, rest = path.partition(".")
    inner = value.get(name.removesuffix("[]")) if isinstance(value, dict) else None
    place = f"{param}.{name}" if param else name
    if not name.endswith("[]"):
        yield from _values(inner, rest, place)
        return
    for number, item in enumerate(inner or []):
        yield from _values(item, rest, f"{place[:-2]}[{number}]")


def _check_length(param: str, value: Any, limit: _Limit) -> None:
    if limit.high is None or len(value) <= limit.high:
        return
    kind = "string" if isinstance(value, str) else "array"
    message = (
        f"Invalid '{param}': {kind} too long. Expected {'a string' if kind == 'string' else 'an array'} with maximum "
        f"length {limit.high}, but got one with length {len(value)} instead."
    )
    raise ApiError(400, message, param=param, code=f"{kind}_above_max_length")


def _check_value(param: str, value: float, limit: _Limit) -> None:
    kind = "integer" if isinstance(value, int) else "decimal"
    if limit.high is not None and value > limit.high:
        sentence, bound, code = "above maximum value", f"<= {limit.high}", f"{kind}_above_max_value"
    elif value < limit.low:
        sentence, bound, code = "below minimum value", f">= {limit.low}", f"{kind}_below_min_value"
    else:
        return
    message = f"Invalid '{param}': {kind} {sentence}. Expected a value {bound}, but got {value} instead."
    raise ApiError(400, message, param=param, code=code)


def _check_pairs(param: str, pairs: dict[str, Any]) -> None:
    if len(pairs) > _MAX_PAIRS:
        message = (
            f"Invalid '{param}': too many properties. Expected at most {_MAX_PAIRS}, but got {len(pairs)} instead."
        )
        raise ApiError(400, message, param=param, code="object_above_max_properties")
    for key, value in pairs.items():
        if len(key) > _MAX_KEY:
            message = f"Invalid '{param}': key too long. Expected at most {_MAX_KEY} characters, but got {len(key)}."
            raise ApiError(400, message, param=param, code="string_above_max_length")
        if isinstance(value, str) and len(value) > _MAX_VALUE:
            place = f"{param}.{key}"
            _check_length(place, value, _Limit(high=_MAX_VALUE))
