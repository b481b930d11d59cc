"""What a transcript is worth."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from harness.model.suite import Expectation

Support: TypeAlias = Literal["supported", "contradicted", "not_found"]
"""What the documents say of a claim."""

DEFAULT_MIN_GROUNDEDNESS = 0.5
"""An answer of which the documents support a smaller share is `ungrounded`, where no file says otherwise."""


class Behaviour(StrEnum):
    """What the assistant did."""

    ANSWERED = "answered"
    REFUSED = "refused"
    PARTIAL = "partial"
    CLARIFYING = "clarifying"
    ERRORED = "errored"


class Outcome(StrEnum):
    """The verdict on a case."""

    GROUNDED = "grounded"
    CORRECT_REFUSAL = "correct_refusal"
    OVER_REFUSAL = "over_refusal"
    MISSED_REFUSAL = "missed_refusal"
    UNGROUNDED = "ungrounded"
    INCOMPLETE = "incomplete"
    ERROR = "error"

    @property
    def is_pass(self) -> bool:
        """Whether the assistant did what was expected."""
        return self in {Outcome.GROUNDED, Outcome.CORRECT_REFUSAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The passage that decided about a claim."""

    document: str
    """Path of the document."""
    start: int
    """Offset in the document's text, in code points."""
    end: int
    """Offset behind it."""
    text: str
    """What it says, cut to a readable length."""
    page: int | None = None
    """Page number from 1, where the format has pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A statement of the answer that can be checked."""

    text: str
    start: int
    """Offset in the answer's text, citation markers taken off, in code points."""
    end: int
    """Offset behind it."""
    support: Support
    score: float
    """How much of it the documents hold, in [0, 1]."""
    evidence: Evidence | None = None
    """The deciding passage, or for `not_found` the nearest; None where nothing is near."""
    matched: tuple[str, ...] = ()
    """Words of the claim that the passage holds."""
    unmatched: tuple[str, ...] = ()
    """Words of the claim that it does not."""
    confirmed_by: str | None = None
    """The `sql` fact that confirms an aggregate; None where the passage decided."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactScore:
    """Whether an expected fact was stated."""

    fact: str
    """The fact in words."""
    is_met: bool
    found: str | None = None
    """The words of the answer that decided; None where nothing did."""
    expected: str | None = None
    """The value that an `sql` fact computed; None for other kinds."""
    error: str | None = None
    """Why it could not be checked, for example a table that does not exist."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CitationScore:
    """Whether a citation is true."""

    document: str | None
    """Path of the cited document; None where it is none of the case's."""
    marker: str | None
    is_known: bool
    """Whether the cited file belongs to the case."""
    is_supported: bool | None
    """Whether the cited document supports the claim it stands by; None where it stands by none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnScore:
    """The verdict on one turn."""

    expect: Expectation | None
    """What was expected; None for a turn that only sets the scene."""
    behaviour: Behaviour
    phrase: str | None = None
    """The words that made it a refusal, partial or clarifying."""
    outcome: Outcome | None = None
    """None for a turn that only sets the scene."""
    groundedness: float | None = None
    """Mean of the claims' support in [0, 1]; None for a refusal or an answer without a checkable claim."""
    claims: tuple[Claim, ...] = ()
    facts: tuple[FactScore, ...] = ()
    citations: tuple[CitationScore, ...] = ()
    failed_checks: tuple[str, ...] = ()
    """Which demanded checks failed, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseScore:
    """The verdict on a case: that of its first failing turn, else of its last expecting one."""

    turns: tuple[TurnScore, ...]
    deciding_turn: int | None
    """Index of the turn that decided; None for an error of the run as a whole."""
    outcome: Outcome
    scorer: str
    """Name and version of what scored."""

    @property
    def deciding(self) -> TurnScore | None:
        """The turn that decided."""
        return None if self.deciding_turn is None else self.turns[self.deciding_turn]
