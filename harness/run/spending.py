"""What the runs of a session have come to so far, in all its processes, held against the budget."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import Budget, Prices
from harness.errors import BudgetReached
from harness.model.transcript import Transcript


@dataclass(slots=True)
class _Sum:
    """What has been noted."""

    tokens: int = 0
    cost: float = 0.0
    began_at: float | None = None
    """When the first run began, in seconds since the epoch; None: none has."""


class Spending:
    """Lets runs begin until the budget is reached. Runs that are under way then go on to their end.

    Args:
        budget: The limits.
        prices: What tokens cost.
        file: Where the processes of a session note what they spend, a line a run.
    """

    def __init__(self, budget: Budget, prices: Prices, file: Path) -> None:
        self._budget = budget
        self._prices = prices
        self._file = file
        self._read = 0
        self._sum = _Sum()

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit."""
        return self._budget.is_set

    def admit(self) -> None:
        """Let a run begin.

        Raises:
            BudgetReached: It may not.
        """
        if not self.is_limited:
            return
        self._catch_up()
        if self._sum.began_at is None:
            self._note({"began_at": time.time()})
            self._catch_up()
        reached = self._reached()
        if reached is not None:
            raise BudgetReached(reached)

    def add(self, model: str | None, transcript: Transcript) -> None:
        """Note what a run used, all its attempts together, well ended or not.

        Args:
            model: The model that was asked for; None where an existing assistant names its own.
            transcript: The run.
        """
        usage = transcript.usage
        if not self.is_limited or usage is None:
            return
        cost = self._prices.cost(model or transcript.reported_model, usage.prompt_tokens, usage.completion_tokens)
        self.use(usage.total_tokens, cost or 0.0)

    def use(self, tokens: int, cost: float) -> None:
        """Note what was used."""
        self._note({"tokens": tokens, "cost": cost})

    def _reached(self) -> str | None:
        budget, so_far = self._budget, self._sum
        if budget.tokens is not None and so_far.tokens >= budget.tokens:
            return f"{so_far.tokens:,} tokens are used, allowed are {budget.tokens:,} (--harness-max-tokens)"
        if budget.cost is not None and so_far.cost >= budget.cost:
            spent = f"{so_far.cost:.4g} {self._prices.currency}"
            return f"{spent} are spent, allowed are {budget.cost:g} (--harness-max-cost)"
        past_s = time.time() - (so_far.began_at or time.time())
        if budget.duration_s is not None and past_s >= budget.duration_s:
            return f"{past_s:.0f} s are past, allowed are {budget.duration_s:g} (--harness-max-duration)"
        return None

    def _note(self, what: dict[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # One short write at the end of the file: the system keeps those of several processes apart.
        with self._file.open("ab", buffering=0) as file:
            file.write(json.dumps(what).encode() + b"\n")

    def _catch_up(self) -> None:
        """Count what was noted since the last look, by whatever process."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._read)
                news = file.read()
        except FileNotFoundError:
            return
        whole = news[: news.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            noted = json.loads(line)
            self._sum.tokens += noted.get("tokens", 0)
            self._sum.cost += noted.get("cost", 0.0)
            if self._sum.began_at is None:
                self._sum.began_at = noted.get("began_at")
