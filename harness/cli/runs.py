"""`harness runs`: what runs there are, and how they ended."""

from collections import Counter
from pathlib import Path
from typing import Any

import typer

from harness.cli.data import outcomes_of, print_json
from harness.cli.notices import tell_of
from harness.config import find_project
from harness.errors import ResultsError
from harness.model.score import Outcome
from harness.results import RunFolder, read_records
from harness.results.folder import MANIFEST, ROWS, runs_of


def print_runs(most: int, folder: Path, *, is_json: bool = False) -> None:
    """Print the newest runs, a line each, the newest last: id, state, rows, outcomes."""
    results = find_project(folder).results
    named = {run.path: run for holding in (MANIFEST, ROWS) for run in runs_of(results, holding)}
    found = sorted(named.values(), key=lambda run: run.id)[-most:]
    if is_json:
        print_json([_data(run) for run in found])
        tell_of(found)
        return
    if not found:
        typer.echo("there is no run yet: pytest cases/")
        return
    rows: list[tuple[str, ...]] = [("run", "state", "rows", "outcomes")]
    rows += [(run.id, run.state, *_counts(run)) for run in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        typer.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())
    tell_of(found)


def _counts(run: RunFolder) -> tuple[str, str]:
    try:
        outcomes = _outcomes(run)
    except ResultsError as error:
        return "?", error.what
    told = ", ".join(f"{outcomes[one]} {one.value}" for one in Outcome if outcomes[one])
    return str(outcomes.total()), told


def _data(run: RunFolder) -> dict[str, Any]:
    try:
        outcomes = _outcomes(run)
    except ResultsError as error:
        return {"run": run.id, "state": run.state, "rows": None, "outcomes": None, "error": error.what}
    counts = outcomes_of(outcomes.elements())
    return {"run": run.id, "state": run.state, "rows": outcomes.total(), "outcomes": counts, "error": None}


def _outcomes(run: RunFolder) -> Counter[Outcome]:
    if not (run.path / ROWS).exists():
        return Counter()
    return Counter(located.record.outcome for located in read_records(run))
