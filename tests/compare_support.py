"""Rows and runs to be compared, with everything a test does not care about filled in."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planned_support import planned

from harness.model.row import Row
from harness.model.score import Behaviour, CaseScore, Claim, FactScore, Outcome, TurnScore
from harness.model.suite import Case
from harness.model.transcript import Attempt, Provenance, TextPart, Timing, Transcript, Turn, Usage
from harness.results import RunFolder, row_data


def row(case: str | Case = "loan", outcome: str = "grounded", answer: str = "28 days.", **changes: Any) -> Row:
    """Return a row; `changes` replace what was planned, `claims` and `facts` are texts by whether they hold."""
    claims: Mapping[str, bool] = changes.pop("claims", {})
    facts: Mapping[str, bool] = changes.pop("facts", {})
    groundedness = changes.pop("groundedness", 1.0)
    whole = case if isinstance(case, Case) else Case(id=case, prompt="How long may I keep a book?")
    one = planned(case=whole, **changes)
    attempt = Attempt(
        status="completed",
        raw_status="completed",
        parts=(TextPart(text=answer),),
        usage=Usage(prompt_tokens=100, completion_tokens=len(answer)),
        timing=Timing(duration_s=0.5),
    )
    turn = TurnScore(
        expect="answer",
        behaviour=Behaviour.ANSWERED,
        outcome=Outcome(outcome),
        groundedness=groundedness,
        claims=tuple(
            Claim(text=text, start=0, end=1, support="supported" if holds else "not_found", score=1.0)
            for text, holds in claims.items()
        ),
        facts=tuple(FactScore(fact=fact, is_met=is_met) for fact, is_met in facts.items()),
        failed_checks=tuple(f"fact not stated: {fact}" for fact, is_met in facts.items() if not is_met),
    )
    return Row(
        planned=one,
        transcript=Transcript(
            target=one.target,
            requested_model=one.model,
            reported_model=one.model,
            turns=(Turn(prompt=one.asked[0], attempts=(attempt,)),),
            provenance=Provenance(origin="replayed", endpoint="embedded"),
        ),
        score=CaseScore(turns=(turn,), deciding_turn=0, outcome=Outcome(outcome), scorer="lexical-2"),
    )


def write_run(results: Path, name: str, rows: Iterable[Row], *, code: str | None = "same") -> RunFolder:
    """Write a run as a session does."""
    folder = RunFolder(path=results / name)
    for one in rows:
        folder.append(row_data(one))
    if code is not None:
        folder.write_manifest({"run": name, "scorer_code": code})
    return folder
