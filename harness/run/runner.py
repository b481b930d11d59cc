"""Makes runs side by side, in a thread of its own, and hands out their transcripts."""

import asyncio
import atexit
import gc
import sys
import threading
from concurrent.futures import Future

from harness.embedded import EmbeddedServer, start_embedded
from harness.errors import BudgetReached, HarnessError
from harness.model.plan import Planned
from harness.model.transcript import Failure, Transcript
from harness.run.ledger import Ledger
from harness.run.session import RunSettings, Session
from harness.targets.failures import errored, failure_of

MAKING_S = 10.0
"""How long a session that ends waits for objects that are being made, in seconds."""


class Runner:
    """Runs cases against the endpoint, a bounded number at once.

    Everything starts with the first `submit`: a session that only replays pays for none of it.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: EmbeddedServer | None = None
        self._session: asyncio.Task[Session] | None = None
        self._open: set[asyncio.Task[Transcript]] = set()

    def submit(self, planned: Planned) -> "Future[Transcript]":
        """Start a run as soon as there is room; its transcript holds any error but `BudgetReached`."""
        return asyncio.run_coroutine_threadsafe(self._run(planned), self._running_loop())

    def prepare(self, planned: Planned) -> "Future[dict[str, str]]":
        """Make what a run needs and others share; its ids, canonical by live, or why it cannot be made."""
        return asyncio.run_coroutine_threadsafe(self._prepare(planned), self._running_loop())

    def start_server(self) -> str:
        """Start the embedded server for other processes too, and return its base URL.

        Raises:
            EndpointError: It did not start.
        """
        if self._server is None:
            self._server = start_embedded()
        return self._server.base_url

    def delete_left(self) -> list[str]:
        """Delete all remote objects that the ledger still holds.

        Returns:
            For each object that could not be deleted, why.
        """
        if not Ledger(self._settings.folder.ledger).left():
            return []
        return asyncio.run_coroutine_threadsafe(self._delete_left(), self._running_loop()).result()

    def close(self) -> None:
        """End what still runs and stop the embedded server. Remote objects stay: see `delete_left`."""
        if self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None
        if self._server is not None:
            self._server.stop()

    def cancel(self) -> None:
        """End what still runs, and wait until what it made for itself is deleted."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="harness-runner", daemon=True)
            self._thread.start()
        return self._loop

    async def _run(self, planned: Planned) -> Transcript:
        task = asyncio.ensure_future(self._transcript(planned))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return await task

    async def _transcript(self, planned: Planned) -> Transcript:
        try:
            session = await self._ready()
            return await session.run(planned)
        except BudgetReached:
            raise  # no trouble of this run: it has not been begun
        except HarnessError as error:
            return errored(planned, failure_of(error))
        except Exception as error:  # noqa: BLE001 - the client and the server's answers are not ours: one case's trouble
            return errored(planned, Failure(kind="internal", message=f"{type(error).__name__}: {error}"))

    async def _prepare(self, planned: Planned) -> dict[str, str]:
        session = await self._ready()
        return await session.prepare(planned)

    async def _ready(self) -> Session:
        if self._session is None:
            self._session = asyncio.create_task(self._start())
        # A case that is cancelled must not take the start of all others with it.
        return await asyncio.shield(self._session)

    async def _start(self) -> Session:
        url = self._settings.endpoint.base_url or self._settings.embedded_url
        if url is None:
            url = await asyncio.to_thread(self.start_server)
        _load_client()
        return Session(self._settings, url)

    async def _delete_left(self) -> list[str]:
        session = await self._ready()
        return await session.delete_left()

    async def _cancel(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        # What is being made just now becomes known first, or nobody could delete it.
        making = asyncio.all_tasks() - {asyncio.current_task()}
        if making:
            _, hanging = await asyncio.wait(making, timeout=MAKING_S)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def _close(self) -> None:
        await self._cancel()
        if self._session is not None:
            started = await asyncio.gather(self._session, return_exceptions=True)
            for session in started:
                if isinstance(session, Session):
                    await session.close()


def _load_client() -> None:
    """Import the client, and keep the garbage collector from ever walking what is there by then.

    That is a million objects. To search them for cycles, again and again as they grow, then during the runs, several
    times as pytest ends and once more as the interpreter does, takes longer than all that the runs do.
    """
    gc.unfreeze()  # what an earlier session of this process left: all of it goes back into the collector's care
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        import openai  # noqa: F401 - for those who come later
    finally:
        gc.freeze()
        atexit.register(_thaw)
        if was_enabled:
            gc.enable()


def _thaw() -> None:
    """Give everything back to the collector where somebody complains, as the process ends, of what it has not taken."""
    if "duckdb" in sys.modules:
        gc.unfreeze()
