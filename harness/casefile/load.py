"""From a YAML file to a suite."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.casefile.checks import check_suite, first_lines
from harness.casefile.files import read_beside, read_utf8
from harness.casefile.for_each import fill_cases
from harness.casefile.problems import Origin, Places, Problem, ValuePath, error_of
from harness.casefile.translate import describe_top, problems_of
from harness.casefile.variables import fill_variables
from harness.casefile.yaml_reader import Parsed, read_yaml
from harness.config import Project
from harness.errors import CaseFileError
from harness.model.suite import LoadedSuite, Suite

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NO_SUITE = "variants.yaml"
"""Configurations that suites share lie in a file of this name."""


def find_suites(project: Project) -> list[Path]:
    """Return all suites of a project, sorted."""
    return sorted(path for path in project.cases.rglob("*.yaml") if is_suite(path, project))


def is_suite(path: Path, project: Project) -> bool:
    """Whether a file is a suite: `*.yaml` below the project's cases folder, neither hidden nor in a hidden folder."""
    path = path.parent.resolve() / path.name
    if path.suffix != ".yaml" or path.name == NO_SUITE or not path.is_relative_to(project.cases.resolve()):
        return False
    is_hidden = any(part.startswith(".") for part in path.relative_to(project.cases.resolve()).parts)
    return path.is_file() and not is_hidden


def load_suite(path: Path, project: Project, environ: Mapping[str, str]) -> LoadedSuite:
    """Read a suite: variables, `for_each` and files filled in, everything checked but the documents themselves.

    Args:
        path: The YAML file.
        project: Where documents and files may lie.
        environ: What `${NAME}` means.

    Raises:
        CaseFileError: All that is wrong with it, each with its line.
    """
    path = path.parent.resolve() / path.name  # a suite has one name, however the project was reached
    file = project.relative(path)
    parsed = _parse(path, file)
    read = functools.partial(read_beside, folder=path.parent, project=project)
    early = list(parsed.problems)
    data = fill_variables(parsed.data, environ, early)
    origins: Sequence[Origin] = ()
    if isinstance(data.get("cases"), list):
        data["cases"], origins = fill_cases(data["cases"], read, early)
    early = [Places(lines=parsed.lines).settle(problem) for problem in early]
    places = Places(lines=parsed.lines, origins=origins)
    suite, late = _validate(data, read)
    late = [places.settle(problem) for problem in (*late, *check_suite(data, places))]
    causes = [problem.path for problem in early if problem.path] + _unfilled(data, origins)
    problems = early + [problem for problem in late if not _follows(problem, causes)]
    if suite is None or problems:
        raise error_of(file, problems or late)
    lines = {case.id: places.line(("cases", index)) for index, case in enumerate(suite.cases)}
    return LoadedSuite(suite=suite, path=file, lines=lines, document_lines=first_lines(data, places))


def _parse(path: Path, file: str) -> Parsed:
    try:
        parsed = read_yaml(read_utf8(path), file)
    except ValueError as error:
        raise CaseFileError(str(error), where=file) from None
    if not isinstance(parsed.data, dict):
        raise CaseFileError(describe_top(parsed.data), where=f"{file}:1")
    return parsed


def _validate(data: dict[str, Any], read: Callable[[str], str]) -> tuple[Suite | None, Sequence[Problem]]:
    from pydantic import ValidationError

    try:
        return adapter().validate_python(data, context=read), ()
    except ValidationError as error:
        return None, tuple(problems_of(error))


def _unfilled(data: dict[str, Any], origins: Sequence[Origin]) -> list[ValuePath]:
    # What was filled in has lost its `for_each`.
    cases = zip(data["cases"], origins, strict=True) if origins else ()
    return [("cases", origin.index) for case, origin in cases if isinstance(case, dict) and "for_each" in case]


def _follows(problem: Problem, causes: Sequence[ValuePath]) -> bool:
    # A text whose variable is unset, or a case without its rows, breaks other rules too: that is no news.
    return any(problem.path[: len(cause)] == cause for cause in causes)


@functools.cache
def adapter() -> "TypeAdapter[Suite]":
    """Return what validates a suite; made once, for it takes a tenth of a second."""
    from pydantic import TypeAdapter

    return TypeAdapter(Suite)
