"""Runs driven as a session does it, against a real server that fails by rules."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx2
from pydantic import TypeAdapter
from server_support import serving, small_models

from harness.cassettes.interaction import Interaction, exchanges
from harness.cassettes.transport import CassetteTransport
from harness.config import Endpoint
from harness.errors import HarnessError
from harness.model.plan import Handles, Planned
from harness.model.transcript import Transcript
from harness.run.client import make_client, make_transport
from harness.run.limits import Limits
from harness.run.retries import PatientTransport
from harness.run.settled import found, settled
from harness.server.faults.book import FaultBook
from harness.server.faults.rules import FaultPlan
from harness.targets.functions import Functions
from harness.targets.known import TARGETS
from harness.targets.maker import Maker
from harness.targets.patience import Patience

HASTY = Patience(retries=4, first_s=0.002)


@dataclass(kw_only=True)
class Drive:
    """What became of a run."""

    transcript: Transcript
    """As all attempts made it."""
    recorded: Transcript
    """As a recording of it would be read."""
    remembered: list[tuple[str, str]]
    """What was made; with an empty id what may have been made."""
    requests: list[str]
    """What reached the server: method and path."""
    sent: Sequence[Interaction] = field(repr=False)
    limits: Limits
    error: HarnessError | None

    @property
    def texts(self) -> list[list[str]]:
        """What each attempt of each turn came to: its text, or its status."""
        turns = self.transcript.turns
        return [[attempt.text or attempt.status for attempt in turn.attempts] for turn in turns]

    def count(self, method: str, end: str) -> int:
        """Return how many requests of a method had a path with this end."""
        return sum(line.startswith(method) and line.endswith(end) for line in self.requests)


Streaming: TypeAlias = Literal["done", "ignored", "refused"]
"""What a server does that is asked for a stream."""


class _Counted(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport, streaming: Streaming) -> None:
        self._inner = inner
        self._streaming = streaming
        self.requests: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        body = json.loads(request.content) if request.content else {}
        if self._streaming == "done" or not body.pop("stream", False):
            return await self._inner.handle_async_request(request)
        if self._streaming == "refused":
            error = {"message": "Unsupported parameter: 'stream'", "type": "invalid_request_error"}
            return httpx2.Response(400, json={"error": error}, request=request)
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        plain = httpx2.Request(request.method, request.url, headers=headers, json=body, extensions=request.extensions)
        return await self._inner.handle_async_request(plain)


@dataclass(kw_only=True)
class Faulty:
    """A server of which each test says how it fails."""

    url: str
    book: FaultBook

    def fail(self, *rules: dict[str, Any]) -> None:
        """Let these rules be in force."""
        self.book.__init__(_plan(*rules))  # type: ignore[misc]  # one server serves all tests

    def drive(
        self, planned: Planned, *rules: dict[str, Any], patience: Patience = HASTY, streaming: Streaming = "done"
    ) -> Drive:
        """Drive a run while these rules are in force."""
        self.fail()
        with httpx2.Client(base_url=self.url) as client:
            made = client.post("/assistants", json={"model": planned.assistant.model}).json()
        self.fail(*rules)
        return asyncio.run(self._drive(planned, str(made["id"]), patience, streaming))

    async def _drive(self, planned: Planned, assistant_id: str, patience: Patience, streaming: Streaming) -> Drive:
        endpoint = Endpoint(name=self.url, base_url=self.url, source="test", timeout_s=5)
        target, limits, error = TARGETS[planned.target], Limits(8), None
        remembered: list[tuple[str, str]] = []
        async with make_transport(endpoint, self.url) as connections:
            counted = _Counted(connections, streaming)
            tape = CassetteTransport(PatientTransport(counted, patience, limits))
            async with make_client(endpoint, self.url, tape) as client:
                maker = Maker(
                    client=client, remember=lambda kind, made: remembered.append((kind, made)), patience=patience
                )
                try:
                    functions = Functions(planned, Path())
                    await target.drive(maker, planned, Handles(assistant_id=assistant_id), functions)
                except HarnessError as raised:
                    error = raised
        happened = found(tape.sent)
        return Drive(
            transcript=target.read(exchanges(happened), {}),
            recorded=target.read(exchanges(settled(happened)), {}),
            remembered=remembered,
            requests=counted.requests,
            sent=tape.sent,
            limits=limits,
            error=error,
        )


def _plan(*rules: dict[str, Any]) -> FaultPlan:
    told = rules or ({"route": "GET /nothing", "status": 500},)
    return TypeAdapter(FaultPlan).validate_python({"seed": 0, "rules": list(told)})


@contextmanager
def faulty_server() -> Iterator[Faulty]:
    """Serve in a thread."""
    book = FaultBook(_plan())
    with serving(models=small_models(), book=book) as url:
        yield Faulty(url=url, book=book)
