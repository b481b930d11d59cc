"""Request bodies held to the openai package's own parameter types, with errors in the API's words."""

import functools
import json
from collections.abc import Collection, Iterable
from typing import Any, NoReturn

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails, SchemaValidator, ValidationError
from starlette.requests import Request

from harness.server.limits import check_limits
from harness.server.wire import ApiError, Json

_NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
)
_DEEPEST = 100
"""Levels of a body: pydantic gives up at 255, and what is kept goes into larger objects."""
_TYPE_NAMES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "dict_attributes_type": "an object",
}
_FOUND_NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", list: "an array"}


async def read_body(
    request: Request, parameters: type, *, is_optional: bool = False, unlimited: Collection[str] = ()
) -> Json:
    """Return a request's JSON body, valid by a parameter type.

    Args:
        request: The request.
        parameters: A TypedDict, one of the openai package's own where it has one.
        is_optional: Whether nothing at all stands for an empty object.
        unlimited: Fields whose stated limits hold for other requests only.

    Raises:
        ApiError: 400, with the part that is wrong as `param`.
    """
    raw = await request.body()
    body = {} if is_optional and not raw.strip() else _parse(raw)
    try:
        _validator(parameters, tuple(request.path_params)).validate_python(body, strict=True)
    except ValidationError as error:
        _refuse(error.errors(include_url=False, include_context=True), body)
    check_limits({name: value for name, value in body.items() if name not in unlimited})
    return body


def _parse(raw: bytes) -> Json:
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair can be neither stored nor answered
    except (ValueError, RecursionError):
        raise ApiError(400, _NOT_JSON) from None
    if not isinstance(body, dict):
        raise ApiError(400, f"Invalid type for the body: expected an object, but got {_found(body)} instead.")
    if raw.count(b"{") + raw.count(b"[") > _DEEPEST and _is_too_deep(body):
        raise ApiError(400, f"Invalid body: it is nested deeper than {_DEEPEST} levels.", code="invalid_value")
    return body


def _is_too_deep(body: Json) -> bool:
    level: list[Any] = [body]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON


@functools.cache
def _validator(parameters: type, path_names: tuple[str, ...]) -> SchemaValidator:
    schema: Any = _strict(TypeAdapter(parameters).core_schema)
    fields = (schema["schema"] if schema["type"] == "definitions" else schema)["fields"]
    for name in path_names:  # the package's types mix what stands in the path with what stands in the body
        fields.pop(name, None)
    return SchemaValidator(schema)


def _strict(node: Any) -> Any:
    """Return a core schema that checks what it would put off and refuses what it would overlook.

    The parameter types say `Iterable`, which pydantic validates only while someone iterates; over the wire it is a
    list. Unknown keys are errors, as they are for the real API.
    """
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _strict(value) for key, value in node.items()}
    if node.get("type") == "generator":
        return {"type": "list", "items_schema": changed["items_schema"]}
    if node.get("type") == "typed-dict" and isinstance(node.get("fields"), dict):
        changed["extra_behavior"] = "forbid"
    return changed


def _refuse(errors: list[ErrorDetails], body: Json) -> NoReturn:
    errors = _of_the_meant_branch(errors)
    error = errors[0]
    kind = error["type"]
    param = _path(error["loc"], body, is_missing=kind == "missing")
    if kind == "missing":
        raise ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if kind == "extra_forbidden":
        raise ApiError(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
    allowed = _allowed(errors, param, body)
    if kind == "literal_error" and isinstance(error["input"], str):
        message = f"Invalid value: '{error['input']}'. Supported values are: {allowed}."
        raise ApiError(400, message, param=param, code="invalid_value")
    expected = _TYPE_NAMES.get(kind, error["msg"].lower() if not allowed else f"one of {allowed}")
    message = f"Invalid type for '{param}': expected {expected}, but got {_found(error['input'])} instead."
    raise ApiError(400, message, param=param, code="invalid_type")


def _of_the_meant_branch(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out the branches of a union that were not meant: a string's for an object, another `type`'s."""
    fitting = [error for error in errors if not (isinstance(error["input"], dict | list) and _wants_scalar(error))]
    fitting = fitting or errors
    others = [error["loc"][:-1] for error in fitting if error["type"] == "literal_error" and error["loc"][-1] == "type"]
    return [error for error in fitting if not any(error["loc"][: len(other)] == other for other in others)] or fitting


def _wants_scalar(error: ErrorDetails) -> bool:
    return error["type"] in {"string_type", "literal_error", "none_required"}


def _allowed(errors: Iterable[ErrorDetails], param: str, body: Json) -> str:
    texts = [
        str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        for error in errors
        if error["type"] == "literal_error" and _path(error["loc"], body) == param
    ]
    return ", ".join(dict.fromkeys(", ".join(texts).split(", ")))


def _path(location: tuple[int | str, ...], body: Any, *, is_missing: bool = False) -> str:
    """Return where an error is, as `tools[0].function.name`; pydantic's own names of union branches left out."""
    path = ""
    value = body
    for number, part in enumerate(location):
        if isinstance(part, int) and isinstance(value, list):
            path += f"[{part}]"
            value = value[part] if part < len(value) else None
        elif (
            isinstance(part, str)
            and isinstance(value, dict)
            and (part in value or (is_missing and number == len(location) - 1))
        ):
            path += f".{part}" if path else part
            value = value.get(part)
    return path


def _found(value: object) -> str:
    if value is None:
        return "null"
    return _FOUND_NAMES.get(type(value), "an object")
