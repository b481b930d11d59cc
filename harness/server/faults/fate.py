"""How a run is to end, told to whatever carries it out."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeAlias

RunStatus: TypeAlias = Literal["failed", "expired", "incomplete"]
"""Endings that a client must cope with."""
LastError: TypeAlias = Literal["rate_limit_exceeded", "server_error"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """How a run ends, whatever its model says."""

    status: RunStatus
    last_error: LastError = "server_error"
    """Why, where it is `failed`."""


# A task inherits the context of the request that starts it, so the fate reaches the run that the request makes, and no
# other, without a parameter through every layer that knows nothing of faults.
FATE: ContextVar[Fate | None] = ContextVar("fate", default=None)
"""The fate of the run that the current request makes; None where it is left to its model."""
