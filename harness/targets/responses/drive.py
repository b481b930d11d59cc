"""Drive a case through the Responses protocol. What is said is not looked at here: it is read from the tape."""

import asyncio
from typing import TYPE_CHECKING, Any

from harness.errors import DriveError
from harness.model.plan import Handles, Planned
from harness.targets.calls import Answer, get, post, to_its_end
from harness.targets.functions import MOST_ROUNDS, Functions, endless
from harness.targets.responses.request import settings_of, tool_choice
from harness.targets.target import Remember

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

GOING_ON = frozenset({"queued", "in_progress"})
"""Statuses after which another follows by itself."""


async def drive(
    client: "AsyncOpenAI", planned: Planned, handles: Handles, remember: Remember, functions: Functions
) -> None:
    """Run every turn of a case, each as a response to the one before it.

    Stops after a turn whose response does not complete: later turns would answer a broken conversation.

    Raises:
        EndpointError: The endpoint could not be reached or refused a request.
        DriveError: The endpoint sent a status that the protocol does not know, or functions come to no end.
    """
    chain = _Chain(client, settings_of(planned, handles), remember)
    if planned.assistant.linked_by == "conversation":
        await to_its_end(chain.begin_conversation())
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

    def __init__(self, client: "AsyncOpenAI", settings: dict[str, Any], remember: Remember) -> None:
        self._client = client
        self._settings = settings
        self._remember = remember
        self._conversation: dict[str, Any] | None = None
        self._last: dict[str, Any] = {}

    async def begin_conversation(self) -> None:
        """Let an object of the server's hold what is said."""
        made = await post(self._client, "/conversations", {})
        self._remember("conversation", made.text("id"))
        self._conversation = self._last = {"conversation": {"id": made.text("id")}}

    async def say(self, said: dict[str, Any]) -> Answer:
        """Send something that the user says, or that functions return, and return the response at its end."""
        # Cut off, it leaves nothing behind: a server drops the response of a connection that is gone.
        answer = await post(self._client, "/responses", {**self._settings, **said, **self._last})
        response_id = answer.text("id")
        self._remember("response", response_id)
        self._last = self._conversation or {"previous_response_id": response_id}
        while (status := answer.data.get("status")) in GOING_ON:
            await asyncio.sleep(answer.poll_after_s)
            query = {"include[]": self._settings.get("include", [])}
            answer = await get(self._client, f"/responses/{response_id}", query)
        if status not in {"completed", "incomplete", "failed", "cancelled"}:
            raise DriveError(f"the endpoint sent the response status {status!r}, which the protocol does not know")
        return answer


def _calls(answer: Answer) -> list[dict[str, Any]]:
    output = answer.data.get("output") or []
    return [item for item in output if isinstance(item, dict) and item.get("type") == "function_call"]


async def _output(call: dict[str, Any], functions: Functions) -> dict[str, str]:
    output = await functions.output(str(call.get("name") or ""), str(call.get("arguments") or ""))
    return {"type": "function_call_output", "call_id": str(call.get("call_id")), "output": output}
