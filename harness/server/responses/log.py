"""One response's progress: kept, and told to whoever streams it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from openai.types.responses import Response

from harness.server.wire import Json, now, shaped

TERMINAL = frozenset({"completed", "incomplete", "failed", "cancelled"})
"""The states in which a response has ended."""


class ResponseLog:
    """A response while it is being made.

    Args:
        response: As created.
        is_stored: Whether clients may ask for it again.
        is_followed: Whether its events are kept, so that clients may take up the stream again.
    """

    def __init__(self, response: Json, *, is_stored: bool, is_followed: bool) -> None:
        self.response = response
        self.is_stored = is_stored
        self.is_followed = is_followed
        self.stop = asyncio.Event()
        """Set when the work is to end: a client cancels, or went away."""
        self.over = asyncio.Event()
        """Set once the response has ended and is kept."""
        self.events: list[Json] = []
        self._told = asyncio.Event()
        self.tell("response.created", response=response)

    @property
    def conversation_id(self) -> str | None:
        """The conversation that the response belongs to."""
        return (self.response.get("conversation") or {}).get("id")

    def tell(self, event: str, **fields: Any) -> None:
        """Tell whoever streams."""
        self.events.append({"type": event, "sequence_number": len(self.events), **fields})
        told, self._told = self._told, asyncio.Event()
        told.set()

    async def events_from(self, number: int) -> AsyncIterator[Json]:
        """Tell the events from a sequence number on, to the end."""
        while True:
            told = self._told
            for event in self.events[number:]:
                yield event
                number += 1
            if self.over.is_set() and number >= len(self.events):
                return
            if number >= len(self.events):
                await told.wait()

    def move(self, status: str, **fields: Any) -> None:
        """Bring the response into another state, and tell it where the protocol has an event for that."""
        self.response = changed(self.response, status=status, **fields)
        if status != "cancelled":
            self.tell(f"response.{status}", response=self.response)

    def end(self) -> None:
        """Wake whoever waits for the end."""
        self.over.set()
        self._told.set()


def changed(response: Json, **fields: Any) -> Json:
    """Return a response with other fields, held to its type."""
    if fields.get("status") == "completed":
        fields["completed_at"] = now()
    response = shaped(Response, {**response, **fields})
    # The package's type says float; the wire says whole seconds.
    times = {name: int(response[name]) for name in ("created_at", "completed_at") if response.get(name) is not None}
    return {**response, **times}
