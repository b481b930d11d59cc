"""Runs driven against a scripted endpoint, without suites, sessions or recordings."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
from calling_server import CallingServer

from harness.cassettes.interaction import exchanges
from harness.cassettes.transport import CassetteTransport
from harness.config import Endpoint
from harness.model.plan import Handles, Planned
from harness.model.transcript import Transcript
from harness.run.client import make_client
from harness.targets.functions import Functions
from harness.targets.known import TARGETS
from harness.targets.maker import Maker
from harness.targets.patience import Patience

HASTY = Patience(retries=2, first_s=0.01)


def says(answer: str, *rounds: Sequence[tuple[str, str]]) -> Any:
    """Return a script that makes the calls of each round, and then answers."""
    left = list(rounds)
    return lambda _outputs: left.pop(0) if left else answer


def driven(server: CallingServer, one: Planned, root: Path = Path()) -> Transcript:
    """Drive a run, and read its transcript."""
    endpoint = Endpoint(name=server.url, base_url=server.url, source="test")
    target = TARGETS[one.target]

    async def drive() -> CassetteTransport:
        async with httpx2.AsyncHTTPTransport() as inner:
            tape = CassetteTransport(inner)
            async with make_client(endpoint, server.url, tape) as client:
                maker = Maker(client=client, remember=lambda _kind, _id: None, patience=HASTY)
                await target.drive(maker, one, Handles(assistant_id="asst_1"), Functions(one, root))
            return tape

    return target.read(exchanges(asyncio.run(drive()).interactions), {})
