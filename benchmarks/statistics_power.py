"""Whether comparisons keep what they promise: power, false alarms, and how often an interval covers the truth.

    python benchmarks/statistics_power.py [--seeds 5000]

Draws 200 cases again and again, compares the two sides as `harness compare` does, and sets the share of verdicts beside
theory: for one trial counted over all results, and by Connor's formula (1987); for several trials the normal power of a
test of a mean. A variant is worse by 10 points, or nothing changed. Ends with 1 if a figure misses its goal; the last
line is one JSON object.

- `power_gap`: largest distance of the measured power from theory, in points; goal 2, and what 5,000 seeds leave open
- `false_alarms`: largest share of verdicts where nothing changed, by kind; goal 5 %, and what 5,000 seeds leave open
- `counted_alarms`: the same for one trial, counted over all results instead of drawn
- `coverage`: smallest and largest share of intervals that hold the true difference
- `seconds`: what 10,000 cases take: one trial, five trials, one score, 10,000 resamples of one score
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from harness.statistics import (
    Comparison,
    Tally,
    Verdict,
    bootstrap_interval,
    compare_pass_rates,
    compare_scores,
    mcnemar_power,
)

CASES = 200
MORE_SINGLE = 10
"""One trial has few different results, so that ten times the seeds cost no more."""
Numbers = NDArray[np.float64]
Draw = Callable[[np.random.Generator], tuple[Numbers, Numbers]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Cases that are drawn again and again."""

    name: str
    draw: Draw
    """Returns what A and B got in each case: passes of `trials`, or a score where `trials` is 0."""
    difference: float
    """The true one, B less A."""
    trials: int
    theory: dict[str, float]
    """Power in [0, 1] by the name of the theory; empty where none is compared with."""


def single(discordance: float, difference: float) -> Setting:
    """Pairs of one trial whose outcomes differ with a given chance."""
    chances = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]

    def draw(random: np.random.Generator) -> tuple[Numbers, Numbers]:
        fixed, broken, _ = random.multinomial(CASES, chances)
        place = np.arange(CASES)
        return (place >= fixed).astype(float), ((place < fixed) | (place >= fixed + broken)).astype(float)

    theory = {}
    if difference:
        theory["counted"] = mcnemar_power(difference, discordance, CASES)
        theory["connor"] = normal_power(difference, discordance)
    return Setting(
        name=f"one trial, {discordance:.0%} differ", draw=draw, difference=difference, trials=1, theory=theory
    )


def repeated(trials: int, rates: Numbers, drop: Numbers) -> Setting:
    """Cases that pass with a chance of their own, lower in B by `drop`."""
    lower = np.clip(rates - drop, 0, 1)

    def draw(random: np.random.Generator) -> tuple[Numbers, Numbers]:
        return random.binomial(trials, rates).astype(float), random.binomial(trials, lower).astype(float)

    noise = (rates * (1 - rates) + lower * (1 - lower)) / trials
    difference = float((lower - rates).mean())
    theory = {}
    if difference:
        square = float((noise + (lower - rates) ** 2).mean())
        theory["normal"] = normal_power(difference, square, spread=float(noise.mean()))
    name = f"{trials} trials, {np.count_nonzero(rates * (1 - rates))} cases flake"
    return Setting(name=name, draw=draw, difference=difference, trials=trials, theory=theory)


def scored(name: str, shift: float, noise: Callable[[np.random.Generator], Numbers]) -> Setting:
    """Scores that differ by noise around a shift."""

    def draw(random: np.random.Generator) -> tuple[Numbers, Numbers]:
        before = random.random(CASES)
        return before, before + shift + noise(random)

    return Setting(name=f"score, {name}", draw=draw, difference=shift, trials=0, theory={})


def normal_power(difference: float, mean_square: float, *, spread: float | None = None) -> float:
    """Return the power of a test of a mean; `spread` is its variance per pair, where cases are fixed and not drawn."""
    variance = mean_square - difference**2 if spread is None else spread
    reach = abs(difference) * math.sqrt(CASES) - NormalDist().inv_cdf(0.975) * math.sqrt(mean_square)
    return NormalDist().cdf(reach / math.sqrt(variance))


