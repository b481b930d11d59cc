"""A request for a response: what it asks for, and the response that stands for it before there is an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.server.models.interface import (
    BuiltInModel,
    Conversation,
    ConversationItem,
    FunctionCall,
    FunctionOutput,
    Message,
    Sampling,
    StreamingModel,
)
from harness.server.responses.context import check_calls, check_joined, conversation_id_of, earlier_items, given_items
from harness.server.responses.items import new_item_id, text_of
from harness.server.responses.log import changed
from harness.server.responses.tools import Tools, chosen_tools, shown_tools
from harness.server.state import State
from harness.server.wire import ApiError, Json, now

_NOT_OFFERED = ("access_programs", "context_management", "moderation")
_NOT_INCLUDED = {"message.output_text.logprobs", "reasoning.encrypted_content"}
_ECHOED = ("safety_identifier", "prompt_cache_key", "prompt_cache_retention", "user")
"""Fields without meaning here, shown where they were given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a request asks for."""

    response: Json
    """The response before there is an answer."""
    model: BuiltInModel | StreamingModel
    """Who answers."""
    conversation: Conversation
    """What the model is told."""
    search: Json | None
    """The file search that the model may use."""
    earlier: tuple[Json, ...]
    """The items that the request goes on from."""
    given: tuple[Json, ...]
    """The request's own items."""
    is_stored: bool
    """Whether clients may ask for the response again."""
    is_streamed: bool
    """Whether the client follows it."""


def read_request(state: State, body: Json) -> Asked:
    """Return what a valid body asks for.

    Raises:
        ApiError: It asks for what does not exist or is not offered.
    """
    _refuse_what_is_not_offered(body)
    is_stored = body.get("store") is not False
    if body.get("background") and not is_stored:
        raise ApiError(400, "Background mode requires 'store' to be true.", param="store", code="invalid_value")
    model = state.require_model(_required(body, "model"))
    shown = shown_tools(state, body.get("tools") or [])
    tools = chosen_tools(shown, body.get("tool_choice"))
    earlier, given = _items(state, body)
    return Asked(
        response=_new_response(body, shown),
        model=model,
        conversation=told(body, [*earlier, *given], tools),
        search=tools.search,
        earlier=tuple(earlier),
        given=tuple(given),
        is_stored=is_stored,
        is_streamed=bool(body.get("stream")),
    )


def _items(state: State, body: Json) -> tuple[list[Json], list[Json]]:
    if all(body.get(name) is None for name in ("input", "previous_response_id", "conversation")):
        message = (
            "Missing required parameter: one of 'input', 'previous_response_id', 'prompt' or 'conversation' must be "
            "provided."
        )
        raise ApiError(400, message, param="input", code="missing_required_parameter")
    earlier = earlier_items(state, body)
    given = given_items(state, body)
    check_joined({item["id"] for item in earlier}, given)
    check_calls([*earlier, *given])
    return earlier, given


def _required(body: Json, name: str) -> str:
    value = body.get(name)
    if value is None:
        raise ApiError(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    return str(value)


def _refuse_what_is_not_offered(body: Json) -> None:
    prompt = body.get("prompt")
    if prompt is not None:
        message = f"Prompt with id '{prompt['id']}' not found. This server keeps no prompts: send 'instructions'."
        raise ApiError(404, message, param="prompt.id")
    for name in _NOT_OFFERED:
        if body.get(name) is not None:
            raise ApiError(400, f"This server does not offer '{name}'.", param=name, code="unsupported_parameter")
    for number, value in enumerate(body.get("include") or []):
        if value in _NOT_INCLUDED:
            message = f"This server does not offer '{value}': its models have none."
            raise ApiError(400, message, param=f"include[{number}]", code="unsupported_value")
    if body.get("top_logprobs"):
        message = "This server does not offer log probabilities."
        raise ApiError(400, message, param="top_logprobs", code="unsupported_parameter")


def told(body: Json, items: list[Json], tools: Tools) -> Conversation:
    """Return what a model is told.

    Args:
        body: The valid request.
        items: Everything said so far.
        tools: What the model may use.
    """
    rules = [item for item in items if item["type"] == "message" and item["role"] in {"system", "developer"}]
    instructions = [body.get("instructions") or "", *map(text_of, rules)]
    return Conversation(
        instructions="\n\n".join(text for text in instructions if text),
        messages=tuple(said for item in items if (said := _said(item)) is not None),
        functions=tools.functions,
        tool_choice=tools.choice,
        forced_function=tools.forced_function,
        is_parallel=body.get("parallel_tool_calls") is not False,
        has_file_search=tools.search is not None,
        is_search_forced=tools.is_search_forced,
        sampling=Sampling(
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body.get("max_output_tokens"),
            response_format=_response_format((body.get("text") or {}).get("format")),
        ),
    )


def _said(item: Json) -> ConversationItem | None:
    if item["type"] == "message" and item["role"] in {"user", "assistant"}:
        return Message(role=item["role"], text=text_of(item))
    if item["type"] == "function_call":
        return FunctionCall(id=item["call_id"], name=item["name"], arguments=item["arguments"])
    if item["type"] == "function_call_output":
        return FunctionOutput(call_id=item["call_id"], output=text_of(item))
    return None


def _response_format(text_format: Mapping[str, Any] | None) -> Json | None:
    """Return the format as chat completions write it."""
    if text_format is None or text_format["type"] == "text":
        return None
    described = {key: value for key, value in text_format.items() if key != "type"}
    if text_format["type"] == "json_schema":
        return {"type": "json_schema", "json_schema": described}
    return {"type": text_format["type"]}


def _new_response(body: Json, shown: list[Json]) -> Json:
    reasoning = body.get("reasoning") or {}
    text = body.get("text") or {}
    conversation_id = conversation_id_of(body)
    fields: Json = {
        "id": new_item_id("resp"),
        "object": "response",
        "created_at": now(),
        "status": "queued" if body.get("background") else "in_progress",
        "background": bool(body.get("background")),
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "temperature": 1.0 if body.get("temperature") is None else body["temperature"],
        "text": {"format": text.get("format") or {"type": "text"}, "verbosity": text.get("verbosity") or "medium"},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": shown,
        "top_logprobs": 0,
        "top_p": 1.0 if body.get("top_p") is None else body["top_p"],
        "truncation": body.get("truncation") or "disabled",
        "metadata": body.get("metadata") or {},
    }
    echoed = {name: body[name] for name in _ECHOED if body.get(name) is not None}
    belongs = {"conversation": {"id": conversation_id}} if conversation_id is not None else {}
    return changed(fields, **echoed, **belongs)
