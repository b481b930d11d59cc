"""A session that pytest started: its options, what travels on reports, and what only the controller does."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.config import Config, Flags, find_root, load_config
from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.options import said
from harness.pytest_plugin.collect import CaseItem
from harness.pytest_plugin.waiting import wait_for
from harness.report.failure import failure_text
from harness.results import row_data
from harness.session.core import CaseSession, Ended
from harness.session.resume import part_of, told_to_workers

if TYPE_CHECKING:  # annotations only: most sessions have no test that asks
    from harness.pytest_plugin.asking import Ask, Asks

ROW, BRIEF, NOT_BEGUN = "harness_row", "harness_brief", "harness_not_begun"
"""Attributes of a report: the project's root with a row as plain data (it may come from an xdist worker), what the
summary needs of it, and the project's root with why the budget left it over."""


def start_session(config: pytest.Config, folder: Path) -> "HarnessSession | None":
    """Return the session of the project that a folder belongs to; None outside any project.

    Raises:
        pytest.UsageError: A setting that cannot be used.
    """
    flags = Flags(**said(lambda key: getattr(config.option, key)))
    workerinput = getattr(config, "workerinput", None)
    with usage_errors():
        root = find_root(folder)
        if root is None:
            return None
        settings = load_config(root, os.environ, flags)
        if settings.is_dry and (workerinput is not None or getattr(config.option, "dist", "no") != "no"):
            raise pytest.UsageError("a dry run has nothing for workers to do: leave out -n")
        return HarnessSession(settings, workerinput)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn our errors into pytest's for a wrong call: a message and exit code 4."""
    try:
        yield
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error


