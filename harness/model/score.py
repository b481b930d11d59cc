"""What a transcript is worth."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from harness.model.suite import Expectation

Support: TypeAlias = Literal["supported", "contradicted", "not_found"]
"""What the documents say of a claim."""

Blame: TypeAlias = Literal[
    "not_in_documents",
    "not_retrieved",
    "ignored",
    "contradicted",
    "embroidered",
    "refused_despite_evidence",
    "answered_without_evidence",
]
"""Where a failed case went wrong: the first link that broke between the documents and the answer."""

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
    weight: float = 1.0
    """How much it counts in the share of facts that are met."""
    missing: tuple[str, ...] = ()
    """Of a list or a query of several values, those that the answer lacks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CitationScore:
    """Whether a citation is true."""

    document: str | None
    """Path of the cited document; None where it is none of the case's."""
    marker: str | None
    is_known: bool
    """Whether the cited file belongs to the case."""
    is_supported: bool | None
    """Whether the cited passage (the document, where the tape does not tell which) supports the claim it stands by;
    None where it stands by none."""
    claim: int | None = None
    """Index of the claim it stands by."""
    is_in_place: bool = True
    """Whether its marker stands in the text where the citation says."""
    is_retrieved: bool | None = None
    """Whether what it cites is among the search results; None where the tape holds none."""

    @property
    def is_fabricated(self) -> bool:
        """Whether it points at nothing that the assistant can have seen."""
        return not self.is_known or self.is_retrieved is False

    @property
    def is_true(self) -> bool:
        """Whether it points at something that was retrieved and supports its claim."""
        return self.is_supported is True and self.is_in_place and not self.is_fabricated


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrievalScore:
    """How good what was retrieved is; made only where search results with text are on the tape."""

    passages: int
    """How many passages were retrieved."""
    useful: tuple[int, ...]
    """Their ranks, from 1: those that hold an expected fact, or the passage that a claim of the answer rests on."""
    context_recall: float | None
    """Share of the expected facts that they hold, in [0, 1]; None where no fact can stand in a passage."""
    held_claims: float | None
    """Share of the supported claims that rest on a passage among them, in [0, 1]; None without such claims."""

    @property
    def context_precision(self) -> float:
        """Share of the passages that were needed, in [0, 1]."""
        return round(len(self.useful) / self.passages, 4)

    @property
    def first_useful_rank(self) -> int | None:
        """Rank of the first useful passage, from 1; None where none is."""
        return self.useful[0] if self.useful else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What a scorer of your own returns."""

    value: float | None = None
    """A figure for reports; None where there is none."""
    is_pass: bool | None = None
    """Whether the answer passes; None where the scorer only measures. False is a failed check of the case."""
    reason: str | None = None
    """Why, in a sentence that the account of a failure shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnScore:
    """What one of a suite's own scorers said."""

    scorer: str
    """Its name, as the suite spells it."""
    value: float | None = None
    is_pass: bool | None = None
    reason: str | None = None
    error: str | None = None
    """Why it said nothing: what it raised; None where it did not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedClaim:
    """What a model says of a claim."""

    claim: int
    """Index of the claim."""
    support: Support
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a model that judges says of an answer. It decides nothing: it is compared with what we say."""

    model: str
    prompt: str
    """Name and version of the prompt."""
    claims: tuple[JudgedClaim, ...] = ()
    error: str | None = None
    """Why it could not be asked or understood; None where it could."""


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
    groundedness_retrieved: float | None = None
    """The same against what was retrieved instead of whole documents; None where nothing was."""
    claims: tuple[Claim, ...] = ()
    note: str | None = None
    """What limits this judgement, for example that the answer is not in English."""
    facts: tuple[FactScore, ...] = ()
    citations: tuple[CitationScore, ...] = ()
    failed_checks: tuple[str, ...] = ()
    """Which demanded checks failed, in words."""
    retrieval: RetrievalScore | None = None
    """How good what was retrieved is; None where nothing was, or the tape does not tell."""
    own: tuple[OwnScore, ...] = ()
    """What the suite's own scorers say."""
    blame: Blame | None = None
    """Where it went wrong; None where it did not, or could not be judged."""
    judgement: Judgement | None = None
    """What the judging model says; None where none was asked."""

    @property
    def facts_share(self) -> float | None:
        """Share of the expected facts that are met, by weight, in [0, 1]; None without facts."""
        whole = sum(fact.weight for fact in self.facts)
        return round(sum(fact.weight for fact in self.facts if fact.is_met) / whole, 4) if whole else None

    @property
    def citation_precision(self) -> float | None:
        """Share of the citations by a claim that are true, in [0, 1]; None where none stands by a claim."""
        standing = [citation for citation in self.citations if citation.is_supported is not None]
        return round(sum(citation.is_true for citation in standing) / len(standing), 4) if standing else None

    @property
    def citation_recall(self) -> float | None:
        """Share of the claims that a true citation stands by, in [0, 1]; None without claims."""
        cited = {citation.claim for citation in self.citations if citation.is_true}
        return round(len(cited) / len(self.claims), 4) if self.claims else None

    @property
    def uncited_claims(self) -> tuple[Claim, ...]:
        """The claims that no citation stands by."""
        cited = {citation.claim for citation in self.citations}
        return tuple(claim for at, claim in enumerate(self.claims) if at not in cited)

    @property
    def fabricated_citations(self) -> tuple[CitationScore, ...]:
        """The citations of what the assistant cannot have seen."""
        return tuple(citation for citation in self.citations if citation.is_fabricated)


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
