"""Drive a case through the Assistants protocol. What is said is not looked at here: it is read from the tape."""

import asyncio
from typing import Any

from harness.errors import AnswerLost, DriveError, EndpointError, FunctionError
from harness.model.plan import Handles, Planned
from harness.targets.assistants.parts import demanded_calls
from harness.targets.assistants.request import KEY, SEARCH_RESULTS, run_body, thread_body
from harness.targets.assistants.stream import Followed
from harness.targets.calls import SHORTEST_POLL_S, Answer, Wanted, get, listen, post, refuses_streams, status_of
from harness.targets.functions import MOST_ROUNDS, Functions, endless
from harness.targets.maker import Maker

GOING_ON = frozenset({"queued", "in_progress", "cancelling"})
"""Run statuses after which another follows by itself."""
ENDED = frozenset({"completed", "requires_action", "incomplete", "failed", "cancelled", "expired"})
"""Run statuses after which nothing follows by itself."""
PASSING = frozenset({"server_error", "rate_limit_exceeded"})
"""Errors of a run that failed which another may not meet."""
LIMITS = frozenset({"max_completion_tokens", "max_prompt_tokens", "content_filter"})
"""Why a run that is incomplete would be so again."""


async def drive(maker: Maker, planned: Planned, handles: Handles, functions: Functions) -> None:
    """Run every turn of a case on a thread of its own.

    Stops after a turn whose run does not complete: later turns would answer a broken conversation.

    Raises:
        EndpointError: The endpoint could not be reached or refused a request.
        DriveError: The endpoint sent a run status that the protocol does not know, or functions come to no end.
    """
    prompts = planned.asked
    thread_id = await maker.make("thread", "/threads", thread_body(prompts[0], handles))
    thread = _Thread(maker, f"/threads/{thread_id}", functions)
    for turn in range(len(prompts)):
        if not await thread.turn(run_body(planned, handles, turn)):
            return


