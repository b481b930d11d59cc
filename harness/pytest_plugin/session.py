"""One pytest session's work: settings, plan, rows, results, summary."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from harness.casefile import find_suites, load_suite
from harness.config import Config, Flags, find_root, load_config
from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.suite import LoadedSuite
from harness.pipeline import Part, Pipeline
from harness.plan import SourceFiles, check_variants, plan_suite
from harness.pytest_plugin.collect import CaseItem
from harness.report.failure import failure_text
from harness.report.summary import summary_lines
from harness.results import RunFolder, row_data, row_from_data

ROW = "harness_row"
"""Attribute of a report that carries a row as plain data, also from an xdist worker to the controller."""


def start_session(config: pytest.Config, folder: Path) -> "HarnessSession | None":
    """Return the session of the project that a folder belongs to; None outside any project.

    A setting that cannot be used ends the whole session.
    """
    option = config.option
    flags = Flags(
        endpoint=option.harness_endpoint,
        record=option.harness_record,
        variants=tuple(option.harness_variant),
        model=option.harness_model,
        concurrency=option.harness_concurrency,
        keep=option.harness_keep,
    )
    try:
        root = find_root(folder)
        if root is None:
            return None
        return HarnessSession(load_config(root, os.environ, flags), getattr(config, "workerinput", None))
    except HarnessError as error:
        stop(error)


def stop(error: HarnessError) -> NoReturn:
    """End the session with a message and the exit code of a wrong call.

    A UsageError would become a collection error with a stack, for files are collected when settings are read.
    """
    pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


class HarnessSession:
    """Everything between collection and summary. Workers run and send; the controller writes and cleans up."""

    def __init__(self, config: Config, workerinput: Mapping[str, Any] | None) -> None:
        told = workerinput or {}
        self._config = config
        self.is_worker = workerinput is not None
        folder = told.get("harness_folder")
        self._folder = RunFolder(path=Path(folder)) if folder else RunFolder.new(config.project.results)
        self._part = Part(
            folder=self._folder, embedded_url=told.get("harness_url"), share=int(told.get("workercount", 1))
        )
        self._loaded: list[LoadedSuite] = []
        self._files = SourceFiles(project=config.project)
        self._suites = frozenset(find_suites(config.project))
        self._pipeline: Pipeline | None = None
        self._rows: list[Row] = []
        self._left: list[str] = []
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
        return path in self._suites

    def plan(self, path: Path) -> tuple[Planned, ...]:
        """Return the runs of a suite.

        Raises:
            InputError: The suite or a document of it is not as it should be.
        """
        loaded = load_suite(path, self._config.project, self._config.environ)
        self._loaded.append(loaded)
        return plan_suite(loaded, self._config, files=self._files)

    def check_variants(self) -> None:
        """End the session where a variant is asked for that no collected suite knows."""
        try:
            check_variants(self._loaded, self._config.variants)
        except HarnessError as error:
            stop(error)

    def submit(self, items: Sequence[pytest.Item]) -> None:
        """Start what has to be run of these items."""
        cases = [item.planned for item in items if isinstance(item, CaseItem) and item.planned.case.skip is None]
        if cases:
            self.pipeline.submit(cases)

    def row(self, planned: Planned) -> Row:
        """Return a case's row, waiting for it."""
        return self.pipeline.row(planned)

    def attach(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Put the row on the report of the phase that decided: the call, or a set-up that failed."""
        if not isinstance(item, CaseItem) or item.row is None:
            return
        if report.when == "call" or (report.when == "setup" and report.failed):
            setattr(report, ROW, row_data(item.row))
        if report.when == "setup" and report.failed:
            # pytest asks items for their own words only where the call failed.
            report.longrepr = failure_text(item.row, self.run_id)

    def keep(self, report: pytest.TestReport) -> None:
        """Write the row of a report."""
        data = getattr(report, ROW, None)
        if data is not None and not self.is_worker:
            self._folder.append(data)
            self._rows.append(row_from_data(data))

    def tell_worker(self, workerinput: dict[str, Any], args: Sequence[str]) -> None:
        """Give an xdist worker what it shares with the others."""
        workerinput["harness_folder"] = str(self._folder.path)
        if self._config.endpoint.is_embedded and self._config.record != "none" and self._concerns_cases(args):
            try:
                workerinput["harness_url"] = self.pipeline.runner.start_server()
            except HarnessError as error:
                stop(error)

    def _concerns_cases(self, args: Sequence[str]) -> bool:
        cases = self._config.project.cases
        paths = [Path(arg.partition("::")[0]).resolve() for arg in args]
        return any(cases.is_relative_to(path) or path.is_relative_to(cases) for path in paths)

    def finish(self) -> None:
        """End runs and clean up; the controller also closes the run's folder."""
        if self._pipeline is not None:
            self._left = self._pipeline.finish(is_owner=not self.is_worker)
        if self._rows:
            self._folder.write_manifest(self._manifest())

    def _manifest(self) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
            "endpoint": self._config.endpoint.name,
            "record": self._config.record,
            "variants": list(self._config.variants),
            "rows": len(self._rows),
        }

    def print_summary(self, reporter: pytest.TerminalReporter) -> None:
        """Print the closing summary, and what could not be cleaned up."""
        if self._rows:
            reporter.section("assistant-harness")
            for line in summary_lines(self._rows):
                reporter.write_line(line)
            reporter.write_line(f"results: {self._config.project.relative(self._folder.path)}")
        for reason in self._left:
            reporter.write_line(f"left behind: {reason}; delete it with: harness cleanup {self.run_id}", yellow=True)
