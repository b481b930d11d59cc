"""Uploaded documents and vector stores that later runs may use again: `results/uploads.jsonl`."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.errors import ResultsError
from harness.run.ledger import Remote

FILE = "uploads.jsonl"
"""Below the folder of results, since it outlives each run."""
KINDS = frozenset({"file", "vector_store"})
"""What is kept: its name follows from its content. An assistant is cheap, and others may have changed it meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """An object that was kept."""

    endpoint: str
    """Name of the endpoint it lives on."""
    target: str
    """The protocol that made it."""
    kind: str
    """One of `KINDS`."""
    name: str
    """Its canonical id, which follows from its content."""
    id: str
    """The server's."""

    @property
    def remote(self) -> Remote:
        """It as a ledger of remote objects names it."""
        return Remote(endpoint=self.endpoint, target=self.target, kind=self.kind, id=self.id)


class Uploads:
    """Adds to the list of what is kept; several processes and runs may do so at once.

    Args:
        results: The project's folder of results.
    """

    def __init__(self, results: Path) -> None:
        self._path = results / FILE
        self._lock_file = self._path.with_suffix(".lock")

    @property
    def locks(self) -> Path:
        """Where runs tell each other that something is just being made."""
        return self._path.with_suffix(".making")

    def made(self, upload: Upload) -> None:
        """Note an object, on disk, before anything else is done with it."""
        self._append("made", upload)

    def dropped(self, upload: Upload) -> None:
        """Note that an object is gone, or of no use."""
        self._append("dropped", upload)

    def deleted(self, remote: Remote) -> None:
        """Note that an object is gone."""
        for upload in self.there():
            if upload.remote == remote:
                self.dropped(upload)

    def there(self) -> list[Upload]:
        """Return what is kept, in the order in which it can be deleted: stores, then the files in them.

        Raises:
            ResultsError: A line is none of ours.
        """
        there: dict[Upload, None] = {}
        with self._lock():
            for event, upload in self._lines():
                if event == "made":
                    there[upload] = None
                else:
                    there.pop(upload, None)
        return sorted(there, key=lambda upload: upload.kind == "file")

    def of(self, endpoint: str, kind: str, name: str) -> list[Upload]:
        """Return what an endpoint holds under a canonical id, the newest first."""
        return [one for one in self.there() if (one.endpoint, one.kind, one.name) == (endpoint, kind, name)][::-1]

    def _append(self, event: str, upload: Upload) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"event": event, "at": at, **asdict(upload)}, ensure_ascii=False).encode() + b"\n"
        with self._lock(), self._path.open("a+b", buffering=0) as file:
            if file.tell():
                file.seek(-1, 2)
                # A crash has torn the last line: what is added must not be glued to it.
                line = line if file.read(1) == b"\n" else b"\n" + line
            file.write(line)

    def _lock(self) -> FileLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock_file)

    def _lines(self) -> Iterator[tuple[str, Upload]]:
        if not self._path.exists():
            return
        for number, line in enumerate(self._path.read_bytes().split(b"\n"), start=1):
            try:
                fields: dict[str, Any] = json.loads(line)
                event, _ = fields.pop("event"), fields.pop("at")
                upload = Upload(**fields)
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                if not line.startswith(b"{") or not line.endswith(b"}"):  # empty, or torn by a crash
                    continue
                raise ResultsError("the line is no upload", where=f"{self._path}:{number}") from error
            yield event, upload
