"""Score a case: each turn's behaviour, claims, facts, citations and retrieval, and the outcome that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.documents import Cell, Document
from harness.model.facts import AllOf, AnyFact, AnyOf, Sql
from harness.model.plan import Planned
from harness.model.score import Behaviour, Blame, CaseScore, Claim, FactScore, Outcome, OwnScore, TurnScore
from harness.model.suite import CaseTurn
from harness.model.transcript import Attempt, FileSearchStep, Transcript, Turn
from harness.scoring.blame import Trial, blame_for
from harness.scoring.calls import failed_calls
from harness.scoring.citations import Sources, missing_citations, score_citations, with_bare_markers
from harness.scoring.claims import Answer, language_note, read_answer, statements
from harness.scoring.facts import check_fact
from harness.scoring.given import Setting, setting_of
from harness.scoring.grounding import Confirmed, ground, ground_in, is_quoted
from harness.scoring.held import stands_in
from harness.scoring.index import Index, index_of
from harness.scoring.outputs import documents_of
from harness.scoring.own import NamedScorer, ScoringContext, run_scorer
from harness.scoring.refusal import observe
from harness.scoring.retrieval import score_retrieval, texts_of
from harness.scoring.sql import values_of
from harness.scoring.verdict import Finding, deciding_turn, failed_checks, groundedness_of, outcome_of

__all__ = ["SCORER", "Context", "score_case", "score_turn"]

SCORER = "lexical-2"
"""Name and version of this scorer: another version may judge the same transcript otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """All that the scoring of a turn may see besides its answer."""

    documents: Mapping[str, Document]
    indexes: Mapping[str, Index]
    setting: Setting
    refusal: str | None
    """The sentence with which the assistant should refuse."""
    minimum: float
    """Groundedness below this is `ungrounded`."""
    outputs: Mapping[str, Document] = field(default_factory=dict)
    """What functions have returned so far; an answer may rest on it."""

    @property
    def sources(self) -> list[Index]:
        """All that an answer may rest on."""
        return [*self.indexes.values(), *map(index_of, self.outputs.values())]

    def query(self, sql: str) -> tuple[Cell, ...]:
        """Compute the values of an `sql` fact."""
        return values_of(sql, self.documents)


def score_case(
    planned: Planned, transcript: Transcript, documents: Mapping[str, Document], own: Sequence[NamedScorer] = ()
) -> CaseScore:
    """Judge what happened in one run.

    Args:
        planned: What was to be run.
        transcript: What happened.
        documents: The case's documents by path.
        own: The suite's own scorers.

    Returns:
        The verdict on each turn and on the case; an error of the run is an outcome, never an exception.
    """
    if transcript.error is not None:
        return CaseScore(turns=(), deciding_turn=None, outcome=Outcome.ERROR, scorer=SCORER)
    indexes = {path: index_of(document) for path, document in documents.items()}
    expected = planned.conversation
    happened: list[Turn | None] = [*transcript.turns[: len(expected)]]
    happened += [None] * (len(expected) - len(happened))
    instructions = _instructions(planned)
    scores = []
    for at, (turn, wanted) in enumerate(zip(happened, expected, strict=True)):
        context = Context(
            documents=documents,
            indexes=indexes,
            setting=setting_of([one.text for one in expected[: at + 1]], instructions),
            refusal=planned.refusal,
            minimum=_minimum(wanted, planned),
            outputs=documents_of(happened[: at + 1]),
        )
        scores.append(_score_turn(turn, wanted, context, _Own(scorers=own, planned=planned)))
    decided = deciding_turn(scores)
    outcome = Outcome.ERROR if decided is None else scores[decided].outcome or Outcome.ERROR
    return CaseScore(turns=tuple(scores), deciding_turn=decided, outcome=outcome, scorer=SCORER)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Own:
    """The suite's own scorers, and what they are shown of the case."""

    scorers: Sequence[NamedScorer]
    planned: Planned

    def score(self, wanted: CaseTurn, attempt: Attempt, context: Context, turn: TurnScore) -> tuple[OwnScore, ...]:
        shown = ScoringContext(
            question=wanted.text,
            answer=read_answer(attempt).text,
            documents=context.documents,
            retrieved=texts_of(attempt.retrieved),
            turn=turn,
            planned=self.planned,
        )
        return tuple(run_scorer(named, shown) for named in self.scorers)


def _instructions(planned: Planned) -> list[str]:
    """Return what the assistant was told: a run's own instructions replace those of its creation."""
    assistant = planned.assistant
    functions = (tool.description or "" for tool in assistant.functions)
    return [assistant.run_instructions or assistant.instructions, assistant.additional_run_instructions, *functions]


def _minimum(wanted: CaseTurn, planned: Planned) -> float:
    for minimum in (wanted.min_groundedness, planned.case.min_groundedness):
        if minimum is not None:
            return minimum
    return planned.min_groundedness


def _score_turn(turn: Turn | None, wanted: CaseTurn, context: Context, own: _Own) -> TurnScore:
    final = turn.final if turn is not None else None
    if final is None:
        return _errored(wanted, "the transcript holds no answer for this turn")
    if final.error is not None:
        return _errored(wanted, f"{final.error.kind}: {final.error.message}")
    answer = read_answer(final)
    if not answer.text.strip() and not answer.refusal:
        return _errored(wanted, "the answer is empty")
    final = with_bare_markers(final)
    score = score_turn(final, wanted, context)
    if own.scorers:
        said = own.score(wanted, final, context, score)
        failed = (*score.failed_checks, *(_failed(one) for one in said if one.is_pass is False))
        score = replace(score, own=said, failed_checks=failed, outcome=_lowered(score.outcome, said))
    return replace(score, blame=_blame(score, final, wanted, context))


