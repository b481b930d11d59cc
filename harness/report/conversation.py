"""A conversation as a person reads it: prompts, answers, citations with the passages they point at."""

from collections.abc import Iterator, Sequence

from harness.model.row import Row
from harness.model.score import TurnScore
from harness.model.transcript import (
    Attempt,
    Citation,
    CodeStep,
    FileSearchStep,
    FunctionStep,
    Part,
    TextPart,
    Transcript,
    Turn,
)
from harness.report.plain import indented, plain, shortened
from harness.report.scores import score_lines

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
    yield from transcript_lines(row.transcript, row.score.turns)


def transcript_lines(transcript: Transcript, scores: Sequence[TurnScore] = ()) -> Iterator[str]:
    """Return what was said and what it is worth, line by line.

    Args:
        transcript: What happened.
        scores: Verdicts on its first turns.
    """
    if transcript.error is not None:
        yield f"error: {plain(transcript.error.message)}"
        if transcript.error.hint:
            yield f"  hint: {plain(transcript.error.hint)}"
    for index, turn in enumerate(transcript.turns):
        score = scores[index] if index < len(scores) else None
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
        yield from score_lines(score)


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
            yield f"  > {shortened(step.output, 400)}" if step.output is not None else "  (nothing was handed back)"
        elif isinstance(step, CodeStep):
            yield "code:"
            yield from indented(step.code, "  ")
            yield from indented(step.logs, "  > ") if step.logs else ()


def _citations(part: Part, attempt: Attempt) -> Iterator[str]:
    citations = part.citations if isinstance(part, TextPart) else ()
    firsts: dict[str, Citation] = {}
    for citation in citations:  # a marker may be repeated; where there are none, each file is named once
        firsts.setdefault(citation.marker or citation.remote_file_id, citation)
    for citation in firsts.values():
        yield f"  {plain(citation.marker or 'cites')} {citation.document or citation.file_name or 'an unknown file'}"
        passage = _passage(citation, attempt)
        if passage:
            yield from indented(shortened(passage, 400), "      ")


def _passage(citation: Citation, attempt: Attempt) -> str | None:
    results, index = attempt.retrieved, citation.result_index
    return results[index].text if index is not None and index < len(results) else None
