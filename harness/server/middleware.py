"""What happens around every request: who may ask, how much may be sent, the API's own headers."""

import hmac
import secrets
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.server.settings import Settings
from harness.server.wire import ApiError, error_response

_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_MULTIPART_SLACK = 64 * 1024
"""Room for a multipart body's boundaries and field headers beside the file itself."""


class Envelope:
    """Guard the application and dress its answers.

    Args:
        app: The application inside.
        settings: Key and limits.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _dressed(send)
        refusal = self._refusal(headers)
        if refusal is not None:
            await error_response(refusal)(scope, receive, send)
            return
        await self._app(scope, _limited(receive, self._limit(headers)), send)

    def _refusal(self, headers: Headers) -> ApiError | None:
        if self._settings.api_key is None:
            # A web page can reach loopback through a name of its own that resolves here (DNS rebinding), and can post
            # to any address; browsers tell where such a page is from.
            origin = headers.get("origin", "http://127.0.0.1").partition("://")[2]
            if {_host_name(headers.get("host", "127.0.0.1")), _host_name(origin)} <= _LOOPBACK_NAMES:
                return None
            return ApiError(403, "Without an API key this server answers loopback names and their pages only.")
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not given:
            return ApiError(401, "You didn't provide an API key.", code="invalid_api_key")
        if not hmac.compare_digest(given.encode(), self._settings.api_key.encode()):
            return ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
        return None

    def _limit(self, headers: Headers) -> int:
        if headers.get("content-type", "").startswith("multipart/form-data"):
            return self._settings.max_upload_bytes + _MULTIPART_SLACK
        return self._settings.max_body_bytes


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _dressed(send: Send) -> Send:
    started = time.perf_counter()

    async def send_dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            taken_ms = round((time.perf_counter() - started) * 1000)
            own = (
                (b"x-request-id", f"req_{secrets.token_hex(16)}".encode()),
                (b"openai-version", b"2020-10-01"),
                (b"openai-processing-ms", b"%d" % taken_ms),
            )
            message["headers"] = [*message.get("headers", ()), *own]
        await send(message)

    return send_dressed


def _limited(receive: Receive, limit: int) -> Receive:
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise ApiError(413, f"The request body is larger than this server's limit of {limit} bytes.")
        return message

    return receive_limited
