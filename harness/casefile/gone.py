"""Which cases no suite has any more."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from harness.casefile.load import find_suites, load_suite
from harness.config import Project
from harness.errors import HarnessError
from harness.model.record import CaseKey
from harness.model.suite import DEFAULT_VARIANT

_Place: TypeAlias = tuple[CaseKey, str]
"""A case in a variant."""


def gone_from_suites(places: Collection[_Place], project: Project, environ: Mapping[str, str]) -> list[_Place]:
    """Return those of some cases, each in a variant, that no suite has any more, in their order.

    A suite that cannot be read keeps its cases: they are not gone.
    """
    there = set(_there(places, project, environ)) if places else set()
    return [place for place in places if place not in there]


def _there(places: Collection[_Place], project: Project, environ: Mapping[str, str]) -> Iterator[_Place]:
    wanted = {suite for (suite, _), _ in places}
    for path in find_suites(project):
        name = project.relative(path)
        if name not in wanted:
            continue
        try:
            loaded = load_suite(path, project, environ)
        except HarnessError:  # said where it is collected
            yield from (place for place in places if place[0][0] == name)
            continue
        variants = (DEFAULT_VARIANT, *loaded.suite.variants)
        yield from (((loaded.path, case.id), variant) for case in loaded.suite.cases for variant in variants)
