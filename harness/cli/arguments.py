"""Arguments and options that several commands share: one name, one explanation."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import HarnessError

RUN = "a run's id, the beginning of one, its path, `latest`, or `latest~1` for the one before"
"""What names a run, everywhere."""
_RUN_HELP = f"{RUN[0].upper()}{RUN[1:]}."


def complete_run(incomplete: str) -> list[str]:
    """Return the runs that a word may become, for a shell; the newest first."""
    from harness.config import find_project
    from harness.results.folder import LATEST, runs_of

    try:
        runs = runs_of(find_project(Path.cwd()).results)
    except HarnessError:  # a shell has no place for what is wrong
        return []
    return [name for name in (LATEST, *(run.id for run in reversed(runs))) if name.startswith(incomplete)]


RunName = Annotated[str, typer.Argument(metavar="RUN", help=_RUN_HELP, autocompletion=complete_run)]
MaybeRunName = Annotated[str | None, typer.Argument(metavar="RUN", help=_RUN_HELP, autocompletion=complete_run)]
RunNames = Annotated[
    list[str],
    typer.Argument(metavar="RUN", help=f"Several stand side by side: {RUN}.", autocompletion=complete_run),
]
CaseName = Annotated[
    str, typer.Argument(metavar="CASE", help="A case's id, or its pytest node id: `cases/suite.yaml::case[variant]`.")
]
BaselineName = Annotated[str, typer.Option("--name", metavar="NAME", help="The baseline.")]
Json = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]
Endpoint = Annotated[
    str | None, typer.Option("--harness-endpoint", metavar="URL", help="The endpoint; default as for runs.")
]
