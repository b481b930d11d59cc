"""The paired bootstrap: an interval for a mean difference of scores, whatever their distribution."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.statistics.intervals import Interval, z_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["bootstrap_interval"]

BATCH = 1 << 20
"""Values that are held at once: 8 MB of indexes, 8 MB of differences."""
COUNTED = 35
"""Drawing how often one value comes up costs as much as drawing so many single pairs (measured)."""


def bootstrap_interval(
    differences: "Sequence[float] | NDArray[np.float64]",
    *,
    alpha: float = 0.05,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval | None:
    """Return the expanded percentile interval of the mean, over resampled pairs.

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife", for resampling; Hesterberg 2015, "What
    teachers should know about the bootstrap", section 5.3.3, for the percentiles, which are moved outwards to cover in
    small samples as often as Student's interval does. We measured BCa as well: differences of pairs are nearly
    symmetric, and its correction, estimated from a few pairs, lost more cover than it gained.

    Where only a few pairs differ, any bootstrap promises too much, and where none does the interval is a point: let a
    test decide, and the interval say how large the difference may be.

    Args:
        differences: One finite number per pair, any unit.
        alpha: One minus the confidence, in (0, 1).
        resamples: How many means are drawn.
        seed: Of the random numbers: the same differences give the same interval.

    Returns:
        An interval in the differences' unit; None for fewer than two pairs.

    Raises:
        InputError: `alpha` is outside (0, 1), or `resamples` below 1.
    """
    import numpy as np

    if resamples < 1:
        raise InputError(f"found {resamples} resamples; wanted at least 1")
    values = np.asarray(differences, dtype=np.float64)
    tail = _expanded_tail(alpha, values.size)
    if values.size < 2:
        return None
    low, high = np.quantile(_resampled_means(values, resamples, seed), [tail, 1 - tail])
    return Interval(low=float(low), high=float(high))


def _resampled_means(values: "NDArray[np.float64]", resamples: int, seed: int) -> "NDArray[np.float64]":
    import numpy as np

    generator = np.random.default_rng(seed)
    distinct, counts = np.unique(values, return_counts=True)
    few = distinct.size * COUNTED < values.size
    at_once = max(1, BATCH // (distinct.size if few else values.size))
    means = []
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        if few:
            means.append(generator.multinomial(values.size, counts / values.size, size=rows) @ distinct / values.size)
        else:
            chosen = generator.integers(values.size, size=(rows, values.size), dtype=np.uint32)
            means.append(values[chosen].mean(axis=1))
    return np.concatenate(means)


def _expanded_tail(alpha: float, size: int) -> float:
    """Return the share of resamples to leave out on each side: the fewer pairs, the further below alpha / 2."""
    from statistics import NormalDist

    z = z_of(1 - alpha / 2)
    if size < 2:
        return alpha / 2
    freedom = size - 1
    # Student's quantile by its expansion in 1 / freedom (Abramowitz and Stegun 1964, 26.7.5).
    student = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return NormalDist().cdf(-student * math.sqrt(size / freedom))
