"""Whether the citations of an answer are true."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from harness.documents import Document
from harness.model.score import CitationScore, Claim
from harness.model.transcript import Attempt, Citation, Retrieved, TextPart
from harness.scoring.claims import Answer, Placed, Statement
from harness.scoring.given import Setting
from harness.scoring.grounding import ground
from harness.scoring.held import holds_evidence
from harness.scoring.index import Index, index_text

__all__ = ["Sources", "missing_citations", "score_citations", "with_bare_markers"]

_MARKER = re.compile(r"【\d{1,4}:(?P<index>\d{1,4})[^】\n]{0,80}】")


def with_bare_markers(attempt: Attempt) -> Attempt:
    """Return an attempt in which every marker of its text is a citation: some stand there that the server never noted.

    Such a marker is taken at its word: it cites the search result of its number, where there is one.
    """
    parts = [_noted(part, attempt.retrieved) if isinstance(part, TextPart) else part for part in attempt.parts]
    return replace(attempt, parts=tuple(parts))


def _noted(part: TextPart, retrieved: Sequence[Retrieved]) -> TextPart:
    taken = [(citation.start, citation.end) for citation in part.citations]
    bare = [
        match
        for match in _MARKER.finditer(part.text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
        and match[0] not in {citation.marker for citation in part.citations}
    ]
    return replace(part, citations=(*part.citations, *(_bare(match, retrieved) for match in bare)))


def _bare(match: re.Match[str], retrieved: Sequence[Retrieved]) -> Citation:
    at = int(match["index"])
    return Citation(
        document=retrieved[at].document if at < len(retrieved) else None,
        remote_file_id="",
        file_name=retrieved[at].file_name if at < len(retrieved) else None,
        marker=match[0],
        start=match.start(),
        end=match.end(),
        result_index=at,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What an answer can cite."""

    documents: Mapping[str, Document]
    indexes: Mapping[str, Index]
    """The same, searchable."""
    attempt: Attempt
    """The answer's attempt: its parts as they stand, and its search results."""
    setting: Setting
    """What the user and the instructions brought in."""

    def passage(self, citation: Citation) -> Retrieved | None:
        """Return the search result that a citation points at; None where it points at none of its own document."""
        at = citation.result_index
        results = self.attempt.retrieved
        found = results[at] if at is not None and at < len(results) else None
        return found if found is not None and found.document == citation.document else None

    def is_in_place(self, citation: Citation) -> bool:
        """Tell whether the marker stands in the text where the citation says."""
        if citation.marker is None:
            return True
        texts = (part.text for part in self.attempt.parts if isinstance(part, TextPart) and citation in part.citations)
        return any(text[citation.start : citation.end] == citation.marker for text in texts)

    def is_retrieved(self, citation: Citation) -> bool | None:
        """Tell whether what is cited is among the search results; None where the tape holds none."""
        if not self.attempt.retrieved:
            return None
        if citation.result_index is not None:
            return self.passage(citation) is not None
        return any(found.document == citation.document for found in self.attempt.retrieved)


def score_citations(answer: Answer, claims: Sequence[Claim], sources: Sources) -> tuple[CitationScore, ...]:
    """Judge each citation by the claim it stands by.

    Args:
        answer: The answer and its citations.
        claims: Its judged claims.
        sources: What it can cite.
    """
    return tuple(_score(placed, claims, sources) for placed in answer.citations)


def _score(placed: Placed, claims: Sequence[Claim], sources: Sources) -> CitationScore:
    citation = placed.citation
    index = sources.indexes.get(citation.document) if citation.document is not None else None
    at = _claim_at(placed.position, claims)
    is_supported = None if at is None else index is not None and _supports(citation, index, claims[at], sources)
    return CitationScore(
        document=citation.document,
        marker=citation.marker,
        is_known=index is not None,
        is_supported=is_supported,
        claim=at,
        is_in_place=sources.is_in_place(citation),
        is_retrieved=sources.is_retrieved(citation),
    )


def _claim_at(position: int, claims: Sequence[Claim]) -> int | None:
    """Find the claim that a marker stands in or behind."""
    before = [at for at, claim in enumerate(claims) if claim.start < position]
    return max(before, key=lambda at: claims[at].start, default=None)


def _supports(citation: Citation, index: Index, claim: Claim, sources: Sources) -> bool:
    if claim.confirmed_by is not None:
        return bool(index.document.tables)
    passage = sources.passage(citation)
    is_own = claim.evidence is not None and claim.evidence.document == index.document.path
    if passage is None or not passage.text:
        return claim.support == "supported" if is_own else _grounds(index, claim, sources.setting)
    if is_own and holds_evidence(passage.text, claim, sources.documents):
        return claim.support == "supported"
    # The answer may rest on another place that says the same.
    return _grounds(index_text(passage.text, "retrieved"), claim, sources.setting)


def _grounds(index: Index, claim: Claim, setting: Setting) -> bool:
    statement = Statement(text=claim.text, start=claim.start, end=claim.end, kind="claim")
    judged = ground(statement, [index], setting, ())
    return judged is not None and judged.support == "supported"


def missing_citations(demanded: Sequence[str], scores: Sequence[CitationScore]) -> tuple[str, ...]:
    """Return the demanded documents that no citation names."""
    cited = {score.document for score in scores if score.document is not None}
    names = {PurePosixPath(path).name for path in cited}
    return tuple(path for path in demanded if path not in cited and ("/" in path or path not in names))
