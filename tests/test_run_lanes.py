import asyncio

import httpx2
import pytest

from harness.run.lanes import Lanes


class Lane(httpx2.AsyncBaseTransport):
    """Answers at once, or fails; counts those who are in it."""

    def __init__(self, made: list["Lane"], *, fails: bool = False) -> None:
        made.append(self)
        self.fails = fails
        self.is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.fails:
            raise httpx2.ConnectError("nobody there")
        return httpx2.Response(200, stream=httpx2.ByteStream(b"ok"), request=request)

    async def aclose(self) -> None:
        self.is_closed = True


ASK = httpx2.Request("GET", "http://test/")


def test_a_lane_is_shared_by_nobody_and_used_again() -> None:
    made: list[Lane] = []

    async def use() -> list[int]:
        counts = []
        async with Lanes(lambda: Lane(made)) as lanes:
            first = await lanes.handle_async_request(ASK)
            second = await lanes.handle_async_request(ASK)
            counts.append(len(made))
            for response in (first, second, second):
                await response.aclose()
            for _ in range(5):
                response = await lanes.handle_async_request(ASK)
                assert await response.aread() == b"ok"
                await response.aclose()
            counts.append(len(made))
        return counts

    assert asyncio.run(use()) == [2, 2]
    assert all(lane.is_closed for lane in made)


def test_a_lane_that_failed_is_free_again() -> None:
    made: list[Lane] = []

    async def use() -> None:
        async with Lanes(lambda: Lane(made, fails=True)) as lanes:
            for _ in range(3):
                with pytest.raises(httpx2.ConnectError):
                    await lanes.handle_async_request(ASK)

    asyncio.run(use())
    assert len(made) == 1
