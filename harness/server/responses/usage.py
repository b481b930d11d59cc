"""Tokens of a response: as the model counted them, or estimated as for runs."""

from openai.types.responses import ResponseUsage

from harness.server.models.interface import (
    Chunk,
    Conversation,
    FunctionCall,
    ModelEvent,
    Refused,
    Searched,
    Segment,
    Used,
)
from harness.server.rendering import prompt_tokens, tokens_of
from harness.server.wire import Json, shaped


class Meter:
    """Count the tokens of an answer while it is told.

    Where the model does not count, each search, each message and each group of function calls is taken for a call of
    the model of its own, whose prompt holds what the searches before it found.

    Args:
        conversation: What the model was told.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._found: list[Chunk] = []
        self._said: list[str] = [""]
        self._last: type[ModelEvent] | None = None
        self._read = 0
        self._used: list[Used] = []

    def take(self, event: ModelEvent) -> None:
        """Count what the model tells next."""
        if isinstance(event, Used):
            self._used.append(event)
        elif isinstance(event, Searched):
            self._begin(event)
            self._said += event.queries
            self._found += event.results
        elif isinstance(event, Segment | Refused):
            self._begin(event)
            self._said[-1] += event.text
        elif isinstance(event, FunctionCall):
            self._begin(event)
            self._said[-1] += event.name + event.arguments

    def _begin(self, event: ModelEvent) -> None:
        kind = Segment if isinstance(event, Refused) else type(event)
        if kind is Searched or kind is not self._last:
            self._read += prompt_tokens(self._conversation, self._found)
            self._said.append("")
        self._last = kind

    @property
    def tokens(self) -> tuple[int, int]:
        """How many were read and written."""
        if self._used:
            return sum(used.prompt_tokens for used in self._used), sum(used.completion_tokens for used in self._used)
        return self._read, sum(map(tokens_of, self._said))


def shown_usage(read: int, written: int) -> Json:
    """Return tokens as a response shows them."""
    fields = {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
    return shaped(ResponseUsage, fields)
