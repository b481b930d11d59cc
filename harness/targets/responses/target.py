"""The Responses protocol behind the interface that all targets share."""

from collections.abc import Mapping, Sequence

from harness.model.plan import Handles, Planned
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.functions import Functions
from harness.targets.maker import Maker
from harness.targets.responses.read import read


class ResponsesTarget:
    """Responses, each chained to the one before it."""

    name: TargetName = "responses"
    has_assistants = False

    async def drive(self, maker: Maker, planned: Planned, handles: Handles, functions: Functions) -> None:
        """Run the case's turns as a chain of responses."""
        from harness.targets.responses.drive import drive

        await drive(maker, planned, handles, functions)

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape."""
        return read(exchanges, files)
