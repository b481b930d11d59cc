"""Faults as they happen: what stands between the server and the requests that a rule strikes."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.server.faults.answers import answer_of
from harness.server.faults.book import Entry, FaultBook
from harness.server.faults.connection import Beginning, close, reset, until_gone
from harness.server.faults.fate import FATE, Fate
from harness.server.faults.rules import Place


class Faults:
    """Let the rules strike.

    Args:
        app: The server inside.
        book: Draws and counts.
    """

    def __init__(self, app: ASGIApp, *, book: FaultBook) -> None:
        self._app = app
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI), or don't."""
        entry = None
        if scope["type"] == "http":
            entry = self._book.draw(scope["method"], scope["path"].removeprefix("/v1"))
        if entry is None:
            await self._app(scope, receive, send)
            return
        if entry.rule.delay:
            await asyncio.sleep(entry.rule.delay)
        await self._strike(entry, scope, receive, send)

    async def _strike(self, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
        rule = entry.rule
        place = rule.cut or rule.silence or (Place(moment=rule.reset) if rule.reset else None)
        if place is not None and place.moment is None:
            beginning = Beginning(place, send, _ending(entry, scope))
            await self._app(scope, receive, beginning)
            if beginning.is_over:
                await until_gone(receive)
            return
        if place is not None:
            await self._unanswered(place, _ending(entry, scope), scope, receive)
            return
        entry.struck += 1
        if rule.status is not None or rule.body is not None:
            await _read_out(receive)
            await answer_of(rule)(scope, receive, send)
        elif rule.run_status is not None:
            fate = Fate(status=rule.run_status, last_error=rule.last_error or "server_error")
            token = FATE.set(fate)
            try:
                await self._app(scope, receive, send)
            finally:
                FATE.reset(token)
        else:  # it was only late
            await self._app(scope, receive, send)

    async def _unanswered(self, place: Place, end: Callable[[], None], scope: Scope, receive: Receive) -> None:
        """Send nothing at all."""
        if place.moment == "before":
            # Or a client that still writes would sometimes read an orderly end instead of a reset.
            await _read_out(receive)
            end()
        else:

            async def lose(message: Message) -> None:
                if message["type"] == "http.response.start":  # there is an answer: the request was carried out
                    end()

            await self._app(scope, receive, lose)
        await until_gone(receive)


def _ending(entry: Entry, scope: Scope) -> Callable[[], None]:
    """Return what ends an answer where the rule says so; silence leaves the connection as it is."""

    def end() -> None:
        entry.struck += 1
        if entry.rule.reset is not None:
            reset(scope)
        elif entry.rule.cut is not None:
            close(scope)

    return end


async def _read_out(receive: Receive) -> None:
    """Read a request to its end: an answer to half of one would close the connection as well."""
    message = await receive()
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