class HarnessSession:
    """Everything between collection and summary. Workers run and send; the controller writes and cleans up."""

    def __init__(self, config: Config, workerinput: Mapping[str, Any] | None) -> None:
        self._config = config
        self.is_worker = workerinput is not None
        told = (workerinput or {}).get("harness", {}).get(str(config.project.root), {})
        self._worker = str((workerinput or {}).get("workerid", ""))
        part = part_of(config, told, share=int((workerinput or {}).get("workercount", 1)))
        self._cases = CaseSession(config, part, is_worker=self.is_worker)
        self._suites = frozenset(path.resolve() for path in self._cases.suites())
        self._asks: Asks | None = None
        self._left_by_asks: list[str] = []
        self._dry: list[str] = []
        self._chosen = 0

    @property
    def run_id(self) -> str:
        """The run's id, as `harness show` takes it."""
        return self._cases.run_id

    @property
    def is_dry(self) -> bool:
        """Whether it is only said what would be done."""
        return self._config.is_dry

    def is_suite(self, path: Path) -> bool:
        """Tell whether a file is a suite of this project."""
        return path.resolve() in self._suites

    def plan(self, path: Path) -> tuple[Planned, ...]:
        """Return the runs of a suite.

        Raises:
            InputError: The suite or a document of it is not as it should be.
        """
        return self._cases.plan(path)

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Start what has to be run of the chosen items, once what they need is known to be there.

        Raises:
            pytest.UsageError: No suite has a variant that is asked for, or results have no place.
        """
        planned = self._planned(items)
        self._chosen = len(planned)
        with usage_errors():
            self._cases.check(planned)
        if self.is_dry:
            from harness.session.dry_run import dry_run_lines

            self._dry = list(dry_run_lines(self._cases.missing(planned), self._config))
            return
        self._cases.pipeline.submit(planned)

    def submit(self, items: Sequence[pytest.Item]) -> None:
        """Start what has to be run of these items."""
        self._cases.pipeline.submit(self._planned(items))

    def _planned(self, items: Sequence[pytest.Item]) -> list[Planned]:
        ours = (item for item in items if isinstance(item, CaseItem) and item.harness is self)
        return [item.planned for item in ours if item.planned.case.skip is None]

    def wait(self, item: pytest.Item) -> None:
        """Wait for an item's run while nothing is captured, so that a line may be printed now and then."""
        if isinstance(item, CaseItem) and item.harness is self and not self.is_worker:
            wait_for(item, self._cases.pipeline, self._chosen)

    def row(self, planned: Planned) -> Row:
        """Return a case's row, waiting for it.

        Raises:
            BudgetReached: It was not begun.
        """
        return self._cases.pipeline.row(planned)

    def excuse(self, row: Row) -> str | None:
        """Return why the failure of a row is no news beside the baseline; None where it is."""
        return self._cases.gating.excuse(row.planned, row.outcome)

    def standing(self, row: Row) -> str | None:
        """Return how a row compares with the baseline; None without one."""
        return self._cases.standing(row)

    def ask(self, item: pytest.Item) -> "Ask":
        """Return what lets a test ask."""
        if self._asks is None:
            from harness.pytest_plugin.asking import Asks

            self._asks = Asks(self._config, self._cases.part, self._worker)
        return self._asks.of(item)

    def attach(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Put the row on the report of the phase that decided: the call, or a set-up that failed."""
        if self._asks is not None and report.failed:
            self._asks.explain(item, report)
        if not isinstance(item, CaseItem) or item.harness is not self:
            return
        root = str(self._config.project.root)
        if item.not_begun is not None and report.when == "setup":
            setattr(report, NOT_BEGUN, (root, item.planned.node, item.not_begun))
        if item.row is None:
            return
        if report.when == "call" or (report.when == "setup" and report.failed):
            setattr(report, ROW, (root, row_data(item.row)))
            if not self.is_worker:
                setattr(report, BRIEF, item.row.brief)
        if report.when == "setup" and report.failed:
            # pytest asks items for their own words only where the call failed.
            report.longrepr = failure_text(item.row, self.run_id)

    def keep(self, report: pytest.TestReport) -> None:
        """Write the row of a report, and take it off: pytest keeps all reports to its end."""
        if self.is_worker:
            return
        root, data = getattr(report, ROW, (None, None))
        if report.failed:
            self._cases.gating.saw_failure(data)
        own = str(self._config.project.root)
        owner, node, reason = getattr(report, NOT_BEGUN, (None, "", ""))
        if owner == own:
            self._cases.leave_out(node, reason)
        if data is None or root != own:
            return
        account = str(report.longrepr) if report.failed else None
        brief = getattr(report, BRIEF, None)
        delattr(report, ROW)
        self._cases.keep(Ended(row=data, brief=brief, name=report.nodeid, account=account))

    def for_worker(self, args: Sequence[str]) -> dict[str, Any]:
        """Return what an xdist worker shares with the others.

        Raises:
            pytest.UsageError: The embedded server does not start, or results have no place.
        """
        told = told_to_workers(self._cases.part)
        if self._concerns_cases(args):
            with usage_errors():
                self._cases.claim()
                if self._config.endpoint.is_embedded and self._config.record != "none":
                    told["url"] = self._cases.pipeline.runner.start_server()
        return told

    def _concerns_cases(self, args: Sequence[str]) -> bool:
        cases = self._config.project.cases
        paths = [Path(arg.partition("::")[0]).resolve() for arg in args]
        return any(cases.is_relative_to(path) or path.is_relative_to(cases) for path in paths)

    def finish(self) -> None:
        """End runs and clean up; the controller also answers for what its workers made, and closes the run's folder."""
        self._cases.finish()
        if self._asks is not None:
            try:
                self._left_by_asks = self._asks.finish()
            except KeyboardInterrupt:
                self._left_by_asks = ["cleaning up was interrupted: remote objects may be there still"]

    def exit_status(self, status: int) -> int:
        """Return the session's exit status: pytest's, or what the gate and the budget make of it."""
        return status if self.is_worker else self._cases.exit_status(status)

    def print_summary(self, reporter: pytest.TerminalReporter) -> None:
        """Print the closing summary, and what could not be cleaned up; of a dry run what it found."""
        if self._dry:
            reporter.section("assistant-harness: dry run")
        for line in self._dry:
            reporter.write_line(line)
        self._cases.tell(reporter, self._left_by_asks)
