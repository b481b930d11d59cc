"""One OpenAI-compatible chat endpoint, asked over one shared client."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx2

from harness.server.bridge.compatibility import named_in, without_refused
from harness.server.bridge.failures import error_in, failure_of_status, failure_of_transport, words_of
from harness.server.bridge.reading import read_chunks
from harness.server.bridge.upstream import Upstream
from harness.server.models.interface import ModelFailed
from harness.server.wire import Json

__all__ = ["ChatEndpoint"]

_CONNECTIONS = 64
_CONNECT_S = 10.0
_LIST_S = 5.0
"""How long a list of models may take: whoever asks for one would not wait longer, and it can do without."""
_MOST_BYTES = 1024 * 1024
"""Of an error's body or a list of models."""
_MOST_MODELS = 2000
_MOST_NAME = 256


class ChatEndpoint:
    """Ask an upstream.

    Args:
        upstream: Where it is.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        # Only the server's own key ever goes there. Compressed answers could unpack to more than memory holds.
        headers = {"accept-encoding": "identity"}
        if upstream.api_key is not None:
            headers["authorization"] = f"Bearer {upstream.api_key}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            verify=_trusted(upstream.url),
            timeout=httpx2.Timeout(upstream.timeout_s, connect=min(_CONNECT_S, upstream.timeout_s)),
            limits=httpx2.Limits(max_connections=_CONNECTIONS),
            # A proxy that the environment names is for what lies outside.
            trust_env=not upstream.is_loopback,
        )
        self._refused: dict[str, frozenset[str]] = {}

    async def chunks(self, request: Mapping[str, Any]) -> AsyncGenerator[Json]:
        """Yield the chunks of a completion as they come. Closing the generator closes the request.

        Args:
            request: The body of a request for a chat completion.

        Raises:
            ModelFailed: There is no completion, or no more of it.
        """
        try:
            async with (
                aclosing(await self._accepted(request)) as response,
                aclosing(read_chunks(response.aiter_bytes())) as chunks,
            ):
                async for chunk in chunks:
                    failure = error_in(chunk, self._upstream.api_key)
                    if failure is not None:
                        raise failure
                    yield chunk
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._unreached(error) from None

    async def models(self) -> list[Json] | None:
        """Return the models that the upstream lists, as the wire shows them; None where it lists none."""
        try:
            async with asyncio.timeout(_LIST_S), self._client.stream("GET", f"{self._upstream.url}/models") as response:
                listed = json.loads(await _bounded(response)) if response.is_success else None
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, RecursionError):
            return None  # the list is a help; a request for a model tells what is wrong
        data = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(data, list):
            return None
        return [shown for one in data[:_MOST_MODELS] if (shown := _model(one)) is not None]

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _accepted(self, request: Mapping[str, Any]) -> httpx2.Response:
        """Send a request, without parameters that are refused where it can do without, and return the good answer."""
        model = request["model"]
        refused = self._refused.get(model, frozenset())
        while True:
            body = without_refused(request, refused)
            sent = self._client.build_request("POST", f"{self._upstream.url}/chat/completions", json=body)
            response = await self._client.send(sent, stream=True)
            if response.is_success:
                if refused:
                    self._refused[model] = refused
                return response
            async with aclosing(response):
                said = _words(await _bounded(response))
            spared = named_in(said, body) if response.status_code in {400, 422} else None
            if spared is None:
                raise failure_of_status(response, said, model, self._upstream.api_key)
            refused |= {spared}

    def _unreached(self, error: httpx2.HTTPError | httpx2.InvalidURL) -> ModelFailed:
        return failure_of_transport(error, self._upstream.timeout_s, self._upstream.api_key)


def _trusted(url: str) -> ssl.SSLContext | bool:
    """Return what certificates are checked against: True for the usual ones, which take 20 ms to load."""
    return True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _bounded(response: httpx2.Response) -> bytes:
    """Return the body up to a limit, whatever comes behind."""
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) > _MOST_BYTES:
            break
    return body[:_MOST_BYTES]


def _words(body: bytes) -> str:
    """Return what an error's body says; nothing where that is a web page."""
    try:
        return words_of(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode(errors="replace").strip()
        return "" if text.startswith("<") else text


def _model(one: object) -> Json | None:
    if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not 0 < len(one["id"]) <= _MOST_NAME:
        return None
    created, owner = one.get("created"), one.get("owned_by")
    return {
        "id": one["id"],
        "object": "model",
        "created": created if isinstance(created, int) else 0,
        "owned_by": owner[:_MOST_NAME] if isinstance(owner, str) and owner else "upstream",
    }
