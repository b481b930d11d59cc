"""Serving on a socket that is already bound, until told to stop."""

import socket
import sys
import threading

import uvicorn

from harness.server.app import create_app
from harness.server.faults.book import FaultBook
from harness.server.faults.connection import ReachableProtocol
from harness.server.settings import Settings

_GRACE_S = 1
"""How long open requests may take to end once the server was told to stop."""


class _TellingServer(uvicorn.Server):
    """Print the address as soon as requests are answered, and in the end what went wrong on purpose."""

    def __init__(self, config: uvicorn.Config, book: FaultBook | None) -> None:
        super().__init__(config)
        self._book = book

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"listening on http://{shown}:{port}/v1", flush=True)  # noqa: T201  # whoever started it waits for this

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets=sockets)
        # Not behind `run`: that ends with the signal it was stopped by.
        for line in self._book.report() if self._book is not None else ():
            print(line, file=sys.stderr, flush=True)  # noqa: T201  # the command line's own output


def serve(settings: Settings, listener: socket.socket, *, exit_with_stdin: bool) -> None:
    """Answer requests until a signal or, where asked, the end of standard input.

    Args:
        settings: How the server behaves.
        listener: A bound socket.
        exit_with_stdin: Whether to stop once standard input closes.
    """
    book = FaultBook(settings.faults) if settings.faults is not None else None
    config = uvicorn.Config(
        create_app(settings, book=book),
        http="auto" if book is None else ReachableProtocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        ws="none",
    )
    server = _TellingServer(config, book)
    if exit_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    server.run(sockets=[listener])


def _stop_with_stdin(server: uvicorn.Server) -> None:
    """Stop the server once whoever started it has closed its end, or is gone."""
    sys.stdin.buffer.read()
    server.should_exit = True
