"""The Responses protocol behind the interface that all targets share."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.model.plan import Handles, Planned
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.functions import Functions
from harness.targets.responses.read import read
from harness.targets.target import Remember

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI


class ResponsesTarget:
    """Responses, each chained to the one before it."""

    name: TargetName = "responses"
    has_assistants = False

    async def drive(
        self, client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember, functions: Functions
    ) -> None:
        """Run the case's turns as a chain of responses."""
        from harness.targets.responses.drive import drive

        await drive(client, planned, handles, remember, functions)

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape."""
        return read(exchanges, files)
