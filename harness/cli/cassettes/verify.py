"""`harness cassettes verify`."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.cli.cassettes.look import Seen
from harness.cli.cassettes.status import name_of
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import Outcome
from harness.pipeline import Part, Pipeline
from harness.plan import is_chosen
from harness.report.plain import shortened
from harness.report.summary import summary_lines
from harness.results import RunFolder


def rows_of(seen: Seen) -> list[Row]:
    """Read and score all recordings of the chosen variants. Nothing is run, and nothing is written."""
    assert seen.config.record == "none", "a pipeline in any other mode may run cases"
    pipeline = Pipeline(seen.config, Part(folder=RunFolder.new(seen.config.project.results)))
    recorded = (entry.planned for entry in seen.inventory.in_state("fresh", "stale", "unreadable"))
    return [pipeline.row(planned) for planned in recorded if _is_chosen(seen, planned)]


def _is_chosen(seen: Seen, planned: Planned) -> bool:
    return is_chosen(planned.variant, seen.config.variants) and planned.case.skip is None


def verify_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Return an outcome a line, what is not right with its reason, and the summary."""
    width = max((len(row.outcome) for row in rows), default=0)
    for row in rows:
        mark = "ok  " if _is_right(row) else "FAIL"
        expected = ", expected to fail" if row.planned.is_expected_failure else ""
        yield f"{mark} {row.outcome.ljust(width)}  {name_of(row.planned)}{expected}"
        if row.transcript.failure is not None:
            yield f"     {shortened(row.transcript.failure.message, 400)}"
    if not rows:
        yield "nothing is recorded"
        return
    yield ""
    yield from summary_lines([row.brief for row in rows])


def verify_data(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the outcomes as plain data."""
    return {"is_right": all(map(_is_right, rows)), "rows": [_row_data(row) for row in rows]}


def _row_data(row: Row) -> dict[str, Any]:
    failure, provenance = row.transcript.failure, row.transcript.provenance
    return {
        "case": row.planned.node,
        "target": row.planned.target,
        "model": row.planned.model,
        "cassette": provenance.cassette if provenance else None,
        "outcome": row.outcome.value,
        "is_right": _is_right(row),
        "error": failure.message if failure else None,
    }


def _is_right(row: Row) -> bool:
    return row.outcome is not Outcome.ERROR and row.outcome.is_pass != row.planned.is_expected_failure
