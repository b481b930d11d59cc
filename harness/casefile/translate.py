"""From pydantic's errors to ours: what was found, what is allowed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from harness.casefile.problems import Problem, Unquoted, ValuePath, found
from harness.config import did_you_mean
from harness.model.facts import KINDS
from harness.model.prompt import CoStar, CoStarParts, HostedPrompt
from harness.model.promptfoo import NOT, PROMPTFOO
from harness.model.suite import Assistant, Case, CaseTurn, Suite, Variant, Xfail
from harness.model.tools import ExpectedCall, FunctionChoice, FunctionOutput, FunctionTool

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

BLOCKS: Mapping[str, type] = {
    "cases": Case,
    "turns": CaseTurn,
    "xfail": Xfail,
    "prompt": CoStar,
    "costar": CoStarParts,
    "assistant": Assistant,
    "variants": Variant,
    "matrix": Variant,
    "tools": FunctionTool,
    "tool_choice": FunctionChoice,
    "functions": FunctionOutput,
    "expected_calls": ExpectedCall,
    **{f"@{key}": kind for key, kind in KINDS.items()},
    "@costar": CoStar,
    "@hosted": HostedPrompt,
}
"""What the mapping below a key is. A name with `@` is a tag of ours: it says which of several forms was meant."""

_WANTED = {
    "string_type": "text is wanted",
    "float_type": "a number is wanted",
    "float_parsing": "a number is wanted",
    "finite_number": "a finite number is wanted",
    "int_type": "a whole number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_from_float": "a whole number is wanted",
    "tuple_type": "a list is wanted",
    "list_type": "a list is wanted",
    "mapping_type": "a mapping is wanted",
    "dataclass_type": "a mapping is wanted",
    "dict_type": "a mapping is wanted",
    "bool_type": "true or false is wanted",
    "bool_parsing": "true or false is wanted",
}


def problems_of(error: "ValidationError", whole: type = Suite) -> Iterator[Problem]:
    """Say in our words what pydantic refuses.

    Args:
        error: What it says.
        whole: What the file describes.
    """
    for details in error.errors(include_url=False):
        location = details["loc"]
        path = tuple(key for key in location if not (isinstance(key, str) and key.startswith("@")))
        if details["type"] == "unexpected_keyword_argument":
            extra, text = _tell_unknown_key(details, whole)
        else:
            extra, text = _TELL.get(details["type"], _tell_kind)(details)
        yield Problem(path=(*path, *extra), text=text)


def allowed_keys(location: ValuePath, whole: type = Suite) -> list[str]:
    """Return the keys of the mapping at a place of a file that describes `whole`, as they are spelled in YAML."""
    names = [key for key in reversed(location) if isinstance(key, str)]
    block = next((BLOCKS[name] for name in names if name in BLOCKS), whole)
    if names[:1] == ["prompt"] and {"assistant", "variants", "matrix"} & set(names):
        block = BLOCKS["@hosted"]  # the one kept on a server: no user says it
    return [key.name.rstrip("_") for key in fields(block)]


def _tell_kind(details: "ErrorDetails") -> tuple[ValuePath, str]:
    value = details["input"]
    wanted = _WANTED.get(details["type"], details["msg"])
    if wanted == "text is wanted":
        if isinstance(value, int | float | Unquoted):
            wanted += ": put it in quotes"
        elif "@text" in details["loc"]:
            wanted = "text, `{file: ...}` or `{costar: ...}` is wanted"
    return (), f"{found(value)}, {wanted}"


def _tell_missing(_details: "ErrorDetails") -> tuple[ValuePath, str]:
    return (), "is missing"


def _tell_unknown_key(details: "ErrorDetails", whole: type) -> tuple[ValuePath, str]:
    *parent, key = details["loc"]
    return (), _unknown(str(key), allowed_keys(tuple(parent), whole))


def _tell_choice(details: "ErrorDetails") -> tuple[ValuePath, str]:
    allowed = re.findall(r"'([^']*)'", details.get("ctx", {}).get("expected", ""))
    near = did_you_mean(details["input"], allowed) if isinstance(details["input"], str) else ""
    return (), f"{found(details['input'])}{near or ';'} allowed: {', '.join(allowed)}"


def _tell_fact(details: "ErrorDetails") -> tuple[ValuePath, str]:
    value = details["input"]
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        prefix = NOT if value["type"].startswith(NOT) else ""
        near = did_you_mean(value["type"], [f"{prefix}{name}" for name in PROMPTFOO])
        return (
            "type",
        ), f"{found(value['type'])}{near or ';'} of promptfoo's assertions these are read: {', '.join(PROMPTFOO)}"
    if isinstance(value, dict) and len(value) == 1:
        key = next(iter(value))
        known = [f"{NOT}{name}" for name in PROMPTFOO] if str(key).startswith(NOT) else [*KINDS, *PROMPTFOO]
        return (key,), f"unknown key{did_you_mean(str(key), known) or ';'} allowed: {', '.join(KINDS)}"
    number = ": put it in quotes, or write {number: ...}" if isinstance(value, int | float) else ""
    return (), f"{found(value)}, wanted is text or a mapping with one of the keys {', '.join(KINDS)}{number}"


def _tell_rule(details: "ErrorDetails") -> tuple[ValuePath, str]:
    return (), str(details.get("ctx", {}).get("error", details["msg"]))


def _unknown(key: str, allowed: list[str]) -> str:
    return f"unknown key{did_you_mean(key, allowed) or ';'} allowed: {', '.join(allowed)}"


_TELL: Mapping[str, Callable[["ErrorDetails"], tuple[ValuePath, str]]] = {
    "missing": _tell_missing,
    "literal_error": _tell_choice,
    "fact": _tell_fact,
    "value_error": _tell_rule,
}


def describe_top(data: Any, whole: type) -> str:
    """Say what stands in a file that is no mapping at all and should describe `whole`."""
    wanted = "`cases`" if whole is Suite else "`variants` or `matrix`"
    return "the file is empty" if data is None else f"{found(data)}, a mapping with {wanted} is wanted"
