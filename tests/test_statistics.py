"""Our statistics against scipy, statsmodels and counting, and what they say at the edges."""

import itertools
import math
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from harness.errors import InputError
from harness.statistics import (
    Interval,
    PairedRates,
    Tally,
    Verdict,
    adjust_for_several,
    bootstrap_interval,
    compare_pass_rates,
    compare_scores,
    difference_shown,
    flake_rate,
    holm,
    mcnemar,
    mcnemar_power,
    paired_difference_interval,
    pairs_needed,
    pass_at_k,
    pass_hat_k,
    rate_interval,
    sign_flip,
    sign_flip_steps,
    tally,
)


def tallies(passes: Sequence[int], trials: int = 1) -> list[Tally]:
    return [Tally(passes=passed, trials=trials) for passed in passes]


def rates(both: int, fixed: int, broken: int, neither: int) -> PairedRates:
    """Compare pairs of one trial, given how many passed on both sides, only B, only A, and on neither."""
    a = [1] * both + [0] * fixed + [1] * broken + [0] * neither
    b = [1] * both + [1] * fixed + [0] * broken + [0] * neither
    return compare_pass_rates(tallies(a), tallies(b))


FLIPS = [
    (0, 0),
    (1, 0),
    (5, 0),
    (0, 6),
    (3, 3),
    (8, 1),
    (27, 13),
    (26, 14),
    (120, 80),
    (300, 310),
    (0, 1500),
    (5200, 4800),
]


@pytest.mark.parametrize(("fixed", "broken"), FLIPS)
def test_mcnemar_agrees_with_statsmodels_and_the_binomial(fixed: int, broken: int) -> None:
    found = mcnemar(fixed, broken)

    exact = reference_mcnemar([[1, fixed], [broken, 1]], exact=True).pvalue if fixed + broken else 1.0
    assert found.exact == pytest.approx(min(1.0, exact), rel=1e-9, abs=1e-300)
    here = stats.binom.pmf(min(fixed, broken), fixed + broken, 0.5) if fixed != broken else 0.0
    assert found.mid == pytest.approx(min(1.0, exact) - here, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize(("fixed", "broken"), FLIPS)
def test_the_sign_flip_test_of_single_trials_is_mcnemar(fixed: int, broken: int) -> None:
    found, wanted = sign_flip_steps([1] * fixed + [0] * 7 + [-1] * broken), mcnemar(fixed, broken)

    assert (found.exact, found.mid) == pytest.approx((wanted.exact, wanted.mid), abs=1e-11)


STEPS = [
    [3, -1, 2],
    [0, 0, 5],
    [1, 1, 1, -2, 3, 3, -1, 2],
    [4, -4, 2, 1, 0, 3, 3, 5, -2, 1],
    [2, 2, 2, 2, 2, 2],
    [60, 45, -20, 12],
]


@pytest.mark.parametrize("steps", STEPS)
def test_the_sign_flip_test_counts_every_flip(steps: list[int]) -> None:
    sums = [abs(sum(flipped)) for flipped in itertools.product(*[(step, -step) for step in steps])]
    exact = sum(total >= abs(sum(steps)) for total in sums) / len(sums)
    mid = exact - sum(total == abs(sum(steps)) for total in sums) / len(sums) / 2

    by_steps, by_sums = sign_flip_steps(steps), sign_flip([0.1 * step for step in steps])

    assert (by_steps.exact, by_steps.mid) == pytest.approx((exact, mid), abs=1e-12)
    assert (by_sums.exact, by_sums.mid) == pytest.approx((exact, mid), abs=1e-12)


def test_the_sign_flip_test_agrees_with_scipy() -> None:
    differences = np.random.default_rng(3).normal(0.5, 1, 10)

    wanted = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)

    assert sign_flip(differences).exact == pytest.approx(wanted.pvalue, abs=1e-12)


def test_drawn_sign_flips_come_near_to_counted_ones_and_repeat() -> None:
    steps = np.random.default_rng(4).integers(-3, 4, 300) + (np.arange(300) < 20)

    drawn, counted = sign_flip(steps.astype(float), draws=100_000), sign_flip_steps(steps.tolist())

    assert 0.005 < counted.exact < 0.5
    assert drawn.exact == pytest.approx(counted.exact, rel=0.2, abs=0.002)
    assert sign_flip(steps.astype(float)) == sign_flip(steps.astype(float))


