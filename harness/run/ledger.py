"""The list of remote objects a run made, so that none is left behind, and none that may be of use is made again."""

import errno
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ResultsError

KINDS = ("response", "conversation", "thread", "assistant", "vector_store", "file")
"""In the order in which they can be deleted."""
LASTING = frozenset({"assistant", "vector_store", "file"})
"""Kinds of objects that whole sessions share."""


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
    node: str | None = field(default=None, compare=False)
    """The run that it was made for alone; None where runs share it."""
    plan: str | None = field(default=None, compare=False)
    """What stands for all that decides what that run sends."""


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

    def lost(self, remote: Remote) -> None:
        """Note an object that may have been made: the answer that would have told its id never came."""
        self._append("lost", remote)

    def possible(self) -> list[Remote]:
        """Return what may have been made and can't be found: each entry stands for one lost answer."""
        return [remote for event, remote in self._lines() if event == "lost"]

    def left(self) -> list[Remote]:
        """Return what was made and is not gone, in the order in which it can be deleted; else as it was made."""
        left: dict[Remote, Remote] = {}
        for event, remote in self._lines():
            if event == "made":
                left[remote] = remote
            elif event == "deleted":
                left.pop(remote, None)
        return sorted(left.values(), key=lambda remote: KINDS.index(remote.kind))

    def _append(self, event: str, remote: Remote) -> None:
        fields: dict[str, Any] = {"event": event, "endpoint": remote.endpoint, "target": remote.target}
        fields |= {"kind": remote.kind, "id": remote.id}
        if event != "deleted":
            about = {"node": remote.node, "plan": remote.plan}
            fields |= {name: value for name, value in about.items() if value is not None}
        line = json.dumps(fields).encode() + b"\n"
        # One write of one short line in append mode: lines of several processes do not mix.
        with self._lock, self._path.open("a+b", buffering=0) as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                # A crash or a full disk has torn the last line: what is added must not be glued to it.
                line = line if file.read(1) == b"\n" else b"\n" + line
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            # What is written outlives this process whatever becomes of it. For the machine's own end a disk would have
            # to be waited for, milliseconds each: that is worth it for what costs money as long as it is kept.
            if event == "made" and remote.kind in LASTING:
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
                if number == len(lines) or not line.endswith(b"}"):  # torn: its object was never answered for
                    continue
                raise ResultsError("the line is no ledger entry", where=f"{self._path}:{number}") from error
            yield event, remote
