"""What the runs of a session may come to: tokens, money, time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import ConfigError

_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>s|m|h)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Where one of these is reached, no further run is started; None sets no limit. What is replayed is free."""

    tokens: int | None = None
    """Prompt and completion together, of all runs."""
    cost: float | None = None
    """In the currency of the price table. Runs whose price is not known count nothing."""
    duration_s: float | None = None
    """Seconds from the start of the first run."""

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        return (self.tokens, self.cost, self.duration_s) != (None, None, None)


def budget_of(tokens: str | None, cost: str | None, duration: str | None, environ: Mapping[str, str]) -> Budget:
    """Return the budget that flags set, or else the environment.

    Raises:
        ConfigError: A value that is no limit.
    """
    return Budget(
        tokens=_tokens(*_said(tokens, "max-tokens", environ)),
        cost=_cost(*_said(cost, "max-cost", environ)),
        duration_s=_duration(*_said(duration, "max-duration", environ)),
    )


def _said(flag: str | None, name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """Return what is said, None where nothing is, and where."""
    if flag is not None:
        return flag.strip(), f"--harness-{name}"
    variable = f"HARNESS_{name.upper().replace('-', '_')}"
    return environ.get(variable, "").strip() or None, variable


def _tokens(text: str | None, where: str) -> int | None:
    if text is None:
        return None
    number = text.replace("_", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16 and int(number) > 0):
        raise ConfigError(f"found {text!r}, wanted is a whole number of tokens from 1", where=where)
    return int(number)


def _cost(text: str | None, where: str) -> float | None:
    if text is None:
        return None
    try:
        cost = float(text)
    except ValueError:
        cost = -1.0
    if not 0 < cost < float("inf"):
        raise ConfigError(f"found {text!r}, wanted is a number above 0, such as 2.50", where=where)
    return cost


def _duration(text: str | None, where: str) -> float | None:
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    seconds = float(found["number"]) * _SECONDS[found["unit"]] if found else 0.0
    if not 0 < seconds < float("inf"):
        hint = "seconds, or a number with s, m or h: 90, 90s, 5m, 1.5h"
        raise ConfigError(f"found {text!r}, wanted is a duration above 0", where=where, hint=hint)
    return seconds
