"""What a comparison says in words, the same in the terminal and in Markdown."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.compare.build import Comparison, Score, Versus
from harness.compare.causes import Cause, Changed, Edit, Why
from harness.compare.flips import Flip, Told
from harness.compare.pairing import Pair
from harness.compare.words import Stretch, around, word_diff
from harness.report.plain import shortened
from harness.report.summary import STAND_INS
from harness.statistics import Verdict

MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}
MOST_LISTED = 20
"""Lines of a list; the rest is counted."""


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def side_line(comparison: Comparison, versus: Versus | None = None) -> str:
    """Say what a side is."""
    side = versus.side if versus else comparison.reference
    return f"{side.name} ({side.origin}; {counted(len(side.records), 'result')})"


def verdict_line(versus: Versus) -> str:
    """Say the verdict with its figures."""
    return versus.rates.sentence


def counts_line(versus: Versus) -> str:
    """Count what became of the cases."""
    pairing = versus.pairing
    others = {
        f"{counted(len(pairing.other_outcomes), 'other outcome')} that pass or fail as before": pairing.other_outcomes,
        f"{counted(len(pairing.changed), 'other answer')} with the same outcome": pairing.changed,
        f"{len(pairing.errored):,} errored": pairing.errored,
        f"{len(pairing.new):,} new": pairing.new,
        f"{len(pairing.gone):,} gone": pairing.gone,
    }
    told = (words for words, found in others.items() if found)
    parts = [f"{len(versus.broken):,} broken", f"{len(versus.fixed):,} fixed", *told]
    return f"{counted(len(pairing.pairs), 'case')} on both sides: " + ", ".join(parts)


def stand_ins_line(comparison: Comparison) -> str | None:
    """Say which built-in models answered; None where none did."""
    sides = (comparison.reference, *(versus.side for versus in comparison.others))
    models = sorted({str(record.model) for side in sides for record in side.records} & STAND_INS)
    return f"models: {', '.join(models)} (built-in stand-ins, not language models)" if models else None


def dimensions_line(comparison: Comparison) -> str | None:
    """Say what cases are paired by; None where suite and id tell all."""
    if not comparison.dimensions:
        return None
    return f"paired by suite, case, {', '.join(comparison.dimensions)}"


def why_line(why: Why, versus: Versus) -> str:
    """Say how often a cause differs and is named."""
    flips = f"named for {counted(why.flips, 'flip')}" if versus.flips else "no flip"
    if why.cause is Cause.ANSWER:
        return f"nothing else differs: {flips}"
    return f"differs in {why.pairs:,} of {counted(len(versus.pairing.pairs), 'case')}; {flips}"


def changed_line(changed: Changed, why: Why) -> str:
    """Say for how many cases one kind of difference stands."""
    return changed.example if why.cause is Cause.CASE else f"{counted(changed.pairs, 'case')}"


def causes_line(flip: Flip) -> str:
    """Say why a verdict changed."""
    told = " and ".join(cause.words for cause in flip.attribution.causes)
    also = ", ".join(cause.words for cause in flip.attribution.also)
    return told + (f" (also changed, without effect on this verdict: {also})" if also else "")


def outcomes(pair: Pair) -> str:
    """Say what became of the verdict."""
    before, after = pair.a.outcomes, pair.b.outcomes
    return before if before == after else f"{before} -> {after}"


def value_text(value: Any, length: int = 120) -> str:
    """Return a plain value on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # numbers of case files are read as floats; people write 28
    return shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), length)


def edit_line(edit: Edit, cause: Cause) -> str:
    """Say what a value was and is."""
    if cause is Cause.DOCUMENTS:
        how = "new" if edit.before is None else "gone" if edit.after is None else "changed"
        hashes = " -> ".join(str(value)[:12] for value in (edit.before, edit.after) if value)
        return f"{shortened(edit.where, 80)}: {how} ({hashes})"
    return f"{shortened(edit.where, 80)}: {value_text(edit.before)} -> {value_text(edit.after)}"


def is_text_edit(edit: Edit) -> bool:
    """Tell whether an edit is better shown word by word."""
    return isinstance(edit.before, str) and isinstance(edit.after, str) and len(edit.before) + len(edit.after) > 60


def marked(stretch: Stretch) -> str:
    """Return a piece of a word diff with marks that are readable without colours."""
    opening, closing = MARKS[stretch.change]
    return f"{opening}{stretch.text}{closing}" if stretch.text.strip() else stretch.text


def text_edit(edit: Edit) -> tuple[Stretch, ...]:
    """Return what changed in a long text, with a little of what stands around it."""
    return around(word_diff(edit.before, edit.after))


def flip_lists(flip: Flip) -> Iterator[tuple[str, Sequence[str]]]:
    """Return what was won and lost, each list with its name; empty ones are left out."""
    failing = flip.b if flip.is_broken else flip.a
    lists = (
        ("failed checks", failing.failed_checks if failing else ()),
        ("claims lost", flip.claims_lost),
        ("claims won", flip.claims_won),
        ("new claims without support", flip.unsupported_new),
        ("claims without support gone", flip.unsupported_gone),
        ("facts lost", flip.facts_lost),
        ("facts won", flip.facts_won),
    )
    yield from ((name, found) for name, found in lists if found)


def figures_line(told: Told) -> str:
    """Say a side's figures of a case."""
    shares = {"groundedness": told.groundedness, "citation precision": told.citation_precision}
    figures = [f"{name} {share:.2f}" for name, share in shares.items() if share is not None]
    if told.cites:
        figures.append("cites " + ", ".join(shortened(name, 60) for name in told.cites))
    if told.prompt_tokens is not None:
        figures.append(f"{told.prompt_tokens:,} + {told.completion_tokens or 0:,} tokens")
    if told.duration_s is not None:
        figures.append(f"{told.duration_s:.2f} s")
    return "; ".join(figures)


def score_cells(score: Score) -> tuple[str, ...]:
    """Return a score as cells: name, A, B, difference, interval, verdict, cases."""
    paired, interval = score.paired, score.paired.interval
    large = max(abs(paired.a or 0.0), abs(paired.b or 0.0)) >= 100
    digits = ",.1f" if large else ".3f"
    ends = "n/a" if interval is None else f"{interval.low:+{digits}} .. {interval.high:+{digits}}"
    return (
        SCORES[score.name],
        format(paired.a or 0.0, digits),
        format(paired.b or 0.0, digits),
        format(paired.difference or 0.0, "+" + digits),
        ends,
        score_words(score),
        f"{paired.pairs:,}",
    )


def score_words(score: Score) -> str:
    """Say what became of a score."""
    paired = score.paired
    if not (paired.better or paired.worse):
        return "same"
    return "not shown" if paired.verdict is Verdict.NO_DIFFERENCE else paired.verdict.words


SCORE_HEADS = ("score", "A", "B", "B - A", "95 % interval", "B is", "cases")
SCORES = {
    "groundedness": "groundedness",
    "facts_share": "facts met",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "prompt_tokens": "prompt tokens",
    "completion_tokens": "completion tokens",
    "duration_s": "latency, s",
}
