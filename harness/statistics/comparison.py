"""What a paired comparison found, and what it says in words."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from harness.statistics.intervals import Interval, rate_interval
from harness.statistics.planning import difference_shown, pairs_needed
from harness.statistics.significance import holm
from harness.statistics.verdict import Verdict, decide, rounded_up

__all__ = ["Comparison", "PairedRates", "PairedScores", "adjust_for_several"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison(ABC):
    """What comparisons of rates and of scores have in common. A is what is compared with, B what is in question."""

    pairs: int
    """Cases that A and B both have a figure for."""
    dropped: int
    """Cases left out: one side or both errored, or had nothing to score. Neither better nor worse."""
    better: int
    """Pairs in which B is better than A."""
    worse: int
    """Pairs in which B is worse than A."""
    a: float | None
    """Mean over the pairs of A's pass rate, in [0, 1], or of its score; None for no pairs."""
    b: float | None
    """The same of B."""
    mean_square: float
    """Mean of the squared differences of the pairs: for one trial, the share of pairs that differ. 0 for no pairs."""
    interval: Interval | None
    """Of `difference`, with confidence 1 - alpha; None where there are too few pairs for one."""
    p: float
    """Two-sided p-value, in [0, 1]: the mid p-value for pass rates, the exact one for scores; 1 for no pairs."""
    exact_p: float
    """The exact p-value of the same test, never smaller than `p`. For readers; it does not decide."""
    alpha: float
    """Level of the test, 0.05 as a rule."""
    matters: float
    """The least absolute difference that anyone would act on, in the unit of `difference`."""
    higher_is_better: bool = True
    """False for latency, tokens, cost."""
    adjusted_p: float | None = None
    """`p` after Holm's correction, where several variants were compared; see `adjust_for_several`."""
    compared: int = 1
    """How many comparisons `adjusted_p` is adjusted for."""

    @property
    def difference(self) -> float | None:
        """B less A, in the unit of both; None for no pairs."""
        if self.a is None or self.b is None:
            return None
        return 0.0 if math.isclose(self.a, self.b, rel_tol=1e-12) else self.b - self.a  # no rounding shown as a change

    @property
    def decisive_p(self) -> float:
        """The p-value that the verdict stands on: the adjusted one where there is one."""
        return self.p if self.adjusted_p is None else self.adjusted_p

    @property
    def verdict(self) -> Verdict:
        """Better, worse, or no difference shown."""
        return decide(self.decisive_p, self.interval, alpha=self.alpha, higher_is_better=self.higher_is_better)

    @property
    def more_cases(self) -> int | None:
        """About how many more cases would tell; None where the verdict tells, or the difference does not matter."""
        difference = self.difference
        if self.verdict is not Verdict.NO_DIFFERENCE or not difference or abs(difference) < self.matters:
            return None
        needed = pairs_needed(difference, self.mean_square, alpha=self.alpha / self.compared)
        return None if needed is None else max(1, needed - self.pairs)

    @property
    def shows(self) -> float | None:
        """Minimum detectable effect: the least difference that so many pairs show four times of five; None if none."""
        return difference_shown(self.mean_square, self.pairs, alpha=self.alpha / self.compared)

    @property
    def sentence(self) -> str:
        """The verdict and its figures in one line, with what more cases would tell where none is shown."""
        if self.a is None or self.b is None or self.difference is None:
            return f"{self.verdict.words}: no case has a figure on both sides"
        cases = f"{self.pairs:,} {'case' if self.pairs == 1 else 'cases'}"
        said = f"{self.verdict.words}: {self.figure(self.b)} instead of {self.figure(self.a)} over {cases}"
        return f"{said} ({', '.join(self._details(self.difference))}){self._remedy()}"

    @abstractmethod
    def figure(self, value: float) -> str:
        """Write `a` or `b` with its unit."""

    @abstractmethod
    def change(self, value: float) -> str:
        """Write a difference, with its sign and unit."""

    def _details(self, difference: float) -> Iterator[str]:
        yield self.change(difference)
        if self.interval:
            low = self.change(self.interval.low).partition(" ")[0]  # the unit stands once, behind the higher end
            yield f"{100 * (1 - self.alpha):.3g} % interval {low} to {self.change(self.interval.high)}"
        yield "p < 0.0001" if self.decisive_p < 0.0001 else f"p = {self.decisive_p:.2g}"

    def _remedy(self) -> str:
        if self.more_cases is not None:
            more = rounded_up(self.more_cases)
            return f"; needs about {more:,} more {'case' if more == 1 else 'cases'} to tell"
        if self.verdict is Verdict.NO_DIFFERENCE and self.shows is not None:
            return f"; so many cases show {self.change(self.shows).removeprefix('+')} or more"
        return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedRates(Comparison):
    """Pass rates of A and B over the same cases. `difference`, `interval` and `shows` are shares: 0.1 is 10 points."""

    trials: int
    """The most trials that any case has on one side."""

    @property
    def method(self) -> Literal["mcnemar", "sign_flip"]:
        """McNemar's test where every case has one trial a side, else the sign flip test on per-case pass rates."""
        return "mcnemar" if self.trials == 1 else "sign_flip"

    @property
    def interval_a(self) -> Interval | None:
        """Wilson's interval for A's pass rate; None for no pairs."""
        return None if self.a is None else rate_interval(self.a * self.pairs, self.pairs, alpha=self.alpha)

    @property
    def interval_b(self) -> Interval | None:
        """Wilson's interval for B's pass rate; None for no pairs."""
        return None if self.b is None else rate_interval(self.b * self.pairs, self.pairs, alpha=self.alpha)

    @property
    def shows(self) -> float | None:
        """Minimum detectable effect: the least difference that so many pairs show four times of five; None if none."""
        step = 1 / self.trials
        # As in the interval, one imagined pair differs each way: that none ever does is not known for sure.
        padded = (self.mean_square * self.pairs + 2 * step * step) / (self.pairs + 2)
        return difference_shown(padded, self.pairs, step=step, alpha=self.alpha / self.compared)

    def figure(self, value: float) -> str:
        """Write a pass rate: "71.0 %"."""
        return f"{100 * value:.1f} %"

    def change(self, value: float) -> str:
        """Write a difference of pass rates: "-10.0 points"."""
        return f"{100 * value:+.1f} points"


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedScores(Comparison):
    """Scores of A and B over the same cases, in the score's unit."""

    unit: str = ""
    """What stands behind a figure, such as "s"; empty for a share."""

    def figure(self, value: float) -> str:
        """Write a mean score: "0.812", "1.4 s"."""
        return f"{value:.3g} {self.unit}".rstrip()

    def change(self, value: float) -> str:
        """Write a difference of mean scores: "-0.0512", "+0.3 s"."""
        return f"{value:+.3g} {self.unit}".rstrip()


Compared = TypeVar("Compared", bound=Comparison)


def adjust_for_several(comparisons: Sequence[Compared]) -> list[Compared]:
    """Return the comparisons with p-values adjusted by Holm: use it where several variants are compared with one."""
    adjusted = holm([comparison.p for comparison in comparisons])
    return [
        replace(comparison, adjusted_p=p, compared=len(adjusted))
        for comparison, p in zip(comparisons, adjusted, strict=True)
    ]
