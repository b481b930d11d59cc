"""An upstream's answer as the chunks of a chat completion, however it was sent. Nothing in it is trusted."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import httpx2

from harness.server.bridge.failures import bad_answer
from harness.server.models.interface import ModelFailed
from harness.server.wire import Json

__all__ = ["read_chunks"]

_MOST_LINE = 4 * 1024 * 1024
"""Bytes of one event: the arguments of a function call may come in one piece."""
_MOST_ANSWER = 32 * 1024 * 1024
"""Bytes of a whole answer."""
_DRAIN_S = 0.1
"""How long the end of a body may take behind the end of what it says."""
_DONE = b"[DONE]"
_CUT = "ended its answer in the middle"


async def read_chunks(received: AsyncIterator[bytes]) -> AsyncGenerator[Json]:
    """Yield the chunks of a streamed completion; a completion that was sent whole is one chunk.

    What it is, is told by its first character: servers name the wrong media type, or none.

    Args:
        received: The body of the response.

    Raises:
        ModelFailed: It is a web page, is no JSON, is too large, or ends before the answer does.
    """
    is_over = False
    async with aclosing(_lines(received)) as lines:
        first = b""
        while not first and (line := await anext(lines, None)) is not None:
            first = line.strip()
        if first[:1] in {b"{", b"<"}:
            yield await _whole(first, lines)
            return
        async with aclosing(_events(first, lines)) as events:
            async for data, is_whole in events:
                if data == _DONE:
                    await _drain(lines)
                    return
                chunk = _parsed(data) if is_whole else _parsed_if_whole(data)
                is_over = is_over or _is_last(chunk)
                yield chunk
    if not is_over:
        raise bad_answer(_CUT)


async def _events(first: bytes, lines: AsyncIterator[bytes]) -> AsyncGenerator[tuple[bytes, bool]]:
    """Yield the data of server-sent events, and whether the blank line that ends an event has come."""
    event = [first]
    async for line in lines:
        if line:
            event.append(line)
            continue
        if data := _data(event):
            yield data, True
        event = []
    if data := _data(event):
        yield data, False


def _data(event: list[bytes]) -> bytes:
    return b"\n".join(line[5:].strip() for line in event if line.startswith(b"data:"))


async def _drain(lines: AsyncIterator[bytes]) -> None:
    """Read the end of the body, which is all that is left: only then the connection can be used again."""
    with suppress(TimeoutError, ModelFailed, httpx2.HTTPError):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in lines:
                pass


async def _whole(line: bytes, lines: AsyncIterator[bytes]) -> Json:
    if line.startswith(b"<"):
        raise bad_answer("answers with a web page: does its base URL lack `/v1`?")
    completion = _parsed(b"\n".join([line, *[more async for more in lines]]))
    choices = completion.get("choices")
    if not isinstance(choices, list) or not choices:
        if "error" in completion or completion.get("object") == "error":
            return completion
        raise bad_answer("answers with JSON that is no chat completion")
    return {**completion, "choices": [_as_delta(choice) for choice in choices if isinstance(choice, dict)]}


def _as_delta(choice: Json) -> Json:
    message = choice.get("message")
    return {**choice, "delta": message if isinstance(message, dict) else {}}


async def _lines(received: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield lines without their ends, and no more bytes than memory should hold."""
    rest = bytearray()
    total = searched = 0
    async for data in received:
        total += len(data)
        if total > _MOST_ANSWER:
            raise bad_answer(f"sent more than {_MOST_ANSWER} bytes for one answer")
        rest += data
        begin = 0
        while (end := rest.find(b"\n", max(begin, searched))) >= 0:
            yield bytes(rest[begin:end]).rstrip(b"\r")
            begin = end + 1
        del rest[:begin]
        searched = len(rest)
        if searched > _MOST_LINE:
            raise bad_answer(f"sent a line of more than {_MOST_LINE} bytes")
    if rest:
        yield bytes(rest).rstrip(b"\r")


def _parsed(data: bytes) -> Json:
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        raise bad_answer("sent what is no JSON") from None  # not shown: it could repeat the server's own key
    if not isinstance(value, dict):
        raise bad_answer("sent JSON that is no object")
    return value


def _parsed_if_whole(data: bytes) -> Json:
    try:
        return _parsed(data)
    except ModelFailed:
        raise bad_answer(_CUT) from None


def _is_last(chunk: Json) -> bool:
    choices = chunk.get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and choice.get("finish_reason") for choice in choices
    )
