"""Score a case: each turn's behaviour, claims, facts and citations, and the outcome that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.documents import Cell, Document
from harness.model.facts import AllOf, AnyFact, AnyOf, Sql
from harness.model.plan import Planned
from harness.model.score import Behaviour, CaseScore, FactScore, Outcome, TurnScore
from harness.model.suite import CaseTurn
from harness.model.transcript import Transcript, Turn
from harness.scoring.citations import missing_citations, score_citations
from harness.scoring.claims import Answer, read_answer, statements
from harness.scoring.facts import check_fact
from harness.scoring.given import Setting, setting_of
from harness.scoring.grounding import Confirmed, ground, is_quoted
from harness.scoring.index import Index, index_of
from harness.scoring.refusal import observe
from harness.scoring.sql import values_of
from harness.scoring.verdict import Finding, deciding_turn, failed_checks, groundedness_of, outcome_of

__all__ = ["SCORER", "score_case"]

SCORER = "lexical-1"
"""Name and version of this scorer: another version may judge the same transcript otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """All that the scoring of a turn may see besides its answer."""

    planned: Planned
    documents: Mapping[str, Document]
    indexes: Mapping[str, Index]
    setting: Setting

    def query(self, sql: str) -> tuple[Cell, ...]:
        """Compute the values of an `sql` fact."""
        return values_of(sql, self.documents)


def score_case(planned: Planned, transcript: Transcript, documents: Mapping[str, Document]) -> CaseScore:
    """Judge what happened in one run.

    Args:
        planned: What was to be run.
        transcript: What happened.
        documents: The case's documents by path.

    Returns:
        The verdict on each turn and on the case; an error of the run is an outcome, never an exception.
    """
    if transcript.error is not None:
        return CaseScore(turns=(), deciding_turn=None, outcome=Outcome.ERROR, scorer=SCORER)
    indexes = {path: index_of(document) for path, document in documents.items()}
    expected = planned.case.conversation
    happened: list[Turn | None] = [*transcript.turns[: len(expected)]]
    happened += [None] * (len(expected) - len(happened))
    instructions = _instructions(planned)
    scores = []
    for at, (turn, wanted) in enumerate(zip(happened, expected, strict=True)):
        setting = setting_of([one.text for one in expected[: at + 1]], instructions)
        context = Context(planned=planned, documents=documents, indexes=indexes, setting=setting)
        scores.append(_score_turn(turn, wanted, context))
    decided = deciding_turn(scores)
    outcome = Outcome.ERROR if decided is None else scores[decided].outcome or Outcome.ERROR
    return CaseScore(turns=tuple(scores), deciding_turn=decided, outcome=outcome, scorer=SCORER)


def _instructions(planned: Planned) -> list[str]:
    """Return what the assistant was told: a run's own instructions replace those of its creation."""
    assistant = planned.assistant
    return [assistant.run_instructions or assistant.instructions, assistant.additional_run_instructions]


def _score_turn(turn: Turn | None, wanted: CaseTurn, context: Context) -> TurnScore:
    final = turn.final if turn is not None else None
    if final is None:
        return _errored(wanted, "the transcript holds no answer for this turn")
    if final.error is not None:
        return _errored(wanted, f"{final.error.kind}: {final.error.message}")
    answer = read_answer(final)
    if not answer.text.strip() and not answer.refusal:
        return _errored(wanted, "the answer is empty")
    return _score_answer(answer, wanted, context)


def _errored(wanted: CaseTurn, reason: str) -> TurnScore:
    return TurnScore(
        expect=wanted.expectation, behaviour=Behaviour.ERRORED, outcome=Outcome.ERROR, failed_checks=(reason,)
    )


def _score_answer(answer: Answer, wanted: CaseTurn, context: Context) -> TurnScore:
    indexes = list(context.indexes.values())
    stated = statements(answer.text, context.setting)
    seen = observe(answer, stated, context.planned.refusal, lambda text: is_quoted(text, indexes))
    facts, confirmed = _check_facts(wanted.expected_facts, answer.text, context)
    judged = (ground(claim, indexes, context.setting, confirmed) for claim in seen.claims)
    claims = tuple(claim for claim in judged if claim is not None)
    citations = score_citations(answer, claims, context.indexes, context.setting)
    failed = failed_checks(facts, missing_citations(wanted.cites, citations))
    groundedness = groundedness_of(claims)
    outcome = None
    if wanted.expectation is not None:
        finding = Finding(
            expect=wanted.expectation,
            behaviour=seen.behaviour,
            groundedness=groundedness,
            is_contradicted=any(claim.support == "contradicted" for claim in claims),
            min_groundedness=_minimum(wanted, context.planned),
            failed=failed,
            has_broken_fact=any(fact.error for fact in facts),
        )
        outcome = outcome_of(finding)
    return TurnScore(
        expect=wanted.expectation,
        behaviour=seen.behaviour,
        phrase=seen.phrase,
        outcome=outcome,
        groundedness=groundedness,
        claims=claims,
        facts=facts,
        citations=citations,
        failed_checks=failed,
    )


def _minimum(wanted: CaseTurn, planned: Planned) -> float:
    for minimum in (wanted.min_groundedness, planned.case.min_groundedness):
        if minimum is not None:
            return minimum
    return planned.min_groundedness


def _check_facts(
    facts: Sequence[AnyFact], answer: str, context: Context
) -> tuple[tuple[FactScore, ...], list[Confirmed]]:
    """Check the facts, and note which words of the answer a query confirms."""
    scores, confirmed = [], []
    for fact in facts:
        score, checked = check_fact(fact, answer, context.query)
        scores.append(score)
        if checked.is_met and _has_query(fact):
            confirmed += [Confirmed(start=start, end=end, fact=str(fact)) for start, end in checked.spans]
    return tuple(scores), confirmed


def _has_query(fact: AnyFact) -> bool:
    match fact:
        case Sql():
            return True
        case AnyOf(any_of=inner) | AllOf(all_of=inner):
            return any(_has_query(one) for one in inner)
        case _:
            return False
