"""Responses as server-sent events."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from harness.server.responses.items import shown_item, shown_response
from harness.server.responses.log import ResponseLog
from harness.server.wire import Json


class _Followed(StreamingResponse):
    """A stream that tells when its client has read it to the end, or went away."""

    def __init__(self, content: AsyncIterator[str], at_end: Callable[[], None]) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._at_end = at_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._at_end()


def stream_response(log: ResponseLog, include: Collection[str], *, after: int = -1) -> StreamingResponse:
    """Answer with a response's events as they come.

    Args:
        log: The response.
        include: What the client wants to see besides.
        after: The sequence number that the client has read up to.
    """

    async def lines() -> AsyncIterator[str]:
        async for event in log.events_from(after + 1):
            yield _line(event, include)

    def stop() -> None:
        # Whoever asked for a response in the background comes back for it; nobody else does.
        if not log.response["background"] and not log.over.is_set():
            log.stop.set()

    return _Followed(lines(), stop)


def replay_events(events: Sequence[Json], include: Collection[str], *, after: int = -1) -> StreamingResponse:
    """Answer with the kept events of a response that has ended."""
    lines = (_line(event, include) for event in events[after + 1 :])
    return StreamingResponse(lines, media_type="text/event-stream")


def _line(event: Json, include: Collection[str]) -> str:
    if "response" in event:
        event = {**event, "response": shown_response(event["response"], include)}
    elif "item" in event:
        event = {**event, "item": shown_item(event["item"], include)}
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n"
