"""A conversation as the messages of a chat completion: such that every server takes them."""

import json
from collections.abc import Iterator, Sequence

from harness.server.bridge.marks import without_marks
from harness.server.models.interface import ConversationItem, FunctionCall, FunctionOutput, Message
from harness.server.wire import Json

__all__ = ["calls_message", "chat_messages", "tool_message"]

_UNANSWERED = "This call was not answered."


def chat_messages(instructions: str, items: Sequence[ConversationItem]) -> list[Json]:
    """Return the messages that tell a conversation.

    Every call is followed by its output, as chat completions demand: one that the client never answered is told to
    have none, and an output without its call is left out. Calls in a row, with what was said before them, are one
    message.

    Args:
        instructions: What the model is told first; nothing where empty.
        items: Oldest first.
    """
    outputs = {item.call_id: item.output for item in items if isinstance(item, FunctionOutput)}
    messages: list[Json] = [{"role": "system", "content": instructions}] if instructions else []
    for group in _turns(items):
        calls = [item for item in group if isinstance(item, FunctionCall)]
        text = "\n\n".join(_said(item) for item in group if isinstance(item, Message))
        if calls:
            messages.append(calls_message(text, calls))
            messages += [tool_message(call.id, outputs.get(call.id, _UNANSWERED)) for call in calls]
        else:
            role = "assistant" if isinstance(group[0], Message) and group[0].role == "assistant" else "user"
            messages.append({"role": role, "content": text})
    return messages


def calls_message(text: str, calls: Sequence[FunctionCall]) -> Json:
    """Return the assistant's message that asks for functions."""
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _object(call.arguments)}}
        for call in calls
    ]
    return {"role": "assistant", "content": text or None, "tool_calls": asked}


def tool_message(call_id: str, output: str) -> Json:
    """Return what a function answered."""
    return {"role": "tool", "tool_call_id": call_id, "content": output}


def _turns(items: Sequence[ConversationItem]) -> Iterator[list[ConversationItem]]:
    """Yield what makes one message: a message, or calls in a row with the assistant's words before them."""
    turn: list[ConversationItem] = []
    for item in items:
        if isinstance(item, FunctionOutput):
            is_joined = False
        else:
            is_joined = isinstance(item, FunctionCall) and bool(turn) and not _is_users(turn[-1])
        if turn and not is_joined:
            yield turn
            turn = []
        if not isinstance(item, FunctionOutput):
            turn.append(item)
    if turn:
        yield turn


def _is_users(item: ConversationItem) -> bool:
    return isinstance(item, Message) and item.role == "user"


def _object(arguments: str) -> str:
    """Return arguments as a JSON object: servers read them back, and refuse the whole request where they cannot."""
    try:
        is_object = isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        is_object = False
    return arguments if is_object else json.dumps({"text": arguments}, ensure_ascii=False)


def _said(message: Message) -> str:
    return without_marks(message.text) if message.role == "assistant" else message.text
