"""The commands."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.arguments import CaseName, Endpoint, Json, MaybeRunName, RunName, RunNames
from harness.cli.baseline import baseline
from harness.cli.cassettes.commands import cassettes
from harness.cli.codes import FAILED, INTERNAL, INTERRUPTED, USAGE
from harness.cli.compare import compare
from harness.cli.data import chosen_form, print_json
from harness.cli.group import Commands, variable
from harness.cli.migrate import migrate
from harness.cli.run import run
from harness.errors import ConfigError, HarnessError

app = typer.Typer(
    name="harness",
    cls=Commands,
    help="Evaluate and test assistants that answer from documents. Cases run by `pytest cases/`.",
    epilog="Exit codes are pytest's; `--json` prints data; options can be said by the environment: docs/cli.md.",
    no_args_is_help=True,
    context_settings={"max_content_width": 110},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(baseline, name="baseline")
app.add_typer(cassettes, name="cassettes")


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


_WRONG_CALL: Any = typer.BadParameter.__base__
"""What typer raises for every wrong call; it exports only this kind of it by name."""
_CTRL_C = 130
"""What typer makes of an interrupt."""


def main() -> None:
    """Run the command line; our own errors and wrong calls become a message and exit code 4, faults of ours code 3."""
    try:
        code = app(standalone_mode=False)
        sys.exit(INTERRUPTED if code == _CTRL_C else code)
    except HarnessError as error:
        typer.echo(f"harness: {error}", err=True)
        sys.exit(USAGE)
    except _WRONG_CALL as error:
        error.show()
        sys.exit(USAGE)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - whatever is wrong with us must not look like a case that failed, which is 1
        sys.excepthook(*sys.exc_info())
        sys.exit(INTERNAL)


@app.command(epilog="Example: harness init my-project")
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where; it is made if it is missing.")] = Path(),
    *,
    github: Annotated[bool, typer.Option("--github", help="Also a GitHub workflow that runs the cases.")] = False,
) -> None:
    """Make a small working project: a document, a suite of three cases, pyproject.toml, .gitignore."""
    from harness.cli.init import make_project, next_steps

    for path in make_project(folder, is_on_github=github):
        typer.echo(f"made {path}")
    for line in next_steps(folder):
        typer.echo(line)


@app.command(epilog="Example: harness validate cases/products.yaml")
def validate(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Suites, or folders of them; default all.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check suites, variants, templates and documents without a run. Exit code 1 where something is wrong."""
    from dataclasses import asdict

    from harness.cli.validate import validate as checked_suites

    checked = checked_suites(paths or (), Path.cwd())
    if as_json:
        print_json([asdict(one) for one in checked])
    for one in () if as_json else checked:
        typer.echo(one.error or f"{one.suite}: {one.cases} cases, {one.variants} variants")
    if any(one.error for one in checked):
        raise typer.Exit(FAILED)


@app.command(epilog="Example: harness schema > suite.schema.json")
def schema(
    *, variants: Annotated[bool, typer.Option("--variants", help="That of variants.yaml instead.")] = False
) -> None:
    """Print the JSON Schema of suites, for editors."""
    from harness.casefile.schema import schema_text
    from harness.model.suite import Suite
    from harness.model.variants import SharedVariants

    typer.echo(schema_text(SharedVariants if variants else Suite), nl=False)


@app.command("import", epilog="Example: harness import promptfooconfig.yaml --to cases/support.yaml")
def import_(  # noqa: PLR0913 - one argument an option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="promptfoo's YAML, OpenAI Evals' JSONL, or CSV.")],
    *,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="The suite; default cases/NAME.yaml.")] = None,
    documents: Annotated[
        str, typer.Option("--documents", metavar="A,B", help="Documents: below fixtures/, or files to be copied there.")
    ] = "",
    context_vars: Annotated[
        str, typer.Option("--context-vars", metavar="A,B", help="Other variables that hold what is answered from.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything is not carried over.")] = False,
    as_json: Json = False,
) -> None:
    """Make a suite of promptfoo's YAML, OpenAI Evals' JSONL or a CSV file; what has no equal here is listed."""
    from harness.cli.import_ import import_file
    from harness.importing import Wanted

    wanted = Wanted(file=file, to=to, documents=_split(documents), contexts=_split(context_vars), is_forced=force)
    done = import_file(wanted, Path.cwd(), is_json=as_json)
    if strict and done.left:
        raise typer.Exit(FAILED)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


app.command(epilog="Example: harness migrate cases/products.yaml --write")(migrate)
app.command(epilog="Example: harness run cases/products.yaml --filter '*laptop*'")(run)


