"""A run's folder: `results.jsonl` (a row a line), `manifest.json`, and how a run is found by name."""

import errno
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.errors import ResultsError
from harness.results.owner import Owner

ROWS, MANIFEST, LEDGER = "results.jsonl", "manifest.json", "remote.jsonl"
LATEST = "latest"
"""What the newest run is called, whatever its id; `latest~1` is the one before."""
RUNNING, FINISHED = "running", "finished"
"""What a manifest says of its run; what it says of one that was broken off is the former, and its process is gone."""
State: TypeAlias = Literal["running", "finished", "broken off", "unknown"]
"""What a run is in; `unknown`: it is not finished, and its process would run on another machine."""


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

    @property
    def won(self) -> Path:
        """Transcripts of live runs whose rows are yet to come; gone once the run is over."""
        return self.path / "won.jsonl"

    @property
    def earlier(self) -> Path:
        """What processes of a session that was broken off had set up; to be looked at before it is used."""
        return self.path / "earlier"

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run was about; empty where it has no manifest that can be read."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return manifest if isinstance(manifest, dict) else {}

    @property
    def state(self) -> State:
        """Whether the run came to its end."""
        manifest = self.manifest
        # Before there were states, a manifest was written at the end.
        if manifest.get("state", FINISHED if manifest else RUNNING) == FINISHED:
            return "finished"
        owner = Owner.of(manifest)
        life = owner.life if owner is not None else "dead"
        return "running" if life == "alive" else "unknown" if life == "elsewhere" else "broken off"

    @property
    def scorer_code(self) -> str | None:
        """Digest of the code that scored the run; None where its manifest does not tell."""
        code = self.manifest.get("scorer_code")
        return code if isinstance(code, str) else None

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
        """Add a row (as `row_data` gives it). It outlives this process, whatever ends it: a line is one write.

        The system writes it to the disk in its own time: what a power cut takes, a replay gives back, and to wait for
        the disk at each row would take longer than the replay itself.

        Raises:
            OSError: It cannot be written; the rows before it are as they were.
        """
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        path = self.path / ROWS
        try:
            file = path.open("ab", buffering=0)
        except FileNotFoundError:  # the first row makes the folder
            self.make()
            file = path.open("ab", buffering=0)
        with file:
            before = os.fstat(file.fileno()).st_size
            if file.write(line) != len(line):
                file.truncate(before)  # or the next row would be glued to what there was room for
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def blank(self, offset: int) -> None:
        """Take back the row that stands at an offset: another has taken its place. No row moves."""
        with (self.path / ROWS).open("r+b") as file:
            file.seek(offset)
            length = len(file.readline().rstrip(b"\n"))
            file.seek(offset)
            file.write(b" " * length)

    def mend(self) -> None:
        """Cut off what a crash left of a last line: what is added next would be glued to it."""
        for path in (self.path / ROWS, self.ledger):
            torn = torn_bytes(path)
            if torn:
                os.truncate(path, path.stat().st_size - torn)

    def discard_if_empty(self) -> None:
        """Remove the folder, if it holds no more than a manifest or was never made."""
        with suppress(OSError):
            if {path.name for path in self.path.iterdir()} <= {MANIFEST}:
                (self.path / MANIFEST).unlink(missing_ok=True)
                self.path.rmdir()

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write what the run was about."""
        target = self.path / MANIFEST
        draft = target.with_suffix(".tmp")
        draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(target)


def torn_bytes(path: Path) -> int:
    """Return how many bytes at the end of a file of lines are no whole line."""
    try:
        with path.open("rb") as file:
            end = place = file.seek(0, os.SEEK_END)
            while place:
                start = max(0, place - 65_536)
                file.seek(start)
                newline = file.read(place - start).rfind(b"\n")
                if newline >= 0:
                    return end - (start + newline + 1)
                place = start
            return end
    except FileNotFoundError:
        return 0


def find_run(results: Path, name: str, holding: str = ROWS) -> RunFolder:
    """Find a run by its id, the beginning of it, its path, `latest`, or `latest~1` (the one before the latest).

    Args:
        results: Where runs are kept.
        name: What the user calls it.
        holding: The file that makes a folder a run: one that was broken off early has a ledger, and no rows.

    Raises:
        ResultsError: There is none, or several begin so.
    """
    if (Path(name) / holding).is_file():
        return RunFolder(path=Path(name))
    runs = runs_of(results, holding)
    if name == LATEST or name.startswith(f"{LATEST}~"):
        found = _back(runs, name, results)
    else:
        found = [run for run in runs if name and run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(run.id for run in runs[-5:]) or "none yet: run `pytest cases/` first"
    what = f"{len(found)} runs begin with {name!r}" if found else f"there is no run {name!r}"
    raise ResultsError(what, where=str(results), hint=f"the latest runs: {known}")


def _back(runs: Sequence[RunFolder], name: str, results: Path) -> Sequence[RunFolder]:
    """Return the run so many before the latest; none where there are not so many."""
    steps = name.removeprefix(LATEST).removeprefix("~") or "0"
    if not (steps.isascii() and steps.isdecimal()) or name.endswith("~"):
        raise ResultsError(f"found {name!r}; wanted is `latest~1` or another whole number", where=str(results))
    back = int(steps[:9])
    return runs[len(runs) - 1 - back :][:1] if back < len(runs) else ()


def runs_of(results: Path, holding: str = ROWS) -> list[RunFolder]:
    """Return all runs, oldest first; see `find_run`."""
    return [RunFolder(path=path.parent) for path in sorted(results.glob(f"*/{holding}"), key=_age)]


def _age(path: Path) -> tuple[str, int]:
    """Return what runs are ordered by: the time in their name; of those of one second, which was written last."""
    return path.parent.name[: len("2026-11-23T08-00-00")], path.stat().st_mtime_ns
