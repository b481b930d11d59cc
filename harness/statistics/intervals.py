"""Intervals for a rate and for the difference of two rates over the same cases. All in [0, 1] or [-1, 1]."""

import math
from dataclasses import dataclass

from harness.errors import InputError

__all__ = ["Interval", "paired_difference_interval", "rate_interval", "z_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A confidence interval, ends included."""

    low: float
    """Lower end, in the unit of what was estimated."""
    high: float
    """Upper end, never below `low`."""

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def z_of(probability: float) -> float:
    """Return the standard normal quantile of a probability in (0, 1).

    Raises:
        InputError: The probability is not between 0 and 1.
    """
    from statistics import NormalDist

    if not 0 < probability < 1:
        raise InputError(f"found the probability {probability}; wanted a number between 0 and 1")
    return NormalDist().inv_cdf(probability)


def rate_interval(passes: float, trials: int, *, alpha: float = 0.05) -> Interval | None:
    """Return Wilson's score interval for a rate.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference"; recommended by Brown,
    Cai and DasGupta 2001, "Interval estimation for a binomial proportion", section 4.

    Args:
        passes: How many passed, from 0 to `trials`. A sum of per-case rates may be given, with the number of cases as
            `trials`: the interval is then wide enough whatever the trials of one case have in common.
        trials: Of how many.
        alpha: One minus the confidence, in (0, 1).

    Returns:
        An interval inside [0, 1]; None for no trials.

    Raises:
        InputError: More passes than trials, or `alpha` outside (0, 1).
    """
    if not 0 <= passes <= trials:
        raise InputError(f"found {passes} passes of {trials} trials; wanted 0 <= passes <= trials")
    if trials == 0:
        return None
    z = z_of(1 - alpha / 2)
    rate = passes / trials
    middle = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # At the ends the formula gives exactly 0 and 1, rounding aside.
    return Interval(
        low=0.0 if passes == 0 else max(0.0, middle - half), high=1.0 if passes == trials else min(1.0, middle + half)
    )


def paired_difference_interval(
    total: float, squares: float, pairs: int, *, step: float = 1.0, alpha: float = 0.05
) -> Interval | None:
    """Return an interval for the mean of paired differences of pass rates.

    Source: Bonett and Price 2012, "Adjusted Wald confidence interval for a difference of binomial proportions based on
    paired data": one imagined pair is added that got better and one that got worse, then the normal interval is taken.
    Recommended by Fagerland, Lydersen and Laake 2014, "Recommended tests and confidence intervals for paired binomial
    proportions". Ours is the same for one trial; with several, the imagined pairs differ by one trial, `step`.
    It never collapses to a point, even where no pair differs.

    Args:
        total: Sum of the pairs' differences.
        squares: Sum of the squares of the pairs' differences.
        pairs: How many pairs, those that do not differ included.
        step: The smallest difference that one pair can show: 1 for one trial, 1 / k for k.
        alpha: One minus the confidence, in (0, 1).

    Returns:
        An interval inside [-1, 1]; None for no pairs.

    Raises:
        InputError: `alpha` is outside (0, 1).
    """
    if pairs == 0:
        return None
    padded = pairs + 2
    mean = total / padded
    variance = max(0.0, (squares + 2 * step * step) / padded - mean * mean)
    half = z_of(1 - alpha / 2) * math.sqrt(variance / padded)
    return Interval(low=max(-1.0, mean - half), high=min(1.0, mean + half))
