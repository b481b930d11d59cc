"""What a client reads instead of an answer."""

import math
from http import HTTPStatus

from starlette.responses import HTMLResponse, JSONResponse, Response

from harness.server.faults.rules import Rule

_PAGE = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
_KINDS = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", None),
    429: ("requests", "rate_limit_exceeded"),
}
"""Type and code of the API's error by status, where they are not those of most."""


def answer_of(rule: Rule) -> Response:
    """Return the answer that a rule gives in place of the server's."""
    status = rule.status or 200
    headers = _headers(rule.retry_after)
    if rule.body == "html":
        return HTMLResponse(_PAGE.format(title=f"{status} {_phrase(status)}"), status, headers)
    if rule.body == "empty":
        return Response(b"", status, headers)
    kind, code = _KINDS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    message = f"{_phrase(status)}: a fault on purpose, by the rules that this server was started with."
    error = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status, headers)


def _headers(retry_after_s: float | None) -> dict[str, str]:
    if retry_after_s is None:
        return {}
    headers = {"retry-after": str(math.ceil(retry_after_s))}
    # The standard header counts in whole seconds; the API's own one goes beside it where that is too coarse.
    return headers if retry_after_s.is_integer() else {**headers, "retry-after-ms": f"{retry_after_s * 1000:g}"}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
