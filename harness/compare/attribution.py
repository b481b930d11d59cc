"""Why one verdict changed: what differs, and, by scoring what was recorded anew, which of it decides.

A verdict comes of four things: the answer, the case (what is expected), the documents, and the scorer. The answer in
turn comes of the configuration, the model, the documents and the prompts. Where several differ at once, answers are
judged again with one thing put back, or one thing put forward: what turns the verdict decides. Today's scorer judges,
and only where documents are still as they were; what cannot be tried is named, never ruled out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from harness.compare.causes import Cause
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import Outcome
from harness.model.transcript import Transcript

Judge: TypeAlias = Callable[[Planned, Transcript], Outcome | None]
"""Judges by today's scorer; None where the documents are not as they were, or it cannot be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """Why a verdict changed."""

    causes: tuple[Cause, ...]
    """What decided, or may have."""
    also: tuple[Cause, ...] = ()
    """What differs too, and was found not to matter here."""
    evidence: tuple[str, ...] = ()
    """What scoring anew showed, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspects:
    """What may have changed a verdict."""

    differing: frozenset[Cause]
    """What is known to differ."""
    is_answer_changed: bool
    is_scorer_suspect: bool
    """Whether the scorer's code differs, or may: where it is not known, or the suite has scorers of its own."""

    @property
    def count(self) -> int:
        """How many of the four things may have changed."""
        others = self.differing & {Cause.CASE, Cause.DOCUMENTS}
        alone = Cause.CONFIGURATION in self.differing and not self.is_answer_changed
        return len(others) + self.is_answer_changed + self.is_scorer_suspect + alone


@dataclass(frozen=True, kw_only=True, slots=True)
class _Court:
    """Two rows of a case whose verdicts differ, judged again in all combinations."""

    a: Row
    b: Row
    judge: Judge
    found: dict[str, Outcome | None] = field(default_factory=dict)

    def outcome(self, which: str) -> Outcome | None:
        """Judge one side's answer (first letter) by a side's case (second) and documents (third)."""
        if which not in self.found:
            answer, case, documents = (self.a if letter == "a" else self.b for letter in which)
            planned = replace(
                answer.planned,
                case=case.planned.case,
                refusal=case.planned.refusal,
                min_groundedness=case.planned.min_groundedness,
                scorers=case.planned.scorers,
                sources=documents.planned.sources,
            )
            self.found[which] = self.judge(planned, answer.transcript)
        return self.found[which]

    def is_pass(self, which: str) -> bool | None:
        """Tell whether that passes; None where it could not be judged."""
        outcome = self.outcome(which)
        return None if outcome is None or outcome is Outcome.ERROR else outcome.is_pass


def plain_attribution(suspects: Suspects) -> Attribution:
    """Name all that differs, or else the answer, or what a recording holds beside its text."""
    beside = "the text is the same: what differs stands beside it, such as citations or search results"
    is_beside = not suspects.differing and not suspects.is_answer_changed
    return Attribution(causes=_ordered(suspects.differing) or (Cause.ANSWER,), evidence=(beside,) if is_beside else ())


def attribute(a: Row, b: Row, suspects: Suspects, judge: Judge) -> Attribution:
    """Find out why a verdict changed.

    Args:
        a: The row whose verdict is the reference.
        b: The row whose verdict differs.
        suspects: What may have changed it.
        judge: Judges what was recorded anew.
    """
    if suspects.count < 2 and not suspects.is_scorer_suspect:
        return plain_attribution(suspects)
    court = _Court(a=a, b=b, judge=judge)
    if _is_scorer_newer(court):
        return _under_one_scorer(court, suspects) if suspects.is_scorer_suspect else plain_attribution(suspects)
    decisive, evidence = set(), []
    for cause, why in _decisive(court, suspects):
        decisive |= cause
        evidence.append(why)
    if not decisive:
        return plain_attribution(suspects)
    also = suspects.differing - decisive
    return Attribution(causes=_ordered(decisive), also=_ordered(also), evidence=tuple(dict.fromkeys(evidence)))


def _is_scorer_newer(court: _Court) -> bool:
    """Tell whether today's scorer is not the one that judged B: then it proves nothing about B's."""
    again = court.is_pass("bbb")
    return again is not None and again != court.b.outcome.is_pass


def _under_one_scorer(court: _Court, suspects: Suspects) -> Attribution:
    if court.is_pass("aaa") == court.is_pass("bbb"):
        why = f"by today's scorer both are alike: {court.outcome('aaa')} and {court.outcome('bbb')}"
        also = suspects.differing - {Cause.SCORER}
        return Attribution(causes=(Cause.SCORER,), also=_ordered(also), evidence=(why,))
    named = suspects.differing | {Cause.SCORER}
    return Attribution(causes=_ordered(named), evidence=("today's scorer judges otherwise than both did",))


def _decisive(court: _Court, suspects: Suspects) -> Iterator[tuple[set[Cause], str]]:
    """Return what turns the verdict, each with the words for it."""
    was, now = court.a.outcome.is_pass, court.b.outcome.is_pass
    again = court.is_pass("aaa")
    is_moved = again is not None and again != was
    if is_moved and suspects.is_scorer_suspect:
        yield {Cause.SCORER}, f"the reference's answer, scored anew: {court.outcome('aaa')}, was {court.a.outcome}"
    upstream = _upstream(court, suspects)
    for letter, place, cause in (
        (0, "answer", upstream),
        (1, "case", {Cause.CASE}),
        (2, "documents", {Cause.DOCUMENTS}),
    ):
        if place == "answer" and not suspects.is_answer_changed and Cause.CONFIGURATION not in suspects.differing:
            continue
        if place != "answer" and not cause <= suspects.differing:
            continue
        back = "".join("a" if at == letter else "b" for at in range(3))
        forth = "".join("b" if at == letter else "a" for at in range(3))
        if court.is_pass(back) == was:
            yield cause, f"with the reference's {place} it would be {court.outcome(back)}"
        elif court.is_pass(forth) == now and not (is_moved and court.outcome(forth) == court.outcome("aaa")):
            # Where the scorer turns the verdict too, what fails in another way than by the scorer has its own cause.
            yield cause | _untold(court, suspects, forth), f"the new {place} alone makes it {court.outcome(forth)}"


def _untold(court: _Court, suspects: Suspects, forth: str) -> set[Cause]:
    """Return the scorer where it differs and the reference's documents are gone: nobody can tell it from the rest."""
    is_gone = court.is_pass("aaa") is None and forth == "aab"
    return {Cause.SCORER} & suspects.differing if is_gone else set()


def _upstream(court: _Court, suspects: Suspects) -> set[Cause]:
    """Return what the answer changed by; the answer alone where nothing that it comes of differs."""
    found = suspects.differing & {Cause.CONFIGURATION, Cause.MODEL, Cause.DOCUMENTS}
    if court.a.planned.asked != court.b.planned.asked:
        found |= {Cause.CASE} & suspects.differing
    return set(found) or {Cause.ANSWER}


def _ordered(causes: "frozenset[Cause] | set[Cause]") -> tuple[Cause, ...]:
    return tuple(cause for cause in Cause if cause in causes)
