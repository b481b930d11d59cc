"""How much a comparison can tell: its power, the least difference it shows, and how many cases it would need."""

import math
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.statistics.intervals import paired_difference_interval, z_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["difference_shown", "mcnemar_power", "pairs_needed"]

POWER = 0.8
"""The usual wish: a difference that is there is found four times of five."""


def pairs_needed(difference: float, mean_square: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Return how many pairs a test needs to find a difference.

    Source: Connor 1987, "Sample size for testing differences in proportions for the paired-sample design", for one
    trial, where the mean square is the share of pairs that differ. The formula is that of any test of a mean against 0,
    so it serves several trials and scores too.

    Args:
        difference: Mean of the paired differences, any unit.
        mean_square: Mean of their squares, at least `difference` squared.
        alpha: The level of the two-sided test, in (0, 1). Over m variants alpha / m is on the safe side.
        power: The chance wanted of finding the difference, in (0, 1).

    Returns:
        A whole number of pairs; None for no difference, which no number of pairs shows.

    Raises:
        InputError: `alpha` or `power` is outside (0, 1).
    """
    if difference == 0:
        return None
    return max(
        smallest_sample(alpha), math.ceil(_wanted(difference, mean_square, alpha, power) / (difference * difference))
    )


def difference_shown(
    mean_square: float, pairs: int, *, step: float = 0.0, alpha: float = 0.05, power: float = POWER
) -> float | None:
    """Return the minimum detectable effect: the least difference that a test over so many pairs finds.

    Source: that of `pairs_needed`, solved for the difference.

    Args:
        mean_square: Mean of the squares of the paired differences: for one trial, the share of pairs that differ.
        pairs: How many pairs.
        step: The smallest difference that one pair can show: 1 for one trial, 1 / k for k, 0 for a score. A difference
            cannot come from fewer pairs than it has steps, so it bounds the mean square from below.
        alpha: The level of the two-sided test, in (0, 1).
        power: The chance wanted of finding the difference, in (0, 1).

    Returns:
        A difference above 0, in the unit of the root of `mean_square`; None where even pairs that all differ alike
        would not be enough.

    Raises:
        InputError: `alpha` or `power` is outside (0, 1).
    """
    if pairs < smallest_sample(alpha):
        return None
    low, high = 0.0, max(1.0 if step else 0.0, 4 * math.sqrt(mean_square))
    if high == 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        found = pairs * middle * middle >= _wanted(middle, max(mean_square, step * middle), alpha, power)
        low, high = (low, middle) if found else (middle, high)
    return high


def mcnemar_power(difference: float, discordance: float, pairs: int, *, alpha: float = 0.05) -> float:
    """Return the chance that a comparison of pass rates with one trial shows a difference, of whichever sign.

    Counted, not approximated: over how many pairs differ (binomial), and how many of those got worse (binomial given
    the first), by the same rule as `compare_pass_rates`. With `difference` 0 it is the rate of false alarms.

    Args:
        difference: True difference of the two pass rates, in [-1, 1].
        discordance: True share of pairs whose outcomes differ, at least the absolute difference, at most 1.
        pairs: How many pairs.
        alpha: The level of the test, in (0, 1).

    Raises:
        InputError: The discordance is outside its range, or `alpha` outside (0, 1).
    """
    import numpy as np

    if not abs(difference) <= discordance <= 1:
        raise InputError(
            f"found a difference of {difference} with a discordance of {discordance}; wanted less, up to 1"
        )
    smallest_sample(alpha)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, pairs + 1)))])
    worse = (discordance + difference) / (2 * discordance) if discordance else 0.5
    power = 0.0
    for flips, weight in enumerate(_binomial(pairs, discordance, logs)):
        if weight > 1e-12:
            tail = _rejected_tails(flips, pairs, alpha, logs)
            chances = _binomial(flips, worse, logs)
            power += float(weight) * float(chances[:tail].sum() + chances[flips + 1 - tail :].sum())
    return power


def smallest_sample(alpha: float) -> int:
    """Return how many pairs must differ, all the same way, before a test of their signs can reach the level."""
    if not 0 < alpha < 1:
        raise InputError(f"found alpha {alpha}; wanted a number between 0 and 1")
    return math.ceil(1 + math.log2(1 / alpha))


def _wanted(difference: float, mean_square: float, alpha: float, power: float) -> float:
    """Return what the number of pairs times the squared difference must reach."""
    deviation = math.sqrt(max(0.0, mean_square - difference * difference))
    reach = z_of(1 - alpha / 2) * math.sqrt(mean_square) + z_of(power) * deviation
    return reach * reach


def _binomial(trials: int, chance: float, logs: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return the chances of 0, 1, ..., trials successes, given the logarithms of the factorials."""
    import numpy as np

    counts = np.arange(trials + 1)
    if chance in {0, 1}:
        return np.equal(counts, trials * chance).astype(np.float64)
    ways = logs[trials] - logs[counts] - logs[trials - counts]
    chances: NDArray[np.float64] = np.exp(ways + counts * math.log(chance) + (trials - counts) * math.log1p(-chance))
    return chances


def _rejected_tails(flips: int, pairs: int, alpha: float, logs: "NDArray[np.float64]") -> int:
    """Return the length of each tail of worse counts, among pairs that differ, for which a difference is shown."""
    import numpy as np

    chances = _binomial(flips, 0.5, logs)[: (flips + 1) // 2]
    mid = 2 * np.cumsum(chances) - chances
    length = int(np.searchsorted(mid, alpha, side="right"))
    while length and _holds_zero(flips - 2 * (length - 1), flips, pairs, alpha):
        length -= 1
    return length


def _holds_zero(total: int, flips: int, pairs: int, alpha: float) -> bool:
    interval = paired_difference_interval(total, flips, pairs, alpha=alpha)
    return interval is None or 0 in interval
