"""Transcripts of live runs, on disk before what they were made from is deleted: a row may be long in coming.

Under pytest a case's row is written when its turn comes, and its transcript waits in memory until then. Without this
file a crash would take it, and it would be paid for again.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.cassettes.secrets import Secrets
from harness.model.plan import Planned
from harness.model.transcript import Transcript
from harness.run.sent import sent_digest


class Won:
    """Keeps transcripts by what was sent for them.

    Args:
        path: The file. Several processes may add to it at once.
        secrets: What must not be in it.
    """

    def __init__(self, path: Path, secrets: Iterable[str] = ()) -> None:
        self._path = path
        self._secrets = Secrets(secrets)
        self._there: dict[tuple[str, str], tuple[int, int]] | None = None

    def add(self, planned: Planned, transcript: Transcript) -> None:
        """Keep a transcript."""
        from pydantic_core import to_jsonable_python

        self.write({"node": planned.node, "sent": sent_digest(planned), "transcript": to_jsonable_python(transcript)})

    def write(self, about: Mapping[str, Any]) -> None:
        """Write a line."""
        line = json.dumps(self._secrets.taken_out(about, "[secret]"), separators=(",", ":")).encode() + b"\n"
        with self._path.open("ab", buffering=0) as file:
            file.write(line)
            if self._there is not None:
                self._there[about["node"], about["sent"]] = file.tell() - len(line), len(line)

    def has(self, planned: Planned) -> bool:
        """Tell whether somebody has kept a transcript of this run."""
        return self._place(planned) is not None

    def transcript(self, planned: Planned) -> Transcript | None:
        """Return the transcript that somebody has kept of this run."""
        from pydantic import TypeAdapter

        place = self._place(planned)
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place[0])
            about = json.loads(file.read(place[1]))
        return TypeAdapter(Transcript).validate_python(about["transcript"])

    def _place(self, planned: Planned) -> tuple[int, int] | None:
        if self._there is None:
            self._there = self._read()
        return self._there.get((planned.node, sent_digest(planned))) if self._there else None

    def _read(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return where each transcript stands that is no error; what a crash has torn is none."""
        there: dict[tuple[str, str], tuple[int, int]] = {}
        if not self._path.exists():
            return there
        offset = 0
        with self._path.open("rb") as file:
            for line in file:
                start, offset = offset, offset + len(line)
                try:
                    about: dict[str, Any] = json.loads(line)
                except ValueError:
                    continue
                there[about["node"], about["sent"]] = start, len(line)
        return there
