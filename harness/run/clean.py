"""Delete remote objects, and say of each that stays why."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.cassettes.transport import CassetteTransport
from harness.config import Endpoint
from harness.errors import HarnessError
from harness.run.client import make_client, make_transport
from harness.run.ledger import Ledger, Remote
from harness.targets.setup import delete_remote

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    import httpx2
    from openai import AsyncOpenAI

LONGEST_S = 20.0
"""After so many seconds no further object is deleted: a server that hangs must not hold up the end of a session."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Broom:
    """What deletes the objects of one endpoint."""

    endpoint: Endpoint
    url: str
    """The endpoint's base URL; the embedded server's is known only once it runs."""
    ledger: Ledger

    async def sweep(self, remotes: Sequence[Remote], transport: "httpx2.AsyncBaseTransport") -> list[str]:
        """Delete objects and note it in the ledger.

        Returns:
            For each object that stays, why.
        """
        reasons = []
        end = asyncio.get_running_loop().time() + LONGEST_S
        # A transport of its own, whose tape nobody keeps: what is deleted is no part of any recording.
        tape = CassetteTransport(transport)
        async with make_client(self.endpoint, self.url, tape, is_patient=False) as client:
            for remote in remotes:
                reason = "there was no time left"
                if asyncio.get_running_loop().time() < end:
                    reason = await self._delete(remote, client)
                if reason:
                    reasons.append(f"{remote.kind} {remote.id}: {reason}")
        return reasons

    async def _delete(self, remote: Remote, client: "AsyncOpenAI") -> str:
        """Delete an object; return why it stays, or nothing."""
        if remote.endpoint != self.endpoint.name:
            return f"it lives on {remote.endpoint}"
        try:
            await delete_remote(client, remote.kind, remote.id)
        except HarnessError as error:
            return error.what
        self.ledger.deleted(remote)
        return ""


async def clean_endpoint(remotes: Sequence[Remote], ledger: Ledger, endpoint: Endpoint) -> list[str]:
    """Delete objects of an endpoint outside any run; return for each that stays why.

    Raises:
        ConfigError: The endpoint's CA file cannot be read.
    """
    assert endpoint.base_url is not None, "an embedded server takes its objects with it"
    async with make_transport(endpoint, endpoint.base_url) as transport:
        broom = Broom(endpoint=endpoint, url=endpoint.base_url, ledger=ledger)
        return await broom.sweep(remotes, transport)