def _failed(said: OwnScore) -> str:
    return f"scorer {said.scorer}" + (f": {said.reason}" if said.reason else "")


def _lowered(outcome: Outcome | None, said: Sequence[OwnScore]) -> Outcome | None:
    """A check of one's own that fails makes an answer incomplete, as any demanded check does."""
    has_failed = any(one.is_pass is False for one in said)
    return Outcome.INCOMPLETE if has_failed and outcome is Outcome.GROUNDED else outcome


def _errored(wanted: CaseTurn, reason: str) -> TurnScore:
    return TurnScore(
        expect=wanted.expectation, behaviour=Behaviour.ERRORED, outcome=Outcome.ERROR, failed_checks=(reason,)
    )


def score_turn(attempt: Attempt, wanted: CaseTurn, context: Context) -> TurnScore:
    """Judge one answer.

    Args:
        attempt: What was said, and what was retrieved for it.
        wanted: What was asked, and what is expected.
        context: The documents, and what the answer may take for granted.
    """
    answer = read_answer(attempt)
    indexes = context.sources
    stated = statements(answer.text, context.setting)
    seen = observe(answer, stated, context.refusal, lambda text: is_quoted(text, indexes), wanted.text)
    facts, confirmed = _check_facts(wanted.expected_facts, answer, context)
    judged = (ground(claim, indexes, context.setting, confirmed) for claim in seen.claims)
    claims = tuple(claim for claim in judged if claim is not None)
    sources = Sources(documents=context.documents, indexes=context.indexes, attempt=attempt, setting=context.setting)
    citations = score_citations(answer, claims, sources)
    texts = texts_of(attempt.retrieved)
    # What a function returned was never searched for.
    found = [claim for claim in claims if claim.evidence is None or claim.evidence.document not in context.outputs]
    score = TurnScore(
        expect=wanted.expectation,
        behaviour=seen.behaviour,
        phrase=seen.phrase,
        groundedness=groundedness_of(claims),
        groundedness_retrieved=_in_retrieved(claims, texts, context),
        claims=claims,
        note=language_note(answer.text) if claims else None,
        facts=facts,
        citations=citations,
        failed_checks=(
            *failed_checks(facts, missing_citations(wanted.cites, citations)),
            *failed_calls(wanted, attempt),
        ),
        retrieval=score_retrieval(texts, _to_find(wanted, context), found, context.documents, context.query),
    )
    return replace(score, outcome=_outcome(score, context.minimum))


def _to_find(wanted: CaseTurn, context: Context) -> list[AnyFact]:
    """Return the facts that the search should bring: not those that a function has told."""
    told = context.outputs
    return [fact for fact in wanted.expected_facts if not (told and stands_in(fact, told, context.query))]


def _in_retrieved(claims: Sequence[Claim], texts: Sequence[str], context: Context) -> float | None:
    """Return how grounded the claims are in what was retrieved; what a query confirms needs no passage."""
    if not texts:
        return None
    confirmed = [claim for claim in claims if claim.confirmed_by is not None]
    asked = [claim for claim in claims if claim.confirmed_by is None]
    seen = (*texts, *(output.text for output in context.outputs.values()))
    return groundedness_of((*confirmed, *ground_in(asked, seen, context.setting)))


def _outcome(score: TurnScore, minimum: float) -> Outcome | None:
    if score.expect is None:
        return None
    finding = Finding(
        expect=score.expect,
        behaviour=score.behaviour,
        groundedness=score.groundedness,
        is_contradicted=any(claim.support == "contradicted" for claim in score.claims),
        min_groundedness=minimum,
        failed=score.failed_checks,
        has_broken_fact=any(fact.error for fact in score.facts),
    )
    return outcome_of(finding)


def _blame(score: TurnScore, attempt: Attempt, wanted: CaseTurn, context: Context) -> Blame | None:
    if score.outcome is None:
        return None
    searches = [step for step in attempt.steps if isinstance(step, FileSearchStep)]
    results = attempt.retrieved
    trial = Trial(
        outcome=score.outcome,
        missing=[fact for fact, one in zip(wanted.expected_facts, score.facts, strict=True) if not one.is_met],
        claims=score.claims,
        texts=texts_of(results),
        # A search without a result is told; results without text, or no search at all, tell nothing.
        is_told=bool(searches) and all(found.text for found in results),
        not_cited=missing_citations(wanted.cites, score.citations),
        retrieved_from=frozenset(found.document for found in results if found.document is not None),
        documents={**context.documents, **context.outputs},
        query=context.query,
    )
    return blame_for(trial)


def _check_facts(
    facts: Sequence[AnyFact], answer: Answer, context: Context
) -> tuple[tuple[FactScore, ...], list[Confirmed]]:
    """Check the facts, and note which words of the answer a query confirms."""
    scores, confirmed = [], []
    for fact in facts:
        score, checked = check_fact(fact, answer.text, context.query)
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
