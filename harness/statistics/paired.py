"""Compare two variants, runs or targets over the same cases: one call for pass rates, one for a score."""

import math
from collections.abc import Sequence
from typing import TypeGuard

from harness.errors import InputError
from harness.statistics.bootstrap import bootstrap_interval
from harness.statistics.comparison import PairedRates, PairedScores
from harness.statistics.intervals import paired_difference_interval
from harness.statistics.significance import mcnemar, sign_flip, sign_flip_steps
from harness.statistics.trials import Tally

__all__ = ["compare_pass_rates", "compare_scores"]

MOST_DRAWS = 10_000_000
"""Beyond 1,000 cases fewer than 10,000 resamples are drawn, 1,000 for 10,000 cases: an end of the interval is then
known to 4 % of the interval's half width, and the interval of 10,000 cases takes 0.04 s instead of 0.4 s."""


def compare_pass_rates(
    a: Sequence[Tally], b: Sequence[Tally], *, alpha: float = 0.05, matters: float = 0.02
) -> PairedRates:
    """Compare pass rates case by case.

    Where every case has one trial a side the test is McNemar's; where some have more, the sign flip test on the
    differences of per-case pass rates, which is McNemar's for one trial. The mid p-value decides: the exact one
    gives up to 4 points of power away with one trial, 2 with several. Where trials errored, so that a case has more on
    one side, differences are not quite as likely up as down, and the test is near.

    Args:
        a: One tally per case, of what is compared with: a baseline, the default variant.
        b: One tally per case, in the same order, of what is in question. A case without a finished trial on either
            side is left out, and counted as dropped.
        alpha: The level of the test, in (0, 1).
        matters: The least difference that anyone would act on, a share: below it, nobody is told to add cases.

    Raises:
        InputError: `a` and `b` differ in length, or `alpha` is outside (0, 1).
    """
    _check(len(a), len(b), alpha)
    couples = [(one, other) for one, other in zip(a, b, strict=True) if one.trials and other.trials]
    pairs, counts = len(couples), {tally.trials for couple in couples for tally in couple}
    # Differences in whole steps: the test is exact only if equal differences are equal.
    whole, trials = math.lcm(*counts), max(counts, default=1)
    steps = [other.passes * (whole // other.trials) - one.passes * (whole // one.trials) for one, other in couples]
    better, worse = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    total, squares = sum(steps) / whole, sum(step * step for step in steps) / (whole * whole)
    tested = mcnemar(better, worse) if trials == 1 else sign_flip_steps(steps)
    return PairedRates(
        pairs=pairs,
        dropped=len(a) - pairs,
        better=better,
        worse=worse,
        a=math.fsum(one.passes / one.trials for one, _ in couples) / pairs if pairs else None,
        b=math.fsum(other.passes / other.trials for _, other in couples) / pairs if pairs else None,
        mean_square=squares / pairs if pairs else 0.0,
        interval=paired_difference_interval(total, squares, pairs, step=1 / trials, alpha=alpha),
        p=tested.mid,
        exact_p=tested.exact,
        alpha=alpha,
        matters=matters,
        trials=trials,
    )


def compare_scores(  # noqa: PLR0913 - what a score is, said in three words at the call
    a: Sequence[float | None],
    b: Sequence[float | None],
    *,
    higher_is_better: bool = True,
    unit: str = "",
    matters: float | None = None,
    alpha: float = 0.05,
) -> PairedScores:
    """Compare a score case by case: groundedness in [0, 1], latency in seconds, tokens, or any other.

    The exact sign flip test decides, the paired bootstrap says how large the difference is. (By mid p-values, a score
    that differs in six cases would alarm 6.7 times of 100. A bootstrap alone calls four differences that happen to
    agree a change, which one time of eight they do by chance.)

    Args:
        a: One score per case, of what is compared with; the mean over trials where there are several.
        b: One score per case, in the same order, of what is in question. A case in which either is None, nan or
            infinite is left out, and counted as dropped.
        higher_is_better: False for latency, tokens, cost.
        unit: What stands behind a figure in the sentence, such as "s".
        matters: The least difference that anyone would act on, in the score's unit; None for 2 % of A's mean.
        alpha: The level of the test, in (0, 1).

    Raises:
        InputError: `a` and `b` differ in length, or `alpha` is outside (0, 1).
    """
    _check(len(a), len(b), alpha)
    couples = [(one, other) for one, other in zip(a, b, strict=True) if _is_known(one) and _is_known(other)]
    pairs = len(couples)
    differences = [_difference(one, other) for one, other in couples]
    ups, downs = sum(difference > 0 for difference in differences), sum(difference < 0 for difference in differences)
    mean_a = math.fsum(one for one, _ in couples) / pairs if pairs else None
    tested = sign_flip(differences)
    resamples = min(10_000, MOST_DRAWS // max(1, pairs))
    return PairedScores(
        pairs=pairs,
        dropped=len(a) - pairs,
        better=ups if higher_is_better else downs,
        worse=downs if higher_is_better else ups,
        a=mean_a,
        b=math.fsum(other for _, other in couples) / pairs if pairs else None,
        mean_square=math.fsum(difference * difference for difference in differences) / pairs if pairs else 0.0,
        interval=bootstrap_interval(differences, alpha=alpha, resamples=resamples),
        p=tested.exact,
        exact_p=tested.exact,
        alpha=alpha,
        matters=0.02 * abs(mean_a or 0.0) if matters is None else matters,
        higher_is_better=higher_is_better,
        unit=unit,
    )


def _check(cases_a: int, cases_b: int, alpha: float) -> None:
    if cases_a != cases_b:
        raise InputError(f"found {cases_a} cases against {cases_b}; wanted the same cases on both sides, in one order")
    if not 0 < alpha < 1:
        raise InputError(f"found alpha {alpha}; wanted a number between 0 and 1")


def _difference(one: float, other: float) -> float:
    # Means over the same trials in another order differ in their last digit, and that is no difference.
    return 0.0 if math.isclose(one, other, rel_tol=1e-12) else other - one


def _is_known(score: float | None) -> TypeGuard[float]:
    return score is not None and math.isfinite(score)
