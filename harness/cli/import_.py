"""`harness import`."""

import os
from pathlib import Path
from typing import Any

import typer

from harness.cli.data import print_json
from harness.config import Project, find_project
from harness.config.environment import read_dotenv
from harness.importing import Imported, Wanted, import_suite
from harness.report.plain import shortened

LONGEST = 400
"""Characters of a line about something that was not carried over."""


def import_file(wanted: Wanted, folder: Path, *, is_json: bool = False) -> Imported:
    """Import a file, and print what came of it; what could not be carried over, to standard error.

    Args:
        wanted: The file, and where to.
        folder: Where the project is looked for.
        is_json: Whether all of it is printed as data instead.

    Raises:
        HarnessError: The file cannot be read or makes no suite, or something is in the way.
    """
    project = find_project(folder)
    done = import_suite(wanted, project, {**read_dotenv(project.root), **os.environ})
    if is_json:
        print_json(_data(done, project))
    else:
        _print(done, project)
    return done


def _print(done: Imported, project: Project) -> None:
    suite = done.suite.suite
    variants = f", {len(suite.variants)} variants" if suite.variants else ""
    name = project.relative(done.path)
    typer.echo(f"wrote {name}: {len(suite.cases)} cases, {_facts(done)} facts{variants}")
    for document in done.documents:
        typer.echo(f"wrote {project.relative(project.fixtures)}/{document}")
    for note in done.notes:
        typer.echo(f"note: {shortened(note, LONGEST)}")
    for one in done.left:
        typer.echo(f"not carried over: {shortened(str(one), LONGEST)}", err=True)
    if done.left:
        typer.echo(f"not carried over: {len(done.left)} in all; each stands as a comment in {name}", err=True)
    typer.echo(f"next: pytest {name}")


def _data(done: Imported, project: Project) -> dict[str, Any]:
    return {
        "suite": project.relative(done.path),
        "cases": len(done.suite.suite.cases),
        "facts": _facts(done),
        "variants": len(done.suite.suite.variants),
        "documents": [f"{project.relative(project.fixtures)}/{document}" for document in done.documents],
        "notes": list(done.notes),
        "not_carried_over": [str(one) for one in done.left],
    }


def _facts(done: Imported) -> int:
    return sum(len(turn.expected_facts) for case in done.suite.suite.cases for turn in case.conversation)
