"""A turn's score as a person reads it, part by part."""

from collections.abc import Iterator

from harness.model.score import CitationScore, Claim, Judgement, OwnScore, RetrievalScore, TurnScore
from harness.report.failure import BLAMES, place
from harness.report.plain import plain, shortened


def score_lines(score: TurnScore) -> Iterator[str]:
    """Return a turn's score, line by line."""
    expected = f"expected: {score.expect}; " if score.expect else ""
    outcome = f"; outcome: {score.outcome}" if score.outcome else ""
    yield f"{expected}observed: {score.behaviour}{outcome}"
    if score.blame is not None:
        yield f"  blame: {score.blame} ({BLAMES[score.blame]})"
    if score.phrase:
        yield f"  decided by: “{shortened(score.phrase, 120)}”"
    if score.groundedness is not None:
        found = score.groundedness_retrieved
        retrieved = "" if found is None else f" (in what was retrieved: {found:.2f})"
        yield f"  groundedness: {score.groundedness:.2f}{retrieved}"
    if score.note is not None:
        yield f"  note: {score.note}"
    for claim in score.claims:
        yield from _claim(claim)
    yield from _facts(score)
    yield from _citations(score)
    if score.retrieval is not None:
        yield from _retrieval(score.retrieval)
    for own in score.own:
        yield f"  {_own(own)}"
    if score.judgement is not None:
        yield from _judgement(score.judgement, score)
    for check in score.failed_checks:
        yield f"  failed check: {shortened(check, 200)}"


def _claim(claim: Claim) -> Iterator[str]:
    yield f"  claim {claim.support} ({claim.score:.2f}): {shortened(claim.text, 200)}"
    if claim.confirmed_by:
        yield f"      confirmed by {shortened(claim.confirmed_by, 160)}"
    elif claim.evidence is not None:
        yield f"      {place(claim.evidence)}: {shortened(claim.evidence.text, 200)}"


def _facts(score: TurnScore) -> Iterator[str]:
    for fact in score.facts:
        computed = f" = {shortened(fact.expected, 80)}" if fact.expected is not None else ""
        lacks = f" (lacks {shortened(', '.join(fact.missing), 120)})" if fact.missing else ""
        yield f"  fact {'met' if fact.is_met else 'missing'}: {shortened(fact.fact, 160)}{computed}{lacks}"
    if any(fact.weight != 1 for fact in score.facts):
        yield f"  facts met by weight: {score.facts_share:.2f}"


def _citations(score: TurnScore) -> Iterator[str]:
    if not score.citations:
        return
    for citation in dict.fromkeys(score.citations):
        wrong = ", ".join(_wrong(citation))
        if wrong:
            yield f"  citation {plain(citation.marker or citation.document or '')}: {wrong}"
    shares = [("precision", score.citation_precision), ("recall", score.citation_recall)]
    told = ", ".join(f"{name} {share:.2f}" for name, share in shares if share is not None)
    yield f"  citations: {len(score.citations)}" + (f", {told}" if told else "")
    for claim in score.uncited_claims:
        yield f"  uncited claim: {shortened(claim.text, 160)}"


def _wrong(citation: CitationScore) -> Iterator[str]:
    if not citation.is_known:
        yield "fabricated, it names no document of the case"
    elif citation.is_retrieved is False:
        yield "fabricated, nothing like it was retrieved"
    if not citation.is_in_place:
        yield "its marker does not stand where it says"
    if citation.is_known and citation.is_supported is False:
        yield "does not support its claim"


def _retrieval(score: RetrievalScore) -> Iterator[str]:
    recall = "" if score.context_recall is None else f"context recall {score.context_recall:.2f}, "
    first = f"first useful rank {score.first_useful_rank}" if score.useful else "none useful"
    yield f"  retrieval: {recall}precision {score.context_precision:.2f} of {score.passages}, {first}"


def _own(own: OwnScore) -> str:
    if own.error is not None:
        return f"scorer {plain(own.scorer)} raised: {shortened(own.error, 200)}"
    value = "" if own.value is None else f" {own.value:g}"
    verdict = "" if own.is_pass is None else " passed" if own.is_pass else " failed"
    reason = f": {shortened(own.reason, 160)}" if own.reason else ""
    return f"scorer {plain(own.scorer)}{value}{verdict}{reason}"


def _judgement(judgement: Judgement, score: TurnScore) -> Iterator[str]:
    who = f"judge {plain(judgement.model)} ({judgement.prompt})"
    if judgement.error is not None:
        yield f"  {who} did not judge: {shortened(judgement.error, 200)}"
        return
    different = [one for one in judgement.claims if score.claims[one.claim].support != one.support]
    yield f"  {who}: agrees on {len(judgement.claims) - len(different)} of {len(judgement.claims)} claims"
    for one in different:
        claim = score.claims[one.claim]
        yield f"      {one.support}, not {claim.support}: {shortened(claim.text, 120)} ({shortened(one.reason, 160)})"
