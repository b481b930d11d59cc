"""A session beside its baseline, and before the gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.casefile import gone_from_suites
from harness.config import Config
from harness.gate import GateCheck, gate_checks
from harness.model.plan import Planned
from harness.model.record import Record
from harness.model.score import Outcome
from harness.results.baseline import Baseline, read_baseline
from harness.results.records import record_of
from harness.results.standing import Standing, Standings, by_place, is_as_before, standings
from harness.session.codes import FAILED, OK


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate says of a session."""

    baseline: str | None
    """The name of the baseline; None where there is none."""
    beside: tuple[Standings, ...]
    """Each case beside the baseline; empty without one."""
    checks: tuple[GateCheck, ...]
    is_excusing: bool
    """Whether failures of cases are judged by the gate, and not each by itself."""

    @property
    def is_met(self) -> bool:
        """Whether the gate lets the run pass."""
        return all(check.is_met for check in self.checks)


class Gating:
    """Collects a session's records, says which failures are as before, and what the exit code should be.

    Args:
        config: Names the baseline and the gate.

    Raises:
        ResultsError: The baseline cannot be read.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._baseline: Baseline | None = None
        if config.baseline is not None:
            self._baseline = read_baseline(config.project.results, config.baseline)
        self._before = by_place(self._baseline.records) if self._baseline else {}
        self._records: list[Record] = []
        self._failed_cases = 0
        self._failed_otherwise = 0

    @property
    def has_baseline(self) -> bool:
        """Whether results are held against a baseline."""
        return self._baseline is not None

    def trials_before(self, planned: Planned) -> tuple[Record, ...]:
        """Return what the baseline holds of a case in its variant."""
        return self._before.get(((planned.suite, planned.case.id), planned.variant), ())

    def excuse(self, planned: Planned, outcome: Outcome) -> str | None:
        """Return why a failure is no news; None where it is."""
        if self._baseline is None or not is_as_before(self.trials_before(planned), outcome):
            return None
        return f"{outcome.value} as in the baseline {self._baseline.name}"

    def standing(self, row: Mapping[str, Any]) -> Standing:
        """Return how one trial compares with the baseline's trials of the same case."""
        record = record_of(row)
        before = self._before.get((record.key, record.variant), ())
        same = [one for one in before if (one.outcome, one.answer) == (record.outcome, record.answer)]
        return standings(same[:1] or before, [record])[0].standing

    def keep(self, row: Mapping[str, Any]) -> None:
        """Count a row (as plain data) of this session."""
        if self._config.is_gated:
            self._records.append(record_of(row))

    def saw_failure(self, row: Mapping[str, Any] | None) -> None:
        """Count a failure: of a case that was judged or errored, which the gate may excuse, or any other."""
        failing = row is not None and not Outcome(row["score"]["outcome"]).is_pass
        self._failed_cases += failing
        self._failed_otherwise += not failing

    def verdict(self) -> Verdict | None:
        """Return what the gate says; None where it was not asked for, or nothing was run."""
        if not self._config.is_gated or not self._records:
            return None
        gate = self._config.gate
        beside = tuple(self._beside()) if self._baseline else ()
        checks = gate_checks(gate, self._records, beside if self._baseline else None, self._config.prices)
        return Verdict(
            baseline=self._baseline.name if self._baseline else None,
            beside=beside,
            checks=tuple(checks),
            is_excusing=self._baseline is not None or gate.min_pass_rate is not None,
        )

    def exit_status(self, status: int, verdict: Verdict | None) -> int:
        """Return an exit status as the gate changes it: only from passed to failed, and back."""
        if verdict is None:
            return status
        if status == OK and not verdict.is_met:
            return FAILED
        is_only_cases = self._failed_cases > 0 and self._failed_otherwise == 0
        if status == FAILED and verdict.is_met and verdict.is_excusing and is_only_cases:
            return OK
        return status

    def _beside(self) -> Iterator[Standings]:
        places = {(record.key, record.variant) for record in self._records}
        unseen = [place for place in self._before if place not in places]  # gone, or only not chosen
        gone = set(gone_from_suites(unseen, self._config.project, self._config.environ))
        before = [record for place, trials in self._before.items() if place in places | gone for record in trials]
        yield from standings(before, self._records, self._config.gate.flake_allowance)
