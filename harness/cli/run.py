"""`harness run`: what `pytest cases/` does, without pytest."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import Json
from harness.cli.codes import INTERRUPTED
from harness.cli.options import with_run_options
from harness.errors import ConfigError

if TYPE_CHECKING:  # annotations only: `harness --help` reads no settings
    from harness.config import Flags


@with_run_options
def run(  # noqa: PLR0913 - the command line has so many options
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|NODE", help="Suites, folders, or cases as pytest names them; default all."),
    ] = None,
    *,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="PATTERN",
            help="Only cases whose name or node id fits, such as `*laptop*`.",
        ),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only cases with this tag; `!TAG`: without it."),
    ] = None,
    last_failed: Annotated[
        bool,
        typer.Option("--last-failed", "--lf", help="Only what failed or errored in the latest run."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; failures in a line each.")] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Stay, and run again what a saved suite, instruction or document touches.",
        ),
    ] = False,
    as_json: Json = False,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            metavar="local|ray",
            help="Where cases run: in this process, or on a cluster (needs the extra `ray`).",
        ),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="ADDRESS",
            help="The Ray cluster's, or `auto`; default RAY_ADDRESS, or a new one on this machine.",
        ),
    ] = None,
    flags: "Flags",
) -> None:
    """Run cases, as `pytest cases/` does, without pytest: the same rows, results, gate and exit codes."""
    if watch and as_json:
        raise ConfigError("--watch and --json exclude each other", where="harness run")
    from harness.cli.running import LOCAL, RAY, Call, run_cases
    from harness.session.choose import Wish

    wish = Wish(
        places=tuple(places or ()), filters=tuple(filters or ()), tags=tuple(tags or ()), last_failed=last_failed
    )
    if executor not in {LOCAL, RAY}:
        hint = f"allowed: {LOCAL}, {RAY}"
        raise ConfigError(f"found {executor!r}, which is no executor", where="--executor", hint=hint)
    if address is not None and executor != RAY:
        raise ConfigError("only a cluster has an address", where="--address", hint=f"say --executor={RAY}")
    call = Call(
        wish=wish,
        flags=flags,
        here=Path.cwd(),
        environ=os.environ,
        is_quiet=quiet,
        is_json=as_json,
        executor=executor,
        address=address,
    )
    try:
        if not watch:
            raise typer.Exit(run_cases(call))
        from harness.cli.watch import watch_cases

        watch_cases(call, typer.echo)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
