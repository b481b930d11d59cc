"""What goes wrong with an upstream, told to clients without anything that is the server's own."""

import json
import re
from typing import Any, Literal

import httpx2

from harness.server.models.interface import ModelFailed

__all__ = ["bad_answer", "error_in", "failure_of_status", "failure_of_transport", "words_of"]

_MOST_WORDS = 500
"""Characters of an upstream's own message that are passed on."""
_MOST_WAIT_S = 24 * 3600.0
_UPSTREAM = "The upstream chat endpoint"


def bad_answer(what: str) -> ModelFailed:
    """Return the failure of an upstream that does not speak the protocol; `what` goes on behind its name."""
    return ModelFailed("server_error", f"{_UPSTREAM} {what}")


def failure_of_status(response: httpx2.Response, said: str, model: str, api_key: str | None) -> ModelFailed:
    """Return the failure that an HTTP status other than success means.

    Args:
        response: Its status and headers.
        said: The upstream's own words about it, may be empty.
        model: The model that was asked for.
        api_key: The server's own key: an upstream that repeats it must not give it away.
    """
    status = response.status_code
    words = f": {_shown(said, api_key)}" if said else ""
    wait_s = _retry_after(response)
    if status in {401, 403}:  # without its words: they tend to quote the key
        return bad_answer(f"refuses this server's own key ({status}); whoever runs the server has to set it")
    if status == 404:
        return bad_answer(f"knows no model `{model}`, or its base URL is wrong (404){words}")
    if status == 429:
        return ModelFailed("rate_limit_exceeded", f"{_UPSTREAM} limits the rate of requests (429){words}", wait_s)
    if status in {400, 413, 422}:
        return ModelFailed("invalid_prompt", f"{_UPSTREAM} refuses the request ({status}){words}")
    if 300 <= status < 400:
        return bad_answer(f"redirects ({status}): configure the URL that it redirects to")
    return ModelFailed("server_error", f"{_UPSTREAM} failed ({status}){words}", wait_s)


def failure_of_transport(
    error: httpx2.HTTPError | httpx2.InvalidURL, timeout_s: float, api_key: str | None
) -> ModelFailed:
    """Return the failure that a connection's means.

    Args:
        error: What the HTTP client raised.
        timeout_s: How long the upstream was allowed to be silent, in seconds.
        api_key: The server's own key, which must not show.
    """
    if isinstance(error, httpx2.PoolTimeout):
        return bad_answer(f"was busy with other requests of this server for {timeout_s:g} s")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return bad_answer(f"cannot be reached: {_shown(str(error) or 'no connection in time', api_key)}")
    if isinstance(error, httpx2.TimeoutException):
        return bad_answer(f"was silent for {timeout_s:g} s: timed out")
    if isinstance(error, httpx2.ReadError | httpx2.RemoteProtocolError):
        return bad_answer("broke the connection in the middle")
    return bad_answer(f"cannot be asked: {_shown(str(error) or type(error).__name__, api_key)}")


def error_in(chunk: dict[str, Any], api_key: str | None) -> ModelFailed | None:
    """Return the failure that an upstream tells in the middle of a stream, or None where it tells none."""
    if "error" not in chunk and chunk.get("object") != "error":
        return None
    if chunk.get("error", chunk) is None:
        return None
    error = chunk.get("error")
    code = error.get("code") if isinstance(error, dict) else chunk.get("code")
    kind: Literal["rate_limit_exceeded", "server_error"] = (
        "rate_limit_exceeded" if code in (429, "429", "rate_limit_exceeded") else "server_error"
    )
    return ModelFailed(kind, f"{_UPSTREAM} failed in the middle: {_shown(words_of(chunk), api_key)}")


def words_of(body: object) -> str:
    """Return the message in an error body: `{error: {message}}`, `{error: text}`, `{message}` or `{detail}`."""
    for _ in range(3):
        named = [body[name] for name in ("error", "message", "detail") if isinstance(body, dict) and body.get(name)]
        body = named[0] if named else body
    return body if isinstance(body, str) else json.dumps(body)


def _shown(words: str, api_key: str | None) -> str:
    if api_key:
        words = words.replace(api_key, "***")
    words = re.sub(r"\s+", " ", "".join(one if one.isprintable() else " " for one in words[: 4 * _MOST_WORDS])).strip()
    return words if len(words) <= _MOST_WORDS else words[:_MOST_WORDS] + "…"


def _retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds that a Retry-After header tells; dates, which few send, count as nothing known."""
    value = response.headers.get("retry-after", "").strip()
    if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
        return None
    return min(float(value), _MOST_WAIT_S)
