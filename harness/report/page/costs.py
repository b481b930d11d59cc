"""What answers cost, by the project's price table; what it does not hold is named, never guessed."""

from typing import Any

from harness.config import Prices
from harness.model.row import Row


class Costs:
    """Prices rows, and keeps what could not be priced."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._unknown: set[str] = set()
        self._uncounted = 0

    def of(self, model: str | None, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """Return what tokens cost; None where they were not counted, or no price is known."""
        if prompt_tokens is None:
            return None
        return self._prices.cost(model, prompt_tokens, completion_tokens or 0)

    def add(self, row: Row) -> float | None:
        """Return what a row cost, and note where that is not known."""
        usage, model = row.usage, row.planned.model or row.transcript.reported_model
        if usage is None:
            self._uncounted += 1
            return None
        cost = self.of(model, usage.prompt_tokens, usage.completion_tokens)
        if cost is None:
            self._unknown.add(model or "unknown")
        return cost

    def data(self) -> dict[str, Any] | None:
        """Return what the overview says beside the figures; None without a price table."""
        if not self._prices.models:
            return None
        unknown = sorted(self._unknown)
        return {"currency": self._prices.currency, "unknown": unknown, "uncounted": self._uncounted}
