"""Processes that are measured, and the servers they talk to."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent
COMPILED = Path(tempfile.gettempdir()) / "live-compiled"
"""Where byte code goes: kept from run to run, as installed packages keep theirs, and out of the source tree."""
_UNSET = ("CI", "PYTHONDONTWRITEBYTECODE", "HARNESS_ENDPOINT", "OPENAI_BASE_URL", "OPENAI_API_KEY", "HTTP_PROXY")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    """Exit code; the negative number of the signal that ended it."""
    output: str

    def demand(self, *codes: int) -> "Spent":
        """Return itself, or end the benchmark with what it said where it ended otherwise."""
        if self.code not in codes:
            sys.exit(f"ended with {self.code}:\n{self.output[-3000:]}")
        return self


def environment() -> dict[str, str]:
    """Return the environment of what is measured."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return kept | {"PYTHONPYCACHEPREFIX": str(COMPILED), "PYTHONPATH": str(HERE)}


def run(command: list[str], folder: Path, *, kill_after_s: float | None = None) -> Spent:
    """Run a process to its end, or kill it after a while."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=output, stderr=subprocess.STDOUT)
        if kill_after_s is not None:
            try:
                process.wait(kill_after_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        if process.returncode is None:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu_s, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        else:
            cpu_s = peak_mb = 0.0
        wall_s = time.perf_counter() - began
        output.seek(0)
        return Spent(wall_s=wall_s, cpu_s=cpu_s, peak_mb=peak_mb, code=process.returncode, output=output.read())


def pytest(folder: Path, *options: str, kill_after_s: float | None = None) -> Spent:
    """Run a project's cases."""
    # Neither pays for plugins that have nothing to do with it.
    command = [sys.executable, "-m", "pytest", "cases", "-q", "-p", "no:recording", "-p", "no:xdist", *options]
    return run(command, folder, kill_after_s=kill_after_s)


def harness(folder: Path, *arguments: str) -> Spent:
    """Run our command."""
    return run([sys.executable, "-m", "harness", *arguments], folder)


def ask(url: str, path: str) -> Any:
    """Ask a server something beside what is measured."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/{path}", timeout=30) as answer:
        return json.load(answer)


@contextmanager
def serving(command: list[str], errors: Path | None = None) -> Iterator[str]:
    """Run a server that ends with its standard input; yield its base URL. What it says goes to a file."""
    pipe = subprocess.PIPE
    with (
        (errors or Path(os.devnull)).open("w") as told,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=told if errors else None, text=True, env=environment(), cwd=HERE
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            sys.exit("the server did not start")
        yield line.split()[-1]
        process.stdin.close()
        process.wait(20)


@contextmanager
def fake_server(document: Path, latency_s: float, *options: str) -> Iterator[str]:
    """Run the fake server; yield its base URL."""
    command = [sys.executable, "-m", "live_parts.server", str(document), "--latency", str(latency_s), *options]
    with serving(command) as url:
        yield url
