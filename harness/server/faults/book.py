"""Counts how often each rule was asked and struck, and draws who is next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from harness.server.faults.rules import FaultPlan, Rule


@dataclass(kw_only=True, slots=True)
class Entry:
    """A rule and what became of it."""

    rule: Rule
    random: Random
    """The rule's own: what other rules draw does not change which requests this one strikes."""
    seen: int = 0
    """Requests of its route."""
    struck: int = field(default=0)
    """How many of them it did something to."""

    def is_drawn(self) -> bool:
        """Count a request of the rule's route, and tell whether it is one to strike."""
        self.seen += 1
        rule = self.rule
        if rule.rate is not None:
            return self.random.random() < rule.rate
        if rule.nth is not None:
            return self.seen in rule.nth
        if rule.every is not None:
            return self.seen % rule.every == 0
        return rule.first is None or self.seen <= rule.first


class FaultBook:
    """What happens to each request, and how often it did.

    Args:
        plan: The rules.
    """

    def __init__(self, plan: FaultPlan) -> None:
        self._seed = plan.seed
        self._entries = [
            Entry(rule=rule, random=Random(f"{plan.seed} {number}"))  # noqa: S311  # reproducible, not secret
            for number, rule in enumerate(plan.rules)
        ]

    def draw(self, method: str, path: str) -> Entry | None:
        """Return what strikes a request, or None. Every rule of its route draws, so that rates stay what they are."""
        drawn = [entry for entry in self._entries if entry.rule.concerns(method, path) and entry.is_drawn()]
        return drawn[0] if drawn else None

    def report(self) -> Iterator[str]:
        """Tell, a line a rule, how often each struck."""
        yield f"faults (seed {self._seed}):"
        for number, entry in enumerate(self._entries, start=1):
            yield f"  {number}. {entry.rule.route}: {entry.rule.summary}: struck {entry.struck} of {entry.seen}"
