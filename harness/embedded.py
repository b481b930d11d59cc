"""The embedded server: started as a child process, ended with its parent."""

import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from harness.errors import EndpointError

__all__ = ["EmbeddedServer", "start_embedded"]

_READY = re.compile(r"listening on (http://\S+)\s*")
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 5.0
_TAIL_LINES = 15
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV")
"""The environment of the child: what Python needs to run, and none of the parent's keys."""


class EmbeddedServer:
    """A running server; a context manager that stops it.

    The child ends when its standard input closes. The system closes it when this process ends, however it ends, so no
    orphan stays.

    Args:
        process: The child.
        base_url: Where it listens, for example `http://127.0.0.1:43210/v1`.
        stderr: The open file into which it writes what goes wrong.
    """

    def __init__(self, process: "subprocess.Popen[str]", base_url: str, stderr: IO[bytes]) -> None:
        self.base_url = base_url
        self._process = process
        self._stderr = stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process_id(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the child still runs."""
        return self._process.poll() is None

    def stderr_tail(self) -> str:
        """Return the last lines that the child wrote to its standard error."""
        return _tail(self._stderr)

    def stop(self) -> None:
        """End the child; do nothing where it has ended already."""
        _end(self._process)
        self._stderr.close()


def start_embedded(
    *, data: Path | None = None, faults: Path | None = None, timeout_s: float = _START_TIMEOUT_S
) -> EmbeddedServer:
    """Start a server on a free port of this machine and wait until it answers.

    Args:
        data: Folder that keeps its state; None for state that ends with it.
        faults: File of what goes wrong on purpose; None for nothing.
        timeout_s: How long to wait for it, in seconds.

    Raises:
        EndpointError: It did not start; with the end of what it wrote to its standard error.
    """
    # -P: whatever lies in the current folder must not stand in for a module.
    command = [sys.executable, "-P", "-m", "harness.server", "--exit-with-stdin"]
    if data is not None:
        command += ["--data", str(data)]
    if faults is not None:
        command += ["--faults", str(faults)]
    # A file, not a pipe: a pipe that nobody reads would stop the child once it is full. Appending, because the child
    # shares the position that `_tail` moves.
    stderr = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115  # it lives as long as the child
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        start_new_session=True,  # an interrupt typed at the terminal is for us: we still need the server to clean up
    )
    try:
        base_url = _base_url(process, timeout_s)
    except BaseException:
        _end(process)
        stderr.close()
        raise
    if base_url is None:
        _end(process)
        error = _start_error(process, stderr, timeout_s)
        stderr.close()
        raise error
    return EmbeddedServer(process, base_url, stderr)


def _base_url(process: "subprocess.Popen[str]", timeout_s: float) -> str | None:
    """Return the address that the child prints, or None where it ends or waits instead."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    output = process.stdout
    assert output is not None
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        found = _READY.fullmatch(lines.get(timeout=timeout_s))
    except queue.Empty:
        return None
    return found[1] if found else None


def _start_error(process: "subprocess.Popen[str]", stderr: IO[bytes], timeout_s: float) -> EndpointError:
    # A negative code is the signal that `_end` or somebody else sent.
    ended = process.returncode is not None and process.returncode > 0
    how = f"it ended with code {process.returncode}" if ended else f"no answer within {timeout_s:g} s"
    said = _tail(stderr)
    return EndpointError(
        f"the embedded server did not start: {how}" + (f"; it said:\n{said}" if said else ""),
        where="python -m harness.server",
        hint="start it by hand to see more, or name an endpoint with --harness-endpoint",
    )


def _end(process: "subprocess.Popen[str]") -> None:
    """End a child: ask by closing its standard input, then insist."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(timeout=_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _tail(stderr: IO[bytes]) -> str:
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])
