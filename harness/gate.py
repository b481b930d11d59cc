"""The gate: what a whole run must come to. Each limit is a check with a figure, met or not."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.config.gate import Gate
from harness.config.prices import Prices
from harness.model.record import Record
from harness.model.score import Outcome
from harness.results.standing import Standings

EXPECT_ANSWER = {Outcome.GROUNDED, Outcome.OVER_REFUSAL, Outcome.UNGROUNDED, Outcome.INCOMPLETE}
EXPECT_REFUSAL = {Outcome.CORRECT_REFUSAL, Outcome.MISSED_REFUSAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class GateCheck:
    """A limit and what the run came to."""

    name: str
    """The key of `[tool.harness.gate]`."""
    limit: float
    value: float | None
    """None where there is nothing to measure, or it could not be measured."""
    is_met: bool
    note: str | None = None
    """What to know about it, for example which price is unknown."""

    @property
    def line(self) -> str:
        """The check in words."""
        shown = "n/a" if self.value is None else f"{self.value:.4g}"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}: {shown}, limit {self.limit:g}{note}"


def gate_checks(
    gate: Gate, records: Sequence[Record], beside: Sequence[Standings] | None, prices: Prices
) -> list[GateCheck]:
    """Hold a run against the gate.

    Args:
        gate: The limits.
        records: The run's results.
        beside: The same beside the baseline; None where none was asked for.
        prices: What tokens cost.
    """
    return [
        *(() if beside is None else (_at_most("max_broken", gate.max_broken, sum(one.is_worse for one in beside)),)),
        *_rates(gate, records),
        *_budgets(gate, records),
        *(() if gate.max_cost is None else (_cost(gate.max_cost, records, prices),)),
    ]


def _rates(gate: Gate, records: Sequence[Record]) -> Iterator[GateCheck]:
    judged = [record for record in records if record.outcome is not Outcome.ERROR]
    expected = [record for record in judged if not record.is_xfail]
    answers = [record for record in judged if record.outcome in EXPECT_ANSWER]
    refusals = [record for record in judged if record.outcome in EXPECT_REFUSAL]
    if gate.min_pass_rate is not None:
        passes = [record.outcome.is_pass for record in expected]
        yield _at_least("min_pass_rate", gate.min_pass_rate, _mean(passes))
    for name, limit, outcome, group in (
        ("max_over_refusal_rate", gate.max_over_refusal_rate, Outcome.OVER_REFUSAL, answers),
        ("max_ungrounded_rate", gate.max_ungrounded_rate, Outcome.UNGROUNDED, answers),
        ("max_incomplete_rate", gate.max_incomplete_rate, Outcome.INCOMPLETE, answers),
        ("max_missed_refusal_rate", gate.max_missed_refusal_rate, Outcome.MISSED_REFUSAL, refusals),
        ("max_error_rate", gate.max_error_rate, Outcome.ERROR, list(records)),
    ):
        if limit is not None:
            yield _at_most(name, limit, _mean([record.outcome is outcome for record in group]))


def _budgets(gate: Gate, records: Sequence[Record]) -> Iterator[GateCheck]:
    if gate.min_groundedness is not None:
        found = [record.groundedness for record in records if record.groundedness is not None]
        yield _at_least("min_groundedness", gate.min_groundedness, _mean(found))
    if gate.max_mean_tokens is not None:
        tokens = [sum(_tokens(record)) for record in records if record.prompt_tokens is not None]
        yield _at_most("max_mean_tokens", gate.max_mean_tokens, _mean(tokens))
    durations = sorted(record.duration_s for record in records if record.duration_s is not None)
    if gate.max_mean_duration_s is not None:
        yield _at_most("max_mean_duration_s", gate.max_mean_duration_s, _mean(durations))
    if gate.max_p95_duration_s is not None:
        p95 = durations[math.ceil(0.95 * len(durations)) - 1] if durations else None
        yield _at_most("max_p95_duration_s", gate.max_p95_duration_s, p95)


def _cost(limit: float, records: Sequence[Record], prices: Prices) -> GateCheck:
    used = [record for record in records if record.prompt_tokens is not None]
    costs = [prices.cost(record.model, *_tokens(record)) for record in used]
    unknown = sorted({str(record.model) for record, cost in zip(used, costs, strict=True) if cost is None})
    if unknown:  # a limit that cannot be checked must not pass in silence
        note = f"no price is known of {', '.join(unknown)}: add it to the price table (`prices` in [tool.harness])"
        return GateCheck(name="max_cost", limit=limit, value=None, is_met=False, note=note)
    whole = sum(cost for cost in costs if cost is not None)
    return GateCheck(name="max_cost", limit=limit, value=whole, is_met=whole <= limit, note=prices.currency)


def _tokens(record: Record) -> tuple[int, int]:
    return record.prompt_tokens or 0, record.completion_tokens or 0


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _at_most(name: str, limit: float, value: float | None) -> GateCheck:
    return GateCheck(name=name, limit=limit, value=value, is_met=value is None or value <= limit)


def _at_least(name: str, limit: float, value: float | None) -> GateCheck:
    return GateCheck(name=name, limit=limit, value=value, is_met=value is None or value >= limit)
