"""What of a run can be judged: what each answer does, and each of its claims."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from harness.labels import Kind, Label
from harness.model.row import Row
from harness.model.score import Behaviour, Claim, Evidence, TurnScore
from harness.results.records import digest
from harness.scoring.claims import read_answer

Only: TypeAlias = Literal["disagreeing", "unlabelled", "failed"]
"""Which things alone are asked for."""
ONLY: tuple[Only, ...] = ("disagreeing", "unlabelled", "failed")
_SEEN_AS: Mapping[Behaviour, str] = {
    Behaviour.REFUSED: "refusal",
    Behaviour.CLARIFYING: "refusal",  # as in verdicts: the question was not answered
    Behaviour.PARTIAL: "partial",
    Behaviour.ANSWERED: "answer",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing to be judged."""

    run: str
    node: str
    turn: int
    """From 1."""
    kind: Kind
    prompt: str
    answer: str
    """Without citation markers."""
    start: int
    """Where in the answer the claim is; for a behaviour the whole answer."""
    end: int
    said: Mapping[str, str]
    """What each scorer says, by its name."""
    evidence: Evidence | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    """Hashes of the case's documents, by path."""
    confirmed_by: str | None = None
    """The `sql` fact that confirms a figure, which no single passage holds; None where the passage decided."""
    is_failed: bool = False
    """Whether the case failed."""

    @property
    def text(self) -> str:
        """The claim; for a behaviour the answer."""
        return self.answer[self.start : self.end]

    @property
    def place(self) -> tuple[str, int]:
        """What the things of one answer have in common."""
        return self.node, self.turn

    @property
    def key(self) -> str:
        """Digest of what is judged: the same in every run that holds the same."""
        return digest([self.kind, self.prompt, self.text, sorted(self.documents.items())])

    def labelled(self, label: str, who: str, at: str) -> Label:
        """Return a label of it."""
        return Label(
            who=who,
            at=at,
            run=self.run,
            node=self.node,
            turn=self.turn,
            kind=self.kind,
            item=self.key,
            prompt=self.prompt,
            text=self.text,
            label=label,
            said=self.said,
            document=self.evidence.document if self.evidence else None,
            passage=self.evidence.text if self.evidence else None,
            documents=self.documents,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which things are asked for."""

    only: Only | None = None
    sample: int | None = None
    """So many answers, drawn at random; None: all."""
    seed: int = 0
    is_again: bool = False
    """Whether to ask for what one has labelled before."""


def items_of(rows: Iterable[Row], run: str) -> Iterator[Item]:
    """Return what of a run can be judged, in its order; what errored has no answer.

    What trials and variants have in common is there once: a label holds for all of them.
    """
    seen = set()
    for row in rows:
        for item in _of_row(row, run):
            if item.key not in seen:
                seen.add(item.key)
                yield item


def _of_row(row: Row, run: str) -> Iterator[Item]:
    documents = {source.path: source.sha256 for source in row.planned.sources}
    for number, (turn, score) in enumerate(zip(row.transcript.turns, row.score.turns, strict=False), start=1):
        if turn.final is None or score.behaviour is Behaviour.ERRORED:
            continue
        answer = read_answer(turn.final)
        text = answer.text or answer.refusal or ""
        if not text.strip():
            continue
        whole = Item(
            run=run,
            node=row.planned.node,
            turn=number,
            kind="behaviour",
            prompt=turn.prompt,
            answer=text,
            start=0,
            end=len(text),
            said={row.score.scorer: _SEEN_AS[score.behaviour]},
            documents=documents,
            is_failed=not row.outcome.is_pass,
        )
        yield whole
        for index, claim in enumerate(score.claims):
            said = _said(claim, index, score, row.score.scorer)
            yield replace(
                whole,
                kind="claim",
                start=claim.start,
                end=claim.end,
                said=said,
                evidence=claim.evidence,
                confirmed_by=claim.confirmed_by,
            )


def _said(claim: Claim, index: int, score: TurnScore, scorer: str) -> dict[str, str]:
    said: dict[str, str] = {scorer: claim.support}
    judged = score.judgement
    if judged is not None:
        said |= {f"{judged.model} ({judged.prompt})": one.support for one in judged.claims if one.claim == index}
    return said


def choose(items: Sequence[Item], labels: Sequence[Label], choice: Choice, who: str) -> list[Item]:
    """Return the things to ask somebody for.

    Args:
        items: All of a run.
        labels: All that there are.
        choice: Which are wanted.
        who: Who is asked: what this person has labelled is passed over, unless it is wanted again.
    """
    by_item: dict[str, dict[str, str]] = {}
    for label in labels:
        by_item.setdefault(label.item, {})[label.who] = label.label
    wanted = [item for item in items if _is_wanted(item, by_item.get(item.key, {}), choice, who)]
    if choice.sample is None:
        return wanted
    places = list(dict.fromkeys(item.place for item in wanted))
    drawn = random.Random(choice.seed).sample(places, min(choice.sample, len(places)))  # noqa: S311 - no secret
    chosen = set(drawn)
    return [item for item in wanted if item.place in chosen]


def _is_wanted(item: Item, labels: Mapping[str, str], choice: Choice, who: str) -> bool:
    if who in labels and not choice.is_again:
        return False
    if choice.only == "failed":
        return item.is_failed
    if choice.only == "unlabelled":
        return not labels
    return choice.only is None or len({*item.said.values(), *labels.values()}) > 1
