"""A model's answer within the limits of a request, for responses and chat completions alike."""

import sys
import traceback
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from harness.documents import Document
from harness.server.answering import answer
from harness.server.models.interface import (
    BuiltInModel,
    Chunk,
    Conversation,
    ModelEvent,
    ModelFailed,
    Searched,
    Segment,
    Sources,
    Stopped,
    StreamingModel,
)
from harness.server.rendering import CHARACTERS_PER_TOKEN
from harness.server.workers import Workers


@dataclass(slots=True)
class _FewSearches:
    """Sources that find nothing once they were searched so often.

    Args:
        sources: Where to search.
        left: How often.
    """

    sources: Sources
    left: int

    def search(self, query: str, limit: int) -> Sequence[Chunk]:
        """Search, while that is allowed."""
        self.left -= 1
        return self.sources.search(query, limit) if self.left >= 0 else ()

    def files(self) -> Sequence[tuple[str, Document]]:
        """Return the files."""
        return self.sources.files()


async def told_within_limits(
    model: BuiltInModel | StreamingModel,
    conversation: Conversation,
    sources: Sources,
    thinkers: Workers,
    most_searches: int | None = None,
) -> AsyncGenerator[ModelEvent, None]:
    """Tell a model's answer, cut where the request's limits are reached.

    Args:
        model: Who answers. Models behind an endpoint keep the limit of tokens themselves.
        conversation: What it is told.
        sources: What it may search.
        thinkers: The threads in which built-in models answer.
        most_searches: How often it may search; None for any number. What it searches beyond that is passed over.

    Raises:
        ModelFailed: The model could not answer, for whatever reason.
    """
    is_streaming = isinstance(model, StreamingModel)
    if is_streaming and most_searches is not None:
        sources = _FewSearches(sources, most_searches)
    limit = None if is_streaming else conversation.sampling.max_tokens
    room = None if limit is None else limit * CHARACTERS_PER_TOKEN
    searches = 0
    try:
        async with aclosing(answer(model, conversation, sources, thinkers)) as events:
            async for event in events:
                searches += isinstance(event, Searched)
                if isinstance(event, Searched) and most_searches is not None and searches > most_searches:
                    continue
                if room is not None and isinstance(event, Segment):
                    if len(event.text) > room:
                        yield replace(event, text=event.text[:room], cites=())
                        yield Stopped(reason="max_completion_tokens")
                        return
                    room -= len(event.text)
                yield event
    except ModelFailed:
        raise
    except Exception as error:
        # Models are foreign code, and whoever waits must hear of it.
        traceback.print_exc(file=sys.stderr)
        raise ModelFailed("server_error", f"{type(error).__name__}: {error}") from error
