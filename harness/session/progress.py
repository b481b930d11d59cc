"""How far a session is: counted as runs end, told in a line."""

import time
from collections import Counter
from dataclasses import dataclass, field

from harness.config import Prices
from harness.model.row import Row
from harness.model.score import Outcome


@dataclass(kw_only=True, slots=True)
class Progress:
    """A session's counts so far."""

    total: int
    """Runs that were chosen."""
    live: int
    """Those of them that need an endpoint."""
    concurrency: int
    """Runs at once."""
    prices: Prices
    began_s: float = field(default_factory=time.monotonic)
    """On a clock that only goes forward."""
    done: int = 0
    live_done: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    not_begun: int = 0
    tokens: int = 0
    """Of runs; replays use none."""
    cost: float | None = None
    """None: no price is known of what was used so far."""

    def saw(self, row: Row | None, *, is_live: bool) -> None:
        """Count a run's end.

        Args:
            row: Its row; None: it was not begun.
            is_live: Whether it counts among those that need an endpoint.
        """
        self.done += 1
        self.live_done += is_live
        if row is None:
            self.not_begun += 1
            return
        self.outcomes[row.outcome] += 1
        usage, provenance = row.usage, row.transcript.provenance
        if usage is not None and provenance is not None and provenance.origin in {"live", "recorded"}:
            self.tokens += usage.total_tokens
            model = row.planned.model or row.transcript.reported_model
            cost = self.prices.cost(model, usage.prompt_tokens, usage.completion_tokens)
            if cost is not None:
                self.cost = (self.cost or 0.0) + cost

    @property
    def running(self) -> int:
        """How many runs are under way."""
        return min(self.concurrency, self.live - self.live_done)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began_s

    @property
    def left_s(self) -> float | None:
        """Seconds it will take, about: what is left at the pace so far; None where nothing tells."""
        if not self.live_done or self.not_begun:
            return None
        return self.elapsed_s / self.live_done * (self.live - self.live_done)

    @property
    def parts(self) -> list[str]:
        """What there is to say, in short parts."""
        told = [f"{self.done} of {self.total} done"]
        if self.running:
            told.append(f"{self.running} running")
        told += [f"{count} {outcome.value}" for outcome, count in sorted(self.outcomes.items())]
        if self.not_begun:
            told.append(f"{self.not_begun} not begun")
        if self.tokens:
            told.append(f"{self.tokens:,} tokens")
        if self.cost is not None:
            told.append(f"{self.cost:.4f} {self.prices.currency}")
        told.append(duration(self.elapsed_s))
        if self.left_s is not None and self.running:
            told.append(f"about {duration(self.left_s)} left")
        return told

    @property
    def line(self) -> str:
        """All of it."""
        return ", ".join(self.parts)


def duration(seconds: float) -> str:
    """Return a duration as `1:05`, or `1:02:03`."""
    whole = round(seconds)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
