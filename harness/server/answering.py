"""Any model's answer as one stream of events: what runs and responses are written from."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext

from harness.server.faults.fate import FATE
from harness.server.models.interface import (
    BuiltInModel,
    Conversation,
    FunctionCall,
    ModelEvent,
    ModelFailed,
    Reply,
    Searched,
    Segment,
    Sources,
    Stopped,
    StreamingModel,
)
from harness.server.workers import Workers


async def answer(
    model: BuiltInModel | StreamingModel, conversation: Conversation, sources: Sources, thinkers: Workers
) -> AsyncGenerator[ModelEvent, None]:
    """Tell a model's answer as it comes, or as the fate of the request has it.

    Closing it ends the work behind it.

    Args:
        model: A built-in one is computed in a thread and told when it is done.
        conversation: What the model is told.
        sources: What it may search.
        thinkers: The threads in which built-in models answer.

    Raises:
        ModelFailed: The model could not answer.
    """
    fate = FATE.get()
    if fate is not None and fate.status == "failed":
        raise ModelFailed(fate.last_error, "The run fails on purpose, by the rules that this server was started with.")
    is_cut = fate is not None and fate.status == "incomplete"
    async with aclosing(_told(model, conversation, sources, thinkers)) as events:
        async for event in events:
            yield event
            if is_cut and isinstance(event, Segment | FunctionCall):
                break
    if is_cut:
        yield Stopped(reason="max_completion_tokens")


async def _told(
    model: BuiltInModel | StreamingModel, conversation: Conversation, sources: Sources, thinkers: Workers
) -> AsyncGenerator[ModelEvent, None]:
    if isinstance(model, StreamingModel):
        async with _closing(model.answer(conversation, sources)) as events:
            async for event in events:
                yield event
        return
    reply = await thinkers.run(_reply, model, conversation, sources)
    for event in events_of(reply):
        yield event


def events_of(reply: Reply) -> list[ModelEvent]:
    """Return a whole reply as the events that tell it."""
    searched = [Searched(queries=reply.queries, results=reply.results)] if reply.queries else []
    return [*searched, *reply.segments, *reply.function_calls]


def _closing(events: AsyncIterator[ModelEvent]) -> AbstractAsyncContextManager[AsyncIterator[ModelEvent]]:
    """Close what can be closed as soon as nobody reads it, instead of whenever it is collected."""
    return aclosing(events) if isinstance(events, AsyncGenerator) else nullcontext(events)


def _reply(model: BuiltInModel, conversation: Conversation, sources: Sources) -> Reply:
    return model.reply(conversation, sources)
