"""The end of a session: what is printed, and what GitHub is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model.row import Brief
from harness.pytest_plugin.gating import Verdict
from harness.report.github import Failing, Session, annotations, project_prefix, step_summary
from harness.report.standings import baseline_lines, gate_lines
from harness.report.summary import summary_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a session came to."""

    run_id: str
    briefs: Sequence[Brief]
    failing: Sequence[Failing]
    """The cases that failed and are news; kept only where GitHub is to be told."""
    verdict: Verdict | None
    """What the gate says; None where it was not asked."""


def print_told(reporter: pytest.TerminalReporter, told: Told) -> None:
    """Print the summary, what differs from the baseline, and what the gate says."""
    reporter.section("assistant-harness")
    for line in summary_lines(told.briefs):
        reporter.write_line(line)
    verdict = told.verdict
    if verdict is None:
        return
    reporter.write_line("")
    for line in baseline_lines(verdict.baseline, verdict.beside) if verdict.baseline else ():
        reporter.write_line(line)
    for line in gate_lines(verdict.checks):
        reporter.write_line(line, green=verdict.is_met, red=not verdict.is_met)


def is_on_github(environ: Mapping[str, str]) -> bool:
    """Tell whether GitHub Actions runs this session, or wants a summary of it."""
    return bool(environ.get("GITHUB_STEP_SUMMARY")) or environ.get("GITHUB_ACTIONS") == "true"


def tell_github(reporter: pytest.TerminalReporter, told: Told, root: Path, environ: Mapping[str, str]) -> None:
    """Append to the summary of the step, and put notes at the lines of the cases that failed."""
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(_session(told)))
        except OSError as error:
            reporter.write_line(f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}", yellow=True)
    if environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(told.failing, project_prefix(root, environ)):
            reporter.write_line(line)


def _session(told: Told) -> Session:
    verdict = told.verdict
    return Session(
        run_id=told.run_id,
        briefs=told.briefs,
        failing=told.failing,
        baseline=verdict.baseline if verdict else None,
        beside=verdict.beside if verdict else (),
        checks=verdict.checks if verdict else (),
    )
