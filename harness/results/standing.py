"""Where each case stands beside a baseline: same, fixed, broken, changed, new, gone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from harness.model.record import CaseKey, Record
from harness.model.score import Outcome

Place: TypeAlias = tuple[CaseKey, str]
"""A case in a variant: what is compared with its baseline. Its trials count together."""

_TOLERANCE = 1e-9


class Standing(StrEnum):
    """How a case in a variant compares with its baseline."""

    BROKEN = "broken"
    """It passed (more often), and fails."""
    FIXED = "fixed"
    """It failed (more often), and passes."""
    CHANGED = "changed"
    """Another answer, or another kind of failure; no other verdict."""
    SAME = "same"
    NEW = "new"
    """The baseline does not hold it."""
    GONE = "gone"
    """Only the baseline holds it."""
    ERRORED = "errored"
    """No trial could be judged: neither better nor worse."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standings:
    """A case in a variant beside its baseline."""

    place: Place
    standing: Standing
    before: tuple[Record, ...]
    """Its trials in the baseline; empty for a new one."""
    now: tuple[Record, ...]
    """Its trials in the run; empty for one that is gone."""

    @property
    def is_failing(self) -> bool:
        """Whether a trial fails now that the case itself does not expect to fail."""
        return any(record.is_pass is False and not record.is_xfail for record in self.now)

    @property
    def is_worse(self) -> bool:
        """Whether it counts as broken: broken, or new and failing."""
        return self.standing is Standing.BROKEN or (self.standing is Standing.NEW and self.is_failing)


def standings(before: Iterable[Record], now: Iterable[Record], flake_allowance: float = 0.0) -> list[Standings]:
    """Compare a run with a baseline, case by case.

    Args:
        before: The baseline's results.
        now: The run's.
        flake_allowance: By how much a case's pass rate over its trials, in [0, 1], may differ and count as the same.

    Returns:
        One for each case in a variant of either side, in the order of the run, then what is gone.
    """
    old, new = by_place(before), by_place(now)
    places = [*new, *(place for place in old if place not in new)]
    return [_standings(place, old.get(place, ()), new.get(place, ()), flake_allowance) for place in places]


def by_place(records: Iterable[Record]) -> dict[Place, tuple[Record, ...]]:
    """Return the trials of each case in a variant."""
    found: dict[Place, list[Record]] = {}
    for record in records:
        found.setdefault((record.key, record.variant), []).append(record)
    return {place: tuple(trials) for place, trials in found.items()}


def is_as_before(trials: Iterable[Record], outcome: Outcome) -> bool:
    """Tell whether a failure is one that the baseline's trials of the case show too."""
    return any(record.outcome is outcome for record in trials)


def _standings(place: Place, before: tuple[Record, ...], now: tuple[Record, ...], allowance: float) -> Standings:
    return Standings(place=place, standing=_standing(before, now, allowance), before=before, now=now)


def _standing(before: Sequence[Record], now: Sequence[Record], allowance: float) -> Standing:
    if not now:
        return Standing.GONE
    old, new = _pass_rate(before), _pass_rate(now)
    if new is None:
        return Standing.ERRORED
    if old is None:
        return Standing.NEW
    if abs(new - old) > allowance + _TOLERANCE:
        return Standing.FIXED if new > old else Standing.BROKEN
    return Standing.SAME if set(_seen(before)) == set(_seen(now)) else Standing.CHANGED


def _pass_rate(records: Iterable[Record]) -> float | None:
    verdicts = [record.is_pass for record in records if record.is_pass is not None]
    return sum(verdicts) / len(verdicts) if verdicts else None


def _seen(records: Iterable[Record]) -> Iterator[tuple[Outcome, str]]:
    return ((record.outcome, record.answer) for record in records if record.outcome is not Outcome.ERROR)
