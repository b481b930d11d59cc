"""Tests of "nothing changed" over paired cases, and Holm's correction for several of them."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PValues", "holm", "mcnemar", "sign_flip", "sign_flip_steps"]

ENUMERATED = 16
"""Up to so many pairs that differ, all 2 ** 16 sign flips are counted; beyond, they are drawn."""
LONGEST_LATTICE = 1 << 21
"""Beyond so many possible sums the exact distribution costs more than drawing from it (0.2 s, 100 MB)."""
BATCH = 1 << 16
"""Random draws that are held at once: 0.5 MB stays in the processor's cache, and takes half the time of 8 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PValues:
    """Two-sided p-values of one test, both in [0, 1]; below 1e-300 they are 0."""

    exact: float
    """Chance of a difference at least as large where nothing changed. Never alarms too often, and often too rarely."""
    mid: float
    """The same, with what is exactly as large counted half.

    Source: Lancaster 1961, "Significance tests in discrete distributions"; for McNemar's test Fagerland, Lydersen and
    Laake 2013, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact
    conditional". It has the power, up to 4 points, that the exact test gives away. Counted over all results of n pairs
    it keeps its level while at most 7 of 10 pairs differ. Where nothing changed, a case that passes with chance p
    differs with chance 2 p (1 - p), one half at most.
    """


NOTHING_DIFFERS = PValues(exact=1.0, mid=1.0)


def mcnemar(fixed: int, broken: int) -> PValues:
    """Test whether as many pairs got better as got worse: McNemar's test by the binomial distribution.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    Pairs with equal outcomes say nothing about it and do not enter.

    Args:
        fixed: Pairs that went from fail to pass.
        broken: Pairs that went from pass to fail.

    Raises:
        InputError: A count is negative.
    """
    if min(fixed, broken) < 0:
        raise InputError(f"found {fixed} and {broken} pairs for McNemar's test; wanted counts from 0")
    flips, fewer = fixed + broken, min(fixed, broken)
    if fixed == broken:
        return NOTHING_DIFFERS
    log_here = math.lgamma(flips + 1) - math.lgamma(fewer + 1) - math.lgamma(flips - fewer + 1) - flips * math.log(2)
    here = term = math.exp(log_here)
    tail = 0.0
    # Downwards from the largest term, so that what is lost to rounding is the smallest.
    for count in range(fewer, -1, -1):
        tail += term
        term *= count / (flips - count + 1)
        if term < tail * 1e-17:
            break
    return PValues(exact=min(1.0, 2 * tail), mid=min(1.0, 2 * tail - here))


def sign_flip_steps(differences: Sequence[int]) -> PValues:
    """Test whether paired differences, in whole steps, are as likely up as down: the sign flip permutation test.

    Exact, by the Fourier transform of the distribution of the sum. With steps of -1, 0 and 1 it is McNemar's test.
    Source: Pagano and Tritchler 1983, "On obtaining permutation distributions in polynomial time".

    Args:
        differences: One whole number per pair: how many trials more passed.

    Returns:
        p-values, correct to about 1e-11. Where the differences have too many possible sums, those of `sign_flip`.
    """
    sizes = Counter(abs(difference) for difference in differences if difference)
    span, total = sum(size * count for size, count in sizes.items()), abs(sum(differences))
    if total == 0:
        return NOTHING_DIFFERS
    if span >= LONGEST_LATTICE:
        return sign_flip(differences)
    chances = _distribution_of_sum(sizes, span)
    # The sum after flipping is 2 T - span, T being the sum of the sizes whose sign stayed.
    beyond = float(chances[(span + total) // 2 + 1 :].sum())
    here = float(chances[(span + total) // 2])
    least = 0.5 ** sizes.total()
    return PValues(exact=min(1.0, max(2 * least, 2 * (beyond + here))), mid=min(1.0, max(least, 2 * beyond + here)))


def _distribution_of_sum(sizes: Counter[int], span: int) -> "NDArray[np.float64]":
    """Return the chances of 0, 1, ..., span as the sum of sizes that are each in with chance one half."""
    import numpy as np

    length = span + 1
    frequencies = np.arange(length // 2 + 1, dtype=np.int64)
    # Angles are reduced in whole numbers: as floats they would lose the digits that small p-values stand on.
    transform = np.exp(-1j * np.pi / length * (frequencies * span % (2 * length)))
    for size, count in sizes.items():
        transform *= np.cos(np.pi / length * (frequencies * size % (2 * length))) ** count
    return np.maximum(np.fft.irfft(transform, n=length), 0.0)


def sign_flip(differences: "Sequence[float] | NDArray[np.float64]", *, draws: int = 10_000, seed: int = 0) -> PValues:
    """Test whether paired differences are as likely up as down: the sign flip permutation test of their mean.

    Source: Fisher 1935, "The design of experiments", section 21; drawn, as (count + 1) / (draws + 1), after Phipson and
    Smyth 2010, "Permutation p-values should never be zero".

    Args:
        differences: One finite number per pair, any unit.
        draws: Sign flips that are drawn where more than 16 pairs differ; with fewer all are counted.
        seed: Of the random numbers: the same differences give the same p-values.
    """
    import numpy as np

    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]
    if values.size == 0:
        return NOTHING_DIFFERS
    observed, rounding = abs(float(values.sum())), 1e-9 * float(np.abs(values).sum())
    enumerated = values.size <= ENUMERATED
    sums = np.abs(_all_sums(values) if enumerated else _drawn_sums(values, draws, seed))
    beyond = int((sums > observed + rounding).sum())
    here = int((sums >= observed - rounding).sum()) - beyond
    # What was observed is one of the flips: among all it is counted already, among those drawn it is added.
    added, of = (0, sums.size) if enumerated else (1, sums.size + 1)
    return PValues(exact=(beyond + here + added) / of, mid=(beyond + (here + added) / 2) / of)


def _all_sums(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    import numpy as np

    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _drawn_sums(values: "NDArray[np.float64]", draws: int, seed: int) -> "NDArray[np.float64]":
    """Return sums under random signs: a random byte looks up the signed sum of eight values at once."""
    import numpy as np

    groups = -(-values.size // 8)
    eights = np.pad(values, (0, groups * 8 - values.size)).reshape(groups, 8)
    signs = 1.0 - 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    signed = (eights @ signs.T).ravel()
    generator = np.random.default_rng(seed)
    offsets = np.arange(groups) * 256
    at_once = max(1, BATCH // groups)
    sums = [
        signed[offsets + generator.integers(256, size=(min(at_once, draws - start), groups), dtype=np.uint8)].sum(
            axis=1
        )
        for start in range(0, draws, at_once)
    ]
    return np.concatenate(sums)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several comparisons, so that the chance of any false alarm stays below alpha.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure". Valid whatever the comparisons share,
    as variants do that are all compared with one baseline.

    Args:
        p_values: One per comparison, in [0, 1], any order.

    Returns:
        Adjusted p-values in the same order, each at least as large as what came in, and at most 1.

    Raises:
        InputError: A p-value is outside [0, 1].
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise InputError(f"found p-values {list(p_values)}; wanted numbers from 0 to 1")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
