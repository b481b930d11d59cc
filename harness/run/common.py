"""What all runs of a session share, in whatever process they go on."""

from dataclasses import dataclass

from harness.run.ledger import Ledger
from harness.run.limits import Limits
from harness.run.resuming import Underway
from harness.run.spending import Spending
from harness.run.won import Won


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """Over the run's folder, or towards a process that has it."""

    ledger: Ledger
    """Where remote objects are noted before they can be lost."""
    limits: Limits
    """How many runs may go on at once."""
    spending: Spending
    """Says whether another run may begin."""
    won: Won
    """Where transcripts are kept before what they were made from is deleted."""
    underway: Underway
    """What others have begun and not ended."""
