"""Filters on the attributes of files: comparisons, and comparisons joined by `and` and `or`."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from harness.server.wire import ApiError, Json

Attributes: TypeAlias = Mapping[str, str | float | bool]
"""What a client has noted about a file in a vector store."""
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_COMPARISONS = (*("eq", "ne"), *_ORDER, *("in", "nin"))
_JOINTS = ("and", "or")
_DEEPEST = 16
_MOST = 1_000


def check_filter(given: Any, param: str = "filters") -> None:
    """Hold that a filter is one. The package's types leave open what a compound filter joins.

    Args:
        given: What the client sent.
        param: Where it stands in the request, for errors.

    Raises:
        ApiError: 400, with the part that is wrong as `param`.
    """
    _check(given, param, 1, [_MOST])


def _check(given: Any, param: str, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        raise _too_many(param)
    if not isinstance(given, dict):
        raise ApiError(400, f"Invalid type for '{param}': expected an object.", param=param, code="invalid_type")
    is_joint = given.get("type") in _JOINTS
    wanted = ("type", "filters") if is_joint else ("type", "key", "value")
    for name in wanted:
        if name not in given:
            place = f"{param}.{name}"
            message = f"Missing required parameter: '{place}'."
            raise ApiError(400, message, param=place, code="missing_required_parameter")
    for name in given:
        if name not in wanted:
            place = f"{param}.{name}"
            raise ApiError(400, f"Unknown parameter: '{place}'.", param=place, code="unknown_parameter")
    if not is_joint:
        _check_comparison(given, param)
        left[0] -= len(given["value"]) if isinstance(given["value"], list) else 0
        if left[0] < 0:
            raise _too_many(param)
        return
    if not isinstance(given["filters"], list):
        place = f"{param}.filters"
        raise ApiError(400, f"Invalid type for '{place}': expected an array.", param=place, code="invalid_type")
    for number, inner in enumerate(given["filters"]):
        _check(inner, f"{param}.filters[{number}]", depth + 1, left)


def _too_many(param: str) -> ApiError:
    message = f"Invalid '{param}': at most {_MOST} filters and values in lists, at most {_DEEPEST} deep."
    return ApiError(400, message, param=param, code="invalid_value")


def _check_comparison(given: Json, param: str) -> None:
    kind, value = given["type"], given["value"]
    if kind not in _COMPARISONS:
        allowed = ", ".join(f"'{name}'" for name in (*_COMPARISONS, *_JOINTS))
        message = f"Invalid value: '{kind}'. Supported values are: {allowed}."
        raise ApiError(400, message, param=f"{param}.type", code="invalid_value")
    if not isinstance(given["key"], str):
        place = f"{param}.key"
        raise ApiError(400, f"Invalid type for '{place}': expected a string.", param=place, code="invalid_type")
    is_list = isinstance(value, list) and all(isinstance(item, str | int | float) for item in value)
    is_fitting = is_list if kind in {"in", "nin"} else isinstance(value, str | int | float)
    if not is_fitting:
        place = f"{param}.value"
        expected = "an array of strings or numbers" if kind in {"in", "nin"} else "a string, a number or a boolean"
        raise ApiError(400, f"Invalid type for '{place}': expected {expected}.", param=place, code="invalid_type")


def is_matching(attributes: Attributes, given: Json) -> bool:
    """Tell whether a file's attributes meet a filter that `check_filter` has held to be one.

    An attribute that a file does not have is unequal to everything, and neither greater nor less than anything.
    """
    if given["type"] in _JOINTS:
        inner = (is_matching(attributes, one) for one in given["filters"])
        return all(inner) if given["type"] == "and" else any(inner)
    kind, wanted, found = given["type"], given["value"], attributes.get(given["key"])
    if kind in _ORDER:
        return _is_comparable(found, wanted) and _ORDER[kind](found, wanted)
    is_equal = any(_is_equal(found, one) for one in (wanted if isinstance(wanted, list) else [wanted]))
    return is_equal is (kind in {"eq", "in"})


def _is_comparable(found: Any, wanted: Any) -> bool:
    if isinstance(found, str):
        return isinstance(wanted, str)
    return _is_number(found) and _is_number(wanted)


def _is_equal(found: Any, wanted: Any) -> bool:
    """For Python `True == 1`; for JSON it is not."""
    return isinstance(found, bool) is isinstance(wanted, bool) and found == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