def settings() -> list[Setting]:
    mixed = np.random.default_rng(1).beta(2, 0.7, CASES)
    few = np.where(np.arange(CASES) < 8, 0.5, 1.0)
    sharp = np.where(np.arange(CASES) < CASES // 10, 1.0, 0.0)
    return [
        *(single(discordance, -0.1) for discordance in (0.11, 0.15, 0.2, 0.3, 0.4, 0.5)),
        *(single(discordance, 0.0) for discordance in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)),
        *(repeated(trials, np.clip(mixed, 0.1, 1), np.full(CASES, 0.1)) for trials in (3, 5)),
        *(repeated(trials, np.clip(mixed, 0.4, 0.9), 0.04 * np.ones(CASES)) for trials in (3, 5)),
        repeated(3, np.clip(mixed, 0.5, 1), 0.5 * sharp),
        *(repeated(trials, rates, np.zeros(CASES)) for trials in (3, 4, 5) for rates in (mixed, few)),
        *(
            scored(f"normal noise, shift {shift}", shift, lambda random: random.normal(0, 0.3, CASES))
            for shift in (0, -0.1)
        ),
        scored(
            "one case of ten differs", 0, lambda random: random.normal(0, 0.3, CASES) * (random.random(CASES) < 0.1)
        ),
        scored("six cases differ", 0, lambda random: random.normal(0, 0.3, CASES) * (np.arange(CASES) < 6)),
        scored("latency", 0, lambda random: random.lognormal(0, 1, CASES) - random.lognormal(0, 1, CASES)),
        scored("skewed", -0.1, lambda random: 0.1 - random.exponential(0.1, CASES)),
    ]


def compared(setting: Setting, a: Numbers, b: Numbers) -> Comparison:
    if not setting.trials:
        return compare_scores(a.tolist(), b.tolist())
    sides = [[Tally(passes=int(passes), trials=setting.trials) for passes in side] for side in (a, b)]
    return compare_pass_rates(*sides)


def measure(place: int, seeds: int) -> dict[str, float]:
    """Return for one of the settings how often a difference is shown, and how often the interval holds the true one."""
    setting = settings()[place]
    seeds *= MORE_SINGLE if setting.trials == 1 else 1
    shown = covered = 0
    known: dict[bytes, Comparison] = {}
    for seed in range(seeds):
        a, b = setting.draw(np.random.default_rng([place, seed]))
        key = a.tobytes() + b.tobytes()
        found = known.get(key) or compared(setting, a, b)
        if setting.trials == 1:  # few different results: each is compared once
            known[key] = found
        shown += found.verdict is not Verdict.NO_DIFFERENCE
        covered += found.interval is not None and setting.difference in found.interval
    return {"shown": shown / seeds, "covered": covered / seeds}


def counted_alarms() -> float:
    """Return the largest rate of false alarms of one trial, over sizes and shares of pairs that differ."""
    return max(
        mcnemar_power(0.0, percent / 100, pairs)
        for pairs in (5, 10, 20, 50, 100, 200, 1_000)
        for percent in range(1, 51)
    )


def seconds() -> dict[str, float]:
    random = np.random.default_rng(0)
    before, after = random.random(10_000), random.random(10_000)
    five = [[Tally(passes=passes, trials=5) for passes in random.integers(0, 6, 10_000).tolist()] for _ in range(2)]
    one = [[Tally(passes=passes, trials=1) for passes in random.integers(0, 2, 10_000).tolist()] for _ in range(2)]
    tasks: dict[str, Callable[[], object]] = {
        "one_trial": lambda: compare_pass_rates(*one),
        "five_trials": lambda: compare_pass_rates(*five),
        "score": lambda: compare_scores(before.tolist(), after.tolist()),
        "resamples": lambda: bootstrap_interval(after - before),
    }
    taken = {}
    for name, task in tasks.items():
        start = time.perf_counter()
        task()
        taken[name] = round(time.perf_counter() - start, 3)
    return taken


def line(setting: Setting, found: dict[str, float]) -> str:
    theory = ", ".join(f"{name} {power:.1%}" for name, power in setting.theory.items()) or "-"
    return (
        f"{setting.name:38} difference {setting.difference:+.3f}  shown {found['shown']:6.1%}  [{theory}]"
        f"  interval covers {found['covered']:.1%}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5_000)
    seeds = parser.parse_args().seeds
    gaps, coverage = [0.0], []
    alarms: dict[str, float] = {}
    with ProcessPoolExecutor() as pool:
        # By number: what draws is made of closures, which do not cross to another process.
        measured = pool.map(measure, range(len(settings())), repeat(seeds))
        for setting, found in zip(settings(), measured, strict=True):
            coverage.append(found["covered"])
            if setting.difference == 0:
                kind = {0: "scores", 1: "one_trial"}.get(setting.trials, "several_trials")
                alarms[kind] = max(alarms.get(kind, 0.0), round(found["shown"], 4))
            gaps += [abs(found["shown"] - power) * 100 for power in setting.theory.values()]
            print(line(setting, found), flush=True)
    figures: dict[str, object] = {
        "seeds": seeds,
        "power_gap": round(max(gaps), 2),
        "false_alarms": alarms,
        "counted_alarms": round(counted_alarms(), 4),
        "coverage": [round(min(coverage), 3), round(max(coverage), 3)],
        "seconds": seconds(),
    }
    print(json.dumps(figures))
    # Two standard errors of 5 %: 0.6 points for 5,000 seeds.
    noise = math.sqrt(0.05 * 0.95 / seeds) * 2
    return int(max(gaps) > 2 or max(alarms.values()) > 0.05 + noise)


if __name__ == "__main__":
    sys.exit(main())
