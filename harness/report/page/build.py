"""From runs to the bytes of a report."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from harness.config import Prices
from harness.errors import ResultsError
from harness.model.row import Row
from harness.report.page.assemble import Chunk, assemble, packed
from harness.report.page.beside import Beside, Reference
from harness.report.page.costs import Costs
from harness.report.page.detail import Details
from harness.report.page.documents import Documents
from harness.report.page.index import Index
from harness.report.page.pool import TextPool
from harness.report.page.run import ReportRun
from harness.report.summary import STAND_INS

ALL_RAW = 1_000
"""Up to so many rows a report holds what was searched and found for each; above, for those that failed or flipped."""
_ROWS_A_CHUNK = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fates:
    """What is known after the first pass."""

    rows: int
    flipped: frozenset[tuple[str, str]]
    """Cases that pass in one row and fail in another."""


def report_page(
    runs: Sequence[ReportRun],
    *,
    fixtures: Path | None = None,
    max_mb: float = 64,
    prices: Prices | None = None,
    reference: Reference | None = None,
) -> bytes:
    """Return a report: one HTML file.

    Args:
        runs: At least one, each under its own id.
        fixtures: Where the documents are looked for; None: passages stand alone.
        max_mb: The largest document that is read, in megabytes.
        prices: What tokens cost; None: it is not told.
        reference: The baseline that the runs are shown beside; None: they stand alone.

    Raises:
        ResultsError: The runs have no rows, or one that cannot be read.
    """
    fates = _fates(runs)
    if not fates.rows:
        names = ", ".join(run.id for run in runs)
        raise ResultsError("there is nothing to report: no case has run", where=names, hint="run `pytest cases/` first")
    pool, costs = TextPool(), Costs(prices or Prices())
    beside = Beside(reference, runs, pool) if reference else None
    documents = Documents(pool, fixtures, max_mb)
    index = Index(costs, beside)
    pages = _Pages(details=Details(pool, documents), index=index, beside=beside, costs=costs, fates=fates)
    chunks = list(pages.chunks(_rows(runs)))
    texts = pool.chunks()
    head = _head(runs, fates) | index.data() | {"documents": documents.entries, "perChunk": _ROWS_A_CHUNK}
    head |= {"prices": costs.data(), "baseline": beside.data() if beside else None}
    head["textStarts"] = [sum(len(chunk) for chunk in texts[:at]) for at in range(len(texts))]
    chunks += [packed(f"t{at}", texts_chunk) for at, texts_chunk in enumerate(texts)]
    return assemble(packed("index", head), chunks)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pages:
    """Makes the pages of all cases, and fills the index with them."""

    details: Details
    index: Index
    costs: Costs
    beside: Beside | None
    fates: _Fates

    def chunks(self, rows: Iterator[tuple[str, Row]]) -> Iterator[Chunk]:
        """Return the pages of rows, some a chunk."""
        number = 0
        while batch := list(islice(rows, _ROWS_A_CHUNK)):
            yield packed(f"d{number}", [self._detail(run, row) for run, row in batch])
            number += 1

    def _detail(self, run: str, row: Row) -> dict[str, Any]:
        is_wanted = not row.outcome.is_pass or _case(row) in self.fates.flipped
        told = self.details.row(row, is_raw=self.fates.rows <= ALL_RAW or is_wanted)
        self.index.add(run, row, told)
        return told | (self.beside.detail(run, row, self.costs) if self.beside else {})


def _rows(runs: Iterable[ReportRun]) -> Iterator[tuple[str, Row]]:
    for run in runs:
        for row in run.rows():
            yield run.id, row


def _case(row: Row) -> tuple[str, str]:
    return row.planned.suite, row.planned.case.id


def _fates(runs: Iterable[ReportRun]) -> _Fates:
    fates: dict[tuple[str, str], set[bool]] = {}
    count = 0
    for _, row in _rows(runs):
        count += 1
        fates.setdefault(_case(row), set()).add(row.outcome.is_pass)
    return _Fates(rows=count, flipped=frozenset(case for case, seen in fates.items() if len(seen) > 1))


def _head(runs: Sequence[ReportRun], fates: _Fates) -> dict[str, Any]:
    return {
        "made": _now(),
        "runs": [{"id": run.id, **run.manifest} for run in runs],
        "standIns": sorted(STAND_INS),
        "flipped": len(fates.flipped),
        "allRaw": fates.rows <= ALL_RAW,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
