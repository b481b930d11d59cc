"""The list of remote objects a run made, so that none is left behind."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ResultsError

KINDS = ("response", "conversation", "thread", "assistant", "vector_store", "file")
"""In the order in which they can be deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """A remote object."""

    endpoint: str
    """Name of the endpoint it lives on: a base URL, or `embedded`."""
    target: str
    """The protocol that made it."""
    kind: str
    """One of `KINDS`."""
    id: str


class Ledger:
    """Appends to a run's `remote.jsonl`; several processes may do so at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def made(self, remote: Remote) -> None:
        """Note an object, on disk, before anything else is done with it."""
        self._append("made", remote)

    def deleted(self, remote: Remote) -> None:
        """Note that an object is gone."""
        self._append("deleted", remote)

    def left(self) -> list[Remote]:
        """Return what was made and is not gone, in the order in which it can be deleted."""
        left: dict[Remote, None] = {}
        for event, remote in self._lines():
            if event == "made":
                left[remote] = None
            else:
                left.pop(remote, None)
        return sorted(left, key=lambda remote: KINDS.index(remote.kind))

    def _append(self, event: str, remote: Remote) -> None:
        fields = {"event": event, "endpoint": remote.endpoint, "target": remote.target}
        line = json.dumps(fields | {"kind": remote.kind, "id": remote.id}) + "\n"
        # One write of one short line in append mode: lines of several processes do not mix.
        with self._lock, self._path.open("ab", buffering=0) as file:
            file.write(line.encode())
            os.fsync(file.fileno())

    def _lines(self) -> Iterator[tuple[str, Remote]]:
        if not self._path.exists():
            return
        lines = self._path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
                event = fields.pop("event")
                remote = Remote(**fields)
                _ = KINDS.index(remote.kind)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                if number == len(lines):  # torn by a crash: its object was never answered for
                    return
                raise ResultsError("the line is no ledger entry", where=f"{self._path}:{number}") from error
            yield event, remote
