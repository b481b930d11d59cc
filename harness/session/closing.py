"""The end of a session: what is printed, and what GitHub is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.config import Config
from harness.model.row import Brief
from harness.report.budget import NotBegun, budget_lines
from harness.report.github import Failing, Session, annotations, project_prefix, step_summary
from harness.report.standings import baseline_lines, gate_lines
from harness.report.summary import summary_lines
from harness.session.gating import Verdict


class Paper(Protocol):
    """What is printed on: pytest's terminal reporter is one."""

    def section(self, title: str) -> None:
        """Print a title across the whole width."""

    def write_line(self, line: str, *, green: bool = False, red: bool = False, yellow: bool = False) -> None:
        """Print a line, in a colour where there are colours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a session came to."""

    run_id: str
    briefs: Sequence[Brief]
    failing: Sequence[Failing]
    """The cases that failed and are news; kept only where GitHub is to be told."""
    not_begun: Sequence[NotBegun]
    """What the budget left over."""
    verdict: Verdict | None
    """What the gate says; None where it was not asked."""


def print_told(paper: Paper, told: Told, config: Config) -> None:
    """Print the summary, what the budget left over, what differs from the baseline, and what the gate says."""
    for line in summary_lines(told.briefs) if told.briefs else ():
        paper.write_line(line)
    for line in budget_lines(told.briefs, told.not_begun, config.budget, config.prices):
        paper.write_line(line, yellow=bool(told.not_begun))
    verdict = told.verdict
    if verdict is None:
        return
    paper.write_line("")
    for line in baseline_lines(verdict.baseline, verdict.beside) if verdict.baseline else ():
        paper.write_line(line)
    for line in gate_lines(verdict.checks):
        paper.write_line(line, green=verdict.is_met, red=not verdict.is_met)


def lost_lines(lost: Mapping[str, int]) -> Iterator[str]:
    """Tell of what may have been made by requests whose answers never came: nothing lists it, nobody can delete it.

    Args:
        lost: How many of each kind.
    """
    if not lost:
        return
    many = ", ".join(f"{count} {kind.replace('_', ' ')}{'s' * (count > 1)}" for kind, count in sorted(lost.items()))
    paid = ", and paid twice" if "response" in lost else ""
    yield f"possibly left behind{paid}: {many}; the answers that would have told their ids were lost"


def is_on_github(environ: Mapping[str, str]) -> bool:
    """Tell whether GitHub Actions runs this session, or wants a summary of it."""
    return bool(environ.get("GITHUB_STEP_SUMMARY")) or environ.get("GITHUB_ACTIONS") == "true"


def tell_github(paper: Paper, told: Told, root: Path, environ: Mapping[str, str]) -> None:
    """Append to the summary of the step, and put notes at the lines of the cases that failed."""
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(_session(told)))
        except OSError as error:
            paper.write_line(f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}", yellow=True)
    if environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(told.failing, project_prefix(root, environ)):
            paper.write_line(line)


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
