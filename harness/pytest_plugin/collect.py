"""Suites as pytest files, cases as pytest items."""

from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import BudgetReached, HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import Outcome
from harness.report.failure import failure_text

if TYPE_CHECKING:  # what the items are handed; it does not know them
    from harness.pytest_plugin.session import HarnessSession


class VerdictFailed(Exception):
    """A case was judged, and failed. Its row says why."""


class SuiteFile(pytest.File):
    """A suite."""

    def __init__(self, *, harness: "HarnessSession", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.harness = harness

    def collect(self) -> Iterator["CaseItem"]:
        """Return an item for each case, variant and trial that is to be run."""
        for planned in self.harness.plan(self.path):
            yield CaseItem.from_parent(self, planned=planned, harness=self.harness)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Return our own message for our own errors: a stack of ours helps no author of a suite."""
        if isinstance(excinfo.value, HarnessError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class CaseItem(pytest.Item):
    """A case in a variant, once."""

    def __init__(self, *, planned: Planned, harness: "HarnessSession", **kwargs: Any) -> None:
        super().__init__(name=planned.name, **kwargs)
        self.planned = planned
        self.harness = harness
        self.row: Row | None = None
        self.not_begun: str | None = None
        self._mark()

    def _mark(self) -> None:
        for tag in self.planned.tags:
            self.config.addinivalue_line("markers", f"{tag}: a tag of a suite or case")
            self.add_marker(tag)
        if self.planned.case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=self.planned.case.skip))
        elif self.planned.is_expected_failure and self.planned.case.xfail is not None:
            # Only a verdict may fail as expected: an endpoint that is down is an error all the same.
            reason = self.planned.case.xfail.reason
            self.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=VerdictFailed))

    def setup(self) -> None:
        """Wait for the transcript, and judge it; what cannot be judged is an error."""
        try:
            self.row = self.harness.row(self.planned)
        except BudgetReached as reached:
            self.not_begun = reached.what
            pytest.skip(f"budget: {reached.what}")
        self.user_properties += [("outcome", self.row.outcome.value), ("variant", self.planned.variant)]
        standing = self.harness.standing(self.row)
        if standing is not None:
            self.user_properties.append(("baseline", standing))
        if self.row.outcome is Outcome.ERROR:
            # With its stack, pytest would draw it for a fifth of a second a case, before our words take its place.
            pytest.fail("the case could not be judged", pytrace=False)

    def runtest(self) -> None:
        """Pass or fail by the verdict."""
        assert self.row is not None
        if self.row.outcome.is_pass:
            return
        excuse = None if self.planned.is_expected_failure else self.harness.excuse(self.row)
        if excuse is not None:
            pytest.xfail(excuse)
        raise VerdictFailed

    def teardown(self) -> None:
        """Let the row go: it is written, and pytest keeps all items to its end."""
        self.row = None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the account of what was asked, answered and missed, without our stack."""
        if isinstance(excinfo.value, VerdictFailed) and self.row is not None:
            return failure_text(self.row, self.harness.run_id)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str], int, str]:
        """Return file, line (from 0) and name."""
        return self.path, self.planned.line - 1, self.name
