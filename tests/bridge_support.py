"""Asking the bridge's model directly."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chat_endpoint import ChatEndpointServer

from harness.documents import Document
from harness.server.bridge.endpoint import ChatEndpoint
from harness.server.bridge.model import BridgedModel
from harness.server.bridge.upstream import Upstream
from harness.server.models.interface import (
    Chunk,
    Conversation,
    FunctionTool,
    Message,
    ModelEvent,
    Searched,
    Segment,
)
from harness.server.workers import Workers

KEY = "sk-the-servers-own-key"
WEATHER = FunctionTool(name="weather", description="Tell the weather.", parameters={"type": "object"}, is_strict=True)
TIME = FunctionTool(name="time")


class Shelf:
    """Two passages about whatever is asked."""

    def search(self, query: str, limit: int) -> Sequence[Chunk]:
        texts = [f"{query}: first", f"{query}: second"][:limit]
        return [Chunk(file_id="file-1", file_name="a.md", text=text, score=0.5) for text in texts]

    def files(self) -> Sequence[tuple[str, Document]]:
        return []


def question(text: str = "How long?", **fields: Any) -> Conversation:
    return Conversation(**{"instructions": "Be brief.", "messages": (Message(role="user", text=text),), **fields})


def answer(
    server: ChatEndpointServer, conversation: Conversation | None = None, *, timeout_s: float = 5
) -> list[ModelEvent]:
    """Return the events of an answer."""
    return answers(server, [conversation or question()], timeout_s=timeout_s)[0]


def answers(
    server: ChatEndpointServer, conversations: Sequence[Conversation], *, timeout_s: float = 5
) -> list[list[ModelEvent]]:
    """Return the events of several answers of one bridge."""

    async def ask() -> list[list[ModelEvent]]:
        endpoint = ChatEndpoint(Upstream(url=server.url, api_key=KEY, timeout_s=timeout_s))
        model = BridgedModel("m", endpoint, Workers(2))
        try:
            return [[event async for event in model.answer(one, Shelf())] for one in conversations]
        finally:
            await endpoint.close()

    return asyncio.run(ask())


def text_of(told: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in told if isinstance(event, Segment))


def cites_of(told: Sequence[ModelEvent]) -> list[int]:
    return [cite for event in told if isinstance(event, Segment) for cite in event.cites]


def kinds(told: Sequence[ModelEvent]) -> list[str]:
    return [type(event).__name__ for event in told]


def queries_of(told: Sequence[ModelEvent]) -> list[str]:
    return [query for event in told if isinstance(event, Searched) for query in event.queries]
