"""Where a session keeps its rows: in a folder of its own, or in that of the run that it goes on with."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.cassettes.secrets import Secrets
from harness.config import Config
from harness.errors import ConfigError, ResultsError
from harness.pipeline import SPENT, Part
from harness.results import MANIFEST, ROWS, RunFolder, find_run
from harness.results.folder import torn_bytes
from harness.results.kept import Kept

EMBEDDED = "embedded"
OPTION = "--harness-resume"


def part_of(config: Config, told: Mapping[str, Any] | None = None, share: int = 1) -> Part:
    """Return what a process has to do with a session.

    Args:
        config: The settings in force.
        told: What the process that began the session says (see `told_to_workers`); None for that process itself.
        share: How many processes share the limit of runs at once.

    Raises:
        ConfigError: The run to go on with went to another endpoint.
        ResultsError: There is no such run, it is still running, or its rows cannot be read.
    """
    if told:
        folder = RunFolder(path=Path(told["folder"]))
        until = told.get("kept_until")
        kept = Kept(folder, _clean(config), until) if until is not None else None
        return Part(folder=folder, embedded_url=told.get("url"), share=share, spent=folder.shared / SPENT, kept=kept)
    if config.resume is None:
        folder = RunFolder.new(config.project.results)
        return Part(folder=folder, share=share, spent=folder.shared / SPENT)
    folder = _found(config, config.resume)
    return Part(folder=folder, share=share, spent=folder.shared / SPENT, kept=Kept(folder, _clean(config)))


def told_to_workers(part: Part) -> dict[str, Any]:
    """Return what other processes of a session must know of its folder, as plain data."""
    told: dict[str, Any] = {"folder": str(part.folder.path)}
    if part.kept is not None:
        # What this session adds to the rows is none of what it found.
        told["kept_until"] = part.kept.end
    return told


@contextmanager
def taking(part: Part) -> Iterator[None]:
    """Hold a run to go on with against other processes until its manifest says whose it is.

    Raises:
        ResultsError: Another process was quicker.
    """
    if part.kept is None:
        yield
        return
    from filelock import FileLock  # only who goes on with a run pays for it

    folder = part.folder
    folder.earlier.mkdir(exist_ok=True)  # gone when the session ends
    with FileLock(folder.earlier / "taking.lock"):
        if folder.state == "running" or _rows_end(folder) != part.kept.end:
            hint = "wait for it, then say it again if anything is missing"
            raise ResultsError(f"another process has just gone on with {folder.id}", where=OPTION, hint=hint)
        yield


def take_over(part: Part) -> None:
    """Make the folder of a run that was broken off fit to go on with. Nothing else writes to it now."""
    from harness.run.ledger import Ledger  # replays load no runner

    folder = part.folder
    assert part.kept is not None
    folder.mend()
    part.kept.mend()
    ledger = Ledger(folder.ledger)
    for remote in ledger.left():
        if remote.endpoint == EMBEDDED:  # it took its objects with it
            ledger.deleted(remote)
    # What was set up may be gone by now: it is looked at before it is used. What was spent is the other session's.
    folder.earlier.mkdir(exist_ok=True)
    for note in folder.shared.glob("*.json"):
        note.replace(folder.earlier / note.name)
    shutil.rmtree(folder.shared, ignore_errors=True)


def started_of(folder: RunFolder) -> datetime | None:
    """Return when a run began; None where its manifest does not tell."""
    try:
        return datetime.fromisoformat(folder.manifest["started"])
    except (LookupError, TypeError, ValueError):
        return None


def _rows_end(folder: RunFolder) -> int:
    path = folder.path / ROWS
    return path.stat().st_size - torn_bytes(path) if path.exists() else 0


def _found(config: Config, name: str) -> RunFolder:
    """Return the run to go on with. It may have been broken off before its first row, or have lost its manifest."""
    try:
        folder = find_run(config.project.results, name, holding=MANIFEST)
    except ResultsError:
        folder = find_run(config.project.results, name, holding=ROWS)
    if folder.state == "running":
        hint = "wait for it, or end its process first"
        raise ResultsError(f"the run {folder.id} is still running", where=OPTION, hint=hint)
    manifest = folder.manifest
    if "scored_from" in manifest:
        raise ResultsError(f"{folder.id} was scored from old recordings: there is nothing to run in it", where=OPTION)
    endpoint = manifest.get("endpoint", config.endpoint.name)
    if endpoint != config.endpoint.name:
        raise ConfigError(
            f"the run {folder.id} went to {endpoint}, and this one would go to {config.endpoint.name}",
            where=OPTION,
            hint=f"say --harness-endpoint={endpoint}, or begin a new run",
        )
    return folder


def _clean(config: Config) -> Any:
    secrets = Secrets(config.secrets)
    return lambda data: secrets.taken_out(data, "[secret]")