def test_a_lattice_too_long_to_transform_is_drawn() -> None:
    steps = [1_000_003, -700_001, 900_017] * 20

    assert sign_flip_steps(steps) == sign_flip(steps)


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(InputError, match="wanted counts from 0"):
        mcnemar(-1, 3)


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9], [0.02], [0.03, 0.03, 0.03], [1.0, 0.0]])
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_holm_of_nothing_is_nothing_and_of_nonsense_an_error() -> None:
    assert holm([]) == []
    with pytest.raises(InputError, match="numbers from 0 to 1"):
        holm([0.2, math.nan])


@pytest.mark.parametrize(
    ("passes", "trials"), [(0, 1), (1, 1), (0, 20), (7, 20), (160, 200), (200, 200), (9_999, 10_000)]
)
def test_the_interval_of_a_rate_agrees_with_statsmodels(passes: int, trials: int) -> None:
    found = rate_interval(passes, trials)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(proportion_confint(passes, trials, method="wilson"), abs=1e-12)


@pytest.mark.parametrize(("fixed", "broken", "pairs"), [(0, 0, 10), (5, 1, 30), (10, 30, 200), (1, 0, 1)])
def test_the_interval_of_a_difference_is_that_of_two_more_pairs(fixed: int, broken: int, pairs: int) -> None:
    padded = np.array([1] * (fixed + 1) + [-1] * (broken + 1) + [0] * (pairs - fixed - broken))
    low, high = stats.norm.interval(0.95, padded.mean(), padded.std() / math.sqrt(padded.size))

    found = paired_difference_interval(fixed - broken, fixed + broken, pairs)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((max(-1, low), min(1, high)))


@pytest.mark.parametrize("discordance", [0.12, 0.3, 0.6])
def test_the_interval_of_a_difference_covers_it_95_times_of_100(discordance: float) -> None:
    covered = 0.0
    chances = [0.5 * (discordance + 0.1), 0.5 * (discordance - 0.1), 1 - discordance]
    for fixed, broken in itertools.product(range(41), repeat=2):
        if fixed + broken <= 40:
            interval = paired_difference_interval(fixed - broken, fixed + broken, 40)
            weight = stats.multinomial.pmf([fixed, broken, 40 - fixed - broken], 40, chances)
            covered += weight * (interval is not None and 0.1 in interval)

    assert 0.94 < covered < 0.985


@pytest.mark.parametrize(("discordance", "alpha"), [(0.3, 0.05), (1.0, 0.05), (0.5, 0.01)])
def test_power_is_that_of_the_verdict_over_all_results(discordance: float, alpha: float) -> None:
    shown, chances = 0.0, [0.5 * (discordance + 0.2), 0.5 * (discordance - 0.2), 1 - discordance]
    for fixed, broken in itertools.product(range(15), repeat=2):
        if fixed + broken <= 14:
            a, b = [0] * fixed + [1] * (14 - fixed), [1] * (14 - broken) + [0] * broken
            verdict = compare_pass_rates(tallies(a), tallies(b), alpha=alpha).verdict
            weight = stats.multinomial.pmf([fixed, broken, 14 - fixed - broken], 14, chances)
            shown += weight * (verdict is not Verdict.NO_DIFFERENCE)

    assert mcnemar_power(0.2, discordance, 14, alpha=alpha) == pytest.approx(shown, abs=1e-9)


@pytest.mark.parametrize("pairs", [20, 50, 200, 1_000])
@pytest.mark.parametrize("discordance", [0.05, 0.2, 0.5])
def test_false_alarms_stay_below_alpha(pairs: int, discordance: float) -> None:
    assert mcnemar_power(0.0, discordance, pairs) <= 0.05


