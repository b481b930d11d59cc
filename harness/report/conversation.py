"""A conversation as a person reads it: prompts, answers, citations with the passages they point at."""

from collections.abc import Iterator

from harness.model.row import Row
from harness.model.score import Claim, TurnScore
from harness.model.transcript import Attempt, Citation, CodeStep, FileSearchStep, FunctionStep, Part, TextPart, Turn
from harness.report.failure import place
from harness.report.plain import indented, plain, shortened

MOST_RESULTS = 5
"""Search results that are listed; the rest is counted."""


def conversation_lines(row: Row) -> Iterator[str]:
    """Return a row as text, line by line."""
    planned = row.planned
    model = row.transcript.reported_model or planned.model
    yield f"{planned.node}  ({planned.target}, {planned.variant}, model {model})"
    yield f"outcome: {row.outcome}" + (f"  (scored by {row.score.scorer})" if row.score.scorer else "")
    provenance = row.transcript.provenance
    if provenance is not None:
        cassette = f", {provenance.cassette}" if provenance.cassette else ""
        yield f"{provenance.origin}{cassette}, made {provenance.recorded_at} against {provenance.endpoint}"
    if row.transcript.error is not None:
        yield f"error: {plain(row.transcript.error.message)}"
        if row.transcript.error.hint:
            yield f"  hint: {plain(row.transcript.error.hint)}"
    for index, turn in enumerate(row.transcript.turns):
        score = row.score.turns[index] if index < len(row.score.turns) else None
        yield ""
        yield from _turn(turn, score)


def _turn(turn: Turn, score: TurnScore | None) -> Iterator[str]:
    yield "user:"
    yield from indented(turn.prompt, "  ")
    for attempt in turn.attempts:
        yield from _steps(attempt)
        yield "assistant:" if attempt.status == "completed" else f"assistant ({attempt.raw_status or attempt.status}):"
        for part in attempt.parts:
            yield from indented(part.text, "  ")
            yield from _citations(part, attempt)
        if attempt.error is not None:
            yield f"  error: {plain(attempt.error.message)}"
    if score is not None:
        yield from _score(score)


def _steps(attempt: Attempt) -> Iterator[str]:
    for step in attempt.steps:
        if isinstance(step, FileSearchStep):
            yield f"file search: {len(step.results)} results"
            for found in step.results[:MOST_RESULTS]:
                score = "" if found.score is None else f" ({found.score:.2f})"
                yield f"  [{found.rank}] {plain(found.file_name)}{score}: {shortened(found.text or '', 160)}"
            if len(step.results) > MOST_RESULTS:
                yield f"  and {len(step.results) - MOST_RESULTS} more"
        elif isinstance(step, FunctionStep):
            yield f"function: {plain(step.name)}({shortened(step.arguments, 160)})"
        elif isinstance(step, CodeStep):
            yield "code:"
            yield from indented(step.code, "  ")
            yield from indented(step.logs, "  > ")


def _citations(part: Part, attempt: Attempt) -> Iterator[str]:
    citations = part.citations if isinstance(part, TextPart) else ()
    for marker in dict.fromkeys(citation.marker for citation in citations):
        citation = next(one for one in citations if one.marker == marker)
        yield f"  {plain(marker or 'cites')} {citation.document or citation.file_name or 'an unknown file'}"
        passage = _passage(citation, attempt)
        if passage:
            yield from indented(shortened(passage, 400), "      ")


def _passage(citation: Citation, attempt: Attempt) -> str | None:
    results, index = attempt.retrieved, citation.result_index
    return results[index].text if index is not None and index < len(results) else None


def _score(score: TurnScore) -> Iterator[str]:
    expected = f"expected: {score.expect}; " if score.expect else ""
    outcome = f"; outcome: {score.outcome}" if score.outcome else ""
    yield f"{expected}observed: {score.behaviour}{outcome}"
    if score.phrase:
        yield f"  decided by: “{shortened(score.phrase, 120)}”"
    if score.groundedness is not None:
        yield f"  groundedness: {score.groundedness:.2f}"
    for claim in score.claims:
        yield from _claim(claim)
    for fact in score.facts:
        computed = f" = {shortened(fact.expected, 80)}" if fact.expected is not None else ""
        yield f"  fact {'met' if fact.is_met else 'missing'}: {shortened(fact.fact, 160)}{computed}"
    for check in score.failed_checks:
        yield f"  failed check: {shortened(check, 200)}"


def _claim(claim: Claim) -> Iterator[str]:
    yield f"  claim {claim.support} ({claim.score:.2f}): {shortened(claim.text, 200)}"
    if claim.confirmed_by:
        yield f"      confirmed by {shortened(claim.confirmed_by, 160)}"
    elif claim.evidence is not None:
        yield f"      {place(claim.evidence)}: {shortened(claim.evidence.text, 200)}"
