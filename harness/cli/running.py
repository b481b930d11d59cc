"""Run cases as `pytest cases/` does, without pytest, and print what came of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.cli.data import print_json
from harness.cli.screen import Screen, shown
from harness.cli.summary import Summary
from harness.config import Config, Flags, load_config
from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import Outcome
from harness.report.failure import failure_text
from harness.report.plain import plain, shortened
from harness.results import row_data
from harness.session.choose import Place, Wish, failed_before, is_wanted, key_of, of_place, project_of_places, suites_of
from harness.session.codes import FAILED, INTERRUPTED, NOTHING_CHOSEN, OK
from harness.session.core import CaseSession, Ended, new_part
from harness.session.progress import Progress
from harness.session.stream import End, ended_runs

MOST_TOLD = 200
"""Failures that are told in full, and ten times as many in a line: thousands would fill the memory."""
AHEAD = 4
"""For each run at once so many are started: there is always one that has only to begin."""


LOCAL, RAY = "local", "ray"
"""Where cases run: in this process, or on a cluster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What the command was called with."""

    wish: Wish
    flags: Flags
    here: Path
    """The folder it was called in."""
    environ: Mapping[str, str]
    is_quiet: bool = False
    executor: str = LOCAL
    """`local`, or `ray`."""
    address: str | None = None
    """Of the cluster; see `harness.cluster.start`."""
    is_json: bool = False
    """Whether standard output is for data, and what a person reads goes to standard error."""


def run_cases(call: Call, narrow: Callable[[list[Planned]], list[Planned]] | None = None) -> int:
    """Run the cases that are wished for, and return the exit code.

    Args:
        call: Says which.
        narrow: Picks some of those that are chosen; None: all.

    Raises:
        HarnessError: A wrong call: nothing was run.
        KeyboardInterrupt: It was interrupted; all is cleaned up, and told.
    """
    project = project_of_places(call.wish.places, call.here)
    config = load_config(project.root, call.environ, call.flags)
    screen = Screen(call.environ, is_aside=call.is_json)
    summary = Summary() if call.is_json else None
    try:
        status = _run(call, config, screen, summary, narrow)
    except KeyboardInterrupt:
        if summary is not None:
            print_json(summary.data(INTERRUPTED))
        raise
    if summary is not None:
        print_json(summary.data(status))
    return status


def _run(
    call: Call,
    config: Config,
    screen: Screen,
    summary: Summary | None,
    narrow: Callable[[list[Planned]], list[Planned]] | None,
) -> int:
    session = CaseSession(config, replace(new_part(config), records=call.executor != RAY))
    chosen, wrong = _chosen(call.wish, suites_of(call.wish, config.project, call.here), session, screen)
    if wrong:
        screen.write_line(f"interrupted: {wrong} suites cannot be read", red=True)
        return INTERRUPTED
    chosen = chosen if narrow is None else narrow(chosen)
    skipped = [one for one in chosen if one.case.skip is not None]
    planned = [one for one in chosen if one.case.skip is None]
    session.check(planned)
    if not chosen:
        screen.write_line("no case is chosen", yellow=True)
        return NOTHING_CHOSEN
    if config.is_dry:
        from harness.session.dry_run import dry_run_lines

        for line in dry_run_lines(session.missing(planned), config):
            screen.write_line(line)
        return OK
    running = _Running(config=config, session=session, screen=screen, call=call, summary=summary)
    return running.run(planned, len(skipped))


def _chosen(wish: Wish, places: Sequence[Place], session: CaseSession, screen: Screen) -> tuple[list[Planned], int]:
    """Return the runs that are chosen, each once, and how many suites cannot be read; what is wrong is printed."""
    wrong = 0
    plans: dict[Path, tuple[Planned, ...]] = {}
    for suite in dict.fromkeys(place.suite for place in places):
        try:
            plans[suite] = session.plan(suite)
        except HarnessError as error:
            wrong += 1
            screen.write_line(f"ERROR {error}", red=True)
    readable = [place for place in places if place.suite in plans]
    named = {one.node: one for place in readable for one in of_place(place, plans[place.suite])}
    chosen = [one for one in named.values() if is_wanted(one, wish)]
    if wish.last_failed and not wrong:
        failed = failed_before(session.config.project.results)
        again = [one for one in chosen if key_of(one) in failed]
        if again:
            return again, wrong
        screen.write_line("nothing failed last, as far as it is chosen: all of it runs")
    return chosen, wrong


@dataclass(kw_only=True, slots=True)
class _Running:
    """A run under way: what is printed of it, and its exit code."""

    config: Config
    session: CaseSession
    screen: Screen
    call: Call
    summary: Summary | None
    """Takes down what `--json` prints; None where it does not."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Why cases fail or could not be judged, by node id."""
    lines: dict[str, str] = field(default_factory=dict)
    """A line on each that is not as it should be, or known not to be, by node id."""
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, planned: Sequence[Planned], skipped: int) -> int:
        """Run all, print, and return the exit code.

        Raises:
            KeyboardInterrupt: It was interrupted; all is cleaned up, and told.
        """
        began_s = time.monotonic()
        self.counts["skipped"] = skipped
        status = OK
        try:
            self._run(planned)
        except KeyboardInterrupt:
            status = INTERRUPTED
        finally:
            self.session.finish()
        if status == OK and (self.counts["failed"] or self.counts["errors"]):
            status = FAILED
        status = self.session.exit_status(status)
        self._print([one.node for one in planned])
        self.session.tell(self.screen)
        told = ", ".join(f"{count} {word}" for word, count in self.counts.items() if count) or "nothing ran"
        end = "interrupted: " if status == INTERRUPTED else ""
        took_s = time.monotonic() - began_s
        self.screen.write_line(f"{end}{told} in {took_s:.2f} s", green=not status, red=bool(status))
        if self.summary is not None:
            self.summary.end(self.session, self.counts, took_s)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return status

    def _run(self, planned: Sequence[Planned]) -> None:
        pipeline = self.session.pipeline
        live = {one.node for one in planned if not pipeline.is_settled(one)}
        progress = Progress(
            total=len(planned), live=len(live), concurrency=self.config.concurrency, prices=self.config.prices
        )
        with shown(progress, is_quiet=self.call.is_quiet):
            for end in self._ends(planned):
                progress.saw(end.row, is_live=end.planned.node in live)
                self._keep(end)

    def _ends(self, planned: Sequence[Planned]) -> Iterator[End]:
        pipeline, call = self.session.pipeline, self.call
        if call.executor != RAY:
            return ended_runs(pipeline, planned, AHEAD * self.config.concurrency)
        from harness.cluster.driver import ended_on_cluster

        return ended_on_cluster(pipeline, self.session.part, self.config, planned, call.address)

    def _keep(self, end: End) -> None:
        node = end.planned.node
        if end.row is None:
            self.session.leave_out(node, end.reason)
            self.counts["not begun"] += 1
            return
        word, line = self._judged(end.row)
        self.counts[word] += 1
        data, account = row_data(end.row), None
        if line is not None and len(self.lines) < 10 * MOST_TOLD:
            self.lines[node] = line
        if word in {"failed", "errors"}:
            is_surprise = end.row.outcome.is_pass  # a strict xfail that passes: there is nothing to tell but that
            account = str(line) if is_surprise else failure_text(end.row, self.session.run_id)
            if len(self.accounts) < MOST_TOLD:
                self.accounts[node] = account
            self.session.gating.saw_failure(data)
        if self.summary is not None:
            self.summary.add(end.row, word if line is not None else None, account or (line or "").partition(" - ")[2])
        self.session.keep(Ended(row=data, brief=end.row.brief, name=node, account=account))

    def _judged(self, row: Row) -> tuple[str, str | None]:
        """Return what pytest would call a row's end, and the line that tells of it; None for one that just passes."""
        planned, outcome = row.planned, row.outcome
        node = plain(planned.node)
        if outcome is Outcome.ERROR:
            failure = row.transcript.failure
            return "errors", f"ERROR {node}" + (f" - {shortened(failure.message, 100)}" if failure else "")
        if planned.is_expected_failure and planned.case.xfail is not None:
            if not outcome.is_pass:
                return "xfailed", f"XFAIL {node} - {plain(planned.case.xfail.reason)}"
            return "failed", f"FAILED {node} - it passes, and is expected to fail: {plain(planned.case.xfail.reason)}"
        if outcome.is_pass:
            return "passed", None
        excuse = self.session.gating.excuse(planned, outcome)
        if excuse is not None:
            return "xfailed", f"XFAIL {node} - {excuse}"
        return "failed", f"FAILED {node} - {outcome.value}"

    def _print(self, nodes: Sequence[str]) -> None:
        """Print what is not as it should be, in the order of the plan, however it came in."""
        if self.accounts and not self.call.is_quiet:
            self.screen.section("failures")
            for node in nodes:
                if node in self.accounts:
                    self.screen.write_line(f"__ {plain(node)} __", red=True)
                    self.screen.write_line(self.accounts[node])
                    self.screen.write_line("")
        for node in nodes:
            if node in self.lines:
                self.screen.write_line(self.lines[node])
        if self.counts["failed"] + self.counts["errors"] > len(self.accounts):
            self.screen.write_line(f"told are {len(self.accounts)} of them; all: harness report {self.session.run_id}")
