"""What a run of ours wrote: rows and ledger."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def runs(project: Path) -> list[Path]:
    """Return the folders of a project's runs, oldest first."""
    return sorted(path.parent for path in (project / "results").glob("*/remote.jsonl"))


def rows(project: Path) -> Iterator[dict[str, Any]]:
    """Return all rows of all runs of a project."""
    for path in sorted((project / "results").glob("*/results.jsonl")):
        yield from rows_in(path)


def rows_in(path: Path) -> Iterator[dict[str, Any]]:
    """Return the rows of a file; a torn last line is passed over."""
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                if number != len(lines):
                    raise


def has_twice(project: Path) -> bool:
    """Tell whether any run of a project has a case in two rows."""
    counts = (Counter(map(case_of, rows_in(path))) for path in (project / "results").glob("*/results.jsonl"))
    return any(count > 1 for counted in counts for count in counted.values())


def case_of(row: dict[str, Any]) -> str:
    """Return the case, variant and trial of a row."""
    planned = row["planned"]
    return f"{planned['case']['id']}[{planned.get('variant')}-t{planned.get('trial')}]"


def told(row: dict[str, Any]) -> tuple[str, str]:
    """Return outcome and answer of a row."""
    turns = row["transcript"]["turns"]
    attempts = turns[-1]["attempts"] if turns else []
    parts = attempts[-1]["parts"] if attempts else []
    return row["score"]["outcome"], "".join(str(part.get("text")) for part in parts)


def outcomes(project: Path) -> dict[str, int]:
    """Return how often each outcome stands in a project's rows."""
    return dict(Counter(row["score"]["outcome"] for row in rows(project)))


def known(project: Path) -> set[str]:
    """Return the ids of all remote objects that the ledgers of a project ever named."""
    found = set()
    for path in runs(project):
        for line in (path / "remote.jsonl").read_bytes().splitlines():
            try:
                found.add(json.loads(line)["id"])
            except ValueError:  # torn by a crash
                continue
    return found
