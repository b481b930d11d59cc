"""Delete remote objects, and say of each that stays why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.cassettes.transport import CassetteTransport
from harness.config import Endpoint
from harness.errors import HarnessError
from harness.run.client import make_client, make_transport
from harness.run.ledger import Ledger, Remote
from harness.targets.target import Target

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    import httpx2


@dataclass(frozen=True, kw_only=True, slots=True)
class Broom:
    """What deletes the objects of one endpoint."""

    endpoint: Endpoint
    url: str
    """The endpoint's base URL; the embedded server's is known only once it runs."""
    target: Target
    ledger: Ledger

    async def sweep(self, remotes: Sequence[Remote], transport: "httpx2.AsyncBaseTransport") -> list[str]:
        """Delete objects and note it in the ledger.

        Returns:
            For each object that stays, why.
        """
        reasons = []
        # A transport of its own, whose tape nobody keeps: what is deleted is no part of any recording.
        async with make_client(self.endpoint, self.url, CassetteTransport(transport)) as client:
            for remote in remotes:
                if remote.endpoint != self.endpoint.name:
                    reasons.append(f"{remote.kind} {remote.id} lives on {remote.endpoint}")
                    continue
                try:
                    await self.target.delete(client, remote.kind, remote.id)
                except HarnessError as error:
                    reasons.append(f"{remote.kind} {remote.id}: {error.what}")
                else:
                    self.ledger.deleted(remote)
        return reasons


async def clean_endpoint(remotes: Sequence[Remote], ledger: Ledger, endpoint: Endpoint, target: Target) -> list[str]:
    """Delete objects of an endpoint outside any run; return for each that stays why.

    Raises:
        ConfigError: The endpoint's CA file cannot be read.
    """
    assert endpoint.base_url is not None, "an embedded server takes its objects with it"
    async with make_transport(endpoint, endpoint.base_url) as transport:
        broom = Broom(endpoint=endpoint, url=endpoint.base_url, target=target, ledger=ledger)
        return await broom.sweep(remotes, transport)
