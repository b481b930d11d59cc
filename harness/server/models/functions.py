"""How built-in models call functions of the client's: by one simple rule, always the same.

A function is called for the user's last message, once at most:

1. where it is forced, or where a tool must be used (then the functions that fit, or else the first one offered);
2. where a tool may be used and all words of the function's name stand in the question: `get_order_status` for `What is
   the status of my order?`; words such as `get` say nothing;
3. where a tool may be used, the files do not answer, and the question shares half of the name's words or two words
   with the name and the description.

Several are called at once where that is allowed, else one after the other. What comes back is stated in the reply.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from harness.documents.language import is_content, listed, stem, tokens
from harness.server.models.answer import Statement
from harness.server.models.arguments import arguments_for
from harness.server.models.interface import Conversation, FunctionCall, FunctionOutput, FunctionTool, Message
from harness.server.models.schema import stems
from harness.server.models.turns import task_of

__all__ = ["stated_outputs", "wanted_calls"]

_SAYS_NOTHING = frozenset(
    map(
        stem,
        listed(
            "get fetch look lookup find check search query retrieve list show tell give compute calculate call do make "
            "set run read load return user use useful function tool api"
        ),
    )
)
_MIN_SHARED = 2
_DEEPEST = 4  # levels of an output that are put into words; what lies deeper is told as it came
_LONGEST_OUTPUT = 4_000  # characters that are stated: a reply is no dump


def wanted_calls(conversation: Conversation, *, is_answered: bool) -> tuple[FunctionCall, ...]:
    """Return the functions that must be called before there is an answer; none where there is one.

    Args:
        conversation: What the model is told.
        is_answered: Whether the files answer the last message.
    """
    called = {item.name for item in _since_question(conversation) if isinstance(item, FunctionCall)}
    if conversation.tool_choice == "none" or not conversation.functions:
        return ()
    question = task_of(_question(conversation))
    wanted = _wanted(conversation, question, is_first=not called, is_answered=is_answered)
    remaining = [function for function in wanted if function.name not in called]
    if not conversation.is_parallel:
        remaining = remaining[:1]
    place = len(conversation.messages)
    return tuple(
        FunctionCall(
            id=_call_id(function.name, question, place + number),
            name=function.name,
            arguments=arguments_for(function.parameters, question),
        )
        for number, function in enumerate(remaining)
    )


def stated_outputs(conversation: Conversation) -> tuple[Statement, ...]:
    """Return what the functions gave back for the last message, a sentence each."""
    items = _since_question(conversation)
    names = {item.id: item.name for item in items if isinstance(item, FunctionCall)}
    return tuple(
        Statement(text=f"{names.get(item.call_id, 'The function')} says: {_in_words(item.output)}", places=())
        for item in items
        if isinstance(item, FunctionOutput)
    )


def _wanted(conversation: Conversation, question: str, *, is_first: bool, is_answered: bool) -> Sequence[FunctionTool]:
    """Return the functions that the rule names; what is forced is forced for the first call only."""
    functions = conversation.functions
    if is_first and conversation.forced_function is not None:
        return [function for function in functions if function.name == conversation.forced_function]
    if conversation.forced_function is not None or (is_first and conversation.is_search_forced):
        return []
    asked = {token.stem for token in tokens(question) if is_content(token)}
    fitting = [function for function in functions if _fits(function, asked, is_answered=is_answered)]
    if is_first and conversation.tool_choice == "required":
        return fitting or functions[:1]
    return fitting


def _fits(function: FunctionTool, asked: set[str], *, is_answered: bool) -> bool:
    name = set(stems(function.name))
    name = (name - _SAYS_NOTHING) or name
    if name <= asked:
        return True
    if is_answered:
        return False
    described = {token.stem for token in tokens(function.description) if is_content(token)} - _SAYS_NOTHING
    return len(name & asked) * 2 >= len(name) or len((name | described) & asked) >= _MIN_SHARED


def _since_question(conversation: Conversation) -> Sequence[Any]:
    """Return what came after the user's last message."""
    items = conversation.messages
    last = max((n for n, item in enumerate(items) if isinstance(item, Message) and item.role == "user"), default=-1)
    return items[last + 1 :]


def _question(conversation: Conversation) -> str:
    return next((message.text for message in reversed(conversation.spoken) if message.role == "user"), "")


def _call_id(name: str, question: str, place: int) -> str:
    """Return an id in the API's format: equal conversations have equal calls, and no two calls of one are equal."""
    return f"call_{hashlib.sha256(f'{place} {name} {question}'.encode()).hexdigest()[:24]}"


def _in_words(output: str) -> str:
    """Return an output as words: a JSON object as `name: value`, a list item by item, anything else as it is."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        value = output
    said = _spoken(value, 0).strip()[:_LONGEST_OUTPUT] or "nothing"
    return said if said[-1] in ".!?" else f"{said}."


def _spoken(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_spoken(inner, depth + 1)}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_spoken(inner, depth + 1) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
