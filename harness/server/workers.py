"""Work that would block the event loop, done beside it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Workers:
    """A bounded number of threads that never keep the process from ending.

    The standard executors join their threads at exit, so one stuck model would leave an orphaned server behind.

    Args:
        limit: How many run at once.
    """

    def __init__(self, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a function in a thread and return what it returns."""
        async with self._slots:
            return await _in_daemon_thread(function, arguments)


def _in_daemon_thread(function: Callable[..., Result], arguments: tuple[object, ...]) -> asyncio.Future[Result]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def tell(result: Result | None, error: BaseException | None) -> None:
        if future.done():  # whoever waited has gone
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # no error, so it is the result

    def work() -> None:
        result, error = None, None
        try:
            result = function(*arguments)
        except Exception as caught:  # noqa: BLE001  # passed on to whoever awaits the future
            error = caught
        try:
            loop.call_soon_threadsafe(tell, result, error)
        except RuntimeError:  # the loop closed meanwhile: the server is gone, and so is whoever waited
            return

    threading.Thread(target=work, daemon=True).start()
    return future


class Background:
    """Tasks that outlive the request which started them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it ends or the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Cancel what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
