"""Rows that an earlier session of the same run has won: they need no other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import Outcome
from harness.results.folder import ROWS, RunFolder, torn_bytes
from harness.results.records import case_of, configuration_of, digest, documents_of, row_at
from harness.results.rows import no_row, plain_rows, planned_data

Key: TypeAlias = tuple[str, str, str, int]
"""Suite, case, variant, trial."""
Clean: TypeAlias = Callable[[Any], Any]
"""Makes plain data into what is written of it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A row that is there."""

    offset: int
    plan: str
    """What it is the result of; see `plan_digest`."""
    is_error: bool
    """Whether it holds no verdict."""


class Kept:
    """The rows of a run as they stood when this session began.

    A row counts for a planned run if it came of the same configuration, documents and case, and holds a verdict: what
    ended as an error is tried again.

    Args:
        folder: The run.
        clean: What was done to rows before they were written: secrets are not in them.
        until: Only the rows before this offset; None: all that are whole.

    Raises:
        ResultsError: They cannot be read.
    """

    def __init__(self, folder: RunFolder, clean: Clean, until: int | None = None) -> None:
        self._folder = folder
        self._clean = clean
        self._places: dict[Key, _Place] = {}
        self._doubled: list[int] = []
        self._digests: dict[Key, str] = {}
        self.stale: set[Key] = set()
        """Runs whose row is there, and came of something else than is planned now."""
        path = folder.path / ROWS
        size = path.stat().st_size if path.exists() else 0
        self.end = size - torn_bytes(path) if until is None else until
        """Where what this session adds begins, in bytes."""
        if self.end:
            self._look()

    def _look(self) -> None:
        for offset, number, row in plain_rows(self._folder):
            if offset >= self.end:
                return
            try:
                key, place = _key(row["planned"]), _place(offset, row)
            except (LookupError, TypeError, ValueError) as error:
                raise no_row(error, self._folder, number) from error
            if key in self._places:  # a crash came between a row and the end of the one that it replaces
                self._doubled.append(self._places[key].offset)
            self._places[key] = place

    def __len__(self) -> int:
        return len(self._places)

    def has(self, planned: Planned) -> bool:
        """Tell whether a planned run has its row already."""
        key = (planned.suite, planned.case.id, planned.variant, planned.trial)
        place = self._places.get(key)
        if place is None or place.is_error:
            return False
        if key not in self._digests:
            self._digests[key] = plan_digest(self._clean(planned_data(planned)))
            if self._digests[key] != place.plan:
                self.stale.add(key)
        return self._digests[key] == place.plan

    def row(self, planned: Planned) -> Row | None:
        """Return the row of a planned run; None where it has none that counts.

        Raises:
            ResultsError: It cannot be read any more.
        """
        if not self.has(planned):
            return None
        return row_at(self._folder, self._places[planned.suite, planned.case.id, planned.variant, planned.trial].offset)

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row (as it is written) is one of these."""
        place = self._places.get(_key(row["planned"]))
        is_error = row["score"]["outcome"] == Outcome.ERROR.value
        return place is not None and not place.is_error and not is_error and place.plan == plan_digest(row["planned"])

    def replace(self, row: Mapping[str, Any]) -> None:
        """Take back the row whose place another has taken, which is written already."""
        place = self._places.pop(_key(row["planned"]), None)
        if place is not None:
            self._folder.blank(place.offset)

    def mend(self) -> None:
        """Take back rows that stand there although later ones have taken their place."""
        for offset in self._doubled:
            self._folder.blank(offset)
        self._doubled = []


def plan_digest(planned: Mapping[str, Any]) -> str:
    """Return what stands for all that a row is the result of, but for the server: of a plan as plain data."""
    return digest([configuration_of(planned), documents_of(planned), case_of(planned)])


def _key(planned: Mapping[str, Any]) -> Key:
    return planned["suite"], planned["case"]["id"], planned["variant"], planned["trial"]


def _place(offset: int, row: Mapping[str, Any]) -> _Place:
    return _Place(offset, plan_digest(row["planned"]), row["score"]["outcome"] == Outcome.ERROR.value)
