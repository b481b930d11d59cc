"""A line of a run's results."""

from dataclasses import dataclass

from harness.model.plan import Planned
from harness.model.score import Behaviour, CaseScore, Outcome, Support, TurnScore
from harness.model.suite import Expectation
from harness.model.transcript import Attempt, Origin, Transcript, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """What the summary of a run needs of a row: thousands are kept, and whole transcripts would fill the memory."""

    suite: str
    case: str
    variant: str
    configured: tuple[str, str | None]
    """Target and requested model; with suite, case and variant what trials have in common."""
    expect: Expectation
    """Of the turn that decided; of the first that expects anything where none did."""
    behaviour: Behaviour
    outcome: Outcome
    origin: Origin | None
    """None: it was not run."""
    endpoint: str | None
    """What answered, now or when it was recorded."""
    model: str | None
    """The model that answered, or else the one that was asked for."""
    usage: Usage | None
    judge: str | None = None
    """The model and prompt that judged beside our own scorer; None where none did."""
    judged: tuple[tuple[Support, Support], ...] = ()
    """For each claim that it judged what we say and what it says."""
    judge_errors: int = 0
    """How many answers it could not judge."""
    scorer_errors: tuple[tuple[str, str], ...] = ()
    """The suite's own scorers that said nothing of a turn, each with what it raised."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One case, variant and trial: what was planned, what happened, what it is worth."""

    planned: Planned
    transcript: Transcript
    score: CaseScore

    @property
    def outcome(self) -> Outcome:
        """The verdict."""
        return self.score.outcome

    @property
    def deciding(self) -> TurnScore | None:
        """The turn that decided."""
        return self.score.deciding

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that the deciding turn was judged by."""
        index = self.score.deciding_turn
        turns = self.transcript.turns
        return turns[index].final if index is not None and index < len(turns) else None

    @property
    def usage(self) -> Usage | None:
        """Tokens of all turns together; None where the server counted none."""
        return self.transcript.usage

    @property
    def brief(self) -> Brief:
        """What the summary needs."""
        provenance, turn = self.transcript.provenance, self.deciding
        judgements = [(one, one.judgement) for one in self.score.turns if one.judgement is not None]
        expectations = [turn.expect if turn else None, *(one.expectation for one in self.planned.case.conversation)]
        return Brief(
            suite=self.planned.suite,
            case=self.planned.case.id,
            variant=self.planned.variant,
            configured=(self.planned.target, self.planned.model),
            expect=next(one for one in expectations if one is not None),
            behaviour=turn.behaviour if turn else Behaviour.ERRORED,
            outcome=self.outcome,
            origin=provenance.origin if provenance else None,
            endpoint=provenance.endpoint if provenance else None,
            model=self.transcript.reported_model or self.planned.model,
            usage=self.usage,
            judge=next((f"{said.model} ({said.prompt})" for _, said in judgements), None),
            judged=tuple((one.claims[it.claim].support, it.support) for one, said in judgements for it in said.claims),
            scorer_errors=tuple((it.scorer, it.error) for one in self.score.turns for it in one.own if it.error),
            judge_errors=sum(said.error is not None for _, said in judgements),
        )

    @property
    def duration_s(self) -> float | None:
        """Seconds of all attempts together, as recorded; None where not measured."""
        timings = [attempt.timing for turn in self.transcript.turns for attempt in turn.attempts if attempt.timing]
        return round(sum(timing.duration_s for timing in timings), 3) if timings else None
