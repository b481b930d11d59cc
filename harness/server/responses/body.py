"""Request bodies: the package's own types, with what the API takes besides.

The package writes one type for each value of `stream`, demands fields of a function that the API fills in, and has no
type for an assistant's message that a client wrote itself; the API takes all of these.
"""

from collections.abc import Iterable
from typing import Literal, Required, TypeAlias

from openai.types.conversations.conversation_create_params import ConversationCreateParams
from openai.types.conversations.item_create_params import ItemCreateParams
from openai.types.responses import ResponseInputItemParam, ToolParam
from openai.types.responses.input_token_count_params import InputTokenCountParams
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from openai.types.responses.response_output_refusal_param import ResponseOutputRefusalParam
from typing_extensions import TypedDict


class _Function(TypedDict, total=False):
    """A function of the client's."""

    type: Required[Literal["function"]]
    name: Required[str]
    description: str | None
    parameters: dict[str, object] | None
    strict: bool | None


class _OutputText(TypedDict, total=False):
    """What an assistant said, as a client tells it."""

    type: Required[Literal["output_text"]]
    text: Required[str]
    annotations: list[dict[str, object]]
    logprobs: list[object] | None


class _AssistantMessage(TypedDict, total=False):
    """An assistant's message, as a client tells it."""

    type: Literal["message"]
    id: str
    role: Required[Literal["assistant"]]
    content: Required[list[_OutputText | ResponseOutputRefusalParam]]
    status: Literal["in_progress", "completed", "incomplete"]
    phase: Literal["commentary", "final_answer"] | None


_Tools: TypeAlias = Iterable[_Function | ToolParam]
_Items: TypeAlias = Iterable[ResponseInputItemParam | _AssistantMessage]


class ResponseCreate(ResponseCreateParamsBase, total=False):
    """`POST /responses`."""

    input: str | _Items  # type: ignore[misc]  # wider than the package's
    tools: _Tools | None  # type: ignore[misc]
    stream: bool | None


class TokenCount(InputTokenCountParams, total=False):
    """`POST /responses/input_tokens`."""

    input: str | _Items | None  # type: ignore[misc]
    tools: _Tools | None  # type: ignore[misc]


class ConversationCreate(ConversationCreateParams, total=False):
    """`POST /conversations`."""

    items: _Items | None  # type: ignore[misc]


class ItemsCreate(ItemCreateParams, total=False):
    """`POST /conversations/{conversation_id}/items`."""

    items: Required[_Items]  # type: ignore[misc]
