"""Which cassette belongs to a planned run, and whether it is replayed or recorded."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from harness.cassettes.file import Cassette, read_cassette
from harness.cassettes.fingerprint import fingerprint, require_fresh
from harness.config import RecordMode
from harness.errors import CassetteBroken, CassetteMissing, CassetteStale
from harness.model.plan import Planned

SETUP = "_setup"
"""Folder of the recordings that cases share: uploads, vector stores, assistants. No suite may have this name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """The cassettes folder of a project."""

    root: Path
    """The project."""
    folder: Path
    """Where cassettes are kept."""
    mode: RecordMode

    def path(self, planned: Planned) -> Path:
        """Return where a planned run's cassette is or would be."""
        suite = Path(planned.suite).with_suffix("")
        name = f"{planned.variant}.{planned.target}.{file_name(planned.model or planned.assistant.id or '')}"
        return self.folder / Path(*suite.parts[1:]) / file_name(planned.case.id) / f"{name}.{planned.trial}.yaml"

    def where(self, planned: Planned) -> str:
        """Return the cassette's path as messages show it."""
        return self.shown(self.path(planned))

    def shown(self, path: Path) -> str:
        """Return a path relative to the project, where it lies in it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

    def replay(self, planned: Planned) -> Cassette | None:
        """Return the cassette to replay, or None where the run is to be made.

        Raises:
            CassetteMissing: There is none, and mode `none` makes none.
            CassetteStale: It answers another question, and the mode keeps it.
            CassetteBroken: It cannot be read, and the mode keeps it.
        """
        if self.mode == "all":
            return None
        path, where = self.path(planned), self.where(planned)
        if not path.exists():
            if self.mode == "none":
                raise CassetteMissing(
                    "no recording, and mode `none` makes none", where=where, hint=self._command(planned, "once")
                )
            return None
        try:
            cassette = read_cassette(path, where)
            require_fresh(cassette.fingerprint, fingerprint(planned), where, self._command(planned, "new_episodes"))
        except (CassetteStale, CassetteBroken):
            if self.mode == "new_episodes":
                return None
            raise
        return cassette

    @staticmethod
    def _command(planned: Planned, mode: RecordMode) -> str:
        variant = "" if planned.variant == "default" else f" --harness-variant={planned.variant}"
        return f"record it: pytest '{planned.node}'{variant} --harness-record={mode}"


def file_name(name: str) -> str:
    """Return a name that every file system takes; what had to be changed is told apart by a hash."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".") or "none"
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
