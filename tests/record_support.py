"""Records for tests, with everything a test does not care about filled in."""

from dataclasses import replace
from typing import Any

from harness.model.record import MadeOf, Record
from harness.model.score import Behaviour, Outcome

MADE_OF = MadeOf(configuration="c0", documents="d0", case="e0", scorer="lexical-2", server="s0")


def record(outcome: str = "grounded", **changes: Any) -> Record:
    """Return a record; `changes` replace its fields."""
    one = Record(
        suite="cases/library.yaml",
        case="loan",
        variant="default",
        trial=1,
        target="assistants",
        model="extractive",
        outcome=Outcome(outcome),
        behaviour=Behaviour.ANSWERED,
        is_xfail=False,
        answer="a0",
        made_of=MADE_OF,
    )
    return replace(one, **changes)
