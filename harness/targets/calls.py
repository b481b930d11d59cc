"""Requests through the openai client, with its errors in our words."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import EndpointError

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import APIStatusError, AsyncOpenAI

T = TypeVar("T")
BETA = ("/assistants", "/threads", "/vector_stores")
"""Paths on which servers may insist on the header of the beta."""
SHORTEST_POLL_S, LONGEST_POLL_S = 0.02, 5.0
"""Bounds on what a server may ask for between polls, in seconds."""
SUNSET = (
    "OpenAI shut its hosted Assistants API on 2026-08-26. Use a server that still speaks the protocol "
    "(HARNESS_ENDPOINT, or leave it unset for the embedded one)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A response of the endpoint."""

    data: dict[str, Any]
    """Its JSON object."""
    poll_after_s: float
    """Seconds until it is worth asking again, within bounds."""

    def text(self, key: str) -> str:
        """Return a text field.

        Raises:
            EndpointError: The endpoint left it out: it does not speak the protocol.
        """
        value = self.data.get(key)
        if not isinstance(value, str) or not value:
            kind = self.data.get("object", "object")
            hint = "does it speak the protocol? See --harness-target"
            raise EndpointError(f"the endpoint sent a {kind} without `{key}`", hint=hint)
        return value


async def post(client: "AsyncOpenAI", path: str, body: Mapping[str, Any]) -> Answer:
    """Send a POST request.

    The client's own methods build types that nothing here reads, and those of the beta warn of deprecation each time.

    Raises:
        EndpointError: The endpoint could not be reached, refused, or did not answer with a JSON object.
    """
    import httpx2

    with endpoint_errors(client):
        options: Any = {"headers": _headers(path)}
        return answer_of(await client.post(path, body=body, cast_to=httpx2.Response, options=options))


async def get(client: "AsyncOpenAI", path: str, query: Mapping[str, Any] | None = None) -> Answer:
    """Send a GET request; see `post`."""
    import httpx2

    with endpoint_errors(client):
        options: Any = {"headers": _headers(path), "params": dict(query or {})}
        return answer_of(await client.get(path, cast_to=httpx2.Response, options=options))


async def delete(client: "AsyncOpenAI", path: str) -> None:
    """Send a DELETE request; an object that is gone already is no error."""
    import httpx2
    from openai import NotFoundError

    with endpoint_errors(client):
        try:
            await client.delete(path, cast_to=httpx2.Response, options={"headers": _headers(path)})
        except NotFoundError:
            return


def _headers(path: str) -> dict[str, str]:
    return {"OpenAI-Beta": "assistants=v2"} if path.startswith(BETA) else {}


def answer_of(response: Any) -> Answer:
    """Return a response's JSON object.

    Raises:
        EndpointError: It is none.
    """
    try:
        data = response.json()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        kind = response.headers.get("content-type", "no content type")
        asked = f"{response.request.method} {response.request.url}"
        raise EndpointError(
            f"{asked} answered {response.status_code} with {kind}, not with JSON",
            hint="the base URL probably lacks its path (often /v1), or a proxy or login page answers in its place",
        )
    return Answer(data=data, poll_after_s=poll_after_s(response.headers))


def poll_after_s(headers: Mapping[str, str]) -> float:
    """Return the pause that the server asks for by `openai-poll-after-ms`, within bounds; half a second without it."""
    try:
        wanted = float(headers.get("openai-poll-after-ms", "500")) / 1000
    except ValueError:
        wanted = 0.5
    return min(max(wanted, SHORTEST_POLL_S), LONGEST_POLL_S)


async def to_its_end(making: Coroutine[Any, Any, T]) -> T:
    """Await something that goes on when the caller is cancelled.

    An object that is being made must become known: cut off in between, it would stay on the server for ever.
    """
    return await asyncio.shield(asyncio.ensure_future(making))


@contextmanager
def endpoint_errors(client: "AsyncOpenAI") -> Iterator[None]:
    """Turn the client's exceptions into ours: what happened, where, what to do."""
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    where = str(client.base_url).rstrip("/")
    try:
        yield
    except APITimeoutError as error:
        hint = "raise `timeout_s` in [tool.harness], or look at the server's load"
        raise EndpointError("no answer in time", where=where, hint=hint) from error
    except APIConnectionError as error:
        reason = " ".join(str(error.__cause__ or error).split())
        hint = "is the server running, and is the base URL right?"
        raise EndpointError(f"nothing answers ({reason})", where=where, hint=hint) from error
    except APIStatusError as error:
        raise _status_error(error, where) from error
    except APIError as error:
        raise EndpointError(" ".join(str(error).split())[:300], where=where) from error


def _status_error(error: "APIStatusError", where: str) -> EndpointError:
    status, said = error.status_code, _said(error)
    what = f"{error.request.method} {error.request.url.path} answered {status}: {said}"
    hints = {
        400: "the request does not fit the endpoint: check instructions, tools and model of the suite",
        401: "the key was not accepted: check the key that belongs to this endpoint (see README, endpoints)",
        403: "the key may not do this: check its permissions",
        404: _missing(error, where),
        413: "a document is larger than the endpoint takes",
        429: "the endpoint limits requests: lower --harness-concurrency, or wait",
    }
    hint = hints.get(status, "the server failed: look at its log, or try again" if status >= 500 else None)
    return EndpointError(what, where=where, hint=hint)


def _missing(error: "APIStatusError", where: str) -> str:
    """Tell a server without this API from one that misses an object: the latter names what it misses."""
    body = error.body if isinstance(error.body, dict) else {}
    if body.get("code") or str(body.get("message", "")).startswith("No "):
        return "the object or model is not known there"
    is_beta = any(part in error.request.url.path for part in ("/assistants", "/threads"))
    if is_beta or "openai.com" in where:
        return SUNSET
    return "the base URL probably lacks its path (often /v1), or the server does not speak this protocol"


def _said(error: "APIStatusError") -> str:
    if isinstance(error.body, dict) and error.body.get("message"):
        return " ".join(str(error.body["message"]).split())[:300]
    kind = error.response.headers.get("content-type", "")
    if "html" in kind:
        return "a web page, not an API's answer"
    return " ".join(error.response.text.split())[:200] or "no further word"
