"""`harness sql` and `harness history`: questions over all runs."""

import csv
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.cli.data import print_json
from harness.cli.notices import tell_of
from harness.config import find_project
from harness.errors import ResultsError
from harness.model.variants import DEFAULT_VARIANT, TRIAL
from harness.report.plain import plain, shortened
from harness.results.database import HISTORY, Answer, query
from harness.results.folder import find_run, runs_of

WIDEST = 60
"""Characters of a cell in the table on a terminal; `--format csv` and `json` cut nothing."""


def ask_sql(sql: str, runs: Iterable[str], form: str, folder: Path) -> None:
    """Print what a statement yields over all runs, or over those named; the form is one of `FORMS`."""
    results = find_project(folder).results
    chosen = [find_run(results, name) for name in runs] or runs_of(results)
    tell_of(chosen)
    _print(query(chosen, sql), form)


def print_history(case: str, form: str, folder: Path) -> None:
    """Print what became of a case over all runs, newest first."""
    results = find_project(folder).results
    node, _, variant = case.removesuffix("]").partition("[")
    runs = runs_of(results)
    suite_of = 'select distinct suite || \'::\' || "case" from rows where ? in ("case", suite || \'::\' || "case")'
    places = [str(row[0]) for row in query(runs, suite_of, [node]).rows]
    if len(places) != 1:
        what = (
            f"{len(places)} cases are called {node!r}: {', '.join(places)}" if places else f"no run has a case {node!r}"
        )
        raise ResultsError(
            what, where="harness history", hint="name it as pytest does: cases/suite.yaml::case[variant]"
        )
    if TRIAL.fullmatch(variant):  # a trial's node id: its variant's history holds all of them
        variant = variant.rpartition("-")[0]
    found = query(runs, HISTORY, [places[0], variant or DEFAULT_VARIANT])
    if not found.rows:
        variants_of = "select distinct variant from rows where suite || '::' || \"case\" = ? order by all"
        known = ", ".join(str(row[0]) for row in query(runs, variants_of, places).rows)
        what = f"no run has {places[0]} in the variant {variant or DEFAULT_VARIANT!r}"
        raise ResultsError(what, where="harness history", hint=f"runs have: {known}; write {places[0]}[VARIANT]")
    _print(found, form)


def _print(answer: Answer, form: str) -> None:
    _PRINTERS[form](answer)


def _print_table(answer: Answer) -> None:
    cells = [[_cell(value) for value in row] for row in answer.rows]
    widths = [max(map(len, column)) for column in zip(answer.columns, *cells, strict=True)]
    is_number = [all(isinstance(row[at], int | float | None) for row in answer.rows) for at in range(len(widths))]
    for line in ([*answer.columns], ["-" * width for width in widths], *cells):
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ]
        print("  ".join(padded).rstrip())  # noqa: T201
    print(f"({len(cells)} {'line' if len(cells) == 1 else 'lines'})")  # noqa: T201


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - nan
        return ""
    return f"{value:.4g}" if isinstance(value, float) else shortened(str(value), WIDEST)


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([plain(value) if isinstance(value, str) else value for value in row] for row in answer.rows)


def _print_json(answer: Answer) -> None:
    print_json([dict(zip(answer.columns, map(_json_value, row), strict=True)) for row in answer.rows])


def _json_value(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value  # JSON has no word for them


_PRINTERS: Mapping[str, Callable[[Answer], None]] = {"table": _print_table, "csv": _print_csv, "json": _print_json}
FORMS = tuple(_PRINTERS)
"""What `--format` may be."""
