"""All that the page of a case shows."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness.model.row import Row
from harness.model.score import CitationScore, Claim, TurnScore
from harness.model.transcript import Attempt, CodeStep, FileSearchStep, FunctionStep, Step
from harness.report.failure import BLAMES
from harness.report.page.documents import Documents
from harness.report.page.pool import TextPool
from harness.scoring.citations import with_bare_markers
from harness.scoring.claims import Answer, read_answer


class Details:
    """Makes the pages' data, with texts and documents that they share."""

    def __init__(self, pool: TextPool, documents: Documents) -> None:
        self._pool, self._documents = pool, documents

    def row(self, row: Row, *, is_raw: bool) -> dict[str, Any]:
        """Return a row.

        Args:
            row: The row.
            is_raw: Whether what was searched and found is told too.
        """
        planned, transcript = row.planned, row.transcript
        scores = row.score.turns
        turns = [
            {
                "prompt": turn.prompt,
                "attempts": [self._attempt(attempt, row, is_raw=is_raw) for attempt in turn.attempts],
                "score": self._score(scores[at], turn.final, row) if at < len(scores) else None,
            }
            for at, turn in enumerate(transcript.turns)
        ]
        asked = planned.asked[len(turns) :]
        return {
            "turns": turns + [{"prompt": prompt, "attempts": [], "score": None} for prompt in asked],
            "deciding": row.score.deciding_turn,
            "error": asdict(transcript.error) if transcript.error else None,
            "line": planned.line,
            "settings": self._settings(row),
            "raw": is_raw,
        }

    def _settings(self, row: Row) -> dict[str, Any]:
        planned, provenance = row.planned, row.transcript.provenance
        assistant, told = planned.assistant, provenance
        settings = {
            "requested model": planned.model,
            "reported model": row.transcript.reported_model,
            "assistant": assistant.name or assistant.id,
            "instructions": self._pool.add(assistant.instructions),
            "run instructions": self._pool.add(assistant.run_instructions),
            "additional run instructions": self._pool.add(assistant.additional_run_instructions),
            "tools": ", ".join(assistant.tool_names),
            "temperature": assistant.temperature,
            "top_p": assistant.top_p,
            "max_num_results": assistant.max_num_results,
            "documents": ", ".join(source.path for source in planned.sources),
            "refusal": planned.refusal,
            "minimum groundedness": planned.min_groundedness,
            "scorer": row.score.scorer,
            "origin": told.origin if told else None,
            "recording": told.cassette if told else None,
            "endpoint": told.endpoint if told else None,
            "recorded at": told.recorded_at if told else None,
            "expected failure": planned.case.xfail.reason
            if planned.case.xfail and planned.is_expected_failure
            else None,
        }
        return {name: value for name, value in settings.items() if value not in (None, "")}

    def _attempt(self, attempt: Attempt, row: Row, *, is_raw: bool) -> dict[str, Any]:
        return {
            "status": attempt.status,
            "raw_status": attempt.raw_status,
            "text": attempt.text if not _is_final(attempt, row) else None,
            "usage": [attempt.usage.prompt_tokens, attempt.usage.completion_tokens] if attempt.usage else None,
            "seconds": attempt.timing.duration_s if attempt.timing else None,
            "error": asdict(attempt.error) if attempt.error else None,
            "searches": sum(isinstance(step, FileSearchStep) for step in attempt.steps),
            "results": len(attempt.retrieved),
            "steps": [self._step(step, row) for step in attempt.steps] if is_raw else None,
        }

    def _step(self, step: Step, row: Row) -> dict[str, Any]:
        if isinstance(step, FileSearchStep):
            results = [self._documents.retrieved(result, row.planned) for result in step.results]
            return {"type": step.type, "queries": list(step.queries), "results": results}
        if isinstance(step, FunctionStep):
            told = {"name": step.name, "arguments": self._pool.add(step.arguments)}
            return {"type": step.type, **told, "output": self._pool.add(step.output)}
        assert isinstance(step, CodeStep)
        return {"type": step.type, "code": self._pool.add(step.code), "logs": self._pool.add(step.logs)}

    def _score(self, score: TurnScore, attempt: Attempt | None, row: Row) -> dict[str, Any]:
        answer = read_answer(with_bare_markers(attempt)) if attempt is not None else Answer(text="")
        told: dict[str, Any] = {
            "expect": score.expect,
            "behaviour": score.behaviour.value,
            "outcome": score.outcome.value if score.outcome else None,
            "phrase": score.phrase,
            "note": score.note,
            "groundedness": score.groundedness,
            "groundedness_retrieved": score.groundedness_retrieved,
            "answer": _pieces(answer, score.claims),
            "refusal": answer.refusal,
            "claims": [self._claim(claim, row) for claim in score.claims],
            "facts": [asdict(fact) for fact in score.facts],
            "citations": list(self._citations(score.citations, answer, row)),
            "failed": list(score.failed_checks),
            "own": [asdict(own) for own in score.own],
            "judgement": asdict(score.judgement) if score.judgement else None,
            "blame": [score.blame, BLAMES[score.blame]] if score.blame else None,
        }
        if score.retrieval is not None:
            precision = {"context_precision": score.retrieval.context_precision}
            told["retrieval"] = asdict(score.retrieval) | precision
        return {name: value for name, value in told.items() if value not in (None, [])}

    def _claim(self, claim: Claim, row: Row) -> dict[str, Any]:
        told = {
            "text": claim.text,
            "support": claim.support,
            "score": claim.score,
            "evidence": self._documents.evidence(claim.evidence, row.planned) if claim.evidence else None,
            "matched": list(claim.matched),
            "unmatched": list(claim.unmatched),
            "by": claim.confirmed_by,
        }
        return {name: value for name, value in told.items() if value not in (None, [])}

    def _citations(self, scores: Sequence[CitationScore], answer: Answer, row: Row) -> Iterator[dict[str, Any]]:
        results: Sequence[Any] = [placed.citation.result_index for placed in answer.citations]
        if len(results) != len(scores):
            results = [None] * len(scores)
        for score, result in zip(scores, results, strict=True):
            told = {
                "d": self._documents.number(score.document, row.planned),
                "marker": score.marker,
                "result": result,
                "claim": score.claim,
                "wrong": list(_wrong(score)),
                "true": score.is_true,
            }
            yield {name: value for name, value in told.items() if value not in (None, [])}


