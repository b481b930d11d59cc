"""Chat completions: requests as conversations, and a model's events as completions and chunks."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from typing import Any

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from harness.server.models.interface import (
    Conversation,
    ConversationItem,
    FunctionCall,
    FunctionOutput,
    FunctionTool,
    Message,
    ModelEvent,
    Refused,
    Sampling,
    Segment,
    Stopped,
    ToolChoice,
)
from harness.server.responses.usage import Meter
from harness.server.wire import ApiError, Json, new_id, now, shaped

_NOT_OFFERED = (
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "moderation",
    "prediction",
    "stop",
    "store",
    "top_logprobs",
    "web_search_options",
)


def refuse_what_is_not_offered(body: Json) -> None:
    """Hold that a valid body asks only for what this server can do.

    Raises:
        ApiError: 400, with the field as `param`.
    """
    for name in _NOT_OFFERED:
        if body.get(name):
            raise ApiError(400, f"This server does not offer '{name}'.", param=name, code="unsupported_parameter")
    if "audio" in (body.get("modalities") or []):
        message = "This server does not offer audio: its models read and write text only."
        raise ApiError(400, message, param="modalities", code="unsupported_value")
    if (body.get("n") or 1) != 1:
        raise ApiError(400, "This server gives one choice.", param="n", code="unsupported_value")
    if not body["messages"]:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array."
        raise ApiError(400, message, param="messages", code="empty_array")


def conversation_of(body: Json) -> Conversation:
    """Return what the model is told. There is no file search in chat completions.

    Raises:
        ApiError: 400 for what is not offered.
    """
    items: list[ConversationItem] = []
    rules: list[str] = []
    for number, message in enumerate(body["messages"]):
        if message["role"] in {"system", "developer"}:
            rules.append(_text(message, number))
        else:
            items += _items(message, number)
    functions = _functions(body.get("tools") or [])
    choice, forced_function = _choice(body.get("tool_choice"), functions)
    wanted = body.get("response_format")
    limit = body.get("max_completion_tokens")
    return Conversation(
        instructions="\n\n".join(rules),
        messages=tuple(items),
        functions=functions if choice != "none" else (),
        tool_choice=choice,
        forced_function=forced_function,
        is_parallel=body.get("parallel_tool_calls") is not False,
        has_file_search=False,
        sampling=Sampling(
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body.get("max_tokens") if limit is None else limit,
            response_format=wanted if wanted is not None and wanted["type"] != "text" else None,
        ),
    )


def _items(message: Json, number: int) -> Iterator[ConversationItem]:
    role = message["role"]
    if role == "tool":
        yield FunctionOutput(call_id=message["tool_call_id"], output=_text(message, number))
        return
    if role not in {"user", "assistant"}:
        text = f"This server does not offer messages with the role '{role}'."
        raise ApiError(400, text, param=f"messages[{number}].role", code="unsupported_value")
    text = _text(message, number) or message.get("refusal") or ""
    calls = message.get("tool_calls") or []
    if text or not calls:
        yield Message(role=role, text=text)
    for place, call in enumerate(calls):
        if call["type"] != "function":
            text = "This server does not offer custom tools."
            raise ApiError(400, text, param=f"messages[{number}].tool_calls[{place}]", code="unsupported_value")
        yield FunctionCall(id=call["id"], name=call["function"]["name"], arguments=call["function"]["arguments"])


def _text(message: Json, number: int) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    for place, part in enumerate(content):
        if part["type"] not in {"text", "refusal"}:
            text = f"This server does not offer content of type '{part['type']}': its models read text only."
            raise ApiError(400, text, param=f"messages[{number}].content[{place}]", code="unsupported_value")
    return "\n".join(part[part["type"]] for part in content)


def _functions(tools: Sequence[Json]) -> tuple[FunctionTool, ...]:
    for number, tool in enumerate(tools):
        if tool["type"] != "function":
            text = "This server does not offer custom tools."
            raise ApiError(400, text, param=f"tools[{number}].type", code="unsupported_value")
    return tuple(
        FunctionTool(
            name=tool["function"]["name"],
            description=tool["function"].get("description") or "",
            parameters=tool["function"].get("parameters") or {},
            is_strict=bool(tool["function"].get("strict")),
        )
        for tool in tools
    )


def _choice(choice: Any, functions: Sequence[FunctionTool]) -> tuple[ToolChoice, str | None]:
    if isinstance(choice, dict):
        if choice["type"] != "function":
            text = f"This server does not offer the tool choice '{choice['type']}'."
            raise ApiError(400, text, param="tool_choice.type", code="unsupported_value")
        name = choice["function"]["name"]
        if all(function.name != name for function in functions):
            raise ApiError(400, f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
        return "required", name
    if choice == "required" and not functions:
        text = "Tool choice 'required' must be specified with 'tools' parameter."
        raise ApiError(400, text, param="tool_choice")
    return choice or "auto", None


async def completion_of(model: str, conversation: Conversation, events: AsyncIterable[ModelEvent]) -> Json:
    """Return a whole completion."""
    meter = Meter(conversation)
    told: list[ModelEvent] = []
    async for event in events:
        meter.take(event)
        told.append(event)
    said = "".join(event.text for event in told if isinstance(event, Segment))
    refused = "".join(event.text for event in told if isinstance(event, Refused))
    calls = [_call(event) for event in told if isinstance(event, FunctionCall)]
    message: Json = {"role": "assistant", "content": said or (None if calls or refused else ""), "annotations": []}
    message["refusal"] = refused or None
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "finish_reason": _finish_reason(told), "logprobs": None, "message": message}
    fields = {**_head(model, "chat.completion"), "choices": [choice], "usage": _usage(meter)}
    return shaped(ChatCompletion, fields)


async def chunks_of(
    model: str, conversation: Conversation, events: AsyncIterable[ModelEvent], *, has_usage: bool
) -> AsyncIterator[Json]:
    """Yield a completion chunk by chunk.

    Args:
        model: Who answers.
        conversation: What it was told.
        events: What it tells.
        has_usage: Whether the client wants the tokens at the end.
    """
    head = _head(model, "chat.completion.chunk")
    meter = Meter(conversation)
    told: list[ModelEvent] = []

    def chunk(delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return shaped(ChatCompletionChunk, {**head, "choices": [choice], **({"usage": None} if has_usage else {})})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    async for event in events:
        meter.take(event)
        if isinstance(event, Segment) and event.text:
            yield chunk({"content": event.text})
        elif isinstance(event, Refused):
            yield chunk({"refusal": event.text})
        elif isinstance(event, FunctionCall):
            number = sum(isinstance(earlier, FunctionCall) for earlier in told)
            yield chunk({"tool_calls": [{"index": number, **_call(event)}]})
        told.append(event)
    yield chunk({}, _finish_reason(told))
    if has_usage:
        yield shaped(ChatCompletionChunk, {**head, "choices": [], "usage": _usage(meter)})


def _head(model: str, kind: str) -> Json:
    identifier = new_id("chatcmpl").replace("_", "-")
    return {"id": identifier, "object": kind, "created": now(), "model": model, "service_tier": "default"}


def _call(call: FunctionCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _finish_reason(told: Sequence[ModelEvent]) -> str:
    stop = next((event for event in told if isinstance(event, Stopped)), None)
    if stop is not None:
        return "content_filter" if stop.reason == "content_filter" else "length"
    return "tool_calls" if any(isinstance(event, FunctionCall) for event in told) else "stop"


def _usage(meter: Meter) -> Json:
    read, written = meter.tokens
    return shaped(
        CompletionUsage, {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    )
