"""The limits that the API states for the fields of its requests."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.server.wire import ApiError, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class _Limit:
    low: float = 0
    """Smallest value or length."""
    high: float | None = None
    """Largest value or length; None for no limit."""


_STORES = "tool_resources.file_search.vector_stores[]"
_LENGTHS = {
    "name": _Limit(high=256),
    "description": _Limit(high=512),
    "instructions": _Limit(high=256_000),
    "additional_instructions": _Limit(high=256_000),
    "tools": _Limit(high=128),
    "tools[].function.name": _Limit(high=64),
    "tool_resources.code_interpreter.file_ids": _Limit(high=20),
    "tool_resources.file_search.vector_store_ids": _Limit(high=1),
    "tool_resources.file_search.vector_stores": _Limit(high=1),
    f"{_STORES}.file_ids": _Limit(high=10_000),
    "file_ids": _Limit(high=2000),
    "files": _Limit(high=2000),
    "items": _Limit(high=20),
    "tools[].name": _Limit(high=64),
    "content": _Limit(high=256_000),
    "messages[].content": _Limit(high=256_000),
    "additional_messages[].content": _Limit(high=256_000),
}
_VALUES = {
    "temperature": _Limit(high=2),
    "top_p": _Limit(high=1),
    "max_prompt_tokens": _Limit(low=256),
    "max_completion_tokens": _Limit(low=256),
    "max_num_results": _Limit(low=1, high=50),
    "ranking_options.score_threshold": _Limit(high=1),
    "expires_after.days": _Limit(low=1, high=365),
    f"{_STORES}.expires_after.days": _Limit(low=1, high=365),
    "expires_after.seconds": _Limit(low=3600, high=2_592_000),
    "max_output_tokens": _Limit(low=16),
    "max_tool_calls": _Limit(low=1),
    "tools[].max_num_results": _Limit(low=1, high=50),
    "tools[].ranking_options.score_threshold": _Limit(high=1),
    "tools[].file_search.max_num_results": _Limit(low=1, high=50),
    "tools[].file_search.ranking_options.score_threshold": _Limit(high=1),
    "truncation_strategy.last_messages": _Limit(low=1),
}
_PAIRS = (
    *("metadata", "attributes", "files[].attributes", f"{_STORES}.metadata"),
    *("messages[].metadata", "additional_messages[].metadata"),
)
_CHUNKINGS = (
    "chunking_strategy.static",
    "files[].chunking_strategy.static",
    f"{_STORES}.chunking_strategy.static",
)
_CHUNK_SIZE = _Limit(low=100, high=4096)
_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_MAX_PAIRS = 16
_MAX_KEY = 64
_MAX_VALUE = 512


def check_limits(body: Json) -> None:
    """Hold a body, valid by its types, to the stated limits.

    Raises:
        ApiError: 400, with the field as `param`.
    """
    _check(body, "")
    if isinstance(body.get("thread"), dict):  # a thread that is made with its run
        _check(body["thread"], "thread")


def _check(body: Json, param: str) -> None:
    for path, limit in _LENGTHS.items():
        for place, value in _values(body, path, param):
            check_length(place, value, limit.high)
    for path, limit in _VALUES.items():
        for place, value in _values(body, path, param):
            _check_value(place, value, limit)
    for path in _PAIRS:
        for place, value in _values(body, path, param):
            _check_pairs(place, value)
    for path in _CHUNKINGS:
        for place, value in _values(body, path, param):
            _check_chunking(place, value)
    for path in ("tools[].function.name", "tools[].name"):
        for place, name in _values(body, path, param):
            _check_function_name(place, name)


def _values(value: Any, path: str, param: str) -> Iterator[tuple[str, Any]]:
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
    for number, item in enumerate(inner if isinstance(inner, list) else []):
        yield from _values(item, rest, f"{place[:-2]}[{number}]")


def check_length(param: str, value: str | Sequence[Any], high: float | None) -> None:
    """Hold a string or an array to its longest length.

    Args:
        param: Where it stands in the request.
        value: It.
        high: The longest length; None for any.

    Raises:
        ApiError: 400 where it is longer.
    """
    if high is None or len(value) <= high:
        return
    kind = "string" if isinstance(value, str) else "array"
    message = (
        f"Invalid '{param}': {kind} too long. Expected {'a string' if kind == 'string' else 'an array'} with maximum "
        f"length {high}, but got one with length {len(value)} instead."
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


def _check_chunking(param: str, static: Json) -> None:
    size, overlap = static["max_chunk_size_tokens"], static["chunk_overlap_tokens"]
    _check_value(f"{param}.max_chunk_size_tokens", size, _CHUNK_SIZE)
    _check_value(f"{param}.chunk_overlap_tokens", overlap, _Limit(high=size // 2))


def _check_function_name(param: str, name: str) -> None:
    if not _FUNCTION_NAME.fullmatch(name):
        message = (
            f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'."
        )
        raise ApiError(400, message, param=param, code="invalid_value")


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
        if isinstance(value, str):
            check_length(f"{param}.{key}", value, _MAX_VALUE)
