"""YAML to plain data that remembers its lines. Only what a suite needs: no tags, no merge keys, no bombs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from harness.casefile.problems import Problem, Unquoted, ValuePath
from harness.errors import CaseFileError

MAX_DEPTH = 40
MAX_VALUES = 200_000
"""Aliases repeat what they point at: ten lines of them can stand for billions of values."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster, where it was built
_TAG = "tag:yaml.org,2002:"
_constructor = yaml.constructor.SafeConstructor()


@dataclass(kw_only=True, slots=True)
class Parsed:
    """A YAML file as plain data."""

    data: Any = None
    """Mappings, lists, text, numbers, None, and `Unquoted` for any other scalar."""
    lines: dict[ValuePath, int] = field(default_factory=dict)
    """Line of each value, from 1: for a mapping's values that of the key."""
    problems: list[Problem] = field(default_factory=list)
    """Duplicate keys, tags, and other things that YAML allows and a suite does not."""


def read_yaml(text: str, file: str) -> Parsed:
    """Read one YAML document.

    Raises:
        CaseFileError: It is no YAML, nested too deeply or too large; with the line it happens in.
    """
    try:
        check_depth(text, file, _Loader)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _malformed(error, text, file) from None
    parsed = Parsed()
    if node is not None:
        parsed.data = _Builder(parsed=parsed, file=file).build(node, ())
    return parsed


def check_depth(text: str, file: str, loader: Any) -> None:
    """Refuse YAML that is nested too deeply, before anything is built: building recurses, parsing into events does not.

    Raises:
        CaseFileError: It is; with the line.
        yaml.YAMLError: It is no YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _too_deep(file, event.start_mark.line + 1 if event.start_mark else 1)


def _too_deep(file: str, line: int) -> CaseFileError:
    return CaseFileError(
        f"nested more than {MAX_DEPTH} levels deep, or an alias that holds itself", where=f"{file}:{line}"
    )


def _malformed(error: yaml.YAMLError, text: str, file: str) -> CaseFileError:
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # a character that YAML forbids
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        return CaseFileError(f"is no YAML: {getattr(error, 'reason', error)}", where=f"{file}:{line}")
    what = " ".join(part for part in (getattr(error, "problem", None), getattr(error, "context", None)) if part)
    lines = text.splitlines()
    shown = lines[mark.line].rstrip() if mark.line < len(lines) else ""
    has_tab = "\t" in shown[: len(shown) - len(shown.lstrip())] or "\\t" in what
    hint = "YAML indents with spaces, never with tabs" if has_tab else None
    return CaseFileError(f"is no YAML: {what}\n  {shown}", where=f"{file}:{mark.line + 1}", hint=hint)


@dataclass(kw_only=True, slots=True)
class _Builder:
    parsed: Parsed
    file: str
    values: int = 0

    def build(self, node: yaml.Node, path: ValuePath) -> Any:
        line = node.start_mark.line + 1
        self.values += 1
        if self.values > MAX_VALUES:
            raise CaseFileError(
                f"holds more than {MAX_VALUES:,} values once its aliases are filled in", where=f"{self.file}:{line}"
            )
        if len(path) > MAX_DEPTH:
            raise _too_deep(self.file, line)
        self.parsed.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        return self._refuse_tag(node, path)

    def _mapping(self, node: yaml.MappingNode, path: ValuePath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = self._key(key, path)
            if name is None:
                continue
            if name in data:
                first = self.parsed.lines[*path, name]
                self._report((*path, name), f"the key stands twice, in line {first} and in line {line}", line)
                continue
            self.parsed.lines[*path, name] = line
            data[name] = self.build(value, (*path, name))
        return data

    def _key(self, key: yaml.Node, path: ValuePath) -> str | None:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            self._report(path, "a key is text; where a text starts with `{` or `[`, put it in quotes", line)
        elif key.tag == _TAG + "merge":
            self._report(path, "merge keys (`<<`) are not read: write the keys out", line)
        else:
            return str(key.value)
        return None

    def _scalar(self, node: yaml.ScalarNode, path: ValuePath) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind not in _SCALARS:
            return self._refuse_tag(node, path)
        try:
            return _SCALARS[kind](node)
        except (ValueError, KeyError) as error:  # a tag that does not fit, or a number of thousands of digits
            self._report(path, f"is no {kind}: {str(error)[:100]}", node.start_mark.line + 1)
            return None

    def _refuse_tag(self, node: yaml.Node, path: ValuePath) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self._report(path, f"the tag `{tag}` is not allowed here: a suite is plain YAML", node.start_mark.line + 1)

    def _report(self, path: ValuePath, text: str, line: int) -> None:
        self.parsed.problems.append(Problem(path=path, text=text, line=line))


def _boolean(node: yaml.ScalarNode) -> Unquoted:
    truth = bool(_constructor.construct_yaml_bool(node))
    return Unquoted(reading=f"the boolean {'true' if truth else 'false'}", spelling=node.value, truth=truth)


def _whole(node: yaml.ScalarNode) -> int | Unquoted:
    number = _constructor.construct_yaml_int(node)
    # YAML 1.1 reads 010 as 8 and 12:30 as 750: nobody who writes that in a suite means it.
    if str(number) == node.value.replace("_", "").removeprefix("+"):
        return number
    return Unquoted(reading=f"the number {number}", spelling=node.value)


def _decimal(node: yaml.ScalarNode) -> float | Unquoted:
    number = _constructor.construct_yaml_float(node)
    return Unquoted(reading=f"the number {number:g}", spelling=node.value) if ":" in node.value else number


_SCALARS: Mapping[str, Callable[[yaml.ScalarNode], Any]] = {
    "str": lambda node: node.value,
    "null": lambda _: None,
    "bool": _boolean,
    "int": _whole,
    "float": _decimal,
    "timestamp": lambda node: Unquoted(reading="a date", spelling=node.value),
}
"""What a scalar becomes, by YAML's name of its kind."""
