"""What the user names, as sides: runs, parts of runs, baselines, and the values of a variant, target or model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.compare.pairing import DIMENSIONS
from harness.compare.side import Side, joined, side_of_baseline, side_of_run
from harness.errors import ResultsError
from harness.results.baseline import known_baselines, read_baseline
from harness.results.folder import ROWS, RunFolder, find_run, runs_of

WHERE = "harness compare"
BASELINE = "baseline:"


def named_sides(names: Sequence[str], results: Path) -> list[Side]:
    """Return a side for each name: `RUN`, `RUN@VARIANT`, `BASELINE`, `BASELINE@VARIANT`.

    Args:
        names: RUN is an id, the beginning of one, a path, `latest` or `latest~1` (the one before); BASELINE the name of
            a baseline, `baseline:NAME` where a run begins so too.
        results: Where runs are kept.

    Raises:
        ResultsError: There is no such thing, or it has no such variant.
    """
    whole: dict[str, Side] = {}  # two variants of one run are one file to read
    sides = []
    for name in names:
        source, variant = _split(name)
        if source not in whole:
            whole[source] = _whole(source, results)
        side = replace(whole[source], name=name)
        sides.append(_part(side, name, "variant", variant) if variant is not None else side)
    return sides


def sides_by(dimension: str, values: Sequence[str], names: Sequence[str], results: Path) -> list[Side]:
    """Return a side for each value of a dimension: from the named runs, else from the newest run that has it.

    Args:
        dimension: `variant`, `target` or `model`.
        values: Of it, in the order to compare; the first is the reference.
        names: As for `named_sides`; of several, a later one counts where two hold the same.
        results: Where runs are kept.

    Raises:
        ResultsError: Fewer than two values, one that is named twice, or one that no run has.
    """
    if len(values) < 2 or len(set(values)) < len(values):
        raise ResultsError(f"found {', '.join(values) or 'nothing'}; wanted two different values or more", where=WHERE)
    if names:
        sides = named_sides(names, results)
        return [_joined_part(sides, dimension, value) for value in values]
    found, seen = _newest(dimension, values, results)
    if found is None:
        missing = next((value for value in values if value not in seen), None)
        if missing is None:
            what = f"no runs of {', '.join(values)} are alike otherwise"
            raise ResultsError(what, where=str(results), hint="name the runs: harness compare RUN RUN")
        hint = f"run it first, for example: pytest cases/ --harness-{dimension} {missing}"
        raise ResultsError(f"no run has results of the {dimension} {missing!r}", where=str(results), hint=hint)
    return [found[value] for value in values]


def _newest(dimension: str, values: Sequence[str], results: Path) -> tuple[Mapping[str, Side] | None, set[str]]:
    """Return the newest part of a run for each value, alike in the other dimensions, and which values were seen at all.

    A model is compared with a model in the same variant, never in another: that would be another comparison.
    """
    others = [one for one in DIMENSIONS if one != dimension]
    alike: dict[frozenset[tuple[object, ...]], dict[str, Side]] = {}
    seen: set[str] = set()
    for folder in _runs(results):
        side = side_of_run(folder, folder.id)
        for value in values:
            part = side.only(value, **{dimension: value})
            if not part.records:
                continue
            seen.add(value)
            kind = frozenset(tuple(getattr(record, one) for one in others) for record in part.records)
            found = alike.setdefault(kind, {})
            found.setdefault(value, part)
            if len(found) == len(values):
                return found, seen
    return None, seen


def _runs(results: Path) -> Iterator[RunFolder]:
    """Return all runs, newest first."""
    return reversed(runs_of(results))


def _split(name: str) -> tuple[str, str | None]:
    if (Path(name) / ROWS).is_file() or "@" not in name:  # a folder may have an @ in its name
        return name, None
    source, _, variant = name.rpartition("@")
    return source, variant


def _joined_part(sides: Sequence[Side], dimension: str, value: str) -> Side:
    holding = [side.only(value, **{dimension: value}) for side in sides]
    holding = [side for side in holding if side.records]
    if not holding:
        _part(sides[0], value, dimension, value)  # says what there is instead
    return joined(holding, value)


def _part(side: Side, name: str, dimension: str, value: str) -> Side:
    part = side.only(name, **{dimension: value})
    if not part.records:
        held = sorted({str(getattr(record, dimension)) for record in side.records})
        hint = f"it has: {', '.join(held) or 'nothing'}"
        raise ResultsError(f"{side.name} has no results of the {dimension} {value!r}", where=WHERE, hint=hint)
    return part


def _whole(name: str, results: Path) -> Side:
    """Read a run or a baseline; a run counts before a baseline of the same name."""
    if name.startswith(BASELINE):
        return side_of_baseline(read_baseline(results, name.removeprefix(BASELINE)), name)
    try:
        folder = find_run(results, name)
    except ResultsError as error:
        known = known_baselines(results)
        if name not in known:
            hint = f"{error.hint}; baselines: {', '.join(known)}" if known else error.hint
            raise ResultsError(error.what, where=error.where, hint=hint) from error
        return side_of_baseline(read_baseline(results, name), name)
    return side_of_run(folder, name)
