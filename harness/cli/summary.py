"""What a run came to, as `harness run --json` prints it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.cli.data import outcomes_of
from harness.model.row import Row
from harness.model.score import Outcome
from harness.report.standings import baseline_data, gate_data
from harness.session.core import CaseSession

ENDS = ("passed", "failed", "errors", "xfailed", "skipped", "not begun")
"""How a case can end, in pytest's words."""


@dataclass(slots=True)
class Summary:
    """Taken down while the run goes on: cases that just pass are only counted."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)
    tokens: Counter[str] = field(default_factory=Counter)
    whole: dict[str, Any] = field(default_factory=dict)
    """What is known only at the end."""

    def add(self, row: Row, word: str | None, why: str | None) -> None:
        """Take down a row.

        Args:
            row: As it ended.
            word: What pytest would call its end; None for one that just passes.
            why: In words.
        """
        self.outcomes[row.outcome] += 1
        usage = row.brief.usage
        if usage is not None:
            self.tokens.update(prompt=usage.prompt_tokens, completion=usage.completion_tokens)
        if word is not None:
            self.cases.append({"case": row.planned.node, "end": word, "outcome": row.outcome.value, "why": why})

    def end(self, session: CaseSession, counts: Mapping[str, int], took_s: float) -> None:
        """Take down the end."""
        folder, verdict = session.part.folder, session.verdict
        self.whole = {
            "run": folder.id if folder.path.exists() else None,
            "results": session.config.project.relative(folder.path) if folder.path.exists() else None,
            "ends": {word.replace(" ", "_"): counts.get(word, 0) for word in ENDS},
            "duration_s": round(took_s, 3),
        }
        if verdict is not None:
            self.whole["gate"] = gate_data(verdict.checks)
            if verdict.baseline is not None:
                self.whole["baseline"] = baseline_data(verdict.baseline, verdict.beside)

    def data(self, exit_code: int) -> dict[str, Any]:
        """Return all of it; its keys are documented in docs/cli.md."""
        nothing = {"run": None, "results": None, "ends": dict.fromkeys((word.replace(" ", "_") for word in ENDS), 0)}
        return {
            "exit_code": exit_code,
            **nothing,
            "duration_s": 0.0,
            "gate": None,
            "baseline": None,
            **self.whole,
            "outcomes": outcomes_of(self.outcomes.elements()),
            "tokens": {"prompt": self.tokens["prompt"], "completion": self.tokens["completion"]},
            "cases": self.cases,
        }
