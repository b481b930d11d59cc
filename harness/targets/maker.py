"""Makes remote objects that no list would show again if the answer to their creation were lost."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from harness.errors import AnswerLost
from harness.targets.calls import Answer, post
from harness.targets.patience import PATIENT, Patience

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

T = TypeVar("T")
Remember: TypeAlias = Callable[[str, str], None]
"""Called with the kind and id of every remote object as soon as it is known: `("thread", "thread_...")`."""
UNKNOWN = ""
"""Stands for the id of an object that may have been made by a request whose answer never came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Maker:
    """What makes remote objects, and tells of each as soon as its id is known."""

    client: "AsyncOpenAI"
    remember: Remember
    patience: Patience = PATIENT

    async def make(self, kind: str, path: str, body: Mapping[str, Any]) -> str:
        """Make an object by a POST request, and return its id.

        Raises:
            EndpointError: The endpoint refused, or could not be reached.
        """
        return await self.surely(kind, lambda: post(self.client, path, body))

    async def surely(self, kind: str, send: Callable[[], Awaitable[Answer]]) -> str:
        """Make an object by a request of your own, and return its id.

        Where the answer is lost, the request is sent again, and what the lost one may have made is noted.

        Args:
            kind: As the ledger names it.
            send: Sends the request.

        Raises:
            EndpointError: The endpoint refused, or could not be reached.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return await to_its_end(self._noted(kind, send))
            except AnswerLost:
                if self.patience.is_over(tried):
                    raise
            await self.patience.pause(tried)

    async def _noted(self, kind: str, send: Callable[[], Awaitable[Answer]]) -> str:
        try:
            remote_id = (await send()).text("id")
        except AnswerLost:
            self.remember(kind, UNKNOWN)
            raise
        self.remember(kind, remote_id)
        return remote_id


async def to_its_end(making: Coroutine[Any, Any, T]) -> T:
    """Await something that goes on when the caller is cancelled.

    An object that is being made must become known: cut off in between, it would stay on the server for ever.
    """
    future = asyncio.ensure_future(making)
    # Where the caller is gone nobody asks what became of it, and asyncio would complain of that.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(future)
