"""The Assistants protocol behind the interface that all targets share."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.model.plan import Handles, Planned, Source
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.assistants.read import read
from harness.targets.target import Remember

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI


class AssistantsTarget:
    """Assistants, threads, messages and runs."""

    name: TargetName = "assistants"

    async def upload(self, client: "AsyncOpenAI", source: Source, content: bytes, remember: Remember) -> str:
        """Upload a document and return its file id."""
        from harness.targets.assistants.setup import upload

        return await upload(client, source, content, remember)

    async def store(self, client: "AsyncOpenAI", name: str, file_ids: Sequence[str], remember: Remember) -> str:
        """Make a vector store, wait until it is ready, and return its id."""
        from harness.targets.assistants.setup import make_store

        return await make_store(client, name, file_ids, remember)

    async def assistant(
        self, client: "AsyncOpenAI", planned: Planned, vector_store_id: str | None, remember: Remember
    ) -> str:
        """Make the assistant and return its id."""
        from harness.targets.assistants.setup import make_assistant

        return await make_assistant(client, planned, vector_store_id, remember)

    async def drive(self, client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember) -> None:
        """Run the case's turns on a thread of its own."""
        from harness.targets.assistants.drive import drive

        await drive(client, planned, handles, remember)

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape."""
        return read(exchanges, files)

    async def delete(self, client: "AsyncOpenAI", kind: str, remote_id: str) -> None:
        """Delete a remote object; one that is gone already is no error."""
        from harness.targets.calls import delete

        folders = {"file": "files", "vector_store": "vector_stores", "assistant": "assistants", "thread": "threads"}
        await delete(client, f"/{folders[kind]}/{remote_id}")
