"""What happened in one run of one case, free of any protocol."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from harness.model.suite import TargetName

AttemptStatus: TypeAlias = Literal["completed", "incomplete", "failed", "cancelled", "expired", "unfinished"]
"""How an attempt ended; `unfinished` where the tape ends before it does."""
Origin: TypeAlias = Literal["replayed", "recorded", "live", "imported"]
"""Where a transcript comes from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Citation:
    """A place in an answer that points at a document."""

    document: str | None
    """Path of the case's document; None where the cited file is none of them."""
    remote_file_id: str
    """The server's id of the cited file."""
    file_name: str | None
    """Name of the cited file where the tape tells it."""
    marker: str | None
    """The characters that mark it in the answer, such as `【4:0†source】`; None where the protocol has none."""
    start: int
    """Offset of the marker in its text part, in code points."""
    end: int
    """Offset behind the marker."""
    result_index: int | None
    """Which of the attempt's search results it points at; None where nothing tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPart:
    """Text of an answer."""

    text: str
    type: Literal["text"] = "text"
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalPart:
    """A refusal that the protocol itself marks as one."""

    text: str
    type: Literal["refusal"] = "refusal"


Part: TypeAlias = TextPart | RefusalPart


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieved:
    """A passage that file search returned."""

    document: str | None
    """Path of the case's document; None where the file is none of them."""
    file_name: str
    """The file's name on the server."""
    rank: int
    """From 0, in the server's order."""
    score: float | None
    """The server's score; None where it gave none."""
    text: str | None
    """What was found; None where the server did not include it."""
    start: int | None = None
    """Offset of the text in the document, in code points; None where it is not known."""
    end: int | None = None
    """Offset behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSearchStep:
    """A search in the documents."""

    queries: tuple[str, ...] = ()
    """What was searched for, where the server tells."""
    results: tuple[Retrieved, ...] = ()
    type: Literal["file_search"] = "file_search"


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionStep:
    """A call of a function tool."""

    name: str
    arguments: str
    """As the model wrote them: usually, not always, JSON."""
    output: str | None = None
    """What was handed back; None where nothing was."""
    type: Literal["function"] = "function"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeStep:
    """A call of the code interpreter."""

    code: str
    logs: str = ""
    file_ids: tuple[str, ...] = ()
    type: Literal["code_interpreter"] = "code_interpreter"


Step: TypeAlias = FileSearchStep | FunctionStep | CodeStep


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens as the server counted them."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How long an attempt took on the client's clock."""

    duration_s: float
    """Seconds from the run's creation to the first response that shows its end."""
    first_text_s: float | None = None
    """Seconds to the first text of the answer, where the run was streamed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a case has no answer that could be judged."""

    kind: str
    """A short stable word, such as `endpoint`, `cassette_stale`, `run_failed`, `run_expired`."""
    message: str
    """What happened, in a sentence."""
    hint: str | None = None
    """What to do about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try to get an answer for a turn."""

    status: AttemptStatus
    raw_status: str | None
    """The server's own word."""
    parts: tuple[Part, ...] = ()
    """The answer, in the order of the messages."""
    steps: tuple[Step, ...] = ()
    """What the assistant did on the way."""
    usage: Usage | None = None
    timing: Timing | None = None
    error: Failure | None = None
    """Why it failed; set for every status but `completed`."""

    @property
    def text(self) -> str:
        """The answer as one text; its parts are joined by blank lines."""
        return "\n\n".join(part.text for part in self.parts)

    @property
    def retrieved(self) -> tuple[Retrieved, ...]:
        """All search results, in the order of the steps."""
        return tuple(result for step in self.steps if isinstance(step, FileSearchStep) for result in step.results)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A prompt and what came of it."""

    prompt: str
    attempts: tuple[Attempt, ...]
    """Oldest first; the last one counts."""

    @property
    def final(self) -> Attempt | None:
        """The attempt that counts; None where there was none."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a transcript comes from. No part of its equality."""

    origin: Origin
    cassette: str | None = None
    """Path of the recording, relative to the project."""
    endpoint: str | None = None
    """What answered when it was recorded, for example `embedded` or a base URL."""
    recorded_at: str | None = None
    """When, in UTC, ISO 8601."""
    server: str | None = None
    """The server's name and version where it tells them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """One run of one case."""

    target: TargetName
    requested_model: str | None
    """The model that was asked for; None where an existing assistant names its own."""
    reported_model: str | None
    """The model that the server says has answered."""
    turns: tuple[Turn, ...]
    error: Failure | None = None
    """Why the run as a whole could not be followed; None when it could."""
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def usage(self) -> Usage | None:
        """Tokens of all attempts together; None where the server counted none."""
        used = [attempt.usage for turn in self.turns for attempt in turn.attempts if attempt.usage]
        if not used:
            return None
        return Usage(
            prompt_tokens=sum(usage.prompt_tokens for usage in used),
            completion_tokens=sum(usage.completion_tokens for usage in used),
        )

    @property
    def failure(self) -> Failure | None:
        """The first reason why it can't be judged: its own, or a final attempt's."""
        finals = (turn.final for turn in self.turns)
        return self.error or next((final.error for final in finals if final and final.error), None)
