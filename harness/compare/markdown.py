"""A comparison as GitHub's Markdown: for a step summary, a pull request, a report.

What comes from outside stands in fences longer than any it holds, or has every mark of Markdown and HTML escaped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.compare import wording
from harness.compare.build import Comparison, Versus
from harness.compare.causes import Cause, Edit
from harness.compare.flips import Flip, Told
from harness.compare.pairing import Key, Pair, named
from harness.compare.words import word_diff
from harness.report.plain import plain, shortened

LONGEST_ANSWER = 1_500
"""Characters of an answer that are shown."""
_MARKS = re.compile(r"([\\`*_{}\[\]|~$#])")
_LEADING = re.compile(r"^(?=[-+]\s|=|\d+[.)]\s)")
"""What would begin a list or underline a heading."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_ACTIVE = re.compile(r"[&<>@]|://|www\.", re.IGNORECASE)
"""HTML, mentions, and what becomes a link by itself."""


def markdown_lines(comparison: Comparison) -> Iterator[str]:
    """Return a comparison, line by line."""
    yield f"Reference: {escaped(wording.side_line(comparison))}"
    for note in (wording.dimensions_line(comparison), wording.stand_ins_line(comparison)):
        if note:
            yield from ("", escaped(note))
    if len(comparison.others) > 1:
        yield from ("", "| compared | verdict |", "|---|---|")
        yield from (
            f"| {escaped(versus.side.name)} | {escaped(wording.verdict_line(versus))} |" for versus in comparison.others
        )
    for versus in comparison.others:
        yield from _versus(comparison, versus)


def escaped(text: str, length: int = 1_000) -> str:
    """Return text on one line in which nothing is a mark: no tag, link, mention, emphasis, or end of a table's cell."""
    safe = _ACTIVE.sub(_inert, _MARKS.sub(r"\\\1", shortened(text, length)))
    return _LEADING.sub("&#8203;", safe)


def _inert(found: re.Match[str]) -> str:
    text = found.group()
    return _ENTITIES.get(text) or text.replace(":", "&#58;").replace(".", "&#46;")


def fenced(text: str, language: str = "text") -> Iterator[str]:
    """Return text in a fence that nothing in it can close."""
    shown = plain(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}{language}", *shown.split("\n"), fence)


def _versus(comparison: Comparison, versus: Versus) -> Iterator[str]:
    yield from ("", f"## {escaped(versus.side.name)} against {escaped(comparison.reference.name)}", "")
    yield f"**{escaped(wording.verdict_line(versus))}**"
    yield from ("", escaped(wording.counts_line(versus)))
    yield from _why(versus)
    yield from _flips("Broken", versus.broken)
    yield from _flips("Fixed", versus.fixed)
    yield from _pairs("Other outcomes that pass or fail as before", versus.pairing.other_outcomes)
    yield from _scores(versus)
    yield from _pairs("Other answers with the same outcome", versus.pairing.changed)
    yield from _pairs("Errored: neither better nor worse", versus.pairing.errored)
    yield from _keys("New", versus.pairing.new)
    yield from _keys("Gone", versus.pairing.gone)


def _why(versus: Versus) -> Iterator[str]:
    yield from ("", "### What differs", "")
    if not versus.why:
        yield "Nothing: the same configuration, documents, cases, scorer, server and model."
    for why in versus.why:
        yield f"- **{why.cause.words}**: {escaped(wording.why_line(why, versus))}"
        for changed in why.changes:
            if len(why.changes) > 1 or why.cause is Cause.CASE:
                yield f"  - {escaped(wording.changed_line(changed, why))}"
            for edit in changed.edits[: wording.MOST_LISTED]:
                yield f"    - {_edit(edit, why.cause)}"
        if why.kinds > len(why.changes):
            yield f"  - and {wording.counted(why.kinds - len(why.changes), 'other kind')} of difference"


def _edit(edit: Edit, cause: Cause) -> str:
    if not wording.is_text_edit(edit) or cause is Cause.DOCUMENTS:
        return escaped(wording.edit_line(edit, cause))
    return escaped(f"{edit.where}: " + "".join(map(wording.marked, wording.text_edit(edit))))


def _flips(name: str, flips: Sequence[Flip]) -> Iterator[str]:
    if not flips:
        return
    yield from ("", f"### {name} ({len(flips):,})")
    for flip in flips:
        if flip.a is not None and flip.b is not None:
            yield from _flip(flip, flip.a, flip.b)
    listed = [flip for flip in flips if flip.a is None]
    if listed:
        yield from ("", "| case | outcome | why |", "|---|---|---|")
        for flip in listed[: wording.MOST_LISTED]:
            cells = (flip.name, wording.outcomes(flip.pair), wording.causes_line(flip))
            yield _table_row(cells)
    if len(listed) > wording.MOST_LISTED:
        yield from ("", f"and {len(listed) - wording.MOST_LISTED:,} more")


def _flip(flip: Flip, a: Told, b: Told) -> Iterator[str]:
    yield from ("", f"#### {escaped(flip.name)}: {escaped(wording.outcomes(flip.pair))}", "")
    yield f"Why: {escaped(wording.causes_line(flip))}"
    told = [*map(escaped, flip.attribution.evidence), *(_edit(edit, Cause(cause)) for cause, edit in flip.edits)]
    yield from (f"- {line}" for line in told)
    if flip.prompt is not None:
        yield from ("", "Prompt:", "", *fenced(_cut(flip.prompt)))
    for title, one in (("Reference", a), ("Compared", b)):
        yield from ("", f"{title}, {escaped(one.outcome)} ({escaped(wording.figures_line(one)) or 'no figures'}):", "")
        yield from fenced(_cut(one.answer) if one.answer is not None else "(no text is kept)")
    if a.answer and b.answer and a.answer != b.answer:
        diff = word_diff(_cut(a.answer), _cut(b.answer))
        yield from ("", "Word by word:", "", *fenced("".join(map(wording.marked, diff))))
    for title, found in wording.flip_lists(flip):
        yield from ("", f"{title}:", "", *(f"- {escaped(one, 300)}" for one in found[: wording.MOST_LISTED]))


def _scores(versus: Versus) -> Iterator[str]:
    if versus.scores:
        yield from ("", "### Scores, over cases that have them on both sides", "")
        yield from (_table_row(wording.SCORE_HEADS), "|" + "---|" * len(wording.SCORE_HEADS))
        yield from (_table_row(wording.score_cells(score)) for score in versus.scores)


def _pairs(title: str, pairs: Sequence[Pair]) -> Iterator[str]:
    yield from _list(
        title, [f"{pair.name}: {wording.outcomes(pair)}" for pair in pairs[: wording.MOST_LISTED]], len(pairs)
    )


def _keys(title: str, keys: Sequence[Key]) -> Iterator[str]:
    yield from _list(title, [named(key) for key in keys[: wording.MOST_LISTED]], len(keys))


def _list(title: str, lines: Sequence[str], count: int) -> Iterator[str]:
    if not count:
        return
    yield from ("", f"### {title} ({count:,})", "", *(f"- {escaped(line)}" for line in lines))
    if count > len(lines):
        yield from (f"- and {count - len(lines):,} more",)


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ANSWER else text[:LONGEST_ANSWER] + " […]"
