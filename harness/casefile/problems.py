"""What is wrong with a suite, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from harness.errors import CaseFileError

ValuePath: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the top of a file to a value."""

SHOWN = 20
"""More problems than this are only counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unquoted:
    """A scalar that YAML reads as something that no field of a suite takes: a boolean, a date, an octal number."""

    reading: str
    """What YAML makes of it, in words."""
    spelling: str
    """How it is written."""
    truth: bool | None = None
    """What it says, where it is a boolean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong."""

    path: ValuePath
    """Where in the data; once it is settled, where in the file: `for_each` multiplies cases."""
    text: str
    """What was found and what is allowed."""
    line: int | None = None
    """The line, from 1; None: the path's own."""
    row: str | None = None
    """The row that filled in the case, such as `rows.csv:5`; None without `for_each`."""

    def __str__(self) -> str:
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path).lstrip(".")
        return f"{place + ': ' if place else ''}{self.text}{f' ({self.row})' if self.row else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a case comes from."""

    index: int
    """Its index in the file."""
    row: str | None = None
    """The row that filled it in; None without `for_each`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where the values of a suite stand."""

    lines: Mapping[ValuePath, int]
    """Line of each value of the file, from 1."""
    origins: Sequence[Origin] = ()
    """Where each case comes from; empty before `for_each` is filled in."""

    def line(self, path: ValuePath) -> int:
        """Return the line of a value, or of the nearest that surrounds it."""
        path, _ = self._in_file(path)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def settle(self, problem: Problem) -> Problem:
        """Return a problem with the place that it has in the file."""
        path, row = self._in_file(problem.path)
        return replace(problem, path=path, row=row, line=problem.line or self.line(problem.path))

    def _in_file(self, path: ValuePath) -> tuple[ValuePath, str | None]:
        if self.origins and len(path) > 1 and path[0] == "cases" and isinstance(path[1], int):
            origin = self.origins[path[1]]
            return ("cases", origin.index, *path[2:]), origin.row
        return path, None


def error_of(file: str, problems: Sequence[Problem]) -> CaseFileError:
    """Return one error that tells all problems of a file, in its order; they have been settled."""
    distinct = {(problem.path, problem.text): problem for problem in reversed(problems)}  # once, not for each row
    told = sorted(distinct.values(), key=lambda problem: (problem.line or 0, str(problem)))
    if len(told) == 1:
        return CaseFileError(str(told[0]), where=f"{file}:{told[0].line}")
    lines = "".join(f"\n{file}:{problem.line}: {problem}" for problem in told[:SHOWN])
    more = f"\nand {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return CaseFileError(f"{len(told)} problems{lines}{more}", where=file)


def found(value: Any) -> str:
    """Say what stands in a place."""
    match value:
        case None:
            return "found nothing"
        case Unquoted():
            return f"found {value.reading} (YAML reads `{value.spelling}` so)"
        case int() | float():
            return (
                f"found the number {value:.6g}" if isinstance(value, float) else f"found the number {_cut(str(value))}"
            )
        case str():
            return f"found the text {_cut(repr(value))}"
        case list():
            return "found a list"
        case _:
            return "found a mapping"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
