"""`harness baseline`: set, accept, show, list."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import BaselineName, Json, RunName
from harness.cli.codes import FAILED
from harness.cli.data import print_json
from harness.errors import ResultsError

if TYPE_CHECKING:
    from harness.config import Config
    from harness.results.standing import Place

baseline = typer.Typer(
    help="Keep what a run came to, and measure later runs by it.", no_args_is_help=True, rich_markup_mode=None
)


@baseline.command("set", epilog="Example: harness baseline set latest --name main")
def set_(run: RunName = "latest", *, name: BaselineName = "main") -> None:
    """Make a run the baseline: results/baselines/NAME.json, to be committed."""
    from harness.config import find_project
    from harness.results import find_run
    from harness.results.baseline import baseline_of, write_baseline

    project = find_project(Path.cwd())
    path = write_baseline(baseline_of(find_run(project.results, run), name), project.results)
    typer.echo(f"wrote {project.relative(path)}")


@baseline.command(epilog="Example: harness baseline accept latest 'cases/products.yaml::dearest-*'")
def accept(
    run: RunName = "latest",
    cases: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CASE",
            help="Ids or node ids, with `*`: `case` is meant in all variants of the run, `case[variant]` in one. "
            "Default: all of the run.",
        ),
    ] = None,
    *,
    name: BaselineName = "main",
    gone: Annotated[bool, typer.Option("--gone", help="Also drop the cases that no suite has any more.")] = False,
) -> None:
    """Take results of a run over into the baseline; all others stay as they are."""
    from harness.config import find_project
    from harness.results import find_run
    from harness.results.baseline import baseline_of, merged, read_baseline, without, write_baseline

    project = find_project(Path.cwd())
    old = read_baseline(project.results, name)
    new = baseline_of(find_run(project.results, run), name)
    places = dict.fromkeys(one.place for one in new.held)
    chosen = [place for place in places if not cases or any(_fits(place, pattern) for pattern in cases)]
    for pattern in cases or ():
        if not any(_fits(place, pattern) for place in places):
            raise ResultsError(f"the run {new.run} has no case {pattern!r}", where="harness baseline accept")
    dropped = _gone(_config(project.root), [one.place for one in old.held]) if gone else []
    path = write_baseline(without(merged(old, new, chosen), dropped), project.results)
    more = f", {len({key for key, _ in dropped})} dropped" if gone else ""
    typer.echo(f"wrote {project.relative(path)}: {len({key for key, _ in chosen})} cases taken over{more}")


@baseline.command(epilog="Example: harness baseline diff latest --name main")
def diff(run: RunName = "latest", *, name: BaselineName = "main", as_json: Json = False) -> None:
    """List what differs between a run and the baseline. Exit code 1 where a case is broken."""
    from harness.config import find_project
    from harness.report.standings import baseline_data, baseline_lines
    from harness.results import find_run
    from harness.results.baseline import baseline_of, read_baseline
    from harness.results.standing import standings

    project = find_project(Path.cwd())
    old = read_baseline(project.results, name)
    new = baseline_of(find_run(project.results, run), name)
    config = _config(project.root)
    chosen = {one.place for one in new.held}
    told = chosen | set(_gone(config, [one.place for one in old.held if one.place not in chosen]))
    before = [one.record for one in old.held if one.place in told]
    beside = standings(before, new.records, config.gate.flake_allowance)
    if as_json:
        print_json(baseline_data(name, beside))
    for line in () if as_json else baseline_lines(name, beside):
        typer.echo(line)
    if any(one.is_worse for one in beside):
        raise typer.Exit(FAILED)


@baseline.command("list", epilog="Example: harness baseline list")
def list_(*, as_json: Json = False) -> None:
    """List the baselines with the run each was set from."""
    from harness.config import find_project
    from harness.results.baseline import known_baselines, read_baseline

    results = find_project(Path.cwd()).results
    found = [(name, read_baseline(results, name)) for name in known_baselines(results)]
    lines = [
        {
            "name": name,
            "results": len(one.records),
            "passes": sum(record.is_pass is True for record in one.records),
            "run": one.run,
            "at": one.at,
        }
        for name, one in found
    ]
    if as_json:
        print_json(lines)
    for line in () if as_json else lines:
        typer.echo("{name}: {results} results, {passes} pass, from run {run} ({at})".format_map(line))


def _fits(place: "Place", pattern: str) -> bool:
    from harness.report.standings import place_name

    (suite, case), _ = place
    node = place_name(place)
    names = (case, suite, f"{suite}::{case}", node, node.removeprefix(f"{suite}::"))
    # Brackets hold the variant: they mean themselves, not a set of letters.
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for name in names)


def _config(root: Path) -> "Config":
    import os

    from harness.config import load_config

    return load_config(root, os.environ)


def _gone(config: "Config", places: Iterable["Place"]) -> "list[Place]":
    from harness.casefile import gone_from_suites

    return gone_from_suites(list(dict.fromkeys(places)), config.project, config.environ)
