"""What is said of a run that did not come to its end, whatever is asked about it."""

from collections.abc import Iterable

import typer

from harness.results import RunFolder
from harness.results.notices import notices


def tell_of(runs: Iterable[RunFolder]) -> None:
    """Print, to standard error, what whoever looks at these runs should know of how they ended."""
    for run in runs:
        for line in notices(run):
            typer.echo(f"note: {line}", err=True)
