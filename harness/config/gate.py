"""`[tool.harness.gate]`: what a run must come to, where a baseline or the gate is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from harness.config.project import Table, option
from harness.config.spelling import did_you_mean
from harness.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Limits on a whole run. The names are the keys; None sets no limit."""

    max_broken: int = 0
    """Cases that may fail although they pass in the baseline, or are new."""
    flake_allowance: float = 0.0
    """By how much a case's pass rate over its trials may fall and still count as the same, in [0, 1]."""
    min_pass_rate: float | None = None
    """Of the judged results, those aside that are expected to fail."""
    max_over_refusal_rate: float | None = None
    """Of the judged results that expect an answer."""
    max_missed_refusal_rate: float | None = None
    """Of the judged results that expect a refusal."""
    max_ungrounded_rate: float | None = None
    """Of the judged results that expect an answer."""
    max_incomplete_rate: float | None = None
    """Of the judged results that expect an answer."""
    max_error_rate: float = 0.0
    """Of all results."""
    min_groundedness: float | None = None
    """Mean over the results that have one, in [0, 1]."""
    max_mean_tokens: float | None = None
    """Prompt and completion together, a result."""
    max_cost: float | None = None
    """Of the whole run, in the currency of the price table."""
    max_mean_duration_s: float | None = None
    """Seconds a result, as recorded."""
    max_p95_duration_s: float | None = None
    """Seconds within which 95 % of the results were there."""


def gate_of(table: Table) -> Gate:
    """Return the project's gate; without a table, no case may break.

    Raises:
        ConfigError: A key that does not exist, or a value that cannot be used.
    """
    known = [field.name for field in fields(Gate)]
    for key, value in table.gate.items():
        where = option(f"gate.{key}")
        if key not in known:
            raise ConfigError(
                f"unknown key{did_you_mean(key, known)}", where=where, hint=f"allowed: {', '.join(known)}"
            )
        wanted, is_right = _wanted(key)
        if not is_right(value):
            raise ConfigError(f"found {value!r}, wanted is {wanted}", where=where)
    return Gate(**table.gate)


def _wanted(key: str) -> tuple[str, Callable[[Any], bool]]:
    if key == "max_broken":
        return "a whole number from 0", lambda value: isinstance(value, int) and _is_number(value) and value >= 0
    if key.endswith("_rate") or key in {"flake_allowance", "min_groundedness"}:
        return "a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1
    return "a number from 0", lambda value: _is_number(value) and 0 <= value < float("inf")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
