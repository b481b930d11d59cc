"""A changed verdict, told: both answers, claims and facts won and lost, citations, tokens, latency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.compare.attribution import Attribution
from harness.compare.causes import Edit
from harness.compare.pairing import Pair
from harness.model.record import Record
from harness.model.row import Row
from harness.model.score import TurnScore
from harness.model.transcript import Attempt


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One side of a flip."""

    outcome: str
    """Of the trial that is shown."""
    answer: str | None
    """None where the side holds no texts, or there is no answer."""
    facts_met: tuple[str, ...] = ()
    facts_missing: tuple[str, ...] = ()
    supported: tuple[str, ...] = ()
    """Claims that the documents support."""
    unsupported: tuple[str, ...] = ()
    """Claims that they contradict or do not hold."""
    failed_checks: tuple[str, ...] = ()
    blame: str | None = None
    cites: tuple[str, ...] = ()
    """Documents, each once."""
    citation_precision: float | None = None
    citation_recall: float | None = None
    groundedness: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """A case whose verdict changed."""

    pair: Pair
    attribution: Attribution
    edits: tuple[tuple[str, Edit], ...] = ()
    """What differs for this case, each with its cause; only of what may differ from case to case."""
    prompt: str | None = None
    a: Told | None = None
    """None where the flip is only listed."""
    b: Told | None = None

    @property
    def name(self) -> str:
        """The case."""
        return self.pair.name

    @property
    def is_broken(self) -> bool:
        """Whether it got worse."""
        return self.pair.change < 0

    @property
    def claims_won(self) -> tuple[str, ...]:
        """Supported claims that only the new answer makes."""
        return _only(self.b, self.a, "supported")

    @property
    def claims_lost(self) -> tuple[str, ...]:
        """Supported claims that only the reference's answer makes."""
        return _only(self.a, self.b, "supported")

    @property
    def unsupported_new(self) -> tuple[str, ...]:
        """Claims without support that only the new answer makes."""
        return _only(self.b, self.a, "unsupported")

    @property
    def unsupported_gone(self) -> tuple[str, ...]:
        """Claims without support that only the reference's answer makes."""
        return _only(self.a, self.b, "unsupported")

    @property
    def facts_won(self) -> tuple[str, ...]:
        """Facts that only the new answer states."""
        return _only(self.b, self.a, "facts_met")

    @property
    def facts_lost(self) -> tuple[str, ...]:
        """Facts that only the reference's answer states."""
        return _only(self.a, self.b, "facts_met")


def tell(record: Record, row: Row | None, turn: int) -> Told:
    """Tell one side of a flip.

    Args:
        record: The trial.
        row: Its row; None where the side holds none.
        turn: Index of the turn that is shown.
    """
    score, attempt = _turn(row, turn)
    claims = score.claims if score else ()
    facts = score.facts if score else ()
    return Told(
        outcome=record.outcome.value,
        answer=attempt.text if attempt else None,
        facts_met=tuple(fact.fact for fact in facts if fact.is_met),
        facts_missing=tuple(fact.fact for fact in facts if not fact.is_met),
        supported=tuple(claim.text for claim in claims if claim.support == "supported"),
        unsupported=tuple(claim.text for claim in claims if claim.support != "supported"),
        failed_checks=score.failed_checks if score else (),
        blame=score.blame if score else None,
        cites=_cited(score),
        citation_precision=record.citation_precision,
        citation_recall=record.citation_recall,
        groundedness=record.groundedness,
        prompt_tokens=record.prompt_tokens,
        completion_tokens=record.completion_tokens,
        duration_s=record.duration_s,
    )


def shown_turn(a: Row | None, b: Row | None, *, is_broken: bool) -> int:
    """Return the index of the turn to show: the one that failed."""
    failing = b if is_broken else a
    other = a if is_broken else b
    chosen = failing or other
    return (chosen.score.deciding_turn or 0) if chosen is not None else 0


def prompt_of(rows: Iterable[Row | None], turn: int) -> str | None:
    """Return what was asked in a turn; None where no side knows."""
    for row in rows:
        if row is not None and turn < len(row.planned.asked):
            return row.planned.asked[turn]
    return None


def _turn(row: Row | None, turn: int) -> tuple[TurnScore | None, Attempt | None]:
    if row is None:
        return None, None
    score = row.score.turns[turn] if turn < len(row.score.turns) else None
    attempt = row.transcript.turns[turn].final if turn < len(row.transcript.turns) else None
    return score, attempt


def _cited(score: TurnScore | None) -> tuple[str, ...]:
    names = (citation.document or "an unknown file" for citation in (score.citations if score else ()))
    return tuple(dict.fromkeys(names))


def _only(one: Told | None, other: Told | None, kind: str) -> tuple[str, ...]:
    """Return what one side has and the other has not, whatever its case and spaces."""
    if one is None or other is None:
        return ()
    mine: Sequence[str] = getattr(one, kind)
    theirs = {_folded(text) for text in getattr(other, kind)}
    return tuple(text for text in mine if _folded(text) not in theirs)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
