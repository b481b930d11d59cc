"""What every protocol must be able to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.model.plan import Handles, Planned
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.functions import Functions

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

Remember: TypeAlias = Callable[[str, str], None]
"""Called with the kind and id of every remote object as soon as it is known: `("thread", "thread_...")`."""


class Target(Protocol):
    """A protocol: how a case is driven through it, and how its tape is read."""

    name: TargetName
    has_assistants: bool
    """Whether the assistant is an object of its own, made before a case is driven."""

    async def drive(
        self, client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember, functions: Functions
    ) -> None:
        """Make one run: control flow only, what is said is read from the tape."""

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape: pure, lenient, without the openai package."""
