"""The hooks of a session that has suites. Each calls inward and returns."""

from collections.abc import Generator

import pytest

from harness.pytest_plugin.session import HarnessSession


class SessionHooks:
    """Registered once a project is found."""

    def __init__(self, harness: HarnessSession) -> None:
        self._harness = harness

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start the runs that the chosen cases need."""
        if not session.config.option.collectonly and not self._harness.is_worker:
            self._harness.begin(session.items)

    def pytest_runtestloop(self) -> bool | None:
        """Run nothing in a dry run."""
        return True if self._harness.is_dry else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Under xdist, where nobody knows which items come, start the next case's run beside this one's; then wait."""
        if self._harness.is_worker:
            self._harness.submit([one for one in (item, nextitem) if one is not None])
        self._harness.wait(item)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the row travel on the report."""
        report = yield
        self._harness.attach(item, report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the row that came with a report."""
        self._harness.keep(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End what still runs, delete remote objects, close the run's folder, ask the gate."""
        self._harness.finish()
        session.exitstatus = self._harness.exit_status(exitstatus)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what the run came to."""
        self._harness.print_summary(terminalreporter)
