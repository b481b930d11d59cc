"""Serve the Assistants API on this machine: `python -m harness.server`."""

import argparse
import ipaddress
import socket
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.errors import ConfigError, HarnessError
from harness.server.bridge.upstream import KEY_VARIABLE, SILENCE_S, Upstream, upstream_of

if TYPE_CHECKING:  # annotations only: wrong options are told before anything is loaded
    from harness.server.faults.rules import FaultPlan

EXIT_USAGE = 4
"""Exit code for options that cannot be served: as pytest's for wrong usage."""
_EPILOG = """\
example:
  python -m harness.server --port 8080 --data ./server-state
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any python my_assistant.py

  python -m harness.server --port 8080 --upstream http://127.0.0.1:11434/v1

The built-in models are deterministic stand-ins, not language models: see /v1/models. With --upstream, every other model
name is passed to that chat endpoint, and what it may search stays here.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message, hint="see `python -m harness.server --help`")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop, and return an exit code.

    Args:
        arguments: The command line without the program's name; `sys.argv` where None.
    """
    try:
        options = _parse(arguments)
        upstream = _upstream(options)
        faults = _faults(options.faults)
        with bound_socket(options.host, options.port) as listener:
            _make_data_folder(options.data)
            # Loaded only here: wrong options are told at once.
            from harness.server.serving import serve
            from harness.server.settings import Settings

            settings = Settings(data=options.data, api_key=options.api_key, upstream=upstream, faults=faults)
            serve(settings, listener, exit_with_stdin=options.exit_with_stdin)
    except HarnessError as error:
        print(f"harness.server: {error}", file=sys.stderr)  # noqa: T201  # the command line's own output
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 130
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m harness.server",
        description="An Assistants API server with built-in models, for tests: no key, no network, no cost.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that keeps the state (default: keep nothing)")
    parser.add_argument("--api-key", metavar="KEY", help="key that every request must bear")
    parser.add_argument("--upstream", metavar="URL", help="chat endpoint for all models that are not built in")
    parser.add_argument(
        "--upstream-key-env", metavar="NAME", help=f"variable with the upstream's key (default: {KEY_VARIABLE})"
    )
    parser.add_argument(
        "--upstream-timeout",
        type=float,
        metavar="SECONDS",
        help=f"longest silence of the upstream (default: {SILENCE_S:g})",
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong on purpose (see docs/server.md)")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    options = parser.parse_args(arguments)
    if not _is_loopback(options.host) and not options.api_key:
        raise ConfigError(
            f"{options.host} can be reached from other machines, and no key guards it",
            where="--host",
            hint="give --api-key as well, or listen on 127.0.0.1",
        )
    return options


def _upstream(options: argparse.Namespace) -> Upstream | None:
    if options.upstream is not None:
        timeout_s = SILENCE_S if options.upstream_timeout is None else options.upstream_timeout
        return upstream_of(options.upstream, key_variable=options.upstream_key_env, timeout_s=timeout_s)
    for option in ("upstream_key_env", "upstream_timeout"):
        if getattr(options, option) is not None:
            raise ConfigError("there is no upstream", where=f"--{option.replace('_', '-')}", hint="give --upstream too")
    return None


def _faults(path: Path | None) -> "FaultPlan | None":
    if path is None:
        return None
    from harness.server.faults.reading import read_faults

    return read_faults(path)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that holds the address already, so that a taken port is told before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot listen here: {reason}", where=f"{host}:{port}", hint="try another --port") from None
    return listener


def _make_data_folder(folder: Path | None) -> None:
    if folder is None:
        return
    from harness.server.store import DATABASE_NAME, Store

    try:
        folder.mkdir(parents=True, exist_ok=True)
        Store(folder / DATABASE_NAME).close()
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"cannot keep state in this folder: {error}", where=f"--data {folder}") from None


if __name__ == "__main__":
    sys.exit(main())
