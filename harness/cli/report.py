"""`harness report`: runs as one HTML file."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from harness.cli.notices import tell_of
from harness.cli.reference import baseline_name, reference_of
from harness.config import find_prices, find_project
from harness.errors import ResultsError
from harness.report.page import ReportRun, report_page
from harness.results import find_run

_HEAD = 2_000
"""Bytes of a report within which it says what made it."""


def write_report(names: Sequence[str], output: Path, folder: Path, baseline: str | None = None) -> int:
    """Write the report of one run or several side by side.

    Args:
        names: Runs: ids, the beginnings of ids, paths, or `latest`.
        output: The file to write. What stands there is replaced at once and whole, or not at all.
        folder: Where the project is looked for.
        baseline: The name of what they are shown beside; None asks `.env`, and without an answer there is none.

    Returns:
        The file's size in bytes.

    Raises:
        ConfigError: The project's settings cannot be used.
        ResultsError: There is no such run or baseline, it holds nothing, or the file cannot be written.
    """
    project = find_project(folder)
    found = {run.path.resolve(): run for run in (find_run(project.results, name) for name in names)}
    tell_of(found.values())
    runs = [ReportRun.of_folder(run) for run in found.values()]
    name = baseline_name(project, baseline)
    page = report_page(
        runs,
        fixtures=project.fixtures,
        max_mb=project.max_document_mb,
        prices=find_prices(project.root),
        reference=reference_of(project, name) if name else None,
    )
    _write_whole(output, page)
    return len(page)


def _write_whole(output: Path, page: bytes) -> None:
    if output.is_dir():
        hint = f"--output {output / 'report.html'}"
        raise ResultsError("this is a folder, a file is wanted", where=str(output), hint=hint)
    if not _is_report(output):
        hint = "name another file with --output, or take it away first"
        raise ResultsError("something else stands here, and would be lost", where=str(output), hint=hint)
    draft = output.with_name(f".{output.name}.{os.getpid()}-{secrets.token_hex(2)}.tmp")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(page)
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "name another file with --output"
        raise ResultsError(f"the report cannot be written: {reason}", where=str(output), hint=hint) from error


def _is_report(path: Path) -> bool:
    """Tell whether a file may be replaced: it is missing, empty or an earlier report."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_HEAD)
    except OSError:
        return True  # it is not there, or the writing says what is wrong
    return not beginning or b'content="assistant-harness"' in beginning
