"""What cases share on the server: each document uploaded once, each store and assistant made once a session."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.cassettes.identity import assistant_id, file_id, store_id
from harness.model.plan import Handles, Planned, Source
from harness.model.suite import TargetName
from harness.targets.assistants.setup import make_assistant
from harness.targets.known import TARGETS
from harness.targets.maker import Maker
from harness.targets.setup import make_store, upload

Make: TypeAlias = Callable[[Maker], Awaitable[str]]
"""Makes one remote object, and returns its live id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A shared object that is to be made."""

    kind: str
    """As the ledger names it."""
    id: str
    """Its canonical id."""
    target: TargetName
    """The protocol of the run that needs it first."""
    files: frozenset[str] = frozenset()
    """Live ids of the files that a vector store is to hold."""


MakeAndRecord: TypeAlias = Callable[[Wanted, Make, dict[str, str]], Awaitable[str]]
"""Runs a `Make` over a tape: what is made, how, and the ids known so far (live by canonical)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A set-up that is done."""

    handles: Handles
    names: dict[str, str]
    """Canonical id by live id."""


class SharedObjects:
    """Makes what is missing, once: within the process by futures, between processes by a lock file.

    Args:
        make: Runs a step and records it.
        read: Returns a document's bytes.
        folder: Where the processes of a session tell each other what is made.
        locks: Returns where runs do so, of what they all may use.
    """

    def __init__(
        self,
        make: MakeAndRecord,
        read: Callable[[Source], Awaitable[bytes]],
        folder: Path,
        locks: Callable[[Wanted], Path | None] = lambda _: None,
    ) -> None:
        self._make = make
        self._read = read
        self._folder = folder
        self._locks = locks
        self._made: dict[str, asyncio.Task[str]] = {}

    async def ready(self, planned: Planned) -> Ready:
        """Return the handles of a run, making whatever of its set-up is missing.

        Raises:
            TargetError: The endpoint refused, or could not index a document. Every case that needs it gets the same.
        """
        names: dict[str, str] = {}
        store = await self._store(planned, names)
        assistant = planned.assistant
        if existing := assistant.id or (assistant.prompt and assistant.prompt.id):
            names[existing] = existing
        if assistant.id is not None or not TARGETS[planned.target].has_assistants:
            return Ready(handles=Handles(assistant_id=assistant.id, store_id=store), names=names)

        async def make(maker: Maker) -> str:
            return await make_assistant(maker, planned, store)

        wanted = Wanted(kind="assistant", id=assistant_id(planned), target=planned.target)
        live = await self._once(wanted, make, names)
        return Ready(handles=Handles(assistant_id=live), names=names)

    async def _store(self, planned: Planned, names: dict[str, str]) -> str | None:
        if planned.vector_store is not None:
            names[planned.vector_store] = planned.vector_store
            return planned.vector_store
        if not planned.sources or "file_search" not in planned.assistant.tools:
            return None
        files = [await self._file(source, names, planned.target) for source in planned.sources]

        async def make(maker: Maker) -> str:
            return await make_store(maker, "harness", list(dict.fromkeys(files)))

        name = store_id(planned.sources)
        wanted = Wanted(kind="vector_store", id=name, target=planned.target, files=frozenset(files))
        return await self._once(wanted, make, names)

    async def _file(self, source: Source, names: dict[str, str], target: TargetName) -> str:
        async def make(maker: Maker) -> str:
            return await upload(maker, source, await self._read(source))

        return await self._once(Wanted(kind="file", id=file_id(source), target=target), make, names)

    async def _once(self, wanted: Wanted, make: Make, names: dict[str, str]) -> str:
        if wanted.id not in self._made:
            self._made[wanted.id] = asyncio.create_task(self._locked(wanted, make, dict(names)))
        # A case that is cancelled must not take the shared step with it.
        live = await asyncio.shield(self._made[wanted.id])
        names[live] = wanted.id
        return live

    async def _locked(self, wanted: Wanted, make: Make, names: dict[str, str]) -> str:
        from filelock import AsyncFileLock

        self._folder.mkdir(parents=True, exist_ok=True)
        note = self._folder / f"{wanted.id}.json"
        locks = self._locks(wanted) or self._folder
        locks.mkdir(parents=True, exist_ok=True)
        async with AsyncFileLock(locks / f"{wanted.id}.lock"):
            if note.exists():
                return str(json.loads(note.read_text(encoding="utf-8"))["id"])
            live = await self._make(wanted, make, names)
            draft = note.with_suffix(".tmp")
            draft.write_text(json.dumps({"id": live}), encoding="utf-8")
            draft.replace(note)  # whole or not at all: another session may go on with it
            return live