@pytest.mark.parametrize(("difference", "discordance"), [(0.1, 0.12), (0.1, 0.3), (-0.05, 0.2), (0.02, 0.1)])
def test_pairs_needed_is_connors_formula_and_gives_the_power(difference: float, discordance: float) -> None:
    z = stats.norm.ppf
    root = z(0.975) * math.sqrt(discordance) + z(0.8) * math.sqrt(discordance - difference**2)

    needed = pairs_needed(difference, discordance)

    assert needed is not None
    assert needed == math.ceil((root / difference) ** 2)
    assert mcnemar_power(difference, discordance, needed) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(("pairs", "discordance"), [(60, 0.3), (200, 0.2), (200, 0.02), (5_000, 0.1), (5_000, 0.0)])
def test_the_difference_shown_is_found_four_times_of_five(pairs: int, discordance: float) -> None:
    shown = difference_shown(discordance, pairs, step=1)

    assert shown is not None
    assert mcnemar_power(shown, max(discordance, shown), pairs) == pytest.approx(0.8, abs=0.04)


def test_planning_says_when_nothing_can_be_shown() -> None:
    assert pairs_needed(0.0, 0.3) is None
    assert difference_shown(0.3, 5, step=1) is None
    assert difference_shown(0.0, 500) is None
    with pytest.raises(InputError, match="discordance"):
        mcnemar_power(0.3, 0.2, 50)


@pytest.mark.parametrize("size", [12, 60])
def test_the_bootstrap_is_scipys_percentile_at_students_level(size: int) -> None:
    differences = np.random.default_rng(size).normal(0.2, 1, size)
    expanded = 1 - 2 * stats.norm.cdf(-stats.t.ppf(0.975, size - 1) * math.sqrt(size / (size - 1)))
    wanted = stats.bootstrap(
        (differences,), np.mean, n_resamples=20_000, confidence_level=expanded, method="percentile", rng=1
    ).confidence_interval

    found = bootstrap_interval(differences, resamples=20_000)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.03)


def test_counting_distinct_values_gives_the_interval_of_single_draws() -> None:
    few = np.repeat([0.0, 0.1, -0.2], [180, 15, 5])
    # Hardly different values cannot be counted together: these are drawn one by one.
    many = few + np.linspace(-1e-9, 1e-9, few.size)

    counted, drawn = bootstrap_interval(few), bootstrap_interval(many)

    assert counted is not None
    assert drawn is not None
    assert (counted.low, counted.high) == pytest.approx((drawn.low, drawn.high), abs=0.0007)


def test_the_bootstrap_repeats_and_refuses_nonsense() -> None:
    assert bootstrap_interval([0.1, 0.4, -0.2]) == bootstrap_interval([0.1, 0.4, -0.2])
    assert bootstrap_interval([0.1]) is None
    with pytest.raises(InputError, match="at least 1"):
        bootstrap_interval([0.1, 0.2], resamples=0)


