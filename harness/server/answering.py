"""Any model's answer as one stream of events: what runs and responses are written from."""

from collections.abc import AsyncIterator

from harness.server.models.interface import (
    BuiltInModel,
    Conversation,
    ModelEvent,
    Reply,
    Searched,
    Sources,
    StreamingModel,
)
from harness.server.workers import Workers


async def answer(
    model: BuiltInModel | StreamingModel, conversation: Conversation, sources: Sources, thinkers: Workers
) -> AsyncIterator[ModelEvent]:
    """Tell a model's answer as it comes.

    Args:
        model: A built-in one is computed in a thread and told when it is done.
        conversation: What the model is told.
        sources: What it may search.
        thinkers: The threads in which built-in models answer.

    Raises:
        ModelFailed: The model could not answer.
    """
    if isinstance(model, StreamingModel):
        async for event in model.answer(conversation, sources):
            yield event
        return
    reply = await thinkers.run(_reply, model, conversation, sources)
    for event in events_of(reply):
        yield event


def events_of(reply: Reply) -> list[ModelEvent]:
    """Return a whole reply as the events that tell it."""
    searched = [Searched(queries=reply.queries, results=reply.results)] if reply.queries else []
    return [*searched, *reply.segments, *reply.function_calls]


def _reply(model: BuiltInModel, conversation: Conversation, sources: Sources) -> Reply:
    return model.reply(conversation, sources)
