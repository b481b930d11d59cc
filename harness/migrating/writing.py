"""A variant as YAML, put into a suite's text without touching the rest of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import yaml

from harness.cassettes.file import dump_yaml
from harness.model.suite import Variant
from harness.model.tools import FunctionTool

_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])?")
"""A line as YAML breaks them; Python's `splitlines` knows further breaks."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CannotInsertError(ValueError):
    """The text has a form that nothing is put into; the message says which."""


@dataclass(kw_only=True, slots=True)
class _Entry:
    """A key of a mapping and where its value ends."""

    key: str
    column: int
    """Of the key."""
    value: yaml.Event
    """The first event of the value."""
    inside: yaml.Event | None
    """The first event inside it, if it holds anything."""
    last_line: int
    """The last line with content, from 0."""
    end: tuple[int, int]
    """Line and column after it, where it stands on a line with others."""
    inner_end: tuple[int, int]
    """Line and column after the last thing inside it; of an empty `{}` those after its brace."""


def as_data(variant: Variant) -> dict[str, Any]:
    """Return a variant as a suite's file says it."""
    return {name: _plain(value) for name, value in variant.changes().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, FunctionTool):
        said = {one.name: getattr(value, one.name) for one in fields(value)}
        said |= {"strict": value.strict or None}
        return {name: _plain(one) for name, one in said.items() if one is not None}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.replace("${", "$${") if isinstance(value, str) else value  # or it would be a variable


def insert_variant(text: str, name: str, variant: Variant, comment: str = "") -> str:
    """Return a suite's text with one more variant.

    Args:
        text: The suite, valid.
        name: The variant's name.
        variant: What it changes.
        comment: One line that is to stand above it; left out where everything stands on one line.

    Raises:
        CannotInsertError: `variants` is an alias, or the file has another form that nothing can be put into.
    """
    data = as_data(variant)
    top, entries = _outline(text)
    variants = next((entry for entry in entries if entry.key == "variants"), None)
    lines = _LINE.findall(text)
    if variants is None and top.flow_style:
        return _into_flow(lines, entries[-1].end, f"variants: {{{_flow(name, data)}}}", is_first=False)
    if variants is None:
        column = entries[0].column
        block = ["variants:", *_indented(_block(name, data, comment), 2)]
        return _after(lines, _line_before_cases(entries), block, column)
    if not isinstance(variants.value, yaml.MappingStartEvent):
        raise CannotInsertError("`variants` is an alias: it stands for a block that others use too")
    if variants.value.flow_style:
        return _into_flow(lines, variants.inner_end, _flow(name, data), is_first=variants.inside is None)
    column = variants.inside.start_mark.column if variants.inside and variants.inside.start_mark else 2
    return _after(lines, variants.last_line, _block(name, data, comment), column)


def block_of(name: str, variant: Variant) -> str:
    """Return a variant as it may be written below `variants:` by hand."""
    return "\n".join(_indented(_block(name, as_data(variant), ""), 2))


def _flow(name: str, data: dict[str, Any]) -> str:
    whole = yaml.safe_dump({name: data}, default_flow_style=True, allow_unicode=True, sort_keys=False, width=2**31)
    return str(whole).strip()[1:-1]


def _block(name: str, data: dict[str, Any], comment: str) -> list[str]:
    above = [f"# {comment}"] if comment else []
    if len(data) == 1:
        return [*above, _flow(name, data)]
    return [*above, *dump_yaml({name: data}).rstrip("\n").split("\n")]


def _indented(lines: list[str], columns: int) -> list[str]:
    return [" " * columns + line if line.strip() else line for line in lines]


def _line_before_cases(entries: list[_Entry]) -> int:
    """Return the line after which a new block goes: before the cases, where it is seen, and what is said about them."""
    at = next((at for at, entry in enumerate(entries) if entry.key == "cases"), len(entries))
    return entries[at - 1].last_line if at else entries[-1].last_line


def _after(lines: list[str], line: int, block: list[str], column: int) -> str:
    # Comments that stand deeper belong to what is above them; below a block of text they would become a part of it.
    for at in range(line + 1, len(lines)):
        text = lines[at].lstrip(" ")
        if text.startswith("#") and len(lines[at]) - len(text) > column:
            line = at
        elif text.strip():
            break
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    before = "".join(lines[: line + 1])
    gap = "" if before.endswith(("\n", "\r")) else end
    return before + gap + "".join(one + end for one in _indented(block, column)) + "".join(lines[line + 1 :])


def _into_flow(lines: list[str], place: tuple[int, int], added: str, *, is_first: bool) -> str:
    line, column = place
    whole = lines[line][:column] + ("" if is_first else ", ") + added + lines[line][column:]
    return "".join([*lines[:line], whole, *lines[line + 1 :]])


def _outline(text: str) -> tuple[yaml.MappingStartEvent, list[_Entry]]:
    """Return the top mapping of a YAML file, and its keys with where their values end."""
    events = iter(yaml.parse(text, Loader=_Loader))
    top = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
    if not isinstance(top, yaml.MappingStartEvent):
        raise CannotInsertError("the file holds no mapping")
    lines = _LINE.findall(text)
    entries = []
    for key in events:
        if not isinstance(key, yaml.ScalarEvent) or key.start_mark is None:
            break
        entries.append(_entry(key, events, lines))
    return top, entries


def _entry(key: yaml.ScalarEvent, events: Iterator[yaml.Event], lines: list[str]) -> _Entry:
    value = event = next(events)
    inside: yaml.Event | None = None
    line, inner_end = _last_line(value, lines), _end(value)
    depth = int(isinstance(value, yaml.CollectionStartEvent))
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = max(line, _last_line(event, lines))
        if depth:
            inside = inside or event
            inner_end = _end(event)
    return _Entry(
        key=str(key.value),
        column=key.start_mark.column if key.start_mark else 0,
        value=value,
        inside=inside,
        last_line=line,
        end=_end(event),
        inner_end=inner_end,
    )


def _end(event: yaml.Event) -> tuple[int, int]:
    mark = event.end_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _last_line(event: yaml.Event, lines: list[str]) -> int:
    """Return the last line that an event stands on, from 0; ends of blocks stand nowhere."""
    (line, column), start = _end(event), event.start_mark
    if start is None or (isinstance(event, yaml.CollectionEndEvent) and (line, column) == (start.line, start.column)):
        return 0
    if not (isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">")):
        return line
    # A block of text ends before the next line, and counts the blank lines behind it as its own: where it keeps them,
    # they are.
    last = line if column else line - 1
    is_kept = "+" in lines[start.line][start.column :].split("#")[0]
    while not is_kept and last > start.line and not lines[last].strip():
        last -= 1
    return last
