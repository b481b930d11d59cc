"""What a session's runs used, held against its budget, in words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.config import Budget, Prices
from harness.model.row import Brief
from harness.report.plain import plain

MOST_LISTED = 20
"""Runs that were not begun are listed up to this many; the rest is counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotBegun:
    """A run that the budget left over."""

    node: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What runs used; replays are free."""

    tokens: int = 0
    cost: float = 0.0
    """Of those whose price is known."""
    unknown: tuple[str, ...] = ()
    """Models whose price is not known, sorted."""
    uncounted: int = 0
    """Runs whose tokens the server did not count."""


def spent_by(rows: Sequence[Brief], prices: Prices) -> Spent:
    """Return what the runs behind these rows used."""
    made = [row for row in rows if row.origin in {"live", "recorded"}]
    tokens, cost, unknown = 0, 0.0, set[str]()
    for row in made:
        if row.usage is None:
            continue
        tokens += row.usage.total_tokens
        model = row.configured[1] or row.model
        price = prices.cost(model, row.usage.prompt_tokens, row.usage.completion_tokens)
        if price is None:
            unknown.add(str(model))
        cost += price or 0.0
    uncounted = sum(row.usage is None for row in made)
    return Spent(tokens=tokens, cost=cost, unknown=tuple(sorted(unknown)), uncounted=uncounted)


def budget_lines(rows: Sequence[Brief], not_begun: Sequence[NotBegun], budget: Budget, prices: Prices) -> Iterator[str]:
    """Return what was spent, where that matters, and what was not begun."""
    spent = spent_by(rows, prices)
    is_priced = bool(prices.models) or budget.cost is not None
    if is_priced and (spent.tokens or spent.uncounted):
        yield f"cost: {cost_text(spent.cost, spent.unknown, prices.currency)}"
    if budget.is_set and spent.uncounted:
        yield f"budget: {spent.uncounted} runs count nothing: the server told no tokens of them"
    if not_begun:
        reasons = Counter(one.reason for one in not_begun)
        yield f"budget reached: {len(not_begun)} not begun; {reasons.most_common(1)[0][0]}"
        yield from (f"  not begun {plain(one.node)}" for one in not_begun[:MOST_LISTED])
        if len(not_begun) > MOST_LISTED:
            yield f"  and {len(not_begun) - MOST_LISTED} more"


def cost_text(cost: float, unknown: Sequence[str], currency: str) -> str:
    """Say what something costs, and of which models no price is known."""
    told = f"{cost:.4f} {plain(currency)}"
    if not unknown:
        return told
    names = ", ".join(map(plain, unknown))
    return f"{told}, and what no price is known of: {names} (`prices` in [tool.harness])"
