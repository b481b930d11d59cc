"""A YAML file as plain data: its variables filled in, what is wrong collected, its values validated."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from harness.casefile.files import read_beside, read_utf8
from harness.casefile.json_values import as_json
from harness.casefile.problems import Places, Problem, ValuePath
from harness.casefile.translate import describe_top, problems_of
from harness.casefile.variables import fill_variables
from harness.casefile.yaml_reader import read_yaml
from harness.config import Project
from harness.errors import CaseFileError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True, slots=True)
class Validated(Generic[Kind]):
    """What became of a file's data."""

    value: Kind | None = None
    """None where something is wrong with it."""
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A file that holds a mapping."""

    whole: type
    """What it describes."""
    data: dict[str, Any]
    """What it says, variables filled in."""
    places: Places
    """Where its values stand."""
    problems: list[Problem]
    """What was wrong with it so far."""
    beside: Callable[[str], str]
    """Reads a text file that it names relative to its own folder; raises ValueError."""


def read_mapping(path: Path, project: Project, environ: Mapping[str, str], whole: type) -> Read:
    """Read a YAML file.

    Args:
        path: The file.
        project: Where files beside it may lie.
        environ: What `${NAME}` means.
        whole: What it describes.

    Raises:
        CaseFileError: It is no YAML, or no mapping.
    """
    file = project.relative(path)
    try:
        parsed = read_yaml(read_utf8(path), file)
    except ValueError as error:
        raise CaseFileError(str(error), where=file) from None
    if not isinstance(parsed.data, dict):
        raise CaseFileError(describe_top(parsed.data, whole), where=f"{file}:1")
    problems = list(parsed.problems)
    return Read(
        whole=whole,
        data=as_json(fill_variables(parsed.data, environ, problems)),
        places=Places(lines=parsed.lines),
        problems=problems,
        beside=functools.partial(read_beside, folder=path.parent, project=project),
    )


def validated(adapter: "TypeAdapter[Kind]", read: Read) -> "Validated[Kind]":
    """Return what a file describes, or all that is wrong with its values."""
    from pydantic import ValidationError

    try:
        return Validated(value=adapter.validate_python(read.data, context=read.beside))
    except ValidationError as error:
        return Validated(problems=tuple(problems_of(error, read.whole)))


def news(problems: Sequence[Problem], causes: Sequence[ValuePath]) -> list[Problem]:
    """Return the problems that do not follow from others: a text whose variable is unset breaks other rules too."""
    return [one for one in problems if not any(one.path[: len(cause)] == cause for cause in causes)]
