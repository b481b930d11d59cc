"""The comparison: pair, test, find out why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.compare.attribution import Attribution, Judge, Suspects, attribute, plain_attribution
from harness.compare.causes import Cause, Lens, Why, sum_up, with_flips
from harness.compare.flips import Flip, prompt_of, shown_turn, tell
from harness.compare.pairing import Pair, Pairing, dimensions_of, paired
from harness.compare.side import Side, check_not_empty
from harness.errors import ResultsError
from harness.model.row import Row
from harness.statistics import (
    PairedRates,
    PairedScores,
    Verdict,
    adjust_for_several,
    compare_pass_rates,
    compare_scores,
    tally,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What a figure is, as far as comparing it needs to know."""

    unit: str = ""
    higher_is_better: bool = True
    matters: float = 0.02
    """The least difference that anyone would act on, in its unit."""


_TOKENS = Measure(unit="tokens", higher_is_better=False, matters=1)
MEASURES = {
    "groundedness": Measure(),
    "facts_share": Measure(),
    "citation_precision": Measure(),
    "citation_recall": Measure(),
    "prompt_tokens": _TOKENS,
    "completion_tokens": _TOKENS,
    "duration_s": Measure(unit="s", higher_is_better=False, matters=0.05),
}
"""The figures of a record that are compared beside its verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How to compare."""

    limit: int = 10
    """Flips told in full; the rest is listed."""
    judge: Judge | None = None
    """Judges recorded answers anew; None: what differs is named, and nothing is tried."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """A figure beside the verdict, compared."""

    name: str
    """Of the field of a record."""
    paired: PairedScores


@dataclass(frozen=True, kw_only=True, slots=True)
class Versus:
    """One side beside the reference."""

    side: Side
    pairing: Pairing
    rates: PairedRates
    scores: tuple[Score, ...]
    why: tuple[Why, ...]
    flips: tuple[Flip, ...]
    """Broken ones first; those beyond the limit have no texts."""

    @property
    def verdict(self) -> Verdict:
        """Better, worse, or no difference shown."""
        return self.rates.verdict

    @property
    def broken(self) -> tuple[Flip, ...]:
        """The flips for the worse."""
        return tuple(flip for flip in self.flips if flip.is_broken)

    @property
    def fixed(self) -> tuple[Flip, ...]:
        """The flips for the better."""
        return tuple(flip for flip in self.flips if not flip.is_broken)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A reference and what is held against it."""

    reference: Side
    others: tuple[Versus, ...]
    dimensions: tuple[str, ...]
    """What cases are paired by beside suite and id."""


def compare(sides: Sequence[Side], options: Options) -> Comparison:
    """Compare sides with the first of them, case by case.

    Raises:
        ResultsError: Fewer than two sides, a side without results, or one without a case of the reference.
    """
    if len(sides) < 2:
        raise ResultsError(f"{len(sides)} side is given, at least two are wanted", where="harness compare")
    check_not_empty(sides)
    reference, *others = sides
    dimensions = dimensions_of(sides)
    pairings = [paired(reference, side, dimensions) for side in others]
    for side, pairing in zip(others, pairings, strict=True):
        if not pairing.pairs:
            hint = "the suites, and where a side holds several variants, targets or models these too, must be the same"
            raise ResultsError(f"{reference.name} and {side.name} have no case in common", hint=hint)
    rates = adjust_for_several([_rates(pairing) for pairing in pairings]) if len(others) > 1 else [_rates(pairings[0])]
    return Comparison(
        reference=reference,
        others=tuple(
            _versus(reference, side, pairing, rate, options)
            for side, pairing, rate in zip(others, pairings, rates, strict=True)
        ),
        dimensions=dimensions,
    )


def _rates(pairing: Pairing) -> PairedRates:
    return compare_pass_rates(
        [tally(record.is_pass for record in pair.a.records) for pair in pairing.pairs],
        [tally(record.is_pass for record in pair.b.records) for pair in pairing.pairs],
    )


def _versus(reference: Side, side: Side, pairing: Pairing, rates: PairedRates, options: Options) -> Versus:
    lens = Lens(a=reference, b=side)
    flips = tuple(_flips(lens, pairing, options))
    whys = sum_up(lens, pairing.pairs)
    return Versus(
        side=side,
        pairing=pairing,
        rates=rates,
        scores=tuple(_scores(pairing)),
        why=with_flips(whys, [flip.attribution.causes for flip in flips]),
        flips=flips,
    )


def _scores(pairing: Pairing) -> Iterator[Score]:
    for name, measure in MEASURES.items():
        a, b = ([getattr(pair, side).mean(name) for pair in pairing.pairs] for side in ("a", "b"))
        found = compare_scores(
            a, b, higher_is_better=measure.higher_is_better, unit=measure.unit, matters=measure.matters
        )
        if found.pairs:
            yield Score(name=name, paired=found)


def _flips(lens: Lens, pairing: Pairing, options: Options) -> Iterator[Flip]:
    # Half of what is shown belongs to each kind, unless one of them needs less.
    broken = min(len(pairing.broken), max(options.limit - len(pairing.fixed), -(-options.limit // 2)))
    shown = {pair.key for pair in (*pairing.broken[:broken], *pairing.fixed[: options.limit - broken])}
    for pair in (*pairing.broken, *pairing.fixed):
        yield _shown(lens, pair, options.judge) if pair.key in shown else _listed(lens, pair)


def _listed(lens: Lens, pair: Pair) -> Flip:
    return Flip(pair=pair, attribution=plain_attribution(_suspects(lens, pair)))


def _shown(lens: Lens, pair: Pair, judge: Judge | None) -> Flip:
    a, b = pair.told
    was, now = lens.a.detail(a), lens.b.detail(b)
    turn = shown_turn(was, now, is_broken=pair.change < 0)
    attribution = _attribution(lens, pair, was, now, judge)
    own = [cause for cause in (*attribution.causes, *attribution.also) if cause is Cause.CASE]
    return Flip(
        pair=pair,
        attribution=attribution,
        edits=tuple((cause.value, edit) for cause in own for edit in lens.edits(cause, a, b)),
        prompt=prompt_of((now, was), turn),
        a=tell(a, was, turn),
        b=tell(b, now, turn),
    )


def _attribution(lens: Lens, pair: Pair, was: Row | None, now: Row | None, judge: Judge | None) -> Attribution:
    suspects = _suspects(lens, pair, was)
    if was is None or now is None or judge is None:
        return plain_attribution(suspects)
    return attribute(was, now, suspects, judge)


def _suspects(lens: Lens, pair: Pair, row: Row | None = None) -> Suspects:
    a, b = pair.told
    differing = lens.causes(a, b)
    has_own = row is not None and bool(row.planned.scorers)
    is_answer_changed = a.answer != b.answer
    is_odd = not differing and not is_answer_changed  # then the scorer may have been replaced, say by a conftest.py
    return Suspects(
        differing=differing,
        is_answer_changed=is_answer_changed,
        is_scorer_suspect=Cause.SCORER in differing or not lens.is_scorer_known or has_own or is_odd,
    )
