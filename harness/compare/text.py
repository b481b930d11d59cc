"""A comparison for the terminal: coloured where it is one, readable at 80 columns; nothing in an answer is obeyed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.compare import wording
from harness.compare.build import Comparison, Versus
from harness.compare.causes import Cause, Edit
from harness.compare.flips import Flip, Told
from harness.compare.pairing import Key, Pair, named
from harness.compare.words import Stretch, one_side, word_diff
from harness.report.plain import plain, shortened
from harness.statistics import Verdict

if TYPE_CHECKING:  # annotations only: rich is imported where something is printed
    from rich.console import Console, RenderableType
    from rich.text import Text

LONGEST_ANSWER = 1_500
"""Characters of an answer that are shown; `harness show` has all of it."""
WIDTH = 100
"""Columns where the output is no terminal."""
_STYLES = {"removed": "red", "added": "green", "same": ""}
_VERDICTS = {Verdict.WORSE: "bold red", Verdict.BETTER: "bold green", Verdict.NO_DIFFERENCE: "bold"}


def print_comparison(comparison: Comparison, console: "Console") -> None:
    """Print a comparison."""
    for line in renderables(comparison):
        console.print(line, highlight=False, markup=False, emoji=False)


def console_of(**settings: Any) -> "Console":
    """Return where to print: as wide as the terminal, or 100 columns; NO_COLOR is obeyed."""
    import shutil

    from rich.console import Console

    console = Console(**settings)
    return console if console.is_terminal else Console(width=shutil.get_terminal_size((WIDTH, 24)).columns, **settings)


def renderables(comparison: Comparison) -> Iterator["RenderableType"]:
    """Return what to print, piece by piece."""
    yield _text(f"reference: {wording.side_line(comparison)}")
    notes = (wording.dimensions_line(comparison), wording.stand_ins_line(comparison))
    yield from (_text(note, "dim") for note in notes if note)
    if len(comparison.others) > 1:
        yield from _overview(comparison)
    for versus in comparison.others:
        yield _text("")
        yield _text(f"compared: {wording.side_line(comparison, versus)}", "bold")
        yield _text(wording.verdict_line(versus), _VERDICTS[versus.verdict])
        yield _text(wording.counts_line(versus))
        yield from _why(versus)
        yield from _flips("broken", versus.broken)
        yield from _flips("fixed", versus.fixed)
        yield from _listed_pairs("other outcomes that pass or fail as before", versus.pairing.other_outcomes)
        yield from _scores(versus)
        yield from _listed_pairs("other answers with the same outcome", versus.pairing.changed)
        yield from _listed_pairs("errored: neither better nor worse", versus.pairing.errored)
        yield from _listed_keys(f"new: only in {versus.side.name}", versus.pairing.new)
        yield from _listed_keys(f"gone: only in {comparison.reference.name}", versus.pairing.gone)


def _overview(comparison: Comparison) -> Iterator["RenderableType"]:
    yield from _head(f"{len(comparison.others)} compared with the reference, corrected for several by Holm")
    for versus in comparison.others:
        yield _text(f"{versus.side.name}: {wording.verdict_line(versus)}", _VERDICTS[versus.verdict], indent=2)


def _text(words: str, style: str = "", indent: int = 0) -> "RenderableType":
    from rich.padding import Padding
    from rich.text import Text

    text = Text(plain(words), style=style)
    return Padding(text, (0, 0, 0, indent), expand=False) if indent else text


def _head(words: str) -> Iterator["RenderableType"]:
    yield _text("")
    yield _text(words, "bold")


def _why(versus: Versus) -> Iterator["RenderableType"]:
    yield from _head("what differs")
    if not versus.why:
        yield _text("nothing: the same configuration, documents, cases, scorer, server and model", indent=2)
    for why in versus.why:
        yield _text(f"{why.cause.words}: {wording.why_line(why, versus)}", indent=2)
        for changed in why.changes:
            if len(why.changes) > 1 or why.cause is Cause.CASE:
                yield _text(wording.changed_line(changed, why), indent=4)
            for edit in changed.edits[: wording.MOST_LISTED]:
                yield _edit(edit, why.cause)
        if why.kinds > len(why.changes):
            yield _text(f"and {wording.counted(why.kinds - len(why.changes), 'other kind')} of difference", indent=4)


def _edit(edit: Edit, cause: Cause) -> "RenderableType":
    from rich.padding import Padding
    from rich.text import Text

    if not wording.is_text_edit(edit) or cause is Cause.DOCUMENTS:
        return _text(wording.edit_line(edit, cause), indent=6)
    line = Text(f"{shortened(edit.where, 80)}: ")
    line.append_text(_marked(wording.text_edit(edit)))
    return Padding(line, (0, 0, 0, 6), expand=False)


def _marked(stretches: Sequence[Stretch]) -> "Text":
    """Return a word diff; its marks are readable without colours."""
    from rich.text import Text

    line = Text()
    for one in stretches:
        line.append(plain(wording.marked(one)), _STYLES[one.change])
    return line


def _flips(name: str, flips: Sequence[Flip]) -> Iterator["RenderableType"]:
    if not flips:
        return
    yield from _head(f"{name} ({len(flips):,})")
    told = [flip for flip in flips if flip.a is not None]
    listed = [flip for flip in flips if flip.a is None]
    for flip in told:
        yield from _flip(flip)
    for flip in listed[: wording.MOST_LISTED]:
        yield _text(f"{flip.name}: {wording.outcomes(flip.pair)}; {wording.causes_line(flip)}", indent=2)
    if len(listed) > wording.MOST_LISTED:
        yield _text(f"and {len(listed) - wording.MOST_LISTED:,} more (--limit shows more)", "dim", indent=2)


def _flip(flip: Flip) -> Iterator["RenderableType"]:
    yield _text(f"{flip.name}: {wording.outcomes(flip.pair)}", "red" if flip.is_broken else "green", indent=2)
    yield _text(f"why: {wording.causes_line(flip)}", indent=4)
    for evidence in flip.attribution.evidence:
        yield _text(evidence, "dim", indent=6)
    for cause, edit in flip.edits:
        yield _edit(edit, Cause(cause))
    if flip.prompt is not None:
        yield _text(f"prompt: {shortened(flip.prompt, 300)}", indent=4)
    if flip.a is not None and flip.b is not None:
        yield _side_by_side(flip.a, flip.b)
    for title, found in wording.flip_lists(flip):
        yield _text(f"{title}:", indent=4)
        for one in found[:5]:
            yield _text(f"- {shortened(one, 200)}", indent=6)
        if len(found) > 5:
            yield _text(f"and {len(found) - 5} more", "dim", indent=6)
    yield _text("")


def _side_by_side(a: Told, b: Told) -> "RenderableType":
    from rich.padding import Padding
    from rich.table import Table

    table = Table(expand=True, padding=(0, 1), show_edge=True)
    for told, title in ((a, "reference"), (b, "compared")):
        table.add_column(f"{title}: {told.outcome}", ratio=1, overflow="fold")
    before, after = _cut(a.answer), _cut(b.answer)
    if before is None or after is None or before == after:
        table.add_row(*(_text(text if text is not None else "(no text is kept)") for text in (before, after)))
    else:
        diff = word_diff(before, after)
        table.add_row(_marked(one_side(diff, "removed")), _marked(one_side(diff, "added")))
    figures = [wording.figures_line(told) for told in (a, b)]
    if any(figures):
        table.add_section()
        table.add_row(*(_text(line, "dim") for line in figures))
    return Padding(table, (0, 0, 0, 4))


def _cut(answer: str | None) -> str | None:
    if answer is None or len(answer) <= LONGEST_ANSWER:
        return answer
    return answer[:LONGEST_ANSWER] + " […]"


def _scores(versus: Versus) -> Iterator["RenderableType"]:
    from rich.table import Table

    if not versus.scores:
        return
    yield from _head("scores, over cases that have them on both sides")
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="")
    for at, name in enumerate(wording.SCORE_HEADS):
        table.add_column(name, justify="left" if at in {0, 5} else "right", no_wrap=at == 0)
    for score in versus.scores:
        table.add_row(*(_text(cell) for cell in wording.score_cells(score)))
    yield table


def _listed_pairs(title: str, pairs: Sequence[Pair]) -> Iterator["RenderableType"]:
    lines = [f"{pair.name}: {wording.outcomes(pair)}" for pair in pairs[: wording.MOST_LISTED]]
    yield from _list(title, lines, len(pairs))


def _listed_keys(title: str, keys: Sequence[Key]) -> Iterator["RenderableType"]:
    yield from _list(title, [named(key) for key in keys[: wording.MOST_LISTED]], len(keys))


def _list(title: str, lines: Sequence[str], count: int) -> Iterator["RenderableType"]:
    if not count:
        return
    yield from _head(f"{title} ({count:,})")
    yield from (_text(line, indent=2) for line in lines)
    if count > len(lines):
        yield _text(f"and {count - len(lines):,} more", "dim", indent=2)
