"""What `harness run` prints on: its progress on standard error, its findings on standard output."""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from harness.session.progress import Progress

if TYPE_CHECKING:  # annotations only: what runs without a terminal needs no rich
    from rich.console import Console

EVERY_S = 10.0
"""Seconds between two lines where there is no terminal."""
REFRESH_HZ = 4
"""Times a second that a terminal is painted anew."""


class Screen:
    """Lines in colour where there are colours, as wide as the terminal.

    Args:
        environ: Says whether colours are wanted.
        is_aside: Whether it is standard error that is printed on: then standard output is for data.
    """

    def __init__(self, environ: Mapping[str, str], *, is_aside: bool = False) -> None:
        self._is_aside = is_aside
        # typer leaves colours out where there is no terminal; that nobody wants them it does not ask.
        self._is_plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self._width = shutil.get_terminal_size().columns

    def section(self, title: str) -> None:
        """Print a title across the whole width."""
        typer.echo(f" {title} ".center(self._width, "="), err=self._is_aside)

    def write_line(self, line: str, *, green: bool = False, red: bool = False, yellow: bool = False) -> None:
        """Print a line, in a colour where there are colours."""
        colour = "green" if green else "red" if red else "yellow" if yellow else None
        styled = line if colour is None or self._is_plain else typer.style(line, fg=colour)
        typer.echo(styled, err=self._is_aside)


@contextmanager
def shown(progress: Progress, *, is_quiet: bool) -> Iterator[None]:
    """Show progress while the block runs: painted on a terminal, else a line now and then, nothing if quiet."""
    if is_quiet or not progress.live:  # replays are over in a moment
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    is_painted = console.is_terminal and not console.is_dumb_terminal
    with _painted(progress, console) if is_painted else _told(progress, lambda line: typer.echo(line, err=True)):
        yield


@contextmanager
def _painted(progress: Progress, console: "Console") -> Iterator[None]:
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    def picture() -> Table:
        lines = Table.grid()  # a line each: a bar by itself does not end its line
        lines.add_row(ProgressBar(total=max(1, progress.total), completed=progress.done, width=40))
        lines.add_row(Text(" · ".join(progress.parts)))
        return lines

    live = Live(get_renderable=picture, console=console, refresh_per_second=REFRESH_HZ, transient=True)
    with live:
        yield


@contextmanager
def _told(progress: Progress, say: Callable[[str], None]) -> Iterator[None]:
    is_over = threading.Event()

    def tell() -> None:
        while not is_over.wait(EVERY_S):
            say(progress.line)

    thread = threading.Thread(target=tell, name="harness-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
