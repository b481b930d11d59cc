"""What GitHub Actions shows of a run: a summary of the step, and notes at the lines of broken cases."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import get_args

from harness.gate import GateCheck
from harness.model.row import Brief
from harness.model.score import Behaviour
from harness.model.suite import Expectation
from harness.report.markdown import fenced, inline, table
from harness.report.plain import shortened
from harness.report.standings import LISTED, MOST_LISTED, change, listed, place_name
from harness.results.standing import Standing, Standings

MOST_NOTES = 10
"""GitHub shows so many errors of one step, and drops the others in silence."""
MOST_FAILURES = 30
"""Failures that a summary tells in full; it may have a megabyte."""
LONGEST = 4_000
"""Characters of one failure's account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    """A case that failed, and is news."""

    name: str
    """Its pytest node id."""
    suite: str
    line: int
    """Of the case in its suite, from 1."""
    outcome: str
    account: str
    """What was asked, answered and missed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What a session came to."""

    run_id: str
    briefs: Sequence[Brief]
    failing: Sequence[Failing]
    baseline: str | None = None
    beside: Sequence[Standings] = ()
    checks: Sequence[GateCheck] = ()


def annotations(failing: Sequence[Failing], prefix: str = "") -> Iterator[str]:
    """Return workflow commands that put a note at the line of each failing case.

    Args:
        failing: The cases.
        prefix: The project's folder within the repository, with a slash at its end; empty for the repository itself.
    """
    for one in failing[:MOST_NOTES]:
        message = _message(one.account[:LONGEST])
        title = _property(f"{one.name}: {one.outcome}")
        yield f"::error file={_property(prefix + one.suite)},line={one.line},title={title}::{message}"
    if len(failing) > MOST_NOTES:
        yield f"::notice::{len(failing) - MOST_NOTES} more cases failed: see the summary of this step"


def project_prefix(root: Path, environ: Mapping[str, str]) -> str:
    """Return the project's folder within the checked-out repository, with a slash at its end."""
    workspace = Path(environ.get("GITHUB_WORKSPACE") or root).resolve()
    if root == workspace or not root.is_relative_to(workspace):
        return ""
    return root.relative_to(workspace).as_posix() + "/"


def step_summary(session: Session) -> str:
    """Return a session as Markdown for `GITHUB_STEP_SUMMARY`."""
    return "\n\n".join(_parts(session)) + "\n"


def _parts(session: Session) -> Iterator[str]:
    passes = sum(brief.outcome.is_pass for brief in session.briefs)
    yield f"## assistant-harness: {passes} of {len(session.briefs)} pass"
    if session.checks:
        failed = [check for check in session.checks if not check.is_met]
        lines = [f"- {'kept' if check.is_met else '**broken**'}: {inline(check.line)}" for check in session.checks]
        yield f"**Gate {'failed' if failed else 'passed'}**\n\n" + "\n".join(lines)
    if session.baseline is not None:
        yield _beside(session.baseline, session.beside)
    yield _matrix(session.briefs)
    for one in session.failing[:MOST_FAILURES]:
        head = f"{escape(shortened(one.name, 200))}: <b>{escape(one.outcome)}</b>"  # HTML: Markdown is not read in it
        yield f"<details><summary>{head}</summary>\n\n{fenced(one.account[:LONGEST])}\n\n</details>"
    if len(session.failing) > MOST_FAILURES:
        yield f"{len(session.failing) - MOST_FAILURES} more failed: `harness show {session.run_id} CASE`"


def _beside(name: str, beside: Sequence[Standings]) -> str:
    counts = Counter(one.standing for one in beside)
    told = ", ".join(f"{counts[kind]} {kind.value}" for kind in (Standing.SAME, *LISTED) if counts[kind])
    lines = [f"Beside the baseline **{inline(name)}**: {told}"]
    for standing in LISTED:
        found = listed(beside, standing)
        lines += [f"- {standing.value}: {inline(place_name(one.place))}, {change(one)}" for one in found[:MOST_LISTED]]
        if len(found) > MOST_LISTED:
            lines.append(f"- {standing.value}: and {len(found) - MOST_LISTED} more")
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def _matrix(briefs: Sequence[Brief]) -> str:
    seen = Counter((brief.expect, brief.behaviour) for brief in briefs)
    behaviours = [one for one in Behaviour if any(behaviour == one for _, behaviour in seen)]
    rows = [
        [f"expected: {expected}", *(str(seen[expected, one] or "") for one in behaviours)]
        for expected in get_args(Expectation)
    ]
    return table(["", *(one.value for one in behaviours)], rows)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
