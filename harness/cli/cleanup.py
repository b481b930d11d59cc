"""`harness cleanup`."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from harness.config import Config, Flags, find_project, load_config
from harness.results import LEDGER, RunFolder, find_run
from harness.run import clean_endpoint
from harness.run.ledger import Ledger, Remote


def clean(run: str | None, endpoint: str | None, folder: Path, say: Callable[[str], None]) -> int:
    """Delete what runs have left behind on the endpoint in force.

    Args:
        run: A run's name; None: all runs.
        endpoint: As `--harness-endpoint`; None: as for runs.
        folder: Where the project is looked for.
        say: Prints a line.

    Returns:
        How many objects are still there.

    Raises:
        HarnessError: There is no such run, or the endpoint cannot be used.
    """
    project = find_project(folder)
    config = load_config(project.root, os.environ, Flags(endpoint=endpoint))
    if run is not None:
        folders = [find_run(project.results, run, holding=LEDGER)]
    else:
        folders = [RunFolder(path=path.parent) for path in sorted(project.results.glob(f"*/{LEDGER}"))]
    left = 0
    for found in folders:
        left += _clean_run(Ledger(found.ledger), found.id, config, say)
    say("nothing is left" if not left else f"{left} objects are left")
    return left


def _clean_run(ledger: Ledger, run_id: str, config: Config, say: Callable[[str], None]) -> int:
    gone = [remote for remote in ledger.left() if remote.endpoint == "embedded"]
    for remote in gone:  # an embedded server takes its objects with it
        ledger.deleted(remote)
    there = ledger.left()
    elsewhere = sorted({remote.endpoint for remote in there} - {config.endpoint.name})
    for name in elsewhere:
        say(f"{run_id}: objects on {name}: clean them with --harness-endpoint {name}")
    mine: list[Remote] = [remote for remote in there if remote.endpoint == config.endpoint.name]
    reasons = asyncio.run(clean_endpoint(mine, ledger, config.endpoint)) if mine else []
    for reason in reasons:
        say(f"{run_id}: {reason}")
    if len(mine) > len(reasons):
        say(f"{run_id}: deleted {len(mine) - len(reasons)} objects")
    return len(ledger.left())
