"""Runs as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TypeAlias

from starlette.responses import StreamingResponse

from harness.server.rendering import without_result_content
from harness.server.runlog import TERMINAL
from harness.server.wire import Json

_LAST_EVENTS = frozenset(f"thread.run.{status}" for status in (*TERMINAL, "requires_action"))
Events: TypeAlias = asyncio.Queue[tuple[str, Json]]
"""What a run tells, by name."""


def stream_response(events: Events, *, has_content: bool, thread: Json | None = None) -> StreamingResponse:
    """Answer with a run's events until it ends or waits for its functions.

    A client that goes away leaves the run to itself, as with the real API.

    Args:
        events: The run's events.
        has_content: Whether the client asked for the content of search results.
        thread: The thread that was created with the run, told first.
    """
    return StreamingResponse(_told(events, has_content=has_content, thread=thread), media_type="text/event-stream")


async def _told(events: Events, *, has_content: bool, thread: Json | None) -> AsyncIterator[str]:
    if thread is not None:
        yield _event("thread.created", thread)
    event = ""
    while event not in _LAST_EVENTS:
        event, data = await events.get()
        if data["object"] == "thread.run.step" and not has_content:
            data = without_result_content(data)
        yield _event(event, data)
    yield "event: done\ndata: [DONE]\n\n"


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
