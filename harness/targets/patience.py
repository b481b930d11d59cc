"""How often something is tried again, and after what pause."""

import asyncio
import random
from dataclasses import dataclass

RETRIES = 5
"""How often a request, or a run, is tried again where nothing else is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """A budget of retries. What a case may take in all is limited by its deadline."""

    retries: int = RETRIES
    """How often at most; 0 tries everything once."""
    first_s: float = 0.5
    """The longest pause before the first retry, in seconds; it doubles with each."""
    longest_s: float = 20.0
    """The longest pause of all, unless the server itself asks for more."""

    def is_over(self, tried: int) -> bool:
        """Tell whether something that was tried so often is not tried again."""
        return tried > self.retries

    def pause_s(self, tried: int, wanted_s: float | None = None) -> float:
        """Return how long to wait before the next try, at random: what failed together must not come back together.

        Args:
            tried: How often it was tried, from 1.
            wanted_s: What the server asks for: never less than that is waited. None: nothing.
        """
        longest_s = min(self.longest_s, self.first_s * 2.0 ** min(tried - 1, 30))
        drawn_s = random.uniform(0, longest_s)  # noqa: S311 - it spreads load, nothing is to be kept secret
        return drawn_s if wanted_s is None else wanted_s + min(drawn_s, wanted_s / 4)

    async def pause(self, tried: int, wanted_s: float | None = None) -> None:
        """Wait before the next try; see `pause_s`."""
        await asyncio.sleep(self.pause_s(tried, wanted_s))


PATIENT = Patience()
"""The patience of those who are told of none."""
