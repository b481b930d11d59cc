"""Items: what clients send as input, as the server keeps and shows it."""

import secrets
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from openai.types.responses import (
    ResponseFileSearchToolCall,
    ResponseFunctionToolCallItem,
    ResponseFunctionToolCallOutputItem,
    ResponseOutputMessage,
)
from openai.types.responses.response_input_message_item import ResponseInputMessageItem

from harness.server.wire import ApiError, Json, shaped

RESULTS = "file_search_call.results"
"""What a client includes to see the results of file searches."""

Lookup: TypeAlias = Callable[[str], Json | None]
"""Finds an item that was kept before, by its id."""

_PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fco", "file_search_call": "fs"}
_OFFERED = "This server reads messages, function calls and their outputs, file search calls and item references."


def new_item_id(prefix: str) -> str:
    """Return a fresh id as the Responses API gives them: `msg_` and 48 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(24)}"


def shown_item(item: Json, include: Collection[str]) -> Json:
    """Return an item as clients see it: without search results unless they were asked for."""
    if item["type"] != "file_search_call" or RESULTS in include:
        return item
    return {**item, "results": None}


def shown_response(response: Json, include: Collection[str]) -> Json:
    """Return a response as clients see it."""
    return {**response, "output": [shown_item(item, include) for item in response["output"]]}


def kept_items(given: str | Sequence[Json], lookup: Lookup, param: str = "input") -> list[Json]:
    """Return what a client sent as items with ids.

    Args:
        given: A text, or items valid by their types.
        lookup: Resolves references.
        param: Where they stand in the request, for errors.

    Raises:
        ApiError: 400 for an item that is not offered, 404 for a reference to nothing.
    """
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return [_kept(item, lookup, f"{param}[{number}]") for number, item in enumerate(items)]


def _kept(item: Json, lookup: Lookup, param: str) -> Json:
    kind = item.get("type") or ("message" if "role" in item else "item_reference")
    if kind == "item_reference":
        found = lookup(item["id"])
        if found is None:
            raise ApiError(404, f"Item with id '{item['id']}' not found.", param=param)
        return found
    if kind not in _PREFIXES:
        message = f"This server does not offer items of type '{kind}'. {_OFFERED}"
        raise ApiError(400, message, param=f"{param}.type", code="unsupported_value")
    common = {"id": item.get("id") or new_item_id(_PREFIXES[kind]), "type": kind, "status": "completed"}
    if kind == "message":
        return _message(item, common, param)
    if kind == "function_call":
        called = {key: item[key] for key in ("call_id", "name", "arguments")}
        return shaped(ResponseFunctionToolCallItem, {**common, **called})
    if kind == "function_call_output":
        output = {"call_id": item.get("call_id") or "", "output": _output(item["output"], f"{param}.output")}
        return shaped(ResponseFunctionToolCallOutputItem, {**common, **output})
    searched = {"queries": item["queries"], "results": item.get("results")}
    return shaped(ResponseFileSearchToolCall, {**common, **searched})


def _message(item: Json, common: Json, param: str) -> Json:
    content = _content(item["content"], f"{param}.content", is_own=item["role"] == "assistant")
    fields = {**common, "role": item["role"], "content": content}
    if item["role"] != "assistant":
        return shaped(ResponseInputMessageItem, fields)
    phase = {"phase": item["phase"]} if item.get("phase") is not None else {}
    return shaped(ResponseOutputMessage, {**fields, **phase})


def _content(content: str | Sequence[Json], param: str, *, is_own: bool) -> list[Json]:
    kind = "output_text" if is_own else "input_text"
    parts = [{"type": kind, "text": content}] if isinstance(content, str) else content
    return [_part(part, f"{param}[{number}]", is_own=is_own) for number, part in enumerate(parts)]


def _part(part: Json, param: str, *, is_own: bool) -> Json:
    kind = part["type"]
    if is_own and kind in {"input_text", "output_text"}:
        return {
            "type": "output_text",
            "text": part["text"],
            "annotations": list(part.get("annotations") or []),
            "logprobs": [],
        }
    if is_own and kind == "refusal":
        return {"type": "refusal", "refusal": part["refusal"]}
    if kind == "input_text":
        return {"type": "input_text", "text": part["text"]}
    if kind == "input_file":
        message = "This server does not read files in the input: put them into a vector store, and use file_search."
    else:
        message = f"This server does not offer content of type '{kind}' here: its models read text only."
    raise ApiError(400, message, param=param, code="unsupported_value")


def _output(output: str | Sequence[Json], param: str) -> str | list[Json]:
    if isinstance(output, str):
        return output
    return [_part(part, f"{param}[{number}]", is_own=False) for number, part in enumerate(output)]


def text_of(item: Json) -> str:
    """Return what a message says, or what a function handed back."""
    content = item["content"] if item["type"] == "message" else item["output"]
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content)
