"""The baseline that reports show runs beside."""

import os

from harness.casefile import gone_from_suites
from harness.config import Project
from harness.config.environment import read_dotenv
from harness.config.gate import gate_of
from harness.config.project import read_table
from harness.report.page import Reference
from harness.results import ROWS
from harness.results.baseline import read_baseline
from harness.results.folder import runs_of

VARIABLE = "HARNESS_BASELINE"


def baseline_name(project: Project, said: str | None) -> str | None:
    """Return the name of the baseline that is meant: what the command line says, else `.env`; None for none.

    Raises:
        ConfigError: `.env` cannot be read.
    """
    name = said if said is not None else read_dotenv(project.root).get(VARIABLE)
    return (name or "").strip() or None


def reference_of(project: Project, name: str) -> Reference:
    """Return a baseline with what the project still has of the run that it was set from.

    Raises:
        ConfigError: The gate's settings cannot be used.
        ResultsError: There is no such baseline, or it cannot be read.
    """
    baseline = read_baseline(project.results, name)
    # Found among those that are there, never by a path: the file says what it likes.
    run = next((run for run in runs_of(project.results, ROWS) if run.id == baseline.run), None)
    environ = {**read_dotenv(project.root), **os.environ}
    return Reference(
        baseline=baseline,
        run=run,
        flake_allowance=gate_of(read_table(project.root)).flake_allowance,
        gone=lambda places: gone_from_suites(places, project, environ),
    )
