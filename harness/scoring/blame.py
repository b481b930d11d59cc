"""Where a failed turn went wrong, in one word: the first link that broke between the documents and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.documents import Document
from harness.model.facts import AnyFact
from harness.model.score import Blame, Claim, Outcome
from harness.scoring.facts import Query
from harness.scoring.held import can_be_held, holds_fact, stands_in

__all__ = ["Trial", "blame_for"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a failed turn is blamed by."""

    outcome: Outcome
    missing: Sequence[AnyFact]
    """The expected facts that the answer does not state."""
    claims: Sequence[Claim]
    texts: Sequence[str]
    """What was retrieved, as far as its text is on the tape."""
    is_told: bool
    """Whether the tape tells what was retrieved; where it does not, nothing is blamed on the search."""
    not_cited: Sequence[str]
    """Demanded documents that the answer does not cite."""
    retrieved_from: frozenset[str]
    """Documents of which something was retrieved."""
    documents: Mapping[str, Document]
    query: Query


def blame_for(trial: Trial) -> Blame | None:
    """Return the word; None for a pass, and for an error, which is nobody's answer."""
    if trial.outcome.is_pass or trial.outcome is Outcome.ERROR:
        return None
    if trial.outcome is Outcome.MISSED_REFUSAL:
        return "answered_without_evidence"
    before = _before_the_answer(trial)
    if before is not None:
        return before
    if trial.outcome is Outcome.OVER_REFUSAL:
        return "refused_despite_evidence"
    if any(claim.support == "contradicted" for claim in trial.claims):
        return "contradicted"
    return "embroidered" if trial.outcome is Outcome.UNGROUNDED else "ignored"


def _before_the_answer(trial: Trial) -> Blame | None:
    """Look for what was missing before anything was said: in the documents, then in what was retrieved."""
    wanted = [fact for fact in trial.missing if can_be_held(fact)]
    together = "\n\n".join(trial.texts)
    absent = [fact for fact in wanted if not holds_fact(fact, together, trial.query)]
    if any(not stands_in(fact, trial.documents, trial.query) for fact in absent):
        return "not_in_documents"
    is_unseen = any(path not in trial.retrieved_from for path in trial.not_cited)
    if trial.is_told and (absent or is_unseen):
        return "not_retrieved"
    return None
