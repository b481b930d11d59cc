"""A model's answer, written down as it comes: steps, messages, tool calls, tokens."""

from collections.abc import Sequence

from harness.server.models.interface import (
    Chunk,
    Conversation,
    FunctionCall,
    ModelEvent,
    Refused,
    Searched,
    Segment,
    Stopped,
    Used,
)
from harness.server.rendering import (
    CHARACTERS_PER_TOKEN,
    RefusalBlock,
    TextBlock,
    file_search_call,
    function_call,
    prompt_tokens,
    tokens_of,
    usage_of,
)
from harness.server.runlog import RunLog
from harness.server.runs.telling import prompt_tokens_left, tokens_left
from harness.server.sources import file_search_tool, ranking_of
from harness.server.wire import Json, new_id


class AnswerWriter:
    """Turn the events of one answer into the steps and messages of a run.

    Args:
        log: The run.
        conversation: What the model was told.
        is_counting: Whether the model counts its tokens itself; otherwise they are estimated, and the run's limits are
            held to these estimates.
    """

    def __init__(self, log: RunLog, conversation: Conversation, *, is_counting: bool) -> None:
        self._log = log
        self._conversation = conversation
        self._is_counting = is_counting
        self._used = usage_of(0, 0)
        self._results: tuple[Chunk, ...] = ()
        self._message: _OpenMessage | None = None
        self._call_step: Json | None = None
        self.calls: list[Json] = []
        """The functions that the client must call, as steps show them."""
        self.stopped: str | None = None
        """Why the answer is incomplete; None where it is complete."""
        self.is_full = False
        """Whether a limit of the run was reached, so that no more is taken."""

    def take(self, event: ModelEvent) -> None:
        """Write down what the model tells next."""
        if isinstance(event, Used):
            self._used = usage_of(
                self._used["prompt_tokens"] + event.prompt_tokens,
                self._used["completion_tokens"] + event.completion_tokens,
            )
        elif isinstance(event, Stopped):
            self.stopped = event.reason
        elif not self._has_room(event):
            self.stopped, self.is_full = "max_prompt_tokens", True
        elif isinstance(event, Searched):
            self._search(event)
        elif isinstance(event, Segment):
            self._say(event)
        elif isinstance(event, Refused):
            self._open_message().refuse(event.text)
        else:
            self._call(event)

    def finish(self) -> None:
        """End the answer: its message is completed, or incomplete where the model was stopped."""
        if not self.calls and self._message is None and self.stopped is None:
            self._open_message()  # a model that says nothing has answered with nothing
        self._end_message()
        if self._call_step is not None:
            details: Json = {"type": "tool_calls", "tool_calls": self.calls}
            said = "".join(call["function"]["name"] + call["function"]["arguments"] for call in self.calls)
            self._log.keep_step(self._call_step, step_details=details, usage=self._usage(said))

    def abandon(self, reason: str) -> None:
        """End the message that is open; what was said stays.

        Args:
            reason: Why it is incomplete, for example `run_cancelled`.
        """
        if self._message is not None:
            self._message.end(reason)
            self._message = None

    def _has_room(self, event: ModelEvent) -> bool:
        """Tell whether the prompt of the step that an event begins still fits the run's limit."""
        is_beginning = isinstance(event, Searched) or (self._message is None and self._call_step is None)
        left = prompt_tokens_left(self._log.run, self._log.steps()) if is_beginning and not self._is_counting else None
        found = () if isinstance(event, Searched) else self._results
        return left is None or prompt_tokens(self._conversation, found) <= left

    def _search(self, event: Searched) -> None:
        self._end_message()
        step = self._log.begin_step({"type": "tool_calls", "tool_calls": []})
        call_id = new_id("call")
        self._log.tell_step_delta(step, 0, {"id": call_id, "type": "file_search", "file_search": {}})
        call = file_search_call(call_id, event.results, ranking_of(file_search_tool(self._log.run)))
        usage = self._usage(*event.queries)
        self._log.end_step(step, step_details={"type": "tool_calls", "tool_calls": [call]}, usage=usage)
        self._results += event.results

    def _say(self, segment: Segment) -> None:
        message = self._open_message()
        left = None if self._is_counting else tokens_left(self._log.run, self._log.steps())
        room = None if left is None else left * CHARACTERS_PER_TOKEN - message.length
        if room is not None and len(segment.text) > room:
            segment = Segment(text=segment.text[: max(0, room)])
            self.stopped, self.is_full = "max_completion_tokens", True
        message.say(segment, self._results)

    def _call(self, call: FunctionCall) -> None:
        self._end_message()
        if self._call_step is None:
            self._call_step = self._log.begin_step({"type": "tool_calls", "tool_calls": []})
        shown = function_call(call)
        begun = {**shown, "function": {**shown["function"], "arguments": ""}}
        self._log.tell_step_delta(self._call_step, len(self.calls), begun)
        rest = {"type": "function", "function": {"arguments": call.arguments}}
        self._log.tell_step_delta(self._call_step, len(self.calls), rest)
        self.calls.append(shown)

    def _open_message(self) -> "_OpenMessage":
        if self._message is None:
            # Real markers count 4, 8, 12 for the first, second, third question of a thread.
            self._message = _OpenMessage(self._log, marker_number=2 * len(self._conversation.spoken) + 2)
        return self._message

    def _end_message(self) -> None:
        if self._message is not None:
            usage = self._usage(self._message.text)
            self._message.end(_MESSAGE_REASONS.get(self.stopped or ""), usage)
            self._message = None

    def _usage(self, *written: str) -> Json:
        """Return the tokens of the step that ends; as with a real model, its prompt holds what was found before."""
        if not self._is_counting:
            return usage_of(prompt_tokens(self._conversation, self._results), sum(map(tokens_of, written)))
        used, self._used = self._used, usage_of(0, 0)
        return used


_MESSAGE_REASONS = {"max_completion_tokens": "max_tokens", "content_filter": "content_filter"}


class _OpenMessage:
    """The message that is being written, with its step."""

    def __init__(self, log: RunLog, *, marker_number: int) -> None:
        self._log = log
        self._marker_number = marker_number
        message_id = new_id("msg")
        self._step = log.begin_step({"type": "message_creation", "message_creation": {"message_id": message_id}})
        self._message = log.begin_message(message_id)
        self._parts: list[TextBlock | RefusalBlock] = []

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(part.text for part in self._parts)

    @property
    def length(self) -> int:
        """Characters of all that was said."""
        return len(self.text)

    def say(self, segment: Segment, results: Sequence[Chunk]) -> None:
        """Add text."""
        block = next((part for part in self._parts if isinstance(part, TextBlock)), None)
        if block is None:
            block = TextBlock(len(self._parts), self._marker_number)
            self._parts.append(block)
        for delta in block.add(segment, results):
            self._log.tell_message_delta(self._message, delta)

    def refuse(self, text: str) -> None:
        """Add to the refusal."""
        block = next((part for part in self._parts if isinstance(part, RefusalBlock)), None)
        if block is None:
            block = RefusalBlock(len(self._parts))
            self._parts.append(block)
        self._log.tell_message_delta(self._message, block.add(text))

    def end(self, reason: str | None = None, usage: Json | None = None) -> None:
        """End the message; without usage, its step is left to whoever ends the run."""
        content = [part.content for part in self._parts]
        if not content and reason is None:
            content = [TextBlock(0, self._marker_number).content]
        self._log.end_message(self._message, content, reason=reason)
        if usage is not None:
            self._log.end_step(self._step, usage=usage)
