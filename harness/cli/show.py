"""`harness show`."""

from pathlib import Path

import typer

from harness.cli.data import print_json
from harness.cli.notices import tell_of
from harness.config import find_project
from harness.errors import ResultsError
from harness.model.row import Row
from harness.report.conversation import conversation_lines
from harness.results import find_run, read_rows, row_data


def show_case(run: str, case: str, folder: Path, *, is_json: bool = False) -> None:
    """Print the rows of a case: one for each variant and trial, unless the name says which.

    Raises:
        ResultsError: There is no such run, or no such case in it.
    """
    found_run = find_run(find_project(folder).results, run)
    tell_of([found_run])
    rows = list(read_rows(found_run))
    found = [row for row in rows if case in _names(row)]
    if not found:
        from harness.config import did_you_mean

        names = [row.planned.case.id for row in rows]
        near = did_you_mean(case, names)
        hint = f"it has {len(rows)} rows, for example: {', '.join(names[:8])}"
        raise ResultsError(f"the run {found_run.id} has no case {case!r}{near}", hint=hint)
    if is_json:
        print_json([row_data(row) for row in found])
        return
    for index, row in enumerate(found):
        if index:
            typer.echo("")
        for line in conversation_lines(row):
            typer.echo(line)


def _names(row: Row) -> set[str]:
    planned = row.planned
    return {planned.case.id, planned.name, planned.node}
