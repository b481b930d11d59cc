"""From a YAML file to a suite."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.casefile.checks import check_suite, first_lines
from harness.casefile.for_each import fill_cases
from harness.casefile.problems import Origin, ValuePath, error_of
from harness.casefile.reading import news, read_mapping, validated
from harness.casefile.variants import SHARED, Variants, combined, shared_variants
from harness.config import Project
from harness.model.suite import LoadedSuite, Suite

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def find_suites(project: Project) -> list[Path]:
    """Return all suites of a project, sorted."""
    return sorted(path for path in project.cases.rglob("*.yaml") if is_suite(path, project))


def is_suite(path: Path, project: Project) -> bool:
    """Whether a file is a suite: `*.yaml` below the project's cases folder, neither hidden nor in a hidden folder."""
    path = path.parent.resolve() / path.name
    if path.suffix != ".yaml" or path.name == SHARED or not path.is_relative_to(project.cases.resolve()):
        return False
    is_hidden = any(part.startswith(".") for part in path.relative_to(project.cases.resolve()).parts)
    return path.is_file() and not is_hidden


def load_suite(path: Path, project: Project, environ: Mapping[str, str]) -> LoadedSuite:
    """Read a suite: variables, `for_each`, variants and files filled in, everything checked but the documents.

    Args:
        path: The YAML file.
        project: Where documents and files may lie.
        environ: What `${NAME}` means.

    Raises:
        CaseFileError: All that is wrong with it, each with its line; or with `variants.yaml`.
    """
    shared = shared_variants(project, environ)
    path = path.parent.resolve() / path.name  # a suite has one name, however the project was reached
    file = project.relative(path)
    read = read_mapping(path, project, environ, Suite)
    data, origins = read.data, list[Origin]()
    if isinstance(data.get("cases"), list):
        data["cases"], origins = fill_cases(data["cases"], read.beside, read.problems)
    early = [read.places.settle(problem) for problem in read.problems]
    places = replace(read.places, origins=origins)
    checked = validated(adapter(), read)
    suite = checked.value
    own, wrong = (Variants(), []) if suite is None else combined(suite.variants, suite.matrix, places, file)
    variants = shared.beside(own)
    is_told = suite is not None or "matrix" not in data
    late = [*checked.problems, *wrong, *check_suite(data, places, variants.by_name if is_told else None)]
    causes = [problem.path for problem in early if problem.path] + _unfilled(data, origins)
    late = [places.settle(problem) for problem in late]
    problems = early + news(late, causes)
    if suite is None or problems:
        raise error_of(file, problems or late)
    return LoadedSuite(
        suite=replace(suite, variants=variants.by_name, matrix=None),
        path=file,
        lines={case.id: places.line(("cases", index)) for index, case in enumerate(suite.cases)},
        document_lines=first_lines(data, places),
        variant_places=variants.places,
    )


def _unfilled(data: dict[str, Any], origins: Sequence[Origin]) -> list[ValuePath]:
    # What was filled in has lost its `for_each`.
    cases = zip(data["cases"], origins, strict=True) if origins else ()
    return [("cases", origin.index) for case, origin in cases if isinstance(case, dict) and "for_each" in case]


@functools.cache
def adapter() -> "TypeAdapter[Suite]":
    """Return what validates a suite; made once, for it takes a tenth of a second."""
    from pydantic import TypeAdapter

    return TypeAdapter(Suite)
