"""Which process a run belongs to, and whether it is still there."""

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

Life: TypeAlias = Literal["alive", "dead", "elsewhere"]
"""Whether a process still runs; `elsewhere`: on another machine, where nobody can look from here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """A process, told from a later one of the same number by when it began."""

    host: str
    pid: int
    began: str
    """As the system tells it; empty where it tells nothing."""

    @classmethod
    def this(cls) -> "Owner":
        """Return this process."""
        return cls(host=platform.node(), pid=os.getpid(), began=_began(os.getpid()))

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Owner | None":
        """Return the process that a manifest names; None where it names none."""
        told: Any = manifest.get("owner")
        try:
            return cls(host=str(told["host"]), pid=int(told["pid"]), began=str(told["began"]))
        except (TypeError, LookupError, ValueError):
            return None

    @property
    def life(self) -> Life:
        """Whether it still runs."""
        if self.host != platform.node():
            return "elsewhere"
        return "alive" if self.began and _began(self.pid) == self.began else "dead"

    @property
    def data(self) -> dict[str, Any]:
        """It as a manifest holds it."""
        return {"host": self.host, "pid": self.pid, "began": self.began}


def _began(pid: int) -> str:
    """Return when a process began; empty where there is none, or one that has ended and waits to be asked for."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _asked_for(pid)
    # Behind the name, which may hold anything: the state first, and the time of the start as the 20th field.
    fields = told.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _asked_for(pid: int) -> str:
    """Return when a process began where there is no /proc, as on macOS."""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()  # noqa: S603 - a number is all that it is handed
    except (OSError, subprocess.TimeoutExpired):
        return ""
