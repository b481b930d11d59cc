"""What another scoring of the same transcripts changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.row import Row
from harness.report.plain import shortened


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One case, judged twice."""

    before: Row | None
    """None where no earlier verdict is known."""
    after: Row
    note: str | None = None
    """Why today's case does not apply; None where it does."""

    @property
    def is_changed(self) -> bool:
        """Whether the verdict is another one."""
        return self.before is not None and self.before.outcome != self.after.outcome

    @property
    def is_worse(self) -> bool:
        """Whether it passed before and fails now."""
        return self.before is not None and self.before.outcome.is_pass and not self.after.outcome.is_pass


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Return the changed verdicts, line by line, and how many there are."""
    for change in changes:
        if change.is_changed:
            yield from _lines(change)
    for note in dict.fromkeys(change.note for change in changes if change.note):
        nodes = [change.after.planned.node for change in changes if change.note == note]
        yield f"{len(nodes)}: {note}: {shortened(', '.join(nodes), 200)}"
    known = [change for change in changes if change.before is not None]
    scorers = sorted({change.before.score.scorer for change in known if change.before is not None})
    after = changes[0].after.score.scorer
    changed = sum(change.is_changed for change in known)
    yield f"{changed} of {len(known)} verdicts changed" + (
        f" ({', '.join(scorers)} -> {after})" if known else f" (no earlier run to compare with; scored by {after})"
    )


def _lines(change: Change) -> Iterator[str]:
    before, turn = change.before, change.after.deciding
    assert before is not None
    yield f"{change.after.planned.node}: {before.outcome} -> {change.after.outcome}"
    was, now = before.deciding, turn
    if was is not None and now is not None and was.groundedness != now.groundedness:
        figures = " -> ".join("n/a" if one is None else f"{one:.2f}" for one in (was.groundedness, now.groundedness))
        yield f"    groundedness {figures}"
    for check in now.failed_checks if now is not None else ():
        if was is None or check not in was.failed_checks:
            yield f"    failed check: {shortened(check, 160)}"
