"""What cases share on the server: each document uploaded once, each store and assistant made once a session."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from harness.cassettes.identity import assistant_id, file_id, store_id
from harness.model.plan import Handles, Planned, Source
from harness.targets.target import Remember, Target

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

Make: TypeAlias = Callable[["AsyncOpenAI", Remember], Awaitable[str]]
"""Makes one remote object through a client, and returns its live id."""
MakeAndRecord: TypeAlias = Callable[[str, str, Make, dict[str, str]], Awaitable[str]]
"""Runs a `Make` over a tape: kind, canonical id, what to do, and the ids known so far (live by canonical)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A set-up that is done."""

    handles: Handles
    names: dict[str, str]
    """Canonical id by live id."""


class SharedObjects:
    """Makes what is missing, once: within the process by futures, between processes by a lock file.

    Args:
        target: The protocol.
        make: Runs a step and records it.
        read: Returns a document's bytes.
        folder: Where the processes of a session tell each other what is made.
    """

    def __init__(
        self, target: Target, make: MakeAndRecord, read: Callable[[Source], Awaitable[bytes]], folder: Path
    ) -> None:
        self._target = target
        self._make = make
        self._read = read
        self._folder = folder
        self._made: dict[str, asyncio.Task[str]] = {}

    async def ready(self, planned: Planned) -> Ready:
        """Return the handles of a run, making whatever of its set-up is missing.

        Raises:
            TargetError: The endpoint refused, or could not index a document. Every case that needs it gets the same.
        """
        names: dict[str, str] = {}
        store = await self._store(planned, names)
        if planned.assistant.id is not None:
            names[planned.assistant.id] = planned.assistant.id
            return Ready(handles=Handles(assistant_id=planned.assistant.id, thread_store_id=store), names=names)

        async def make(client: "AsyncOpenAI", remember: Remember) -> str:
            return await self._target.assistant(client, planned, store, remember)

        live = await self._once("assistant", assistant_id(planned), make, names)
        return Ready(handles=Handles(assistant_id=live), names=names)

    async def _store(self, planned: Planned, names: dict[str, str]) -> str | None:
        if planned.vector_store is not None:
            names[planned.vector_store] = planned.vector_store
            return planned.vector_store
        if not planned.sources or "file_search" not in planned.assistant.tools:
            return None
        files = [await self._file(source, names) for source in planned.sources]

        async def make(client: "AsyncOpenAI", remember: Remember) -> str:
            return await self._target.store(client, "harness", list(dict.fromkeys(files)), remember)

        return await self._once("vector_store", store_id(planned.sources), make, names)

    async def _file(self, source: Source, names: dict[str, str]) -> str:
        async def make(client: "AsyncOpenAI", remember: Remember) -> str:
            return await self._target.upload(client, source, await self._read(source), remember)

        return await self._once("file", file_id(source), make, names)

    async def _once(self, kind: str, canonical: str, make: Make, names: dict[str, str]) -> str:
        if canonical not in self._made:
            self._made[canonical] = asyncio.create_task(self._locked(kind, canonical, make, dict(names)))
        # A case that is cancelled must not take the shared step with it.
        live = await asyncio.shield(self._made[canonical])
        names[live] = canonical
        return live

    async def _locked(self, kind: str, canonical: str, make: Make, names: dict[str, str]) -> str:
        from filelock import AsyncFileLock

        self._folder.mkdir(parents=True, exist_ok=True)
        note = self._folder / f"{canonical}.json"
        async with AsyncFileLock(self._folder / f"{canonical}.lock"):
            if note.exists():
                return str(json.loads(note.read_text(encoding="utf-8"))["id"])
            live = await self._make(kind, canonical, make, names)
            note.write_text(json.dumps({"id": live}), encoding="utf-8")
            return live
