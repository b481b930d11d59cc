"""Delete remote objects, and say of each that stays why."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.cassettes.transport import CassetteTransport
from harness.config import Endpoint
from harness.errors import HarnessError
from harness.run.client import make_client, make_transport
from harness.run.ledger import Remote
from harness.run.limits import Limits
from harness.run.retries import PatientTransport
from harness.targets.patience import Patience
from harness.targets.setup import delete_remote

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    import httpx2
    from openai import AsyncOpenAI

LONGEST_S = 20.0
"""After so many seconds no further object is deleted: a server that hangs must not hold up the end of a session."""

PATIENCE = Patience(retries=3, first_s=0.2)
"""What is not deleted then stays in the ledger, and is tried again later."""


class Noting(Protocol):
    """Where it is noted what is gone: a run's ledger, or the list of what is kept."""

    def deleted(self, remote: Remote) -> None:
        """Note that an object is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Broom:
    """What deletes the objects of one endpoint."""

    endpoint: Endpoint
    url: str
    """The endpoint's base URL; the embedded server's is known only once it runs."""
    ledger: Noting

    async def sweep(
        self, remotes: Sequence[Remote], transport: "httpx2.AsyncBaseTransport", longest_s: float | None = LONGEST_S
    ) -> list[str]:
        """Delete objects and note it in the ledger.

        Args:
            remotes: The objects.
            transport: What reaches the endpoint.
            longest_s: How long it may take; None: as long as it takes.

        Returns:
            For each object that stays, why.
        """
        reasons = []
        end = None if longest_s is None else asyncio.get_running_loop().time() + longest_s
        # A transport of its own, whose tape nobody keeps: what is deleted is no part of any recording.
        tape = CassetteTransport(transport)
        async with make_client(self.endpoint, self.url, tape, is_patient=False) as client:
            for remote in remotes:
                try:
                    async with asyncio.timeout_at(end):
                        reason = await self._delete(remote, client)
                except TimeoutError:
                    reason = "there was no time left"
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
        with suppress(OSError):  # a full disk: it is gone even so, and whoever cleans up later finds that
            self.ledger.deleted(remote)
        return ""


async def clean_endpoint(remotes: Sequence[Remote], ledger: Noting, endpoint: Endpoint) -> list[str]:
    """Delete objects of an endpoint outside any run; return for each that stays why.

    Raises:
        ConfigError: The endpoint's CA file cannot be read.
    """
    assert endpoint.base_url is not None, "an embedded server takes its objects with it"
    broom = Broom(endpoint=endpoint, url=endpoint.base_url, ledger=ledger)
    async with PatientTransport(make_transport(endpoint, endpoint.base_url), PATIENCE, Limits(1)) as transport:
        return await broom.sweep(remotes, transport, longest_s=None)
