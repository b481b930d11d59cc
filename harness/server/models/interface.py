"""What a model is given, and what it gives back: nothing of any wire protocol."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

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
class FunctionTool:
    """A function of the client's that the model may ask to be called."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of its arguments; empty for none."""
    is_strict: bool = False
    """Whether the arguments must fit the schema."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionCall:
    """The model asks for a function of the client's to be called."""

    id: str
    name: str
    arguments: str
    """As the model wrote them: usually, not always, JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionOutput:
    """What the client handed back for a call."""

    call_id: str
    output: str


ConversationItem: TypeAlias = Message | FunctionCall | FunctionOutput

ToolChoice: TypeAlias = Literal["auto", "none", "required"]
"""Whether tools may, must not or must be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampling:
    """How a model is asked to write; None leaves it to the model. The built-in ones write always the same."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Most tokens of the reply."""
    response_format: Mapping[str, Any] | None = None
    """As in chat completions: `{"type": "json_schema", ...}`; None for plain text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Everything that a model is told."""

    instructions: str
    """The instructions in force for this run: the assistant's or the run's, with additional ones appended."""
    messages: tuple[ConversationItem, ...]
    """Oldest first; the last is the one to answer, or the last output of the functions that were called."""
    functions: tuple[FunctionTool, ...] = ()
    """The client's functions."""
    tool_choice: ToolChoice = "auto"
    forced_function: str | None = None
    """The one function that must be called now; None where none is forced."""
    is_parallel: bool = True
    """Whether several functions may be called at once."""
    has_file_search: bool = True
    """Whether the model may search the files."""
    is_search_forced: bool = False
    """Whether it must."""
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def spoken(self) -> tuple[Message, ...]:
        """What user and assistant said, calls of functions left out."""
        return tuple(item for item in self.messages if isinstance(item, Message))


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
    function_calls: tuple[FunctionCall, ...] = ()
    """Functions that must be called before there is an answer; `segments` are then empty or what was said before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Searched:
    """The model has searched the files. Results of all searches of a reply count on: a later search adds to them."""

    queries: tuple[str, ...]
    results: tuple[Chunk, ...]
    """Best first; `Segment.cites` are indices into the results of all searches so far, in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A refusal that the model itself marks as one, beside or instead of text."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """Tokens as the model counted them; where none of this comes, they are estimated."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """The reply ends before the model was done."""

    reason: Literal["max_completion_tokens", "max_prompt_tokens", "content_filter"]


ModelEvent: TypeAlias = Searched | Segment | Refused | FunctionCall | Used | Stopped
"""What a model tells while it answers, in order."""


class ModelFailed(Exception):
    """A model could not answer; becomes `last_error` of a run, `error` of a response.

    Args:
        code: What clients see.
        message: The reason, without any secret.
        retry_after_s: When it is worth trying again, in seconds; None where nothing is known.
    """

    def __init__(
        self,
        code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"],
        message: str,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"] = code
        self.retry_after_s = retry_after_s


@runtime_checkable
class StreamingModel(Protocol):
    """A model that answers piece by piece, on the server's event loop: one behind another endpoint."""

    name: str
    description: str

    def answer(self, conversation: Conversation, sources: "Sources") -> AsyncIterator[ModelEvent]:
        """Answer the conversation's last message.

        Closing the iterator ends the work behind it: clients cancel, and go away.

        Raises:
            ModelFailed: It could not.
        """


class BuiltInModel(Protocol):
    """A stand-in for a language model: deterministic, offline, free."""

    name: str
    description: str

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:
        """Answer the conversation's last message."""
