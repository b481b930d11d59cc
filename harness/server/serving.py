"""Serving on a socket that is already bound, until told to stop."""

import socket
import sys
import threading

import uvicorn

from harness.server.app import create_app
from harness.server.settings import Settings

_GRACE_S = 1
"""How long open requests may take to end once the server was told to stop."""


class _TellingServer(uvicorn.Server):
    """Print the address as soon as requests are answered."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"listening on http://{shown}:{port}/v1", flush=True)  # noqa: T201  # whoever started it waits for this


def serve(settings: Settings, listener: socket.socket, *, exit_with_stdin: bool) -> None:
    """Answer requests until a signal or, where asked, the end of standard input.

    Args:
        settings: How the server behaves.
        listener: A bound socket.
        exit_with_stdin: Whether to stop once standard input closes.
    """
    config = uvicorn.Config(
        create_app(settings), log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_S, ws="none"
    )
    server = _TellingServer(config)
    if exit_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    server.run(sockets=[listener])


def _stop_with_stdin(server: uvicorn.Server) -> None:
    """Stop the server once whoever started it has closed its end, or is gone."""
    sys.stdin.buffer.read()
    server.should_exit = True