def _is_final(attempt: Attempt, row: Row) -> bool:
    """Tell whether the scored text is shown: then the plain one is not needed as well."""
    scored = row.transcript.turns[: len(row.score.turns)]
    return any(turn.final is attempt for turn in scored)


def _wrong(citation: CitationScore) -> Iterator[str]:
    if not citation.is_known:
        yield "fabricated: it names no document of the case"
    elif citation.is_retrieved is False:
        yield "fabricated: nothing like it was retrieved"
    if not citation.is_in_place:
        yield "its marker does not stand where it says"
    if citation.is_known and citation.is_supported is False:
        yield "does not support its claim"


def _pieces(answer: Answer, claims: Sequence[Claim]) -> list[list[Any]]:
    """Cut an answer where claims begin and end and citations stand, so that the page has no offsets to translate.

    Returns:
        `[text, claim or -1]`, and `[citation]` at each citation's place.
    """
    places = sorted((placed.position, at) for at, placed in enumerate(answer.citations))
    edges = {0, len(answer.text), *(position for position, _ in places)}
    edges |= {edge for claim in claims for edge in (claim.start, claim.end) if 0 <= edge <= len(answer.text)}
    cuts = sorted(edge for edge in edges if 0 <= edge <= len(answer.text))
    pieces: list[list[Any]] = []
    for start, end in zip(cuts, [*cuts[1:], None], strict=True):
        pieces += [[at] for position, at in places if position == start]
        if end is not None:
            claim = next((at for at, one in enumerate(claims) if one.start <= start < one.end), -1)
            pieces.append([answer.text[start:end], claim])
    return pieces
