"""A run's folder: `results.jsonl` (a row a line), `manifest.json`, and how a run is found by name."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ResultsError

ROWS, MANIFEST, LEDGER = "results.jsonl", "manifest.json", "remote.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFolder:
    """Where one run keeps what it found."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id: when it began, in UTC, and four random digits."""
        return self.path.name

    @property
    def ledger(self) -> Path:
        """The list of remote objects that the run made."""
        return self.path / LEDGER

    @property
    def shared(self) -> Path:
        """Where the processes of a session tell each other what is set up; empty once the run is over."""
        return self.path / "shared"

    @classmethod
    def new(cls, results: Path) -> "RunFolder":
        """Name a new folder below `results`. It is made when something is put into it."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
        return cls(path=results / f"{stamp}-{secrets.token_hex(2)}")

    def make(self) -> None:
        """Make the folder.

        Raises:
            ResultsError: It cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "check the permissions, or set `results` in [tool.harness]"
            reason = error.strerror or str(error)
            raise ResultsError(
                f"cannot make a folder for results: {reason}", where=str(self.path), hint=hint
            ) from error

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row (as `row_data` gives it). It outlives this process, whatever ends it.

        The system writes it to the disk in its own time: what a power cut takes, a replay gives back, and to wait for
        the disk at each row would take longer than the replay itself.
        """
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        path = self.path / ROWS
        try:
            file = path.open("a", encoding="utf-8", newline="\n")
        except FileNotFoundError:  # the first row makes the folder
            self.make()
            file = path.open("a", encoding="utf-8", newline="\n")
        with file:
            file.write(line)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write what the run was about."""
        target = self.path / MANIFEST
        draft = target.with_suffix(".tmp")
        draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(target)


def find_run(results: Path, name: str, holding: str = ROWS) -> RunFolder:
    """Find a run by its id, the beginning of it, its path, or `latest`.

    Args:
        results: Where runs are kept.
        name: What the user calls it.
        holding: The file that makes a folder a run: one that was broken off early has a ledger, and no rows.

    Raises:
        ResultsError: There is none, or several begin so.
    """
    if (Path(name) / holding).is_file():
        return RunFolder(path=Path(name))
    runs = [run.path for run in runs_of(results, holding)]
    found = runs[-1:] if name == "latest" else [run for run in runs if run.name.startswith(name)]
    if len(found) == 1:
        return RunFolder(path=found[0])
    known = ", ".join(run.name for run in runs[-5:]) or "none yet: run `pytest cases/` first"
    what = f"{len(found)} runs begin with {name!r}" if found else f"there is no run {name!r}"
    raise ResultsError(what, where=str(results), hint=f"the latest runs: {known}")


def runs_of(results: Path, holding: str = ROWS) -> list[RunFolder]:
    """Return all runs, oldest first; see `find_run`."""
    return [RunFolder(path=path.parent) for path in sorted(results.glob(f"*/{holding}"), key=_age)]


def _age(path: Path) -> tuple[str, int]:
    """Return what runs are ordered by: the time in their name; of those of one second, which was written last."""
    return path.parent.name[: len("2026-11-23T08-00-00")], path.stat().st_mtime_ns
