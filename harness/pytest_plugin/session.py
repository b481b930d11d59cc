"""One pytest session's work: settings, plan, rows, results, summary."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.casefile import find_suites, load_suite
from harness.casefile.load import adapter
from harness.cassettes.secrets import Secrets
from harness.config import Config, Flags, find_root, load_config
from harness.errors import HarnessError, ResultsError
from harness.model.plan import Planned
from harness.model.row import Brief, Row
from harness.model.suite import LoadedSuite
from harness.pipeline import Part, Pipeline
from harness.plan import SourceFiles, check_variants, plan_suite
from harness.pytest_plugin.closing import Told, is_on_github, print_told, tell_github
from harness.pytest_plugin.collect import CaseItem
from harness.pytest_plugin.garbage import garbage_kept
from harness.pytest_plugin.gating import Gating, Verdict
from harness.report.failure import failure_text
from harness.report.github import Failing
from harness.results import RunFolder, row_data, row_from_data
from harness.scoring.code import code_digest

if TYPE_CHECKING:  # annotations only: most sessions have no test that asks
    from harness.pytest_plugin.asking import Ask, Asks

ROW, BRIEF = "harness_row", "harness_brief"
"""Attributes of a report: the project's root with a row as plain data (it may come from an xdist worker), and what the
summary needs of it."""


def start_session(config: pytest.Config, folder: Path) -> "HarnessSession | None":
    """Return the session of the project that a folder belongs to; None outside any project.

    Raises:
        pytest.UsageError: A setting that cannot be used.
    """
    option = config.option
    flags = Flags(
        endpoint=option.harness_endpoint,
        record=option.harness_record,
        variants=tuple(option.harness_variant),
        model=option.harness_model,
        target=option.harness_target,
        concurrency=option.harness_concurrency,
        keep=option.harness_keep,
        judge=option.harness_judge,
        trials=option.harness_trials,
        baseline=option.harness_baseline,
        gate=option.harness_gate,
    )
    with usage_errors():
        root = find_root(folder)
        if root is None:
            return None
        return HarnessSession(load_config(root, os.environ, flags), getattr(config, "workerinput", None))


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
        folder = told.get("folder")
        self._folder = RunFolder(path=Path(folder)) if folder else RunFolder.new(config.project.results)
        share = int((workerinput or {}).get("workercount", 1))
        self._part = Part(folder=self._folder, embedded_url=told.get("url"), share=share)
        self._secrets = Secrets(config.secrets)
        self._loaded: list[LoadedSuite] = []
        self._files = SourceFiles(project=config.project)
        self._suites = frozenset(path.resolve() for path in find_suites(config.project))
        self._pipeline: Pipeline | None = None
        self._asks: Asks | None = None
        self._gating = Gating(config)
        self._verdict: Verdict | None = None
        self._briefs: list[Brief] = []
        self._failing: list[Failing] = []
        self._left: list[str] = []
        self._unwritten: str | None = None
        self._started = datetime.now(UTC)

    @property
    def run_id(self) -> str:
        """The run's id, as `harness show` takes it."""
        return self._folder.id

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline, made when it is first needed."""
        if self._pipeline is None:
            self._pipeline = Pipeline(self._config, self._part)
        return self._pipeline

    def is_suite(self, path: Path) -> bool:
        """Tell whether a file is a suite of this project."""
        return path.resolve() in self._suites

    def plan(self, path: Path) -> tuple[Planned, ...]:
        """Return the runs of a suite.

        Raises:
            InputError: The suite or a document of it is not as it should be.
        """
        if not self._loaded:
            with garbage_kept():
                adapter()
        loaded = load_suite(path.resolve(), self._config.project, self._config.environ)
        self._loaded.append(loaded)
        return plan_suite(loaded, self._config, files=self._files)

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Start what has to be run of the chosen items, once what they need is known to be there.

        Raises:
            pytest.UsageError: No suite has a variant that is asked for, or results have no place.
        """
        cases = self._cases(items)
        with usage_errors():
            check_variants(self._loaded, self._config.variants)
            if cases:
                self._folder.make()
        self.pipeline.submit(cases)

    def submit(self, items: Sequence[pytest.Item]) -> None:
        """Start what has to be run of these items."""
        self.pipeline.submit(self._cases(items))

    def _cases(self, items: Sequence[pytest.Item]) -> list[Planned]:
        ours = (item for item in items if isinstance(item, CaseItem) and item.harness is self)
        return [item.planned for item in ours if item.planned.case.skip is None]

    def row(self, planned: Planned) -> Row:
        """Return a case's row, waiting for it."""
        return self.pipeline.row(planned)

    def excuse(self, row: Row) -> str | None:
        """Return why the failure of a row is no news beside the baseline; None where it is."""
        return self._gating.excuse(row.planned, row.outcome)

    def standing(self, row: Row) -> str | None:
        """Return how a row compares with the baseline; None without one."""
        return self._gating.standing(row_data(row)).value if self._gating.has_baseline else None

    def ask(self, item: pytest.Item) -> "Ask":
        """Return what lets a test ask."""
        if self._asks is None:
            from harness.pytest_plugin.asking import Asks

            self._asks = Asks(self._config, self._part, self._worker)
        return self._asks.of(item)

    def attach(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Put the row on the report of the phase that decided: the call, or a set-up that failed."""
        if self._asks is not None and report.failed:
            self._asks.explain(item, report)
        if not isinstance(item, CaseItem) or item.harness is not self or item.row is None:
            return
        if report.when == "call" or (report.when == "setup" and report.failed):
            setattr(report, ROW, (str(self._config.project.root), row_data(item.row)))
            if not self.is_worker:
                setattr(report, BRIEF, item.row.brief)
        if report.when == "setup" and report.failed:
            # pytest asks items for their own words only where the call failed.
            report.longrepr = failure_text(item.row, self.run_id)

    def keep(self, report: pytest.TestReport) -> None:
        """Write the row of a report, and take it off: pytest keeps all reports to its end."""
        root, data = getattr(report, ROW, (None, None))
        if not self.is_worker:
            self._gating.saw(report, data)
        if data is None or self.is_worker or root != str(self._config.project.root):
            return
        self._briefs.append(getattr(report, BRIEF, None) or row_from_data(data).brief)
        self._gating.keep(data)
        if report.failed and is_on_github(self._config.environ):
            self._failing.append(_failing(report, data))
        delattr(report, ROW)
        try:
            self._folder.append(self._secrets.taken_out(data, "[secret]"))
        except (OSError, ResultsError) as error:
            self._unwritten = f"results could not be written: {error}"

    def for_worker(self, args: Sequence[str]) -> dict[str, str]:
        """Return what an xdist worker shares with the others.

        Raises:
            pytest.UsageError: The embedded server does not start.
        """
        told = {"folder": str(self._folder.path)}
        if self._config.endpoint.is_embedded and self._config.record != "none" and self._concerns_cases(args):
            with usage_errors():
                told["url"] = self.pipeline.runner.start_server()
        return told

    def _concerns_cases(self, args: Sequence[str]) -> bool:
        cases = self._config.project.cases
        paths = [Path(arg.partition("::")[0]).resolve() for arg in args]
        return any(cases.is_relative_to(path) or path.is_relative_to(cases) for path in paths)

    def finish(self) -> None:
        """End runs and clean up; the controller also answers for what its workers made, and closes the run's folder."""
        try:
            if self._pipeline is not None or self._folder.ledger.exists():
                self._left = self.pipeline.finish(is_owner=not self.is_worker)
            if self._asks is not None:
                self._left += self._asks.finish()
        except KeyboardInterrupt:
            self._left.append("cleaning up was interrupted: remote objects may be there still")
        if self._briefs and self._unwritten is None:
            try:
                self._folder.write_manifest(self._manifest())
            except OSError as error:
                self._unwritten = f"results could not be written: {error}"

    def exit_status(self, status: int) -> int:
        """Return the session's exit status: pytest's, or what the gate makes of it."""
        if self.is_worker:
            return status
        self._verdict = self._gating.verdict()
        return self._gating.exit_status(status, self._verdict)

    def _manifest(self) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
            "endpoint": self._config.endpoint.name,
            "record": self._config.record,
            "variants": list(self._config.variants),
            "trials": self._config.trials,
            "scorer_code": code_digest(),
            "rows": len(self._briefs),
        }

    def print_summary(self, reporter: pytest.TerminalReporter) -> None:
        """Print the closing summary, and what could not be cleaned up."""
        environ = self._config.environ
        failing = [replace(one, account=self._secrets.without(one.account, "[secret]")) for one in self._failing]
        if self._briefs:
            told = Told(run_id=self.run_id, briefs=self._briefs, failing=failing, verdict=self._verdict)
            print_told(reporter, told)
            place = f"results: {self._config.project.relative(self._folder.path)}"
            reporter.write_line(self._unwritten or place, red=self._unwritten is not None)
            tell_github(reporter, told, self._config.project.root, environ)
        for reason in self._left:
            reporter.write_line(f"left behind: {reason}", yellow=True)
        if self._left:
            reporter.write_line(f"delete what is left with: harness cleanup {self.run_id}", yellow=True)


def _failing(report: pytest.TestReport, row: Mapping[str, Any]) -> Failing:
    planned = row["planned"]
    return Failing(
        name=f"{planned['suite']}::{report.nodeid.rpartition('::')[2]}",
        suite=planned["suite"],
        line=planned["line"],
        outcome=row["score"]["outcome"],
        account=str(report.longrepr),
    )
