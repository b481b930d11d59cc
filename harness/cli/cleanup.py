"""`harness cleanup`."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.config import Config, Flags, find_project, load_config
from harness.errors import ResultsError
from harness.results import LEDGER, RunFolder, find_run
from harness.run import clean_endpoint
from harness.run.ledger import Ledger, Remote
from harness.run.uploads import Uploads

Say: TypeAlias = Callable[[str], None]
"""Prints a line."""
OF_TESTS = "-tests"
"""What follows a run's name in the name of the folder of what its tests in Python made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be deleted."""

    run: str | None = None
    """A run's name; None: what all runs have left."""
    endpoint: str | None = None
    """As `--harness-endpoint`; None: as for runs."""
    kept: bool = False
    """Whether also what runs left in place on purpose."""
    uploads: bool = False
    """Whether what is kept for later runs: that alone, where no run is named."""


def clean(wish: Wish, folder: Path, say: Say) -> int:
    """Delete what runs have left behind on the endpoint in force.

    Args:
        wish: What is to be deleted.
        folder: Where the project is looked for.
        say: Prints a line.

    Returns:
        How many objects are still there that should not be.

    Raises:
        HarnessError: There is no such run, it is still running, or the endpoint cannot be used.
    """
    project = find_project(folder)
    config = load_config(project.root, os.environ, Flags(endpoint=wish.endpoint))
    only_uploads = wish.uploads and wish.run is None
    folders = [] if only_uploads else _folders(wish, project.results)
    left = sum(_clean_run(found, wish, config, say) for found in folders)
    if wish.uploads:
        left += _clean_uploads(Uploads(project.results), config, say)
    say("nothing is left" if not left else f"{left} objects are left")
    return left


def _folders(wish: Wish, results: Path) -> list[RunFolder]:
    if wish.run is None:
        return [RunFolder(path=path.parent) for path in sorted(results.glob(f"*/{LEDGER}"))]
    try:
        return [find_run(results, wish.run, holding=LEDGER)]
    except ResultsError:
        find_run(results, wish.run)  # there is such a run, and it made nothing
        return []


def _clean_run(folder: RunFolder, wish: Wish, config: Config, say: Say) -> int:
    ledger = Ledger(folder.ledger)
    left = ledger.left()
    if not left:
        return 0
    # What tests in Python made lies in a folder beside that of the session they belong to.
    session = RunFolder(path=folder.path.with_name(folder.id.partition(OF_TESTS)[0]))
    state = session.state if session.path.exists() else "broken off"
    if state == "running" or (state == "unknown" and wish.run is None):
        told = "it is still running" if state == "running" else "it began on another machine, and may still run there"
        if wish.run is not None:
            raise ResultsError(told, where=folder.id, hint="end its process first, or wait for it")
        say(f"{folder.id}: {told}: its {len(left)} objects stay")
        return 0
    if session.manifest.get("keep") and not wish.kept:
        say(f"{folder.id}: {len(left)} objects were kept on purpose (--harness-keep): delete them with --kept")
        return 0
    return _delete(ledger, folder.id, config, say)


def _delete(ledger: Ledger, run_id: str, config: Config, say: Say) -> int:
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


def _clean_uploads(uploads: Uploads, config: Config, say: Say) -> int:
    there = uploads.there()
    elsewhere = sorted({upload.endpoint for upload in there} - {config.endpoint.name})
    for name in elsewhere:
        say(f"uploads: objects on {name}: clean them with --harness-endpoint {name}")
    mine = [upload.remote for upload in there if upload.endpoint == config.endpoint.name]
    reasons = asyncio.run(clean_endpoint(mine, uploads, config.endpoint)) if mine else []
    for reason in reasons:
        say(f"uploads: {reason}")
    if len(mine) > len(reasons):
        say(f"uploads: deleted {len(mine) - len(reasons)} objects")
    return len(uploads.there())
