"""Go on with what an earlier session of the same run had under way: what was paid for is fetched, not made again.

A run is driven as always. Where it would make a thread, a run or a response that is there already, the transport below
asks for that instead. What is not there is made, so a conversation that was broken off goes on where it was.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import httpx2

from harness.cassettes.interaction import Interaction
from harness.model.plan import Planned
from harness.run.ledger import Ledger, Remote
from harness.run.sent import sent_digest
from harness.targets.assistants.request import KEY
from harness.targets.setup import PASSING

_ENDED_WITH_US = frozenset({"cancelled", "cancelling", "expired"})
"""What becomes of what nobody listens to any more: no answer, and no failure of the assistant's either."""
_KEPT_HEADERS = ("authorization", "openai-beta", "openai-organization", "openai-project", "user-agent")


class Underway:
    """Objects that were made for one run each, and may hold its answer by now.

    Args:
        ledger: Of the run, read once: what this session makes is none of it. None: there was no earlier session.
        endpoint: Name of the endpoint in force.
    """

    def __init__(self, ledger: Ledger | None, endpoint: str) -> None:
        self._by_node: dict[str, list[Remote]] = {}
        self._endpoint = endpoint
        self.add(ledger.left() if ledger is not None else ())

    def add(self, remotes: Iterable[Remote]) -> None:
        """Take note of what others have made and not ended."""
        for remote in remotes:
            if remote.kind in PASSING and remote.node is not None and remote.endpoint == self._endpoint:
                self._by_node.setdefault(remote.node, []).append(remote)

    def take(self, planned: Planned) -> list[Remote]:
        """Return, once, what was made for a run, in the order in which it was made."""
        return self._by_node.pop(planned.node, [])


def resuming(
    remotes: Sequence[Remote], planned: Planned, inner: httpx2.AsyncBaseTransport
) -> httpx2.AsyncBaseTransport:
    """Return the transport of a run for which an earlier session made something; the inner one where it did not."""
    sent = sent_digest(planned) if remotes else ""
    ours = [remote for remote in remotes if remote.plan == sent]  # all else belongs to another question
    return ResumingTransport(inner, ours) if ours else inner


def untimed(tape: tuple[Interaction, ...], transport: httpx2.AsyncBaseTransport) -> tuple[Interaction, ...]:
    """Return a tape without times where some of it happened before: nobody has taken the time of that."""
    if not isinstance(transport, ResumingTransport) or not transport.has_found:
        return tape
    return tuple(replace(one, started_s=None, duration_s=None, event_times=()) for one in tape)


class ResumingTransport(httpx2.AsyncBaseTransport):
    """Answers a request that would make something by what is there already, and passes all others on.

    Args:
        inner: The transport that reaches the endpoint.
        remotes: What was made for the run, in the order in which it was made. Of several threads the last counts:
            that is where the run went on.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, remotes: Sequence[Remote]) -> None:
        self._inner = inner
        self._threads = [remote.id for remote in remotes if remote.kind == "thread"][-1:]
        self._responses = [remote.id for remote in remotes if remote.kind == "response"]
        if any(remote.kind == "conversation" for remote in remotes):
            # What a response that is gone has left in its conversation cannot be told: begin anew.
            self._responses = []
        self._runs: list[dict[str, Any]] | None = None
        self.has_found = False
        """Whether anything was there already."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        if request.method == "POST":
            found = await self._found(request)
            if found is not None:
                self.has_found = True
                return found
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Do nothing: the inner transport belongs to whoever made it."""

    async def _found(self, request: httpx2.Request) -> httpx2.Response | None:
        path = request.url.path
        if path.endswith("/threads") and self._threads:
            return await self._thread(request)
        if path.endswith("/runs") and self.has_found:
            return await self._run(request)
        if path.endswith("/responses") and self._responses:
            return await self._response(request)
        return None

    async def _thread(self, request: httpx2.Request) -> httpx2.Response | None:
        got = await self._got(request, f"{request.url.path}/{self._threads.pop()}")
        return got and _answer(request, got)

    async def _run(self, request: httpx2.Request) -> httpx2.Response | None:
        """Return the oldest run of the same key that was not returned yet."""
        if self._runs is None:
            got = await self._got(request, request.url.path, {"order": "asc", "limit": "100"})
            self._runs = list(_data(got).get("data") or []) if got is not None else []
        key = (json.loads(request.content).get("metadata") or {}).get(KEY)
        ours = (one for one in self._runs if (one.get("metadata") or {}).get(KEY) == key)
        run = next((one for one in ours if one.get("status") not in _ENDED_WITH_US), None)
        if run is None:
            return None
        self._runs.remove(run)
        # Asked for by itself, it comes with what the server says of when to ask again.
        got = await self._got(request, f"{request.url.path}/{run['id']}")
        return got and _answer(request, got)

    async def _response(self, request: httpx2.Request) -> httpx2.Response | None:
        query = {"include[]": json.loads(request.content).get("include") or []}
        got = await self._got(request, f"{request.url.path}/{self._responses.pop(0)}", query)
        if got is None or _data(got).get("status") in _ENDED_WITH_US:
            self._responses = []  # what came after it goes on from something that is gone
            return None
        return _answer(request, got)

    async def _got(self, request: httpx2.Request, path: str, query: Any = None) -> httpx2.Response | None:
        """Ask for something; None where it is gone, or the server does not say what it is."""
        headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
        url = request.url.copy_with(path=path, query=None)
        asked = httpx2.Request("GET", url, headers=headers, params=query, extensions=request.extensions)
        response = await self._inner.handle_async_request(asked)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response if response.status_code == 200 and _data(response) else None


def _data(response: httpx2.Response) -> dict[str, Any]:
    """Return a response's JSON object; an empty one where it is none."""
    try:
        data = json.loads(response.content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _answer(request: httpx2.Request, got: httpx2.Response) -> httpx2.Response:
    """Return what was asked for in the place of what the request asks for."""
    headers = {name: value for name, value in got.headers.items() if name == "openai-poll-after-ms"}
    headers["content-type"] = "application/json"
    return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(got.content), request=request)
