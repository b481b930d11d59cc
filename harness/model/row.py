"""A line of a run's results."""

from dataclasses import dataclass

from harness.model.plan import Planned
from harness.model.score import CaseScore, Outcome, TurnScore
from harness.model.transcript import Attempt, Transcript, Usage


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
        used = [attempt.usage for turn in self.transcript.turns for attempt in turn.attempts if attempt.usage]
        if not used:
            return None
        return Usage(
            prompt_tokens=sum(usage.prompt_tokens for usage in used),
            completion_tokens=sum(usage.completion_tokens for usage in used),
        )

    @property
    def duration_s(self) -> float | None:
        """Seconds of all attempts together, as recorded; None where not measured."""
        timings = [attempt.timing for turn in self.transcript.turns for attempt in turn.attempts if attempt.timing]
        return round(sum(timing.duration_s for timing in timings), 3) if timings else None
