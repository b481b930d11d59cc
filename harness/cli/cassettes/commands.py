"""The sub-commands of `harness cassettes`."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import Endpoint, Json
from harness.cli.codes import FAILED
from harness.cli.data import print_json
from harness.errors import CassetteError, ConfigError

cassettes = typer.Typer(
    help="Look after recordings: which are fresh, record, prune, verify, import.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Variants = Annotated[
    list[str] | None,
    typer.Option("--harness-variant", metavar="PATTERN", help="Variants that should be recorded; default `default`."),
]
Model = Annotated[str | None, typer.Option("--harness-model", metavar="NAME", help="Model of every assistant.")]
Target = Annotated[
    str | None,
    typer.Option("--harness-target", metavar="assistants|responses", help="The protocol, whatever variants say."),
]
Trials = Annotated[int | None, typer.Option("--harness-trials", metavar="K", help="Trials of each case; default 1.")]


@cassettes.command(epilog="Example: harness cassettes status --json")
def status(
    *,
    variants: Variants = None,
    model: Model = None,
    target: Target = None,
    trials: Trials = None,
    as_json: Json = False,
) -> None:
    """List what is stale (and why), missing, unreadable or orphaned. Exit code 1 unless all is fresh."""
    from harness.cli.cassettes.look import look
    from harness.cli.cassettes.status import status_data, status_lines
    from harness.config import Flags

    seen = look(Path.cwd(), Flags(variants=tuple(variants or ()), model=model, target=target, trials=trials))
    if as_json:
        print_json(status_data(seen))
    else:
        _print(status_lines(seen))
    if not seen.inventory.is_fresh:
        raise typer.Exit(FAILED)


@cassettes.command(epilog="Example: harness cassettes record --stale cases/products.yaml::dearest-laptop")
def record(  # noqa: PLR0913 - each is an option of the command
    case: Annotated[
        list[str] | None, typer.Argument(metavar="CASE", help="Case, node id, suite or cassette; default all.")
    ] = None,
    *,
    stale: Annotated[bool, typer.Option("--stale", help="Also record what is stale or cannot be read.")] = False,
    variants: Variants = None,
    model: Model = None,
    target: Target = None,
    trials: Trials = None,
    endpoint: Endpoint = None,
    as_json: Json = False,
) -> None:
    """Record what has no recording yet, and only that."""
    from harness.cli.cassettes.look import look
    from harness.cli.cassettes.record import record_missing
    from harness.config import Flags

    flags = Flags(variants=tuple(variants or ()), model=model, target=target, trials=trials, endpoint=endpoint)
    seen = look(Path.cwd(), replace(flags, record="new_episodes" if stale else "once"))
    said: list[str] = []
    failed = record_missing(seen, case or (), said.append if as_json else typer.echo)
    if as_json:
        print_json({"failed": failed, "messages": said})
    if failed:
        raise typer.Exit(FAILED)


@cassettes.command(epilog="Example: harness cassettes prune --yes")
def prune(*, yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False) -> None:
    """Delete recordings of cases that are planned no more, and texts that no recording holds."""
    from harness.cassettes.inventory import prune as delete
    from harness.cli.cassettes.look import look
    from harness.cli.cassettes.status import waste_lines

    seen = look(Path.cwd())
    lines = list(waste_lines(seen))
    _print(lines or ["nothing to prune"])
    if not lines:
        return
    if not yes and not sys.stdin.isatty():
        raise ConfigError("nothing was deleted: there is no terminal to ask on", hint="say --yes to delete")
    if yes or typer.confirm("delete these?"):
        delete(seen.inventory, seen.config.project.cassettes)
        typer.echo("deleted")


@cassettes.command(epilog="Example: harness cassettes verify --harness-variant=default --json")
def verify(
    *,
    variants: Annotated[
        list[str] | None,
        typer.Option("--harness-variant", metavar="PATTERN", help="Only these variants; default all that is recorded."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read and score everything recorded: no run, no socket. Exit code 1 if a recording or a verdict is not right."""
    from harness.cli.cassettes.look import look
    from harness.cli.cassettes.verify import rows_of, verify_data, verify_lines
    from harness.config import Flags

    rows = rows_of(look(Path.cwd(), Flags(variants=tuple(variants or ("*",)), record="none")))
    if as_json:
        print_json(verify_data(rows))
    else:
        _print(verify_lines(rows))
    if not verify_data(rows)["is_right"]:
        raise typer.Exit(FAILED)


@cassettes.command("import", epilog="Example: harness cassettes import old/tape.yaml --documents fixtures/policy.pdf")
def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Cassettes that vcrpy has written.")],
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the transcripts there, as JSON.")] = None,
    documents: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Judge groundedness by this document; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read vcrpy's cassettes of Assistants and Responses traffic, and print the conversations."""
    from harness.cli.cassettes.imports import (
        import_tape,
        imported_data,
        imported_lines,
        read_documents,
        write_transcripts,
    )

    known = read_documents(documents or ())
    tapes, failed = [], 0
    for file in files:
        try:
            tapes += import_tape(file, known)
        except CassetteError as error:
            if len(files) == 1:
                raise
            failed += 1
            typer.echo(f"harness: {error}", err=True)
    if as_json:
        print_json(imported_data(tapes))
    for tape in () if as_json else tapes:
        _print(imported_lines(tape))
    if out is not None:
        write_transcripts(tapes, out)
        typer.echo(f"wrote {out}", err=as_json)
    if failed:
        typer.echo(f"{failed} of {len(files)} files could not be imported", err=True)
        raise typer.Exit(FAILED)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
