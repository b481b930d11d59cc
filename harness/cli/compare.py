"""`harness compare`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import RUN, Json
from harness.cli.codes import FAILED
from harness.cli.data import chosen_form, print_json
from harness.errors import ConfigError, HarnessError
from harness.session.garbage import garbage_kept

if TYPE_CHECKING:  # annotations only: no other command pays for what comparing needs
    from harness.compare import Comparison, Side
    from harness.config import Config
    from harness.model.plan import Planned
    from harness.model.score import Outcome
    from harness.model.transcript import Transcript
    from harness.pipeline import Pipeline
    from harness.plan import SourceFiles

WHERE = "harness compare"
FORMATS = ("text", "markdown", "json")
FAIL_ON = ("never", "worse", "any-broken")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the user wants compared."""

    names: Sequence[str]
    variants: str | None
    targets: str | None
    models: str | None
    limit: int
    form: str
    fail_on: str


def compare(  # noqa: PLR0913 - typer makes each an option
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help=f"The reference, and what is held against it: {RUN}; or a baseline's name; each with `@VARIANT` for a "
            "part of it.",
        ),
    ] = None,
    *,
    variants: Annotated[str | None, typer.Option(metavar="A,B", help="Compare these variants.")] = None,
    targets: Annotated[str | None, typer.Option(metavar="A,B", help="Compare these targets.")] = None,
    models: Annotated[str | None, typer.Option(metavar="A,B", help="Compare these models.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="How many changed verdicts are told in full.")] = 10,
    form: Annotated[
        str | None, typer.Option("--format", metavar="text|markdown|json", help="How it is printed; default text.")
    ] = None,
    as_json: Json = False,
    fail_on: Annotated[
        str,
        typer.Option(metavar="never|worse|any-broken", help="Exit code 1 on a worse verdict, or on any broken case."),
    ] = "never",
) -> None:
    """Compare runs, variants, targets, models or baselines, case by case: did it get worse, where, and why?

    --variants, --targets and --models look in the runs that are named, else in the newest that has each.
    """
    request = Request(
        names=names or (),
        variants=variants,
        targets=targets,
        models=models,
        limit=limit,
        form=chosen_form(form, FORMATS, is_json=as_json),
        fail_on=fail_on,
    )
    # Tens of thousands of records are made, none in a circle: looking for such takes a third of the time.
    with garbage_kept():
        is_worse = is_failed(request, Path.cwd())
    if is_worse:
        raise typer.Exit(FAILED)


def is_failed(request: Request, folder: Path) -> bool:
    """Print a comparison, and tell whether it is one to fail on.

    Raises:
        HarnessError: There is nothing to compare, or something in the project cannot be used.
    """
    if request.fail_on not in FAIL_ON:
        raise ConfigError(f"found {request.fail_on!r}, allowed are {', '.join(FAIL_ON)}", where="--fail-on")
    if request.limit < 0:
        raise ConfigError(f"found {request.limit}; wanted is a whole number from 0", where="--limit")
    from harness.compare import Options
    from harness.compare import compare as compare_sides
    from harness.config import find_project

    project = find_project(folder)
    sides = _sides(request, project.results)
    for line in dict.fromkeys(line for side in sides for line in side.notices):
        typer.echo(f"note: {line}", err=True)
    comparison = compare_sides(sides, Options(limit=request.limit, judge=Rescoring(project.root).outcome))
    _print(comparison, request.form)
    if request.fail_on == "worse":
        return any(one.verdict == "worse" for one in comparison.others)
    return request.fail_on == "any-broken" and any(one.broken for one in comparison.others)


def _sides(request: Request, results: Path) -> "list[Side]":
    from harness.compare.choose import named_sides, sides_by

    chosen = {"variant": request.variants, "target": request.targets, "model": request.models}
    given = {name: values for name, values in chosen.items() if values is not None}
    if len(given) > 1:
        hint = "compare one at a time; `RUN@VARIANT` narrows a run down"
        raise ConfigError(f"--{'s and --'.join(given)}s exclude each other", where=WHERE, hint=hint)
    for dimension, text in given.items():
        values = [value.strip() for value in text.split(",") if value.strip()]
        return sides_by(dimension, values, request.names, results)
    if len(request.names) < 2:
        hint = "for example: harness compare latest~1 latest; or --variants, --targets, --models"
        raise ConfigError(f"{len(request.names)} of at least two to compare", where=WHERE, hint=hint)
    return named_sides(request.names, results)


def _print(comparison: "Comparison", form: str) -> None:
    if form == "json":
        from harness.compare.data import comparison_data

        print_json(comparison_data(comparison))
    elif form == "markdown":
        from harness.compare.markdown import markdown_lines

        typer.echo("\n".join(markdown_lines(comparison)))
    else:
        from harness.compare.text import console_of, print_comparison

        print_comparison(comparison, console_of())


class Rescoring:
    """Judges recorded answers by today's scorer; set up when it is first asked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def outcome(self, planned: "Planned", transcript: "Transcript") -> "Outcome | None":
        """Judge an answer; None where a document is not as it was, or today's settings cannot be used."""
        try:
            if not self._are_documents_same(planned):
                return None
            return self._pipeline.judge(planned, transcript).outcome
        except HarnessError:
            return None

    @cached_property
    def _config(self) -> "Config":
        from harness.config import load_config

        # A judging model decides nothing, and would be paid for.
        return replace(load_config(self._root, os.environ), judge=None)

    @cached_property
    def _pipeline(self) -> "Pipeline":
        from harness.pipeline import Part, Pipeline
        from harness.results import RunFolder

        return Pipeline(self._config, Part(folder=RunFolder.new(self._config.project.results)))

    @cached_property
    def _files(self) -> "SourceFiles":
        from harness.plan import SourceFiles

        return SourceFiles(project=self._config.project)

    def _are_documents_same(self, planned: "Planned") -> bool:
        """Tell whether all documents of a row have the bytes they had.

        Raises:
            DocumentError: One of them is not there any more.
        """
        return all(self._files.source(one.path, where=WHERE).sha256 == one.sha256 for one in planned.sources)
