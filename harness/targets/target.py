"""What every protocol must be able to do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from harness.model.plan import Handles, Planned
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.functions import Functions
from harness.targets.maker import Maker


class Target(Protocol):
    """A protocol: how a case is driven through it, and how its tape is read."""

    name: TargetName
    has_assistants: bool
    """Whether the assistant is an object of its own, made before a case is driven."""

    async def drive(self, maker: Maker, planned: Planned, handles: Handles, functions: Functions) -> None:
        """Make one run: control flow only, what is said is read from the tape."""

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape: pure, lenient, without the openai package."""
