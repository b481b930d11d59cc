"""The files of a run before it begins: it waits until they are read, and it needs stores that are still there."""

import asyncio

from harness.server.expiry import is_expired, touch
from harness.server.models.interface import ModelFailed
from harness.server.sources import sources_of
from harness.server.state import State
from harness.server.wire import Json

_PATIENCE_S = 60
"""How long the real API waits for files that were attached just before the run."""


async def until_ready(state: State, run: Json) -> None:
    """Wait until the files that a run may search are read.

    Raises:
        ModelFailed: One of its vector stores has expired: runs fail then, as with the real API.
    """
    identifiers = sources_of(state, run).vector_store_ids
    for identifier in identifiers:
        if is_expired(state.require("vector_store", identifier)):
            raise ModelFailed("server_error", f"Vector store {identifier} has expired.")
        touch(state, identifier)
    reading = [task for identifier in identifiers for task in state.readings.get(identifier, ())]
    if reading:
        await asyncio.wait(reading, timeout=_PATIENCE_S)
