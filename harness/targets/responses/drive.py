"""Drive a case through the Responses protocol. What is said is not looked at here: it is read from the tape."""

import asyncio
from collections.abc import Sequence
from typing import Any

from harness.errors import AnswerLost, DriveError, EndpointError
from harness.model.plan import Handles, Planned
from harness.targets.calls import SHORTEST_POLL_S, Answer, Wanted, get, listen, post, refuses_streams, status_of
from harness.targets.events import Heard
from harness.targets.functions import MOST_ROUNDS, Functions, endless
from harness.targets.maker import UNKNOWN, Maker
from harness.targets.responses.request import settings_of, tool_choice

GOING_ON = frozenset({"queued", "in_progress"})
"""Statuses after which another follows by itself."""
PASSING = frozenset({"server_error", "rate_limit_exceeded"})
"""Errors of a response that failed which another may not meet."""
LIMITS = frozenset({"max_output_tokens", "content_filter"})
"""Why a response that is incomplete would be so again."""


async def drive(maker: Maker, planned: Planned, handles: Handles, functions: Functions) -> None:
    """Run every turn of a case, each as a response to the one before it.

    Stops after a turn whose response does not complete: later turns would answer a broken conversation.

    Raises:
        EndpointError: The endpoint could not be reached or refused a request.
        DriveError: The endpoint sent a status that the protocol does not know, or functions come to no end.
    """
    chain = _Chain(maker, settings_of(planned, handles))
    if planned.assistant.linked_by == "conversation":
        await chain.begin_conversation()
    choice = planned.assistant.tool_choice
    for prompt in planned.asked:
        # Only the turn's first request forces a tool: to force it after its output too would go on for ever.
        first = {} if choice is None else {"tool_choice": tool_choice(choice)}
        if not await _turn(chain, {"input": prompt, **first}, functions):
            return


async def _turn(chain: "_Chain", said: dict[str, Any], functions: Functions) -> bool:
    """Say something, hand back what functions return for as long as that is asked for; tell whether it completed."""
    answer = await chain.say(said)
    for _ in range(MOST_ROUNDS):
        calls = _calls(answer)
        if answer.data.get("status") != "completed" or not calls:
            return answer.data.get("status") == "completed"
        answer = await chain.say({"input": [await _output(call, functions) for call in calls]})
    if _calls(answer):
        raise endless()
    return answer.data.get("status") == "completed"


class _Chain:
    """Responses of which each goes on from the one before it, by its id or in a conversation that holds them all."""

    def __init__(self, maker: Maker, settings: dict[str, Any]) -> None:
        self._maker = maker
        self._client = maker.client
        self._settings = settings
        self._conversation: dict[str, Any] | None = None
        self._last: dict[str, Any] = {}

    async def begin_conversation(self) -> None:
        """Let an object of the server's hold what is said."""
        made = await self._maker.make("conversation", "/conversations", {})
        self._conversation = self._last = {"conversation": {"id": made}}

    async def say(self, said: dict[str, Any]) -> Answer:
        """Send something that the user says, or that functions return, and return the response at its end.

        A response that fails in passing is asked for again, as one whose answer is lost.
        """
        body = {**self._settings, **said, **self._last}
        patience, tried = self._maker.patience, 0
        while True:
            tried += 1
            try:
                answer = await self._response(body)
                if not _is_passing(answer.data) or patience.is_over(tried):
                    self._last = self._conversation or {"previous_response_id": answer.text("id")}
                    return answer
            except AnswerLost:
                if patience.is_over(tried):
                    raise
            await patience.pause(tried)

    async def _response(self, body: dict[str, Any]) -> Answer:
        """Make a response and follow it to its end."""
        try:
            answer = await self._begun(body)
        except AnswerLost:
            self._maker.remember("response", UNKNOWN)
            raise
        response_id = answer.text("id")
        is_polled = answer.data.get("status") in GOING_ON
        pause_s = SHORTEST_POLL_S
        while (status := answer.data.get("status")) in GOING_ON:
            await asyncio.sleep(pause_s)
            answer = await self._asked_for(response_id)
            pause_s = answer.poll_after_s
        if status not in {"completed", "incomplete", "failed", "cancelled"}:
            raise DriveError(f"the endpoint sent the response status {status!r}, which the protocol does not know")
        if is_polled and status == "cancelled":
            # Nobody here cancels: the server dropped what it was doing for a connection that broke off.
            raise AnswerLost("the response was cancelled after its stream had broken off")
        return answer

    async def _asked_for(self, response_id: str) -> Answer:
        query = {"include[]": self._settings.get("include", [])}
        try:
            return await get(self._client, f"/responses/{response_id}", query)
        except EndpointError as error:
            if status_of(error) != 404:
                raise
            # A server may drop the response of a connection that broke off.
            raise AnswerLost(error.what, where=error.where, hint=error.hint) from error

    async def _begun(self, body: dict[str, Any]) -> Answer:
        """Ask for a response, and return it as its stream told it last."""
        wanted = Wanted(path="/responses", body=body, query={}, can_be_polled=False)
        try:
            told = await listen(self._client, wanted, self._remember)
        except EndpointError as error:
            if not refuses_streams(error):
                raise
            told = await post(self._client, wanted.path, body)
        if isinstance(told, Answer):
            self._maker.remember("response", told.text("id"))
            return told
        return Answer(data=_last_told(told), poll_after_s=SHORTEST_POLL_S)

    def _remember(self, first: Heard) -> None:
        response_id = (first.data.get("response") or {}).get("id")
        if response_id:
            self._maker.remember("response", str(response_id))


def _last_told(events: Sequence[Heard]) -> dict[str, Any]:
    """Return the response as a stream told it last.

    Raises:
        AnswerLost: It told of none.
    """
    for event in reversed(events):
        response = event.data.get("response") if '"response"' in event.text else None
        if isinstance(response, dict) and response.get("id"):
            return response
    raise AnswerLost("the endpoint's stream tells of no response")


def _is_passing(response: dict[str, Any]) -> bool:
    """Tell whether another response may do better than one that has ended."""
    if response.get("status") == "failed":
        return (response.get("error") or {}).get("code") in PASSING
    reason = (response.get("incomplete_details") or {}).get("reason")
    return response.get("status") == "incomplete" and reason is not None and reason not in LIMITS


def _calls(answer: Answer) -> list[dict[str, Any]]:
    output = answer.data.get("output") or []
    return [item for item in output if isinstance(item, dict) and item.get("type") == "function_call"]


async def _output(call: dict[str, Any], functions: Functions) -> dict[str, str]:
    output = await functions.output(str(call.get("name") or ""), str(call.get("arguments") or ""))
    return {"type": "function_call_output", "call_id": str(call.get("call_id")), "output": output}
