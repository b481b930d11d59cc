"""What can be named to be compared."""

from collections.abc import Callable
from pathlib import Path

import pytest
from compare_support import row, write_run

from harness.compare.choose import named_sides, sides_by
from harness.errors import ResultsError
from harness.results.baseline import baseline_of, write_baseline


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three runs, the oldest with two variants, the newest of another model; and a baseline."""
    careful = row(variant="careful")
    first = write_run(tmp_path, "2026-01-01T00-00-00-aaaa", [row(), row("fee"), careful])
    write_run(tmp_path, "2026-01-02T00-00-00-bbbb", [row(), row("fee")])
    write_run(tmp_path, "2026-01-03T00-00-00-cccc", [row(assistant={"model": "eager"})])
    write_baseline(baseline_of(first, "main"), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "origin", "count"),
    [
        ("latest", "run 2026-01-03T00-00-00-cccc", 1),
        ("latest~1", "run 2026-01-02T00-00-00-bbbb", 2),
        ("latest~0", "run 2026-01-03T00-00-00-cccc", 1),
        ("2026-01-01", "run 2026-01-01T00-00-00-aaaa", 3),
        ("2026-01-01@careful", "run 2026-01-01T00-00-00-aaaa", 1),
        ("latest~2@default", "run 2026-01-01T00-00-00-aaaa", 2),
        ("main", "baseline main of run 2026-01-01T00-00-00-aaaa", 3),
        ("baseline:main@careful", "baseline main of run 2026-01-01T00-00-00-aaaa", 1),
    ],
)
def test_a_run_a_part_of_it_or_a_baseline_is_named(results: Path, name: str, origin: str, count: int) -> None:
    (side,) = named_sides([name], results)

    assert (side.name, side.origin, len(side.records)) == (name, origin, count)


def test_a_path_may_hold_the_mark_of_a_variant(tmp_path: Path) -> None:
    write_run(tmp_path, "of@me", [row()])

    (side,) = named_sides([str(tmp_path / "of@me")], tmp_path / "elsewhere")

    assert len(side.records) == 1


@pytest.mark.parametrize(
    ("dimension", "values", "names", "origins"),
    [
        ("variant", ["default", "careful"], [], ["bbbb", "aaaa"]),
        ("variant", ["careful", "default"], ["latest~2"], ["aaaa", "aaaa"]),
        # The newest of each that is alike in the variant: not the one of which the oldest run has two.
        ("model", ["extractive", "eager"], [], ["bbbb", "cccc"]),
        ("model", ["eager", "extractive"], ["latest", "latest~1"], ["cccc", "bbbb"]),
    ],
)
def test_values_of_a_dimension_become_sides(
    results: Path, dimension: str, values: list[str], names: list[str], origins: list[str]
) -> None:
    sides = sides_by(dimension, values, names, results)

    assert [side.name for side in sides] == values
    assert [side.origin[-4:] for side in sides] == origins
    assert {getattr(one, dimension) for one in sides[0].records} == {values[0]}


def test_of_two_named_runs_the_later_one_counts(results: Path) -> None:
    sides = sides_by("variant", ["default", "careful"], ["2026-01-01", "2026-01-02"], results)

    assert sides[0].detail(sides[0].records[0]) is not None
    assert len(sides[0].records) == 2
    assert sides[0].origin.startswith("run 2026-01-02")


def named(*names: str) -> Callable[[Path], object]:
    return lambda results: named_sides(names, results)


def by(dimension: str, *values: str) -> Callable[[Path], object]:
    return lambda results: sides_by(dimension, values, (), results)


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        (named("2027"), "there is no run '2027'"),
        (named("mian"), "the latest runs: .*; baselines: main"),
        (named("2026"), "3 runs begin with '2026'"),
        (named("latest~9"), "there is no run 'latest~9'"),
        (named("latest~x"), "wanted is `latest~1`"),
        (named("baseline:none"), "there is no baseline 'none'"),
        (named("latest@careless"), "has no results of the variant 'careless'"),
        (by("variant", "default"), "wanted two different values or more"),
        (by("variant", "default", "default"), "wanted two different values or more"),
        (by("model", "extractive", "gpt-7"), "no run has results of the model 'gpt-7'"),
        (by("target", "assistants", "responses"), "no run has results of the target 'responses'"),
    ],
)
def test_what_is_not_there_is_told(results: Path, choose: Callable[[Path], object], words: str) -> None:
    with pytest.raises(ResultsError, match="(?s)" + words.replace("(", "\\(")):
        choose(results)


def test_values_that_only_unlike_runs_hold_are_not_compared(tmp_path: Path) -> None:
    write_run(tmp_path, "1", [row(variant="careful")])
    write_run(tmp_path, "2", [row(assistant={"model": "eager"})])

    with pytest.raises(ResultsError, match="no runs of careful, default are alike otherwise"):
        sides_by("variant", ["careful", "default"], (), tmp_path)
