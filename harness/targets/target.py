"""What every protocol must be able to do."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.model.plan import Handles, Planned, Source
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

Remember: TypeAlias = Callable[[str, str], None]
"""Called with the kind and id of every remote object as soon as it is known: `("thread", "thread_...")`."""


class Target(Protocol):
    """A protocol: how a case is driven through it, and how its tape is read."""

    name: TargetName

    async def upload(self, client: "AsyncOpenAI", source: Source, content: bytes, remember: Remember) -> str:
        """Upload a document and return its file id."""

    async def store(self, client: "AsyncOpenAI", name: str, file_ids: Sequence[str], remember: Remember) -> str:
        """Make a vector store, wait until it is ready, and return its id."""

    async def assistant(
        self, client: "AsyncOpenAI", planned: Planned, vector_store_id: str | None, remember: Remember
    ) -> str:
        """Make the assistant and return its id."""

    async def drive(self, client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember) -> None:
        """Make one run: control flow only, what is said is read from the tape."""

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape: pure, lenient, without the openai package."""

    def delete(self, client: "AsyncOpenAI", kind: str, remote_id: str) -> Awaitable[None]:
        """Delete a remote object; one that is gone already is no error."""