@pytest.mark.parametrize("case", [Tally(passes=0, trials=5), Tally(passes=2, trials=5), Tally(passes=5, trials=5)])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_pass_at_k_and_pass_hat_k_are_shares_of_all_choices_of_trials(case: Tally, k: int) -> None:
    trials = [True] * case.passes + [False] * (case.trials - case.passes)
    chosen = list(itertools.combinations(trials, k))

    assert pass_at_k(case, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    assert pass_hat_k(case, k) == pytest.approx(sum(map(all, chosen)) / len(chosen))


@pytest.mark.parametrize(
    ("passes", "trials", "rate"), [(0, 4, 0.0), (4, 4, 0.0), (1, 2, 1.0), (2, 4, 4 / 6), (1, 1, None)]
)
def test_the_flake_rate_is_the_share_of_pairs_of_trials_that_disagree(
    passes: int, trials: int, rate: float | None
) -> None:
    assert flake_rate(Tally(passes=passes, trials=trials)) == (rate if rate is None else pytest.approx(rate))


def test_trials_that_errored_do_not_count() -> None:
    assert tally([True, None, False, None]) == Tally(passes=1, trials=2)
    assert tally([None]).rate is None
    assert pass_at_k(tally([True, None]), 2) is None
    assert pass_hat_k(tally([]), 1) is None


def test_nonsense_about_trials_is_refused() -> None:
    with pytest.raises(InputError, match="3 passes of 2 trials"):
        Tally(passes=3, trials=2)
    with pytest.raises(InputError, match="k = 0"):
        pass_at_k(Tally(passes=1, trials=2), 0)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((140, 10, 30, 20), Verdict.WORSE),
        ((140, 30, 10, 20), Verdict.BETTER),
        ((140, 10, 12, 38), Verdict.NO_DIFFERENCE),
        ((200, 0, 0, 0), Verdict.NO_DIFFERENCE),
        ((0, 0, 1, 0), Verdict.NO_DIFFERENCE),
        ((0, 0, 200, 0), Verdict.WORSE),
        ((0, 0, 0, 0), Verdict.NO_DIFFERENCE),
    ],
)
def test_pass_rates_get_a_verdict(counts: tuple[int, int, int, int], verdict: Verdict) -> None:
    found = rates(*counts)

    assert found.verdict is verdict
    assert (found.better, found.worse, found.pairs, found.method) == (counts[1], counts[2], sum(counts), "mcnemar")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            (140, 10, 30, 20),
            [
                "worse: 75.0 % instead of 85.0 % over 200 cases",
                "-10.0 points, 95 % interval -16.0 to -3.8 points, p = 0.0015",
            ],
        ),
        (
            (140, 10, 19, 31),
            ["no difference shown: 75.0 % instead of 79.5 % over 200 cases", "needs about 360 more cases to tell"],
        ),
        ((198, 1, 1, 0), ["no difference shown: 99.5 % instead of 99.5 %", "so many cases show 3.9 points or more"]),
        ((0, 0, 1, 0), ["over 1 case (", "needs about 5 more cases to tell"]),
        ((0, 0, 200, 0), ["worse: 0.0 % instead of 100.0 %", "p < 0.0001"]),
        ((0, 0, 0, 0), ["no difference shown: no case has a figure on both sides"]),
    ],
)
def test_the_sentence_gives_verdict_figures_and_what_more_cases_would_tell(
    counts: tuple[int, int, int, int], words: list[str]
) -> None:
    sentence = rates(*counts).sentence

    assert [part for part in words if part not in sentence] == []


def test_the_words_for_no_difference_claim_nothing() -> None:
    assert [verdict.words for verdict in Verdict] == ["better", "worse", "no difference shown"]


def test_several_trials_are_compared_by_their_rates() -> None:
    found = compare_pass_rates(tallies([5] * 20 + [3] * 10, 5), tallies([5] * 20 + [1] * 10, 5))

    assert (found.method, found.trials, found.worse, found.better) == ("sign_flip", 5, 10, 0)
    assert found.difference == pytest.approx(-10 * 0.4 / 30)
    assert found.exact_p == pytest.approx(2 / 2**10)
    assert found.verdict is Verdict.WORSE


def test_a_case_whose_trials_partly_errored_counts_by_its_rate() -> None:
    found = compare_pass_rates(tallies([1] * 8, 2), tallies([2] * 8, 3))

    assert found.difference == pytest.approx(2 / 3 - 1 / 2)
    assert found.better == 8


def test_a_case_that_errored_on_a_side_is_left_out_and_counted() -> None:
    errored = Tally(passes=0, trials=0)

    found = compare_pass_rates([errored, *tallies([1, 0])], [*tallies([1, 1]), errored])

    assert (found.pairs, found.dropped, found.a, found.b) == (1, 2, 1.0, 1.0)
    assert compare_pass_rates([errored], [errored]).sentence.startswith("no difference shown: no case")


def test_rates_carry_their_own_intervals() -> None:
    found = rates(140, 10, 30, 20)

    assert (found.interval_a, found.interval_b) == (rate_interval(170, 200), rate_interval(150, 200))
    assert rates(0, 0, 0, 0).interval_a is None


def test_scores_drop_what_was_not_scored() -> None:
    found = compare_scores([0.5, None, math.nan, 0.7, 0.2], [0.6, 0.5, 0.5, math.inf, 0.2])

    assert (found.pairs, found.dropped, found.better, found.worse) == (2, 3, 1, 0)
    assert found.verdict is Verdict.NO_DIFFERENCE


