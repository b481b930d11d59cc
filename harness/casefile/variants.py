"""Variants of a suite: its own, those of its matrix, and those of `variants.yaml`, which all suites share."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.casefile.problems import Places, Problem, ValuePath, error_of
from harness.casefile.prompt_template import check_template
from harness.casefile.reading import news, read_mapping, validated
from harness.config import Project, did_you_mean
from harness.model.variants import EXCLUDE, Matrix, SharedVariants, Variant, check_variant_names

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHARED = "variants.yaml"
"""The file at the top of the cases folder in which suites share variants."""
MAX_COMBINATIONS = 1_000
"""Variants that one matrix may make."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variants:
    """Variants by name, and where each stands."""

    by_name: Mapping[str, Variant] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """As `file:line`."""

    def beside(self, own: "Variants") -> "Variants":
        """Return these with a suite's own, which win."""
        return Variants(by_name={**self.by_name, **own.by_name}, places={**self.places, **own.places})


def shared_variants(project: Project, environ: Mapping[str, str]) -> Variants:
    """Read `variants.yaml`; nothing where there is none.

    Raises:
        CaseFileError: All that is wrong with it, each with its line.
    """
    path = project.cases.resolve() / SHARED
    if not path.is_file():
        return Variants()
    file = project.relative(path)
    read = read_mapping(path, project, environ, SharedVariants)
    checked = validated(_adapter(), read)
    shared = checked.value
    found, wrong = (Variants(), []) if shared is None else combined(shared.variants, shared.matrix, read.places, file)
    early = [read.places.settle(problem) for problem in read.problems]
    settled = [read.places.settle(problem) for problem in (*checked.problems, *wrong)]
    problems = early + news(settled, [problem.path for problem in early if problem.path])
    if shared is None or problems:
        raise error_of(file, problems or settled)
    return found


def combined(
    variants: Mapping[str, Variant], matrix: Matrix | None, places: Places, file: str
) -> tuple[Variants, list[Problem]]:
    """Return the variants of a file, those of its matrix included, and what is wrong with them.

    Args:
        variants: Those that have names of their own.
        matrix: Makes more.
        places: Where values stand in the file.
        file: Its name, for messages.
    """
    problems = list(_template_problems(variants, ("variants",)))
    found = {name: (variant, places.line(("variants", name))) for name, variant in variants.items()}
    if matrix is not None:
        problems += _matrix_problems(matrix)
        if not problems:
            made = list(matrix.combinations())
            problems += _name_problems([name for name, _ in made], variants)
            line = places.line(("matrix",))
            found |= {name: (variant, line) for name, variant in made}
    return Variants(
        by_name={name: variant for name, (variant, _) in found.items()},
        places={name: f"{file}:{line}" for name, (_, line) in found.items()},
    ), problems


def _matrix_problems(matrix: Matrix) -> Iterator[Problem]:
    path: ValuePath = ("matrix",)
    setters: dict[str, str] = {}
    for dimension, values in matrix.dimensions.items():
        yield from _template_problems(values, (*path, dimension))
        for name in dict.fromkeys(name for variant in values.values() for name in variant.changes()):
            other = setters.setdefault(name, dimension)
            if other != dimension:
                text = f"changes `{name}`, and so does `{other}`: no combination can have both"
                yield Problem(path=(*path, dimension), text=text)
    for index, exclude in enumerate(matrix.exclude):
        yield from _exclude_problems(exclude, matrix, (*path, EXCLUDE, index))
    if matrix.size > MAX_COMBINATIONS:
        yield Problem(path=path, text=f"makes {matrix.size:,} variants, allowed are {MAX_COMBINATIONS:,}")


def _exclude_problems(exclude: Mapping[str, str], matrix: Matrix, path: ValuePath) -> Iterator[Problem]:
    if not exclude:
        yield Problem(path=path, text="names no value, so that it fits everything")
    for dimension, name in exclude.items():
        values = matrix.dimensions.get(dimension)
        if values is None:
            near = did_you_mean(dimension, matrix.dimensions) or ";"
            text = f"there is no such dimension{near} dimensions: {', '.join(matrix.dimensions)}"
            yield Problem(path=(*path, dimension), text=text)
        elif name not in values:
            text = f"there is no value {name!r}{did_you_mean(name, values) or ';'} values: {', '.join(values)}"
            yield Problem(path=(*path, dimension), text=text)


def _name_problems(names: list[str], variants: Mapping[str, Variant]) -> Iterator[Problem]:
    path: ValuePath = ("matrix",)
    if not names:
        yield Problem(path=(*path, EXCLUDE), text="leaves nothing of the matrix")
    seen: set[str] = set()
    for name in names:
        try:
            check_variant_names([name])
        except ValueError as error:
            yield Problem(path=path, text=str(error))
        # Recordings are files of these names, and not every file system tells upper from lower case.
        if name.casefold() in seen:
            yield Problem(path=path, text=f"two combinations are named {name!r}: name their values otherwise")
        if name.casefold() in {one.casefold() for one in variants}:
            yield Problem(path=path, text=f"a combination is named {name!r}, and so is a variant of its own")
        seen.add(name.casefold())


def _template_problems(variants: Mapping[str, Variant], path: ValuePath) -> Iterator[Problem]:
    for name, variant in variants.items():
        wrong = None if variant.prompt_template is None else check_template(variant.prompt_template)
        if wrong is not None:
            yield Problem(path=(*path, name, "prompt_template"), text=wrong)


@functools.cache
def _adapter() -> "TypeAdapter[SharedVariants]":
    from pydantic import TypeAdapter

    return TypeAdapter(SharedVariants)
