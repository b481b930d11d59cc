"""A file of faults, in YAML."""

import difflib
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import ConfigError
from harness.server.faults.rules import FaultPlan, Place, Rule

_Path: TypeAlias = tuple[str | int, ...]
_MAX_DEPTH = 20
_HINT = "docs/server.md describes the file"


def read_faults(path: Path) -> FaultPlan:
    """Read a file of faults.

    Raises:
        ConfigError: It cannot be read, or holds something that is no fault; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise ConfigError(f"cannot be read: {reason}", where=f"--faults {path}") from None
    try:
        node = _composed(text, path)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"is no YAML: {what}", where=_where(path, mark.line + 1 if mark else 1)) from None
    except ValueError as error:  # a date such as 2026-99-99, a number of thousands of digits
        raise ConfigError(f"is no YAML: {error}", where=str(path)) from None
    lines: dict[_Path, int] = {}
    if node is not None:
        _note_lines(node, (), lines, path)
    try:
        return TypeAdapter(FaultPlan).validate_python(data)
    except ValidationError as error:
        raise _told(error.errors()[0], lines, path) from None


def _where(path: Path, line: int) -> str:
    return f"{path}:{line}"


def _composed(text: str, path: Path) -> yaml.Node | None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("aliases (`*name`) are not read here; put a `*` in quotes", where=_where(path, line))
        if depth > _MAX_DEPTH:
            raise ConfigError(f"is nested more than {_MAX_DEPTH} levels deep", where=_where(path, line))
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _note_lines(node: yaml.Node, at: _Path, lines: dict[_Path, int], path: Path) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*at, index), lines, path)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place, line = (*at, str(key.value)), key.start_mark.line + 1
            if place in lines:
                first = lines[place]
                raise ConfigError(f"`{key.value}` stands twice, first in line {first}", where=_where(path, line))
            lines[place] = line
            _note_lines(value, place, lines, path)


def _told(error: ErrorDetails, lines: dict[_Path, int], path: Path) -> ConfigError:
    location = tuple(error["loc"])
    while location not in lines and location:
        location = location[:-1]
    where = _where(path, lines.get(location, 1))
    name = next((str(part) for part in reversed(error["loc"]) if isinstance(part, str)), "")
    return ConfigError(_what(error, name), where=where, hint=_HINT)


def _what(error: ErrorDetails, name: str) -> str:
    if error["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        known = _known(tuple(error["loc"]))
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean `{near[0]}`?" if near else ""
        return f"unknown key `{name}`{meant} (allowed: {', '.join(known)})"
    if error["type"] == "missing":
        return f"`{name}` is missing"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if not error["loc"]:
        return "is no mapping with `rules`"
    what = error["msg"].removeprefix("Input should be ")
    return f"`{name}`: found {_shown(error['input'])}, wanted {what}"


def _known(location: _Path) -> list[str]:
    kind: Any = FaultPlan if len(location) == 1 else Rule if len(location) == 3 else Place
    return [field.name for field in fields(kind) if field.name not in {"_", "moment"}]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
