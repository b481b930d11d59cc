"""What the upstream is asked for, from the first request of an answer to its last."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.server.bridge.filesearch import free_name, guidance, tool_named
from harness.server.bridge.history import calls_message, chat_messages, tool_message
from harness.server.models.interface import Conversation, FunctionCall, FunctionTool
from harness.server.wire import Json

__all__ = ["Request", "open_request"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The requests of one answer: each holds what the ones before it brought."""

    model: str
    """As the upstream calls it."""
    conversation: Conversation
    """What the model is told."""
    search_tool: str | None
    """What the tool that searches the files is called; None where the model may not search."""
    messages: list[Json] = field(default_factory=list)
    """So far: the conversation, then calls and their outputs."""

    @property
    def is_search_forced(self) -> bool:
        """Whether the model must search the files."""
        return self.conversation.is_search_forced and self.search_tool is not None

    @property
    def function_names(self) -> set[str]:
        """The client's functions that may be called."""
        return set() if self.conversation.tool_choice == "none" else {one.name for one in self.conversation.functions}

    @property
    def call_ids(self) -> set[str]:
        """The ids of all calls so far."""
        return {call["id"] for message in self.messages for call in message.get("tool_calls", ())}

    def own_search(self) -> FunctionCall:
        """Return the search that the model was to ask for and did not: for what the user said last."""
        asked = [message.text for message in self.conversation.spoken if message.role == "user"]
        arguments = json.dumps({"query": asked[-1] if asked else ""}, ensure_ascii=False)
        # Nine letters and digits: Mistral's templates take no other id.
        return FunctionCall(id=secrets.token_hex(8)[:9], name=self.search_tool or "", arguments=arguments)

    def body(self, *, is_first: bool, is_last: bool, max_tokens: int | None) -> Json:
        """Return the body of the next request.

        Args:
            is_first: Whether a tool that is required was not called yet.
            is_last: Whether the model must answer now.
            max_tokens: How many tokens are left to it; None for no limit.
        """
        sampling = self.conversation.sampling
        body: Json = {
            "model": self.model,
            "messages": self.messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": max_tokens,
            "response_format": dict(sampling.response_format) if sampling.response_format is not None else None,
            **self._tools(is_first=is_first, is_last=is_last),
        }
        return {name: value for name, value in body.items() if value is not None}

    def add(self, text: str, outputs: Sequence[tuple[FunctionCall, str]]) -> None:
        """Add what the model said and asked for, and what it was answered."""
        self.messages.append(calls_message(text, [call for call, _ in outputs]))
        self.messages.extend(tool_message(call.id, output) for call, output in outputs)

    def _tools(self, *, is_first: bool, is_last: bool) -> Json:
        tools = [_described(function) for function in self.conversation.functions]
        if self.search_tool is not None:
            tools.insert(0, tool_named(self.search_tool))
        choice = self._choice(is_first=is_first, is_last=is_last)
        # Models behind servers that pass over `tool_choice` call what they are shown; but calls that were made before
        # need their tools.
        if not tools or (choice == "none" and not self.call_ids):
            return {}
        is_single = not self.conversation.is_parallel and bool(self.function_names)
        return {"tools": tools, "tool_choice": choice, "parallel_tool_calls": False if is_single else None}

    def _choice(self, *, is_first: bool, is_last: bool) -> str | Json:
        told = self.conversation
        if is_last or told.tool_choice == "none":
            return "none"
        if told.forced_function is not None:
            return _forced(told.forced_function)
        if is_first and self.is_search_forced and self.search_tool is not None:
            return _forced(self.search_tool)
        return "required" if is_first and told.tool_choice == "required" else "auto"


def open_request(model: str, conversation: Conversation) -> Request:
    """Return the request that an answer begins with."""
    search_tool = None
    instructions = conversation.instructions
    if conversation.has_file_search and conversation.tool_choice != "none":
        search_tool = free_name({function.name for function in conversation.functions})
        instructions = f"{instructions}\n\n{guidance(search_tool)}".lstrip()
    return Request(
        model=model,
        conversation=conversation,
        search_tool=search_tool,
        messages=chat_messages(instructions, conversation.messages),
    )


def _described(function: FunctionTool) -> Json:
    described: Json = {
        "name": function.name,
        "description": function.description or None,
        "parameters": dict(function.parameters) or {"type": "object", "properties": {}},
        "strict": function.is_strict or None,
    }
    return {"type": "function", "function": {name: value for name, value in described.items() if value is not None}}


def _forced(name: str) -> Json:
    return {"type": "function", "function": {"name": name}}
