"""What a built-in model is given, and what it gives back: nothing of any wire protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from harness.documents import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A stretch of an uploaded file, as retrieval found it or as a table query selected it."""

    file_id: str
    """The server's id of the file."""
    file_name: str
    """The name under which the client uploaded it."""
    text: str
    """What the chunk says."""
    score: float
    """How well it fits the query, in [0, 1]; best first in every list."""
    start: int | None = None
    """Offset in the file's text, in code points; None for text that stands nowhere in the file (a total)."""
    end: int | None = None
    """Offset behind the last character; None as for `start`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Everything that a model is told."""

    instructions: str
    """The instructions in force for this run: the assistant's or the run's, with additional ones appended."""
    messages: tuple[Message, ...]
    """Oldest first; the last is the one to answer."""


class Sources(Protocol):
    """The files that the assistant may search. Empty where file search is off or no store is attached."""

    def search(self, query: str, limit: int) -> Sequence[Chunk]:
        """Return at most `limit` passages for a query, best first."""

    def files(self) -> Sequence[tuple[str, Document]]:
        """Return every searchable file whole: (file id, document)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of the reply and the results it rests on. The reply's text is all segments joined by nothing."""

    text: str
    cites: tuple[int, ...] = ()
    """Indices into `Reply.results`; empty for text that cites nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a model answers."""

    segments: tuple[Segment, ...]
    results: tuple[Chunk, ...] = ()
    """What file search found, best first; shown in the run step."""
    queries: tuple[str, ...] = ()
    """What was searched for; empty when file search was not used."""


class BuiltInModel(Protocol):
    """A stand-in for a language model: deterministic, offline, free."""

    name: str
    description: str

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:
        """Answer the conversation's last message."""
