"""A comparison as plain data. Its keys are a promise: they are documented in docs/comparing.md and only added to."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.compare.build import Comparison, Versus
from harness.compare.causes import Edit, Why
from harness.compare.flips import Flip, Told
from harness.compare.pairing import Key, Pair, named
from harness.compare.side import Side
from harness.statistics import Comparison as Figures

FORMAT = 1
"""Raised where a key changes its meaning or goes."""


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON holds it. Nothing is cut but the texts of flips beyond the limit."""
    return {
        "format": FORMAT,
        "reference": _side(comparison.reference),
        "paired_by": ["suite", "case", *comparison.dimensions],
        "comparisons": [_versus(versus, comparison.dimensions) for versus in comparison.others],
    }


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "origin": side.origin, "results": len(side.records), "scorer_code": side.scorer_code}


def _versus(versus: Versus, dimensions: Sequence[str]) -> dict[str, Any]:
    pairing = versus.pairing
    return {
        "side": _side(versus.side),
        "verdict": versus.verdict.value,
        "sentence": versus.rates.sentence,
        "pass_rate": {**_figures(versus.rates), "method": versus.rates.method},
        "scores": {score.name: _figures(score.paired) for score in versus.scores},
        "why": [_why(why) for why in versus.why],
        "broken": [_flip(flip, dimensions) for flip in versus.broken],
        "fixed": [_flip(flip, dimensions) for flip in versus.fixed],
        "other_outcomes": [_pair(pair, dimensions) for pair in pairing.other_outcomes],
        "changed": [_pair(pair, dimensions) for pair in pairing.changed],
        "errored": [_pair(pair, dimensions) for pair in pairing.errored],
        "new": [_key(key, dimensions) for key in pairing.new],
        "gone": [_key(key, dimensions) for key in pairing.gone],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    interval = figures.interval
    return {
        "pairs": figures.pairs,
        "left_out": figures.dropped,
        "better": figures.better,
        "worse": figures.worse,
        "a": figures.a,
        "b": figures.b,
        "difference": figures.difference,
        "interval_95": None if interval is None else [interval.low, interval.high],
        "p": figures.p,
        "exact_p": figures.exact_p,
        "adjusted_p": figures.adjusted_p,
        "verdict": figures.verdict.value,
        "more_cases": figures.more_cases,
    }


def _why(why: Why) -> dict[str, Any]:
    return {
        "cause": why.cause.value,
        "pairs": why.pairs,
        "flips": why.flips,
        "kinds": why.kinds,
        "changes": [
            {"pairs": changed.pairs, "example": changed.example, "edits": [_edit(edit) for edit in changed.edits]}
            for changed in why.changes
        ],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {"where": edit.where, "before": edit.before, "after": edit.after}


def _key(key: Key, dimensions: Sequence[str]) -> dict[str, Any]:
    return {"name": named(key), **dict(zip(("suite", "case", *dimensions), key, strict=True))}


def _pair(pair: Pair, dimensions: Sequence[str]) -> dict[str, Any]:
    outcomes = {side: [one.outcome.value for one in result.records] for side, result in (("a", pair.a), ("b", pair.b))}
    return {**_key(pair.key, dimensions), "pass_rates": [pair.a.rate, pair.b.rate], "outcomes": outcomes}


def _flip(flip: Flip, dimensions: Sequence[str]) -> dict[str, Any]:
    data = _pair(flip.pair, dimensions)
    attribution = flip.attribution
    data["causes"] = [cause.value for cause in attribution.causes]
    data["also_changed"] = [cause.value for cause in attribution.also]
    data["evidence"] = list(attribution.evidence)
    if flip.a is None or flip.b is None:
        return data
    lists = ("claims_lost", "claims_won", "unsupported_new", "unsupported_gone", "facts_lost", "facts_won")
    return {
        **data,
        "edits": [{"cause": cause, **_edit(edit)} for cause, edit in flip.edits],
        "prompt": flip.prompt,
        "a": _told(flip.a),
        "b": _told(flip.b),
        **{name: list(getattr(flip, name)) for name in lists},
    }


def _told(told: Told) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(told).items()}
