"""The commands."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.baseline import baseline
from harness.cli.cassettes.commands import cassettes
from harness.cli.codes import FAILED, INTERRUPTED, USAGE
from harness.cli.compare import compare
from harness.errors import ConfigError, HarnessError

app = typer.Typer(
    name="harness",
    help="Evaluate and test assistants that answer from documents. Cases run by `pytest cases/`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(baseline, name="baseline")
app.add_typer(cassettes, name="cassettes")

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of it, or `latest`.")]


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001 - typer's way of calling
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"assistant-harness {version('assistant-harness')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002 - typer's way of naming a flag
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Evaluate and test assistants that answer from documents. Cases run by `pytest cases/`."""


def main() -> None:
    """Run the command line; our own errors become a message and exit code 4."""
    try:
        app()
    except HarnessError as error:
        typer.echo(f"harness: {error}", err=True)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@app.command(epilog="Example: harness show latest dearest-laptop")
def show(
    run: RunName,
    case: Annotated[str, typer.Argument(help="A case's id, or its pytest node id (suite.yaml::case[variant]).")],
) -> None:
    """Print a conversation as a person reads it, with citations and the passages they point at."""
    from harness.cli.show import show_case

    show_case(run, case, Path.cwd())


@app.command(epilog="Example: harness score latest")
def score(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run's id, the beginning of it, or `latest`.")
    ] = None,
    *,
    cassettes: Annotated[bool, typer.Option("--cassettes", help="Score all recordings instead of a run.")] = False,
) -> None:
    """Score old transcripts or recordings with today's scorers and cases, without a run."""
    from harness.cli.score import score_again

    if (run is None) != cassettes:
        raise ConfigError("name a run, or say --cassettes", where="harness score")
    if score_again(run, Path.cwd(), typer.echo):
        raise typer.Exit(FAILED)


Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="`table`, `csv` or `json`.")]


@app.command(epilog='Example: harness sql "select run, outcome, count(*) from rows group by all order by all"')
def sql(
    statement: Annotated[str, typer.Argument(help="A select statement (DuckDB's SQL).")],
    *,
    run: Annotated[list[str] | None, typer.Option("--run", metavar="RUN", help="Only this run; default all.")] = None,
    form: Format = "table",
) -> None:
    """Ask all runs: the tables are rows, claims, facts, citations, retrieved (`describe rows` lists columns)."""
    from harness.cli.sql import ask_sql

    ask_sql(statement, run or (), form, Path.cwd())


@app.command(epilog="Example: harness history cases/products.yaml::dearest-laptop")
def history(
    case: Annotated[str, typer.Argument(help="A case's id, or its pytest node id (suite.yaml::case[variant]).")],
    *,
    form: Format = "table",
) -> None:
    """Print what became of a case over all runs, newest first."""
    from harness.cli.sql import print_history

    print_history(case, form, Path.cwd())


app.command(epilog="Example: harness compare latest~1 latest")(compare)


@app.command(epilog="Example: harness report latest --output report.html")
def report(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN [RUN ...]", help="Runs: ids, the beginnings of ids, or `latest`.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "report.html"
    ),
) -> None:
    """Write runs as one HTML file that needs no network: overview, table, and each claim beside its passage."""
    from harness.cli.report import write_report

    size = write_report(runs, output, Path.cwd())
    typer.echo(f"wrote {output} ({size / 1_000_000:.1f} MB)")


@app.command(epilog="Example: harness view --port 8080")
def view(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0: any free one.")] = 0,
) -> None:
    """Serve the reports of all runs to this machine only, the newest first, until Ctrl-C."""
    from harness.cli.view import view_runs

    view_runs(port, Path.cwd(), typer.echo)


@app.command(epilog="Example: harness init my-project")
def init(
    folder: Annotated[Path, typer.Argument(help="Where; it is made if it is missing.")] = Path(),
) -> None:
    """Make a small working suite: a document, three cases, pyproject.toml."""
    from harness.cli.init import make_project

    for path in make_project(folder):
        typer.echo(f"made {path}")
    typer.echo("next: pytest cases/" if folder == Path() else f"next: cd {folder} && pytest cases/")


@app.command(epilog="Example: harness cleanup latest --harness-endpoint http://localhost:8000/v1")
def cleanup(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; without it, all runs.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option("--harness-endpoint", metavar="URL", help="The endpoint to clean; default as for runs."),
    ] = None,
) -> None:
    """Delete the remote objects that crashed or kept runs have left behind, and only those."""
    from harness.cli.cleanup import clean

    left = clean(run, endpoint, Path.cwd(), typer.echo)
    if left:
        raise typer.Exit(FAILED)


@app.command(
    epilog="Example: harness serve --port 8000",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def serve(context: typer.Context) -> None:
    """Run the embedded server in the foreground; `harness serve --help` lists its options."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "harness.server", *context.args])  # noqa: S606 - our own module
