"""Whether the search brought what was needed.

Context recall and precision follow the usual names (ragas, TREC); ours need no model: a passage is useful if it states
an expected fact, or holds the passage of the documents that a supported claim of the answer rests on.
"""

from collections.abc import Mapping, Sequence

from harness.documents import Document
from harness.model.facts import AnyFact
from harness.model.score import Claim, RetrievalScore
from harness.model.transcript import Retrieved
from harness.scoring.facts import Query
from harness.scoring.held import can_be_held, holds_evidence, holds_fact

__all__ = ["score_retrieval", "texts_of"]


def texts_of(retrieved: Sequence[Retrieved]) -> tuple[str, ...]:
    """Return the passages whose text is on the tape, best first."""
    return tuple(found.text for found in retrieved if found.text)


def score_retrieval(
    texts: Sequence[str],
    facts: Sequence[AnyFact],
    claims: Sequence[Claim],
    documents: Mapping[str, Document],
    query: Query,
) -> RetrievalScore | None:
    """Judge what was retrieved for a turn.

    Args:
        texts: The passages, best first.
        facts: What the answer is expected to state.
        claims: The answer's judged claims.
        documents: The case's documents by path.
        query: Computes the values of `sql` facts.

    Returns:
        The score; None where no passage with text was retrieved.
    """
    if not texts:
        return None
    wanted = [fact for fact in facts if can_be_held(fact)]
    resting = [claim for claim in claims if claim.support == "supported" and claim.evidence is not None]
    useful = tuple(
        rank
        for rank, text in enumerate(texts, start=1)
        if any(holds_evidence(text, claim, documents) for claim in resting)
        or any(holds_fact(fact, text, query) for fact in wanted)
    )
    return RetrievalScore(
        passages=len(texts),
        useful=useful,
        context_recall=_share([_is_held(fact, texts, query) for fact in wanted]),
        held_claims=_share([any(holds_evidence(text, claim, documents) for text in texts) for claim in resting]),
    )


def _is_held(fact: AnyFact, texts: Sequence[str], query: Query) -> bool:
    """Tell whether a passage states a fact, or all of them together do: the parts of a fact may stand apart."""
    return any(holds_fact(fact, text, query) for text in texts) or holds_fact(fact, "\n\n".join(texts), query)


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 4) if found else None
