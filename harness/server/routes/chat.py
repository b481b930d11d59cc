"""Chat completions: create. None is stored, so the list of stored ones is empty."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import Required

from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.server.completions import chunks_of, completion_of, conversation_of, refuse_what_is_not_offered
from harness.server.departure import is_awaited
from harness.server.models.interface import Conversation, ModelEvent, ModelFailed
from harness.server.paging import list_response, read_page
from harness.server.responses.pumping import told_within_limits
from harness.server.sources import VectorStoreSources
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, error_response

_UNLIMITED = frozenset({"max_completion_tokens", "messages"})
"""What has other limits here than in a run or a thread."""
_STATUSES = {"rate_limit_exceeded": 429, "invalid_prompt": 400, "server_error": 500}


class _Answered(ChatCompletionAssistantMessageParam, total=False):
    """An answer that a client sends back as it came."""

    annotations: list[object] | None


class _CompletionCreate(CompletionCreateParamsBase, total=False):
    """The package has one type for each value of `stream`; over the wire it is one field."""

    messages: Required[Iterable[ChatCompletionMessageParam | _Answered]]
    stream: bool | None


async def create(request: Request) -> Response:
    """Answer the last message."""
    state = state_of(request)
    body = await read_body(request, _CompletionCreate, unlimited=_UNLIMITED)
    refuse_what_is_not_offered(body)
    conversation = conversation_of(body)
    events = _events(state, body, conversation)
    if body.get("stream"):
        return StreamingResponse(_lines(body, conversation, events), media_type="text/event-stream")
    answering = asyncio.ensure_future(_completion(body, conversation, events))
    try:
        if not await is_awaited(request, answering):
            return Response(status_code=499)  # nobody reads it
        return JSONResponse(answering.result())
    except ModelFailed as error:
        return _failed(error)
    finally:
        answering.cancel()


def _events(state: State, body: Json, conversation: Conversation) -> AsyncGenerator[ModelEvent]:
    model = state.require_model(body["model"])
    sources = VectorStoreSources(state=state, vector_store_ids=())
    return told_within_limits(model, conversation, sources, state.thinkers)


async def _completion(body: Json, conversation: Conversation, events: AsyncGenerator[ModelEvent]) -> Json:
    async with aclosing(events):
        return await completion_of(body["model"], conversation, events)


async def _lines(body: Json, conversation: Conversation, events: AsyncGenerator[ModelEvent]) -> AsyncIterator[str]:
    has_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    async with aclosing(events):
        try:
            async for chunk in chunks_of(body["model"], conversation, events, has_usage=has_usage):
                yield _line(chunk)
        except ModelFailed as error:  # the answer has begun: its status can tell nothing any more
            yield _line(json.loads(bytes(_failed(error).body)))
            return
    yield "data: [DONE]\n\n"


def _line(data: Json) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _failed(error: ModelFailed) -> Response:
    answer = error_response(ApiError(_STATUSES[error.code], str(error), code=error.code))
    if error.retry_after_s is not None:
        answer.headers["retry-after"] = f"{math.ceil(error.retry_after_s)}"
    return answer


async def list_completions(request: Request) -> Response:
    """Return the stored completions: none, as this server refuses to store any."""
    read_page(request)
    return list_response(([], False))


routes = [
    Route("/chat/completions", create, methods=["POST"]),
    Route("/chat/completions", list_completions, methods=["GET"]),
]
