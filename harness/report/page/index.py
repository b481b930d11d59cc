"""What the overview and the table need of each row, column by column."""

from collections.abc import Mapping
from typing import Any

from harness.model.row import Row
from harness.model.score import Behaviour
from harness.report.page.beside import Beside
from harness.report.page.costs import Costs

SEARCHED = 2_000
"""Characters of a prompt or an answer that the text filter looks through."""

_CODED = ("run", "suite", "case", "variant", "target", "model", "expect", "behaviour", "outcome", "blame", "prompt")
"""Columns in which values repeat: each value is kept once."""
_BESIDE = ("standing", "before")
"""The same, where there is a baseline."""
_PLAIN = (
    "trial",
    "tags",
    "answer",
    "groundedness",
    "facts_met",
    "facts",
    "claims",
    "supported",
    "prompt_tokens",
    "completion_tokens",
    "seconds",
    "xfail",
    "cost",
)


class Index:
    """The columns, filled row by row.

    Args:
        costs: What rows cost.
        beside: The baseline; None without one.
    """

    def __init__(self, costs: Costs, beside: Beside | None) -> None:
        self._costs, self._beside = costs, beside
        coded = (*_CODED, *_BESIDE) if beside else _CODED
        self._values: Mapping[str, dict[Any, int]] = {name: {} for name in coded}
        self._columns: Mapping[str, list[Any]] = {name: [] for name in (*coded, *_PLAIN)}

    def add(self, run: str, row: Row, detail: Mapping[str, Any]) -> None:
        """Add a row, of which the detail is made already."""
        figures = _figures(run, row, _answer(row, detail)) | {"cost": self._costs.add(row)}
        for name, value in (figures | (self._beside.columns(run, row) if self._beside else {})).items():
            if name in self._values:
                value = self._values[name].setdefault(value, len(self._values[name]))  # noqa: PLW2901 - its code
            self._columns[name].append(value)

    def data(self) -> dict[str, Any]:
        """Return `values` (of the coded columns) and `columns`."""
        return {"values": {name: list(codes) for name, codes in self._values.items()}, "columns": self._columns}


def _figures(run: str, row: Row, answer: str) -> dict[str, Any]:
    planned, turn, usage = row.planned, row.deciding, row.usage
    brief = row.brief
    return {
        "run": run,
        "suite": planned.suite,
        "case": planned.case.id,
        "variant": planned.variant,
        "trial": planned.trial,
        "target": planned.target,
        "model": brief.model,
        "tags": list(planned.tags),
        "expect": brief.expect,
        "behaviour": turn.behaviour.value if turn else Behaviour.ERRORED.value,
        "outcome": row.outcome.value,
        "blame": turn.blame if turn else None,
        "prompt": _joined(item.prompt for item in row.transcript.turns) or planned.asked[0][:SEARCHED],
        "answer": answer,
        "groundedness": turn.groundedness if turn else None,
        "facts_met": sum(fact.is_met for fact in turn.facts) if turn else 0,
        "facts": len(turn.facts) if turn else 0,
        "claims": len(turn.claims) if turn else 0,
        "supported": sum(claim.support == "supported" for claim in turn.claims) if turn else 0,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "seconds": row.duration_s,
        "xfail": int(planned.is_expected_failure),
    }


def _answer(row: Row, detail: Mapping[str, Any]) -> str:
    failure = row.transcript.failure
    said = _joined(_said(turn) for turn in detail["turns"])
    return said or (failure.message[:SEARCHED] if failure else "")


def _said(turn: Mapping[str, Any]) -> str:
    """Return a turn's answer as it is read: without the markers of its citations."""
    score = turn["score"] or {}
    pieces = "".join(piece[0] for piece in score.get("answer", ()) if len(piece) == 2)
    return pieces or score.get("refusal") or next((one["text"] or "" for one in turn["attempts"][-1:]), "")


def _joined(texts: Any) -> str:
    return "\n".join(texts)[:SEARCHED]
