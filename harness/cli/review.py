"""`harness review`."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import typer

from harness.cli.data import json_text
from harness.config import Project, find_project
from harness.errors import ConfigError, ResultsError
from harness.labels import FILE, Label, Labels, append_label, latest, read_labels
from harness.results import find_run, read_rows
from harness.review import (
    Choice,
    Item,
    Session,
    agreement_data,
    agreement_lines,
    choose,
    items_of,
    read_table,
    table_text,
)
from harness.review.items import ONLY

WHERE = "harness review"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is wanted."""

    run: str | None = None
    who: str | None = None
    """The name that labels are kept under; None: git's `user.name`."""
    choice: Choice = field(default_factory=Choice)
    export_to: Path | None = None
    import_from: Path | None = None
    is_agreement: bool = False
    is_json: bool = False
    """Whether the agreement is printed as data."""


def review_run(request: Request, folder: Path, say: Callable[[str], None]) -> None:
    """Ask for labels, or export, import or compare them.

    Raises:
        HarnessError: There is no such run, nobody is named, or there is no terminal to ask on.
    """
    _check(request)
    project = find_project(folder)
    path = project.results / FILE
    known = read_labels(path)
    if known.is_torn:
        typer.echo(f"note: the last line of {project.relative(path)} was cut off and is left out", err=True)
    if request.is_agreement and request.is_json:
        say(json_text(agreement_data(known.labels)))
        return
    if request.is_agreement:
        for line in agreement_lines(known.labels):
            say(line)
        return
    if request.run is None:
        raise ConfigError("no run is named", where=WHERE, hint="for example: harness review latest")
    who = request.who or _git_name(project)
    run = find_run(project.results, request.run)
    items = list(items_of(read_rows(run), run.id))
    if request.import_from is not None:
        _take(request.import_from, items, known, _Keeper(path, who), say)
        return
    chosen = choose(items, known.labels, request.choice, who)
    if request.export_to is not None:
        _export(request.export_to, chosen, known, who)
        say(f"wrote {request.export_to}: {len(chosen)} rows; fill in the column `label`, then:")
        say(f"harness review {request.run} --import {request.export_to}")
        return
    if not chosen:
        say(f"nothing to ask for: {len(items)} things in the run (--again asks for what you have labelled)")
        return
    session = Session(chosen, who, lambda label: append_label(path, label))
    _walk(session)
    say(session.summary)
    if session.labels:
        say(f"kept in {project.relative(path)}; harness review --agreement compares them with the scorer")


def _check(request: Request) -> None:
    choice = request.choice
    if choice.only is not None and choice.only not in ONLY:
        raise ConfigError(f"found {choice.only!r}, allowed are {', '.join(ONLY)}", where="--only")
    if choice.sample is not None and choice.sample < 1:
        raise ConfigError(f"found {choice.sample}; wanted is a whole number from 1", where="--sample")
    if request.who is not None and not request.who.strip():
        raise ConfigError("the name is empty", where="--as")
    if request.is_json and not request.is_agreement:
        raise ConfigError("there is nothing but the agreement to print as data", where="--json", hint="say --agreement")
    if request.export_to is not None and request.import_from is not None:
        raise ConfigError("--export and --import exclude each other", where=WHERE)


def _git_name(project: Project) -> str:
    """Return the name that git knows: a label without a name, or with a made-up one, is worth nothing."""
    try:
        done = subprocess.run(
            ["git", "config", "user.name"],  # noqa: S607 - as the user's shell finds it
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
        name = done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        name = ""
    if not name:
        raise ConfigError("nobody is named", where=WHERE, hint="say who labels: --as NAME, or set git's user.name")
    return name


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Keeps one person's labels."""

    path: Path
    who: str

    def keep(self, item: Item, label: str) -> None:
        """Add a label."""
        append_label(self.path, item.labelled(label, self.who, datetime.now(UTC).isoformat(timespec="seconds")))


def _take(file: Path, items: list[Item], known: Labels, keeper: _Keeper, say: Callable[[str], None]) -> None:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ResultsError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise ResultsError("is no UTF-8", where=str(file), hint="save it as CSV in UTF-8") from error
    before = _own(known, keeper.who)
    found = read_table(text, items, str(file))
    new = [(item, label) for item, label in found if item.key not in before or before[item.key].label != label]
    for item, label in new:
        keeper.keep(item, label)
    say(f"{len(new)} labels taken over, {len(found) - len(new)} there already")


def _own(known: Labels, who: str) -> dict[str, Label]:
    return {item: label for (name, item), label in latest(known.labels).items() if name == who}


def _export(file: Path, items: list[Item], known: Labels, who: str) -> None:
    try:
        # The mark at its beginning tells spreadsheets that it is UTF-8.
        file.write_bytes(table_text(items, _own(known, who)).encode("utf-8-sig", "replace"))
    except OSError as error:
        raise ResultsError(f"cannot be written: {error.strerror}", where=str(file)) from error


def _walk(session: Session) -> None:
    """Ask on the terminal until it is over."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        hint = "review in a spreadsheet instead: --export FILE.csv, then --import FILE.csv"
        raise ConfigError("there is no terminal to ask on", where=WHERE, hint=hint)
    from rich.console import Console

    from harness.review.keys import single_keys
    from harness.review.screen import screen

    console = Console(highlight=False, markup=False, emoji=False)
    with suppress(EOFError, KeyboardInterrupt), single_keys() as read_key:  # what was labelled is kept
        while not session.is_over:
            if not console.is_dumb_terminal:
                console.clear()
            console.print(screen(session))
            while not session.press(read_key()):
                console.bell()
    console.print()
