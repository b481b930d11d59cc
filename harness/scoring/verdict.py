"""From what was observed to an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.score import Behaviour, Claim, FactScore, Outcome, TurnScore
from harness.model.suite import Expectation

__all__ = ["Finding", "deciding_turn", "failed_checks", "groundedness_of", "outcome_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What an outcome follows from."""

    expect: Expectation
    behaviour: Behaviour
    groundedness: float | None
    """In [0, 1]; None where nothing could be checked."""
    is_contradicted: bool
    """Whether the documents contradict a claim."""
    min_groundedness: float
    failed: Sequence[str] = ()
    """Demanded checks that failed."""
    has_broken_fact: bool = False
    """Whether a fact could not be checked at all, which is the case file's mistake."""


def outcome_of(finding: Finding) -> Outcome:
    """Decide about a turn that expects something."""
    if finding.behaviour == Behaviour.ERRORED or finding.has_broken_fact:
        return Outcome.ERROR
    is_refusal = finding.behaviour in {Behaviour.REFUSED, Behaviour.CLARIFYING}
    if finding.expect == "refuse":
        return Outcome.CORRECT_REFUSAL if is_refusal else Outcome.MISSED_REFUSAL
    if is_refusal:
        return Outcome.OVER_REFUSAL
    is_below = finding.groundedness is not None and finding.groundedness < finding.min_groundedness
    if finding.is_contradicted or is_below:
        return Outcome.UNGROUNDED
    return Outcome.INCOMPLETE if finding.failed else Outcome.GROUNDED


def groundedness_of(claims: Sequence[Claim]) -> float | None:
    """Return the mean of the claims' scores (faithfulness); None without claims."""
    return round(sum(claim.score for claim in claims) / len(claims), 4) if claims else None


def failed_checks(facts: Sequence[FactScore], not_cited: Sequence[str]) -> tuple[str, ...]:
    """Say which demanded checks failed."""
    return (*(_in_words(fact) for fact in facts if not fact.is_met), *(f"cites: {path}" for path in not_cited))


def _in_words(fact: FactScore) -> str:
    if fact.error is not None:
        return f"cannot be checked: {fact.fact} ({fact.error})"
    if fact.fact.startswith("not: "):
        return f"forbidden fact stated: {fact.fact.removeprefix('not: ')}" + (
            f" ({fact.found!r})" if fact.found else ""
        )
    known = [f"expected {fact.expected}"] if fact.expected else []
    if fact.missing and len(fact.missing) < (fact.expected or fact.fact).count(",") + 1:
        known.append(f"lacks {', '.join(fact.missing)}")
    if fact.found and fact.fact.startswith(("at most ", "language: ", "json: ")):
        known.append(f"found {fact.found}")
    return f"fact not stated: {fact.fact}" + (f" ({'; '.join(known)})" if known else "")


def deciding_turn(turns: Sequence[TurnScore]) -> int | None:
    """Return the index of the first failing turn, else of the last that expects something."""
    judged = [(at, turn.outcome) for at, turn in enumerate(turns) if turn.outcome is not None]
    failing = next((at for at, outcome in judged if not outcome.is_pass), None)
    if failing is not None:
        return failing
    return judged[-1][0] if judged else None
