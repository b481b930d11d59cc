"""What k repeats of one case say: pass@k, pass^k and how much the case flakes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import InputError

__all__ = ["Tally", "flake_rate", "pass_at_k", "pass_hat_k", "tally"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """One case's trials under one variant. Trials that errored are neither passed nor failed: leave them out."""

    passes: int
    """Trials that passed, from 0 to `trials`."""
    trials: int
    """Trials that ended with a pass or a fail; 0 where all errored."""

    def __post_init__(self) -> None:
        if not 0 <= self.passes <= self.trials:
            raise InputError(f"found {self.passes} passes of {self.trials} trials; wanted 0 <= passes <= trials")

    @property
    def rate(self) -> float | None:
        """Share of the trials that passed, in [0, 1]; None without trials."""
        return self.passes / self.trials if self.trials else None


def tally(outcomes: Iterable[bool | None]) -> Tally:
    """Count one case's trials: True passed, False failed, None errored (left out)."""
    finished = [outcome for outcome in outcomes if outcome is not None]
    return Tally(passes=sum(finished), trials=len(finished))


def pass_at_k(case: Tally, k: int) -> float | None:
    """Estimate the chance that at least one of k trials passes.

    Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1, the unbiased estimator:
    1 - C(n - c, k) / C(n, k) for c passes of n trials.

    Returns:
        A probability in [0, 1]; None where fewer than k trials ended, as no unbiased estimate exists.

    Raises:
        InputError: k is below 1.
    """
    if _too_few(case, k):
        return None
    return 1 - math.comb(case.trials - case.passes, k) / math.comb(case.trials, k)


def pass_hat_k(case: Tally, k: int) -> float | None:
    """Estimate the chance that all of k trials pass: pass^k.

    Source: Yao et al. 2024, "tau-bench", section 2: C(c, k) / C(n, k) for c passes of n trials, unbiased.

    Returns:
        A probability in [0, 1]; None where fewer than k trials ended.

    Raises:
        InputError: k is below 1.
    """
    if _too_few(case, k):
        return None
    return math.comb(case.passes, k) / math.comb(case.trials, k)


def flake_rate(case: Tally) -> float | None:
    """Estimate the chance that two trials of the case disagree, one passing and one failing.

    2 c (n - c) / (n (n - 1)) for c passes of n trials: the unbiased estimator of 2 p (1 - p) (Gini's index of
    diversity). Its mean does not depend on the number of trials, as the share of the rarer outcome would.

    Returns:
        A probability in [0, 1]; None with fewer than two trials.
    """
    if case.trials < 2:
        return None
    return 2 * case.passes * (case.trials - case.passes) / (case.trials * (case.trials - 1))


def _too_few(case: Tally, k: int) -> bool:
    if k < 1:
        raise InputError(f"found k = {k} for pass@k or pass^k; wanted a whole number from 1")
    return case.trials < k
