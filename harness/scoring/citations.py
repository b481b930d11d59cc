"""Whether the citations of an answer are true."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from harness.model.score import CitationScore, Claim
from harness.scoring.claims import Answer, Placed, Statement
from harness.scoring.given import Setting
from harness.scoring.grounding import ground
from harness.scoring.index import Index

__all__ = ["missing_citations", "score_citations"]


def score_citations(
    answer: Answer, claims: Sequence[Claim], indexes: Mapping[str, Index], setting: Setting
) -> tuple[CitationScore, ...]:
    """Judge each citation by the claim it stands by.

    Args:
        answer: The answer and its citations.
        claims: Its judged claims.
        indexes: The case's documents by path.
        setting: What the user and the instructions brought in.
    """
    return tuple(_score(placed, claims, indexes, setting) for placed in answer.citations)


def _score(placed: Placed, claims: Sequence[Claim], indexes: Mapping[str, Index], setting: Setting) -> CitationScore:
    citation = placed.citation
    index = indexes.get(citation.document) if citation.document is not None else None
    claim = _claim_at(placed.position, claims)
    return CitationScore(
        document=citation.document,
        marker=citation.marker,
        is_known=index is not None,
        is_supported=None if claim is None else index is not None and _supports(index, claim, setting),
    )


def _claim_at(position: int, claims: Sequence[Claim]) -> Claim | None:
    """Find the claim that a marker stands in or behind."""
    return next((claim for claim in reversed(claims) if claim.start < position), None)


def _supports(index: Index, claim: Claim, setting: Setting) -> bool:
    path = index.document.path
    if claim.confirmed_by is not None:
        return bool(index.document.tables)
    if claim.evidence is not None and claim.evidence.document == path:
        return claim.support == "supported"
    statement = Statement(text=claim.text, start=claim.start, end=claim.end, kind="claim")
    judged = ground(statement, [index], setting, ())
    return judged is not None and judged.support == "supported"


def missing_citations(demanded: Sequence[str], scores: Sequence[CitationScore]) -> tuple[str, ...]:
    """Return the demanded documents that no citation names."""
    cited = {score.document for score in scores if score.document is not None}
    names = {PurePosixPath(path).name for path in cited}
    return tuple(path for path in demanded if path not in cited and ("/" in path or path not in names))
