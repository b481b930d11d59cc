"""What a comparison says, in words."""

import math
from enum import StrEnum

from harness.statistics.intervals import Interval

__all__ = ["Verdict", "decide", "rounded_up"]


class Verdict(StrEnum):
    """What is shown about B against A."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"
    """None was shown, which is not to say that there is none."""

    @property
    def words(self) -> str:
        """As a report says it: "better", "worse" or "no difference shown"."""
        return "no difference shown" if self is Verdict.NO_DIFFERENCE else self.value


def decide(p: float, interval: Interval | None, *, alpha: float = 0.05, higher_is_better: bool = True) -> Verdict:
    """Decide by the p-value, and only where the interval agrees: what is printed never contradicts itself.

    Args:
        p: Of the test that nothing changed; adjusted where several variants are compared.
        interval: Of the difference, B less A; None where there are too few pairs for one.
        alpha: The level of the test.
        higher_is_better: False for latency, tokens, cost.
    """
    if p > alpha or interval is None or 0 in interval:
        return Verdict.NO_DIFFERENCE
    return Verdict.BETTER if (interval.low > 0) == higher_is_better else Verdict.WORSE


def rounded_up(more: int) -> int:
    """Round an estimated number of cases up to two digits, so that it does not look known."""
    unit = int(10.0 ** max(0, len(str(more)) - 2))
    return math.ceil(more / unit) * unit
