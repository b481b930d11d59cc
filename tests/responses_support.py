"""Models that tell what a test tells them to, and stores to search."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from openai import OpenAI
from openai.types.responses import (
    FileSearchToolParam,
    FunctionToolParam,
    Response,
    ResponseFileSearchToolCall,
    ResponseFunctionToolCall,
    ResponseIncludable,
    ResponseOutputMessage,
)
from server_support import small_models

from harness.server.models.interface import (
    BuiltInModel,
    Conversation,
    FunctionCall,
    FunctionOutput,
    ModelEvent,
    ModelFailed,
    Refused,
    Reply,
    Searched,
    Segment,
    Sources,
    Stopped,
    StreamingModel,
    Used,
)

RESULTS: ResponseIncludable = "file_search_call.results"
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}


@dataclass
class Telling:
    """Tell these events, and fail at the end where that is wanted."""

    name: str
    events: Sequence[ModelEvent] = ()
    failure: ModelFailed | None = None
    description: str = "for tests"
    told: list[Conversation] = field(default_factory=list)

    async def answer(self, conversation: Conversation, sources: Sources) -> AsyncIterator[ModelEvent]:  # noqa: ARG002  # the protocol's
        self.told.append(conversation)
        for event in self.events:
            yield event
        if self.failure is not None:
            raise self.failure


@dataclass
class Hanging:
    """Say a word, then nothing until whoever listens leaves."""

    name: str = "hanging"
    description: str = "for tests"
    closed: list[str] = field(default_factory=list)

    async def answer(self, conversation: Conversation, sources: Sources) -> AsyncIterator[ModelEvent]:  # noqa: ARG002  # the protocol's
        yield Segment(text="Wait")
        try:
            await asyncio.sleep(30)
        finally:
            self.closed.append("closed")


@dataclass
class Caller:
    """Call the first function, then state what it handed back."""

    name: str = "caller"
    description: str = "for tests"
    told: list[Conversation] = field(default_factory=list)

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        self.told.append(conversation)
        last = conversation.messages[-1]
        if isinstance(last, FunctionOutput):
            return Reply(segments=(Segment(text=f"It is {last.output}."),))
        name = conversation.forced_function or conversation.functions[0].name
        call = FunctionCall(id=f"call_{len(conversation.messages)}", name=name, arguments='{"city":"Bern"}')
        return Reply(segments=(), function_calls=(call,))


@dataclass
class Searcher:
    """Search three times, as models behind an endpoint do."""

    name: str = "searcher"
    description: str = "for tests"

    async def answer(self, conversation: Conversation, sources: Sources) -> AsyncIterator[ModelEvent]:  # noqa: ARG002  # the protocol's
        for query in ("heron", "code", "word"):
            yield Searched(queries=(query,), results=tuple(sources.search(query, 5)))
        yield Segment(text="Found.", cites=(0,))


@dataclass
class Long:
    """Write 400 characters."""

    name: str = "long"
    description: str = "for tests"

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        return Reply(segments=(Segment(text="a" * 200), Segment(text="b" * 200)))


REFUSING = Telling("refusing", (Segment(text="Well. "), Refused(text="I can't "), Refused(text="say that.")))
FILTERED = Telling("filtered", (Segment(text="Half"), Stopped(reason="content_filter")))
COUNTING = Telling("counting", (Segment(text="Hi"), Used(prompt_tokens=7, completion_tokens=3)))
LIMITED = Telling("limited", (Segment(text="So"),), ModelFailed("rate_limit_exceeded", "Slow down.", retry_after_s=1.5))
SILENT = Telling("silent")
CITING = Telling("citing", (Segment(text="As nobody said.", cites=(3,)),))
JSON = Telling("json", (Segment(text='{"word": "heron"}'),))


def models_for_responses() -> dict[str, BuiltInModel | StreamingModel]:
    """Small models by name."""
    more: Sequence[BuiltInModel | StreamingModel] = (
        REFUSING,
        FILTERED,
        COUNTING,
        LIMITED,
        SILENT,
        CITING,
        JSON,
        Hanging(),
        Caller(),
        Searcher(),
        Long(),
    )
    return {**small_models(), **{model.name: model for model in more}}


def search_tool(client: OpenAI, text: bytes = b"The code word is heron.") -> FileSearchToolParam:
    """Return a file search over a new store of one note."""
    file = client.files.create(file=("note.txt", text), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    client.vector_stores.files.poll(file.id, vector_store_id=store.id)
    return {"type": "file_search", "vector_store_ids": [store.id]}


def searched(response: Response) -> ResponseFileSearchToolCall:
    return next(item for item in response.output if item.type == "file_search_call")


def message(response: Response) -> ResponseOutputMessage:
    return next(item for item in response.output if item.type == "message")


def call(response: Response) -> ResponseFunctionToolCall:
    return next(item for item in response.output if item.type == "function_call")
