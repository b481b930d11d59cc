"""Requests through the openai client, with its errors in our words."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import AnswerLost, EndpointError
from harness.targets.events import Heard, heard

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import APIStatusError, AsyncOpenAI

BETA = ("/assistants", "/threads", "/vector_stores")
"""Paths on which servers may insist on the header of the beta."""
SHORTEST_POLL_S, LONGEST_POLL_S = 0.02, 5.0
"""Bounds on what a server may ask for between polls, in seconds."""
QUIET_S = 30.0
"""How long what can be asked for again may keep silent: a read, a deletion, the stream of a run that can be polled."""
SUNSET = (
    "OpenAI shut its hosted Assistants API on 2026-08-26. Use a server that still speaks the protocol "
    "(HARNESS_ENDPOINT, or leave it unset for the embedded one)"
)
_NAMES_OBJECT = re.compile(r"^No |\bwith id\b|['`]")
"""What a message of 404 says that is about an object, and not about the path."""


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
        AnswerLost: It may have done what was asked; nothing tells.
    """
    import httpx2

    with endpoint_errors(client):
        options: Any = {"headers": _headers(path)}
        return answer_of(await client.post(path, body=body, cast_to=httpx2.Response, options=options))


async def get(client: "AsyncOpenAI", path: str, query: Mapping[str, Any] | None = None) -> Answer:
    """Send a GET request; see `post`."""
    import httpx2

    with endpoint_errors(client):
        options: Any = {"headers": _headers(path), "params": dict(query or {}), "timeout": _quiet(client)}
        return answer_of(await client.get(path, cast_to=httpx2.Response, options=options))


async def delete(client: "AsyncOpenAI", path: str) -> None:
    """Send a DELETE request; an object that is gone already is no error."""
    import httpx2
    from openai import NotFoundError

    with endpoint_errors(client):
        try:
            options: Any = {"headers": _headers(path), "timeout": _quiet(client)}
            await client.delete(path, cast_to=httpx2.Response, options=options)
        except NotFoundError:
            return


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A request for a stream."""

    path: str
    body: Mapping[str, Any]
    query: Mapping[str, Any]
    can_be_polled: bool
    """Whether what it makes goes on without us: then nobody waits long for a stream that keeps silent."""


async def listen(client: "AsyncOpenAI", wanted: Wanted, begun: Callable[[Heard], None]) -> Answer | list[Heard]:
    """Ask for a stream and hear it to its end.

    Args:
        client: What asks.
        wanted: What is asked for.
        begun: Called with the first event, as soon as it is there.

    Returns:
        The events, of a stream that broke off those that came; or the answer of a server that does not stream.

    Raises:
        EndpointError, AnswerLost: As `post` does; a stream that broke off before anything came is a lost answer.
    """
    import httpx2

    with endpoint_errors(client):
        options: Any = {"headers": _headers(wanted.path), "params": dict(wanted.query)}
        options |= {"timeout": _quiet(client)} if wanted.can_be_polled else {}
        sending: Any = client.post
        body = {**wanted.body, "stream": True}
        response: httpx2.Response = await sending(
            wanted.path, body=body, cast_to=httpx2.Response, options=options, stream=True
        )
        try:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                await response.aread()
                return answer_of(response)
            return list(heard(await _until_its_end(response, begun)))
        finally:
            await response.aclose()


async def _until_its_end(response: Any, begun: Callable[[Heard], None]) -> str:
    """Return the text of a stream as far as it came."""
    import httpx2

    pieces: list[bytes] = []
    has_begun = False
    try:
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            if not has_begun and (first := next(heard(b"".join(pieces).decode(errors="replace")), None)):
                has_begun = True
                begun(first)
    except httpx2.TransportError:
        if not has_begun:
            raise
    return b"".join(pieces).decode(errors="replace")


def refuses_streams(error: EndpointError) -> bool:
    """Tell whether an error says that the server does not stream: the request was not carried out."""
    return status_of(error) in {400, 422} and "stream" in error.what.partition(" answered ")[2]


def status_of(error: EndpointError) -> int | None:
    """Return the HTTP status that an error tells of; None where there was none."""
    return getattr(error.__cause__, "status_code", None)


def _quiet(client: "AsyncOpenAI") -> Any:
    """Return the timeouts of what can be asked for again."""
    import httpx2

    timeout = client.timeout
    if not isinstance(timeout, httpx2.Timeout) or timeout.read is None:
        return timeout
    return httpx2.Timeout(**{**timeout.as_dict(), "read": min(QUIET_S, timeout.read)})


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


@contextmanager
def endpoint_errors(client: "AsyncOpenAI") -> Iterator[None]:
    """Turn the client's exceptions into ours: what happened, where, what to do."""
    import httpx2
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    where = str(client.base_url).rstrip("/")
    try:
        yield
    except (APITimeoutError, httpx2.TimeoutException) as error:
        hint = "raise `timeout_s` in [tool.harness], or look at the server's load"
        raise _unanswered(error)("no answer in time", where=where, hint=hint) from error
    except (APIConnectionError, httpx2.TransportError) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        hint = "is the server running, and is the base URL right?"
        raise _unanswered(error)(f"nothing answers ({reason})", where=where, hint=hint) from error
    except APIStatusError as error:
        raise _status_error(error, where) from error
    except APIError as error:
        raise EndpointError(" ".join(str(error).split())[:300], where=where) from error


def _unanswered(error: Exception) -> type[EndpointError]:
    """Return what it means that nothing answered: was the request sent at all?"""
    import httpx2

    causes = (error, error.__cause__)
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
    return EndpointError if any(isinstance(cause, unsent) for cause in causes) else AnswerLost


def _status_error(error: "APIStatusError", where: str) -> EndpointError:
    status, said = error.status_code, _said(error)
    what = f"{error.request.method} {error.request.url.path} answered {status}: {said}"
    hints = {
        400: "the request does not fit the endpoint: check instructions, tools and model of the suite",
        401: "the key was not accepted: check the key that belongs to this endpoint (see README, endpoints)",
        403: "the key may not do this: check its permissions",
        404: _missing(error),
        413: "a document is larger than the endpoint takes",
        429: "the endpoint limits requests: lower --harness-concurrency, or wait",
    }
    hint = hints.get(status, "the server failed: look at its log, or try again" if status >= 500 else None)
    # A server that asks to come back later has not begun; any other that failed may have done so half way.
    is_unsure = status >= 500 and not (status == 503 and "retry-after" in error.response.headers)
    return (AnswerLost if is_unsure else EndpointError)(what, where=where, hint=hint)


def _missing(error: "APIStatusError") -> str:
    """Tell a server without this API from one that misses an object: the latter names what it misses."""
    body = error.body if isinstance(error.body, dict) else {}
    if body.get("code") or _NAMES_OBJECT.search(str(body.get("message", ""))):
        return "the object or model is not known there"
    if any(part in error.request.url.path for part in ("/assistants", "/threads")):
        return SUNSET
    return "the base URL probably lacks its path (often /v1), or the server does not speak this protocol"


def _said(error: "APIStatusError") -> str:
    if isinstance(error.body, dict) and error.body.get("message"):
        return " ".join(str(error.body["message"]).split())[:300]
    kind = error.response.headers.get("content-type", "")
    if "html" in kind:
        return "a web page, not an API's answer"
    return " ".join(error.response.text.split())[:200] or "no further word"
