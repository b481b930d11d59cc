"""A run as the report sees it: a name, what it was about, and rows that can be read more than once."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.model.record import Record
from harness.model.row import Row
from harness.results import MANIFEST, RunFolder, read_records, read_rows

_TOLD = ("started", "finished", "command", "endpoint", "record", "scored_from")
"""What of the manifest a report shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRun:
    """One of the runs in a report."""

    id: str
    """How the report names it."""
    rows: Callable[[], Iterable[Row]]
    """Reads its rows anew: a report passes over them twice, so that not all have to fit into memory."""
    records: Callable[[], Iterable[Record]]
    """Reads them as what is compared with a baseline."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """What it was about; empty where that is not known."""

    @classmethod
    def of_folder(cls, folder: RunFolder) -> "ReportRun":
        """Return the run that a folder keeps. One without a manifest was broken off, and is shown all the same."""
        return cls(
            id=folder.path.resolve().name,
            rows=lambda: read_rows(folder),
            records=lambda: (located.record for located in read_records(folder)),
            manifest=read_manifest(folder),
        )


def read_manifest(folder: RunFolder) -> dict[str, Any]:
    """Return what reports show of a run's manifest; empty where it has none that can be read."""
    try:
        found = json.loads((folder.path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # broken off before it was written
        return {}
    return {key: found[key] for key in _TOLD if key in found} if isinstance(found, dict) else {}
