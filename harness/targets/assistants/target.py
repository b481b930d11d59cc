"""The Assistants protocol behind the interface that all targets share."""

from collections.abc import Mapping, Sequence

from harness.model.plan import Handles, Planned
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Transcript
from harness.targets.assistants.read import read
from harness.targets.functions import Functions
from harness.targets.maker import Maker


class AssistantsTarget:
    """Assistants, threads, messages and runs."""

    name: TargetName = "assistants"
    has_assistants = True

    async def drive(self, maker: Maker, planned: Planned, handles: Handles, functions: Functions) -> None:
        """Run the case's turns on a thread of its own."""
        from harness.targets.assistants.drive import drive

        await drive(maker, planned, handles, functions)

    def read(self, exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
        """Read what happened from the tape."""
        return read(exchanges, files)
