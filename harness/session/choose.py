"""Which cases a session runs: suites, folders and node ids by name, then patterns, tags, and what failed last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from harness.casefile import find_suites
from harness.config import Project, did_you_mean, find_project
from harness.errors import ConfigError, ResultsError
from harness.model.plan import Planned
from harness.plan import is_chosen
from harness.results import find_run, read_records

Key: TypeAlias = tuple[str, str, str, int]
"""Suite, case, variant, trial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be run, in the words of the command line."""

    places: tuple[str, ...] = ()
    """Suites, folders, node ids; empty: all suites of the project."""
    filters: tuple[str, ...] = ()
    """Patterns of node ids or of cases' names; one of them fits. Empty: any."""
    tags: tuple[str, ...] = ()
    """Patterns of tags, `!` before those that are unwanted. Empty: any."""
    last_failed: bool = False
    """Whether only what failed or errored in the latest run is wanted; all, where nothing did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A suite, or a case of it."""

    suite: Path
    case: str | None = None
    """As in a node id: `case` stands for all its variants, `case[variant]` for one. None: all."""


def project_of_places(places: Sequence[str], here: Path) -> Project:
    """Return the project that all these places lie in.

    Raises:
        ConfigError: They lie in none, or in several.
    """
    folders = [_path(place, here) for place in places] or [here]
    projects = {project.root: project for project in map(find_project, folders)}
    if len(projects) > 1:
        roots = ", ".join(map(str, projects))
        raise ConfigError(f"these lie in different projects: {roots}", hint="run one project at a time")
    return next(iter(projects.values()))


def suites_of(wish: Wish, project: Project, here: Path) -> list[Place]:
    """Return the suites that are meant, each named once, in the order of the call.

    Raises:
        ConfigError: There is no such file or folder, or it is no suite.
    """
    known = find_suites(project)
    if not wish.places:
        return [Place(suite=suite) for suite in known]
    return list(dict.fromkeys(place for name in wish.places for place in _places(name, project, known, here)))


def _places(name: str, project: Project, known: Sequence[Path], here: Path) -> Iterator[Place]:
    path, case = _path(name, here), name.partition("::")[2] or None
    if path.is_dir() and case is None:
        # A folder above the suites means all of them, as it does for pytest.
        yield from (Place(suite=suite) for suite in known if suite.resolve().is_relative_to(path))
        return
    found = next((suite for suite in known if suite.resolve() == path), None)
    if found is None:
        what = "is no suite of the project" if path.exists() else "there is no such file or folder"
        names = [project.relative(suite) for suite in known]
        hint = f"suites are *.yaml below {project.relative(project.cases)}/"
        raise ConfigError(f"{what}{did_you_mean(name.partition('::')[0], names)}", where=name, hint=hint)
    yield Place(suite=found, case=case)


def _path(name: str, here: Path) -> Path:
    return (here / name.partition("::")[0]).resolve()


def of_place(place: Place, planned: Sequence[Planned]) -> list[Planned]:
    """Return those of a suite's runs that a place names.

    Raises:
        ConfigError: There is no such case, or not in the chosen variants.
    """
    if place.case is None:
        return list(planned)
    found = [one for one in planned if place.case in {one.name, one.case.id}]
    if not found:
        names = dict.fromkeys(name for one in planned for name in (one.case.id, one.name))
        hint = "other variants are chosen by --harness-variant, more trials by --harness-trials"
        where = planned[0].suite if planned else place.suite.name
        raise ConfigError(f"there is no case {place.case!r}{did_you_mean(place.case, names)}", where=where, hint=hint)
    return found


def is_wanted(planned: Planned, wish: Wish) -> bool:
    """Tell whether patterns and tags choose a run."""
    names = (planned.node, planned.name, planned.case.id)
    is_fitting = not wish.filters or any(_fits(name, pattern) for name in names for pattern in wish.filters)
    return is_fitting and _has_tag(planned, wish.tags)


def _fits(name: str, pattern: str) -> bool:
    # Node ids hold brackets: they mean themselves, not a set of letters.
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _has_tag(planned: Planned, patterns: Sequence[str]) -> bool:
    if not patterns:
        return True
    unwanted = [pattern for pattern in patterns if pattern.startswith("!")]
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    is_free = all(is_chosen(tag, unwanted) for tag in planned.tags)
    return is_free and (not wanted or any(is_chosen(tag, wanted) for tag in planned.tags))


def key_of(planned: Planned) -> Key:
    """Return what a run is known by from one session to the next."""
    return planned.suite, planned.case.id, planned.variant, planned.trial


def failed_before(results: Path) -> set[Key]:
    """Return what failed or errored in the latest run.

    Raises:
        ResultsError: The latest run cannot be read.
    """
    try:
        latest = find_run(results, "latest")
    except ResultsError:  # there is none yet
        return set()
    records = (located.record for located in read_records(latest))
    # An expected failure that fails is no failure, and one that passes is.
    failed = (one for one in records if one.is_pass is None or one.is_pass is one.is_xfail)
    return {(one.suite, one.case, one.variant, one.trial) for one in failed}
