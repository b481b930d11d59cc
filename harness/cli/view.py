"""`harness view`: the reports of all runs, served to this machine."""

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.reference import baseline_name, reference_of
from harness.config import find_prices, find_project
from harness.errors import ConfigError
from harness.report.page.site import create_site

if TYPE_CHECKING:  # annotations only: most commands need no server
    from starlette.applications import Starlette

_HOST = "127.0.0.1"
"""Answers and documents may be confidential: no other machine can ask for them."""
_GRACE_S = 1
"""How long open requests may take to end once the server was told to stop."""


def view_runs(port: int, folder: Path, say: Callable[[str], None], baseline: str | None = None) -> None:
    """Serve the project's runs until Ctrl-C.

    Args:
        port: The port to listen on; 0 takes any free one.
        folder: Where the project is looked for.
        say: Prints a line: the address, once it answers.
        baseline: The name of what runs are shown beside; None asks `.env`, and without an answer there is none.

    Raises:
        ConfigError: There is no project, its settings cannot be used, or the port is taken.
        ResultsError: There is no such baseline, or it cannot be read.
    """
    project = find_project(folder)
    name = baseline_name(project, baseline)
    if name:
        reference_of(project, name)  # what is wrong with it is better said now than on each page
    site = create_site(
        project.results,
        fixtures=project.fixtures,
        max_mb=project.max_document_mb,
        prices=find_prices(project.root),
        reference=partial(reference_of, project, name) if name else None,
    )
    with _listener(port) as listener:
        try:
            _serve(site, listener, say)
        except KeyboardInterrupt:  # the way to end it
            return


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "name another one, or 0 for any free one"
        raise ConfigError(f"cannot listen on port {port}: {reason}", where="--port", hint=hint) from error


def _serve(site: "Starlette", listener: socket.socket, say: Callable[[str], None]) -> None:
    import uvicorn

    class TellingServer(uvicorn.Server):
        """Say the address as soon as requests are answered."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                say(f"http://{_HOST}:{listener.getsockname()[1]}/  (Ctrl-C ends it)")

    config = uvicorn.Config(
        site, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_S, ws="none", lifespan="off"
    )
    TellingServer(config).run(sockets=[listener])