@app.command(epilog="Example: harness runs --last 5")
def runs(
    *,
    last: Annotated[int, typer.Option("--last", min=1, metavar="N", help="How many, the newest.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs: id, state (finished, running, broken off), rows, outcomes."""
    from harness.cli.runs import print_runs

    print_runs(last, Path.cwd(), is_json=as_json)


@app.command(epilog="Example: harness show latest dearest-laptop")
def show(run: RunName, case: CaseName, *, as_json: Json = False) -> None:
    """Print a conversation as a person reads it, with citations and the passages they point at."""
    from harness.cli.show import show_case

    show_case(run, case, Path.cwd(), is_json=as_json)


Beside = Annotated[
    str | None,
    typer.Option("--baseline", metavar="NAME", envvar="HARNESS_BASELINE", help="Show each case beside this baseline."),
]


@app.command(epilog="Example: harness report latest --output report.html")
def report(
    runs: RunNames,
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The file to write."),
    ] = Path("report.html"),
    baseline_name: Beside = None,
) -> None:
    """Write runs as one HTML file that needs no network: overview, table, and each claim beside its passage."""
    from harness.cli.report import write_report

    size = write_report(runs, output, Path.cwd(), baseline_name)
    typer.echo(f"wrote {output} ({size / 1_000_000:.1f} MB)")


@app.command(epilog="Example: harness view --port 8080")
def view(
    *,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, metavar="PORT", help="Where to listen; 0: any free one."),
    ] = 0,
    baseline_name: Beside = None,
) -> None:
    """Serve the reports of all runs to this machine only, the newest first, until Ctrl-C."""
    from harness.cli.view import view_runs

    view_runs(port, Path.cwd(), typer.echo, baseline_name)


app.command(epilog="Example: harness compare latest~1 latest")(compare)


@app.command(epilog="Example: harness score latest")
def score(
    run: MaybeRunName = None,
    *,
    cassettes: Annotated[bool, typer.Option("--cassettes", help="Score all recordings instead of a run.")] = False,
    as_json: Json = False,
) -> None:
    """Score old transcripts or recordings with today's scorers and cases, without a run."""
    from harness.cli.score import score_again

    if (run is None) != cassettes:
        raise ConfigError("name a run, or say --cassettes", where="harness score")
    if score_again(run, Path.cwd(), is_json=as_json):
        raise typer.Exit(FAILED)


@app.command(epilog="Example: harness review latest --only disagreeing")
def review(  # noqa: PLR0913 - one argument an option
    run: MaybeRunName = None,
    *,
    who: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who labels; default git's user.name.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="disagreeing|unlabelled|failed",
            help="Only where labels or scorers differ, none are, or a case fails.",
        ),
    ] = None,
    sample: Annotated[int | None, typer.Option(metavar="N", help="So many answers, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another number draws others.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Ask for what you have labelled, too.")] = False,
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write a CSV file instead.")] = None,
    import_: Annotated[Path | None, typer.Option("--import", metavar="FILE", help="Read its labels back.")] = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="Compare all labels with the scorer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --agreement: print data instead of text.")] = False,
) -> None:
    """Judge answers claim by claim, keep the labels, and see how far the scorer agrees with them."""
    from harness.cli.review import Request, review_run
    from harness.review import Choice

    choice = Choice(only=only, sample=sample, seed=seed, is_again=again)  # type: ignore[arg-type]  # checked there
    request = Request(
        run=run,
        who=who,
        choice=choice,
        export_to=export,
        import_from=import_,
        is_agreement=agreement,
        is_json=as_json,
    )
    review_run(request, Path.cwd(), typer.echo)


Format = Annotated[
    str | None, typer.Option("--format", metavar="table|csv|json", help="How it is printed; default table.")
]


@app.command(epilog='Example: harness sql "select run, outcome, count(*) from rows group by all order by all"')
def sql(
    statement: Annotated[str, typer.Argument(metavar="SQL", help="A select statement (DuckDB's SQL).")],
    *,
    run: Annotated[
        list[str] | None, typer.Option("--run", metavar="RUN", help="Only this run; may be repeated; default all.")
    ] = None,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """Ask all runs: the tables are rows, claims, facts, citations, retrieved (`describe rows` lists columns)."""
    from harness.cli.sql import FORMS, ask_sql

    ask_sql(statement, run or (), chosen_form(form, FORMS, is_json=as_json), Path.cwd())


@app.command(epilog="Example: harness history cases/products.yaml::dearest-laptop")
def history(case: CaseName, *, form: Format = None, as_json: Json = False) -> None:
    """Print what became of a case over all runs, newest first."""
    from harness.cli.sql import FORMS, print_history

    print_history(case, chosen_form(form, FORMS, is_json=as_json), Path.cwd())


@app.command(epilog="Example: harness cleanup latest --harness-endpoint http://localhost:8000/v1")
def cleanup(
    run: MaybeRunName = None,
    *,
    endpoint: Endpoint = None,
    kept: Annotated[bool, typer.Option("--kept", help="Also what --harness-keep has left in place.")] = False,
    uploads: Annotated[
        bool, typer.Option("--uploads", help="What --harness-reuse-uploads keeps for later runs, instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete the remote objects that crashed runs, or the one that is named, have left behind, and only those."""
    from harness.cli.cleanup import Wish, clean

    wish = Wish(run=run, endpoint=endpoint, kept=kept, uploads=uploads)
    said: list[str] = []
    left = clean(wish, Path.cwd(), said.append if as_json else typer.echo)
    if as_json:
        print_json({"left": left, "messages": said})
    if left:
        raise typer.Exit(FAILED)


@app.command(
    epilog="Example: harness serve --port 8000",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def serve(context: typer.Context) -> None:
    """Run the embedded server in the foreground; `harness serve --help` lists its options."""
    start = variable(("serve",), "--")
    said = [(name.removeprefix(start), value) for name, value in sorted(os.environ.items()) if name.startswith(start)]
    options = [f"--{name.lower().replace('_', '-')}={value}" for name, value in said if value]
    command = [sys.executable, "-P", "-m", "harness.server", *options, *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - our own module
