"""Results as pandas tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.row import Row
from harness.model.score import TurnScore
from harness.results.folder import ROWS, RunFolder
from harness.results.rows import read_rows

if TYPE_CHECKING:  # annotations only: pandas takes half a second to import
    import pandas as pd


def load_results(path: str | Path) -> "pd.DataFrame":
    """Load a run's results as a table, one line a case, variant and trial.

    Args:
        path: The run's folder, or its `results.jsonl`.

    Returns:
        Columns: suite, case, variant, trial, target, model, reported_model, tags, expect, behaviour, outcome, is_pass,
        is_xfail, blame (None for a pass), failed_checks, groundedness, groundedness_retrieved (in [0, 1], NaN where it
        does not apply, as all shares), claims, supported_claims, facts, facts_met, facts_share (by weight), citations,
        citation_precision, citation_recall, fabricated_citations, context_recall, context_precision,
        first_useful_rank, prompt,
        answer, error, origin, cassette, prompt_tokens, completion_tokens, duration_s (seconds), scorer.

    Raises:
        ResultsError: There is no run, or a line of it is no row.
    """
    import pandas as pd

    folder = Path(path)
    rows = read_rows(RunFolder(path=folder.parent if folder.name == ROWS else folder))
    return pd.DataFrame([record_line(row) for row in rows])


def record_line(row: Row) -> dict[str, Any]:
    """Return a row as a line of `load_results`."""
    planned, transcript, turn, attempt = row.planned, row.transcript, row.deciding, row.attempt
    usage, provenance, failure = row.usage, transcript.provenance, transcript.failure
    return {
        "suite": planned.suite,
        "case": planned.case.id,
        "variant": planned.variant,
        "trial": planned.trial,
        "target": planned.target,
        "model": planned.model,
        "reported_model": transcript.reported_model,
        "tags": list(planned.tags),
        "expect": turn.expect if turn else None,
        "behaviour": turn.behaviour.value if turn else "errored",
        "outcome": row.outcome.value,
        "is_pass": row.outcome.is_pass,
        "is_xfail": planned.is_expected_failure,
        "blame": turn.blame if turn else None,
        "failed_checks": list(turn.failed_checks) if turn else [],
        "groundedness": turn.groundedness if turn else None,
        "groundedness_retrieved": turn.groundedness_retrieved if turn else None,
        "claims": len(turn.claims) if turn else 0,
        "supported_claims": sum(claim.support == "supported" for claim in turn.claims) if turn else 0,
        "facts": len(turn.facts) if turn else 0,
        "facts_met": sum(fact.is_met for fact in turn.facts) if turn else 0,
        **_shares(turn),
        "prompt": planned.asked[row.score.deciding_turn or 0],
        "answer": attempt.text if attempt else None,
        "error": failure.message if failure else None,
        "origin": provenance.origin if provenance else None,
        "cassette": provenance.cassette if provenance else None,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "duration_s": row.duration_s,
        "scorer": row.score.scorer,
    }


def _shares(turn: TurnScore | None) -> dict[str, Any]:
    retrieval = turn.retrieval if turn else None
    return {
        "facts_share": turn.facts_share if turn else None,
        "citations": len(turn.citations) if turn else 0,
        "citation_precision": turn.citation_precision if turn else None,
        "citation_recall": turn.citation_recall if turn else None,
        "fabricated_citations": len(turn.fabricated_citations) if turn else 0,
        "context_recall": retrieval.context_recall if retrieval else None,
        "context_precision": retrieval.context_precision if retrieval else None,
        "first_useful_rank": retrieval.first_useful_rank if retrieval else None,
    }