@pytest.mark.parametrize("pairs", [0, 1, 2, 30])
def test_scores_that_do_not_differ_show_no_difference(pairs: int) -> None:
    found = compare_scores([0.5] * pairs, [0.5] * pairs)

    assert found.verdict is Verdict.NO_DIFFERENCE
    assert "nan" not in found.sentence
    assert (found.p, found.more_cases) == (1.0, None)


@pytest.mark.parametrize(("higher_is_better", "verdict"), [(True, Verdict.BETTER), (False, Verdict.WORSE)])
def test_more_seconds_are_worse_and_more_groundedness_is_better(higher_is_better: bool, verdict: Verdict) -> None:  # noqa: FBT001 - a table
    slower = compare_scores(
        [1.0 + place / 100 for place in range(41)],
        [1.5 + place / 80 for place in range(41)],
        unit="s",
        higher_is_better=higher_is_better,
    )

    assert slower.verdict is verdict
    assert slower.sentence.startswith(f"{verdict.words}: 1.75 s instead of 1.2 s over 41 cases (+0.55 s, 95 % interval")


def test_four_scores_that_agree_by_chance_are_no_change() -> None:
    found = compare_scores([0.5] * 200, [0.5] * 196 + [0.9] * 4)

    assert found.interval is not None
    assert 0 not in found.interval
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_scores_of_few_cases_alarm_no_more_often_than_their_exact_test() -> None:
    # The second largest of 64 sums: its mid p-value is 0.047, and so many sums or more have a chance of 0.0625.
    found = compare_scores([0.0] * 50, [0.0] * 44 + [0.5, 0.6, 0.7, 0.8, 0.9, -0.01])

    assert (found.p, found.exact_p) == (4 / 64, 4 / 64)
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_rounding_is_no_difference() -> None:
    found = compare_scores([0.1 + 0.2] * 30, [0.3] * 30, matters=0.0)

    assert 0.1 + 0.2 != 0.3
    assert (found.better, found.worse, found.difference, found.p, found.more_cases) == (0, 0, 0.0, 1.0, None)


def test_a_difference_too_small_to_matter_asks_for_no_cases() -> None:
    a, b = [0.5] * 40, [0.5] * 37 + [0.51, 0.51, 0.49]

    assert compare_scores(a, b).more_cases is None
    assert compare_scores(a, b, matters=0.0001).more_cases is not None


def test_several_variants_are_held_to_a_higher_standard() -> None:
    alone = rates(140, 10, 23, 27)
    adjusted = adjust_for_several([alone, rates(140, 10, 12, 38), rates(140, 11, 10, 39)])

    assert alone.verdict is Verdict.WORSE
    assert adjusted[0].verdict is Verdict.NO_DIFFERENCE
    assert adjusted[0].adjusted_p == pytest.approx(3 * alone.p)
    assert (adjusted[0].more_cases or 0) > 50


def test_other_cases_on_one_side_are_an_error() -> None:
    with pytest.raises(InputError, match="found 1 cases against 2"):
        compare_pass_rates(tallies([1]), tallies([1, 1]))
    with pytest.raises(InputError, match="alpha 1"):
        compare_scores([0.1], [0.2], alpha=1)


def test_ten_thousand_cases_take_less_than_half_a_second() -> None:
    random = np.random.default_rng(5)
    before, after = random.random(10_000).tolist(), random.random(10_000).tolist()
    one, five = random.integers(0, 2, (2, 10_000)).tolist(), random.integers(0, 6, (2, 10_000)).tolist()
    start = time.process_time()

    compare_pass_rates(tallies(one[0]), tallies(one[1]))
    compare_pass_rates(tallies(five[0], 5), tallies(five[1], 5))
    compare_scores(before, after)

    assert time.process_time() - start < 0.5


def test_importing_statistics_imports_no_numpy() -> None:
    code = "import sys, harness.statistics; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_interval_holds_its_ends() -> None:
    assert 0.1 in Interval(low=0.1, high=0.2)
    assert 0.3 not in Interval(low=0.1, high=0.2)
