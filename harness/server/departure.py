"""Clients that leave before they are answered: the work for them ends."""

import asyncio
from typing import Any

from starlette.requests import Request


async def is_awaited(request: Request, work: asyncio.Future[Any]) -> bool:
    """Wait for work, and tell whether the client is still there when it is done; False as soon as it left.

    Args:
        request: The client's request, its body read.
        work: What it waits for. It is not cancelled here.
    """
    gone = asyncio.ensure_future(request.receive())  # the body is read: what comes next is that the client left
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return work.done()
    finally:
        gone.cancel()