class _Thread:
    """A conversation, and the runs that go on with it."""

    def __init__(self, maker: Maker, path: str, functions: Functions) -> None:
        self._client = maker.client
        self._patience = maker.patience
        self._path = path
        self._functions = functions
        self._known: set[str] = set()
        """Ids of all runs so far."""

    async def turn(self, body: dict[str, Any]) -> bool:
        """Run until a run completes or its failure is no passing one; tell whether it completed."""
        tried = 0
        while True:
            tried += 1
            run = await self._run(body)
            if not _is_passing(run) or self._patience.is_over(tried):
                return run.get("status") == "completed"
            # The thread holds the turn's message by now.
            body = {name: value for name, value in body.items() if name != "additional_messages"}
            await self._patience.pause(tried)

    async def _run(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a run, follow it to its end, fetch what its stream did not tell; return the run."""
        followed = Followed()
        run = await self._begun(body, followed)
        run_id = _id(run)
        self._known.add(run_id)
        path = f"{self._path}/runs/{run_id}"
        run = await self._polled(path, run, followed)
        try:
            run = await self._with_outputs(path, run, followed)
        except FunctionError:
            await post(self._client, f"{path}/cancel", {})  # or it would wait until it expires
            raise
        query = {"order": "asc", "limit": 100}
        if followed.lacks_steps:
            await get(self._client, f"{path}/steps", query | {"include[]": SEARCH_RESULTS})
        if followed.lacks_messages:
            await get(self._client, f"{self._path}/messages", query | {"run_id": run_id})
        return run.data

    async def _begun(self, body: dict[str, Any], followed: Followed) -> Answer:
        """Make a run, once: where the answer is lost, it is looked for before the request is sent again."""
        tried = 0
        while True:
            tried += 1
            try:
                return await self._listen(f"{self._path}/runs", body, followed)
            except EndpointError as error:
                # A refusal tells that nothing was made; but is it the run of before that is active now?
                if not isinstance(error, AnswerLost) and (tried == 1 or status_of(error) != 400):
                    raise
                failed = error
            run = await self._found(body["metadata"][KEY])
            if run is not None:
                followed.was_polled = True
                return run
            if self._patience.is_over(tried):
                raise failed
            await self._patience.pause(tried)

    async def _found(self, key: str) -> Answer | None:
        """Return our run of which we never heard; None where there is none."""
        listed = await get(self._client, f"{self._path}/runs", {"order": "desc", "limit": 100})
        for run in listed.data.get("data") or []:
            if (run.get("metadata") or {}).get(KEY) == key and run.get("id") not in self._known:
                return Answer(data=run, poll_after_s=listed.poll_after_s)
        return None

    async def _listen(self, path: str, body: dict[str, Any], followed: Followed) -> Answer:
        """Send a request that lets a run go on, and hear its stream as far as it tells."""
        query = {"include[]": SEARCH_RESULTS}
        wanted = Wanted(path=path, body=body, query=query, can_be_polled=True)
        try:
            told = await listen(self._client, wanted, lambda _: None)
        except EndpointError as error:
            if not refuses_streams(error):
                raise
            told = await post(self._client, path, body)
        if isinstance(told, Answer):
            followed.was_polled = True
            return told
        return followed.take(told)

    async def _with_outputs(self, path: str, run: Answer, followed: Followed) -> Answer:
        """Hand back what functions return for as long as a run asks for it."""
        for _ in range(MOST_ROUNDS):
            if run.data.get("status") != "requires_action":
                return run
            calls = demanded_calls(run.data)
            if not calls:
                raise FunctionError("the run waits for the outputs of functions, and does not say of which")
            outputs = [await self._output(call) for call in calls]
            run = await self._handed_back(path, outputs, followed)
        if run.data.get("status") == "requires_action":
            raise endless()
        return run

    async def _handed_back(self, path: str, outputs: list[dict[str, str]], followed: Followed) -> Answer:
        """Hand outputs back once, and follow the run: where the answer is lost, the run tells whether they arrived."""
        asked = {output["tool_call_id"] for output in outputs}
        tried = 0
        while True:
            tried += 1
            try:
                run = await self._listen(f"{path}/submit_tool_outputs", {"tool_outputs": outputs}, followed)
            except AnswerLost:
                followed.was_polled = True
                run = await get(self._client, path)
            run = await self._polled(path, run, followed)
            still = {str(call.get("id")) for call in demanded_calls(run.data)}
            if not still & asked or self._patience.is_over(tried):
                return run
            await self._patience.pause(tried)

    async def _output(self, call: dict[str, Any]) -> dict[str, str]:
        asked = call.get("function") or {}
        output = await self._functions.output(str(asked.get("name") or ""), str(asked.get("arguments") or ""))
        return {"tool_call_id": str(call.get("id")), "output": output}

    async def _polled(self, path: str, run: Answer, followed: Followed) -> Answer:
        """Ask for a run until it has ended; not at all where its stream has told so."""
        pause_s = SHORTEST_POLL_S  # what a server advises stands in the answer to the first look
        while (status := run.data.get("status")) in GOING_ON:
            followed.was_polled = True
            await asyncio.sleep(pause_s)
            run = await get(self._client, path)
            pause_s = run.poll_after_s
        if status not in ENDED:
            raise DriveError(f"the endpoint sent the run status {status!r}, which the protocol does not know")
        return run


def _id(run: Answer) -> str:
    return run.text("id")


def _is_passing(run: dict[str, Any]) -> bool:
    """Tell whether another run may do better than one that has ended."""
    status = run.get("status")
    if status == "failed":
        return (run.get("last_error") or {}).get("code") in PASSING
    if status == "incomplete":
        reason = (run.get("incomplete_details") or {}).get("reason")
        return reason is not None and reason not in LIMITS  # without a reason it was a filter, which would strike again
    return status == "expired"
