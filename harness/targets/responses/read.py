"""Read a transcript from the tape of a conversation through the Responses API.

Responses may be plain, streamed, polled or cut; a conversation may be held together by `previous_response_id`, by a
conversation object, or by sending all of it again. So nothing here insists: a request that brings words of the user
begins a turn, one that only hands back results goes on with it, and what is missing is None.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model.tape import Exchange
from harness.model.transcript import Attempt, AttemptStatus, Failure, Timing, Transcript, Turn
from harness.targets.responses.parts import Item, parts_of, steps_of, usage_of, user_texts
from harness.targets.responses.stream import put_together

_CREATE = re.compile(r"/responses$")
_CONVERSATION = re.compile(r"/conversations(?:/[^/]+/items)?$")
_ENDINGS: Mapping[str, AttemptStatus] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
}
_GIVEN_UP = frozenset({"failed", "incomplete", "cancelled", "in_progress", "queued"})
"""Statuses of responses that another response to the same words may follow."""
_HINTS = {
    "failed": "look at the server's log, or run again",
    "incomplete": "the response met a limit on tokens or a content filter of the server",
    "cancelled": "somebody or something else cancelled the response",
}


@dataclass(slots=True)
class _Turn:
    """A turn as the tape shows it, growing while the tape is read."""

    prompts: list[str]
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The latest version of each response, by id: several where functions were called, or one was tried again."""
    times: dict[str, "_Times"] = field(default_factory=dict)
    """When each of them was made, by id."""

    @property
    def is_open(self) -> bool:
        """Whether its last response did not complete: the same words again are another attempt at an answer."""
        last = next(reversed(self.responses.values()), None)
        return last is not None and last.get("status") in _GIVEN_UP


@dataclass(slots=True)
class _Times:
    """When a response was made, in seconds from the tape's first request."""

    started_s: float | None
    first_text_s: float | None = None
    ended_s: float | None = None


@dataclass(slots=True)
class _Tape:
    """What was found so far."""

    turns: list[_Turn] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    """What was handed back to function calls, by call id."""
    waiting: list[str] = field(default_factory=list)
    """Prompts that a conversation holds and no response has answered yet."""
    requested_model: str | None = None
    refused: Exchange | None = None
    """The last request that was answered with an error."""


def read(exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
    """Read what happened.

    Args:
        exchanges: The tape, in order. Set-up requests among it are passed over.
        files: Path of the case's document by the server's file id, and by file name.

    Returns:
        A turn for each thing the user said. A tape without a response is a transcript with an error.
    """
    tape = _Tape()
    for exchange in exchanges:
        if exchange.status >= 400:
            tape.refused = exchange
        else:
            _take_request(tape, exchange)
            _take_responses(tape, exchange)
    responses = [response for turn in tape.turns for response in turn.responses.values()]
    models = [str(response["model"]) for response in responses if response.get("model")]
    return Transcript(
        target="responses",
        requested_model=tape.requested_model or (models[0] if models else None),
        reported_model=models[-1] if models else None,
        turns=tuple(_turn(turn, tape.outputs, files) for turn in tape.turns if turn.responses),
        error=None if responses else _no_response(tape),
    )


def _no_response(tape: _Tape) -> Failure:
    if tape.refused is None:
        return Failure(kind="no_run", message="the tape holds no response")
    refused = tape.refused
    return Failure(kind="endpoint", message=f"{refused.method} {refused.path} was answered {refused.status}")


def _take_request(tape: _Tape, exchange: Exchange) -> None:
    body = exchange.request
    if exchange.method != "POST" or not isinstance(body, Mapping):
        return
    if _CONVERSATION.search(exchange.path):
        tape.waiting += user_texts(_items(body.get("items")))
    elif _CREATE.search(exchange.path):
        if tape.requested_model is None and isinstance(body.get("model"), str):
            tape.requested_model = str(body["model"])
        new = _new(_items(body.get("input")))
        for item in new:
            if item.get("type") == "function_call_output":
                tape.outputs[str(item.get("call_id"))] = _output(item.get("output"))
        prompts = tape.waiting + user_texts(new)
        tape.waiting = []
        is_again = bool(tape.turns) and tape.turns[-1].is_open and tape.turns[-1].prompts == prompts
        if (prompts and not is_again) or not tape.turns:
            tape.turns.append(_Turn(prompts=prompts))


def _items(value: Any) -> list[Item]:
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _new(items: Sequence[Item]) -> Sequence[Item]:
    """Return what an input adds to the conversation: what stands behind the model's own last words or calls."""
    own = [at for at, item in enumerate(items) if _is_models_own(item)]
    return items[own[-1] + 1 :] if own else items


def _is_models_own(item: Item) -> bool:
    kind = str(item.get("type") or "message")
    return item.get("role") == "assistant" or kind == "reasoning" or kind.endswith("_call")


def _output(value: Any) -> str:
    if isinstance(value, list):
        return "\n\n".join(str(block.get("text") or "") for block in value if isinstance(block, Mapping))
    return str(value or "")


def _take_responses(tape: _Tape, exchange: Exchange) -> None:
    told = put_together(exchange.events)
    response = told.response if exchange.events else exchange.response
    if not isinstance(response, dict) or response.get("object") != "response" or not response.get("id"):
        return
    known = next((turn for turn in tape.turns if response["id"] in turn.responses), None)
    if known is None and not tape.turns:
        tape.turns.append(_Turn(prompts=[]))
    turn = known or tape.turns[-1]
    turn.responses[response["id"]] = response
    times = turn.times.setdefault(response["id"], _Times(started_s=exchange.started_s))
    if exchange.started_s is None:
        return
    if times.first_text_s is None and told.first_text_at_s is not None:
        times.first_text_s = exchange.started_s + told.first_text_at_s
    if response.get("status") in _ENDINGS:
        times.ended_s = exchange.started_s + (exchange.duration_s or 0)


def _turn(turn: _Turn, outputs: Mapping[str, str], files: Mapping[str, str]) -> Turn:
    *earlier, last = turn.responses
    # What was tried again is an attempt of its own; a response that called a function belongs to the one that counts.
    given_up = [one for one in earlier if turn.responses[one].get("status") in _GIVEN_UP]
    counting = [one for one in earlier if one not in given_up]
    tried = [[one] for one in given_up] + [[*counting, last]]
    attempts = tuple(_attempt(turn, ids, outputs, files) for ids in tried)
    return Turn(prompt="\n\n".join(turn.prompts), attempts=attempts)


def _attempt(turn: _Turn, ids: Sequence[str], outputs: Mapping[str, str], files: Mapping[str, str]) -> Attempt:
    responses = [turn.responses[one] for one in ids]
    output = [item for response in responses for item in _items(response.get("output"))]
    last = responses[-1]
    status = str(last.get("status"))
    return Attempt(
        status=_ENDINGS.get(status, "unfinished"),
        raw_status=last.get("status"),
        parts=parts_of(output, files),
        steps=steps_of(output, outputs, files),
        usage=usage_of(responses),
        timing=_timing([turn.times[one] for one in ids]),
        error=_failure(last, status, is_waiting=_is_waiting(_items(last.get("output")), outputs)),
    )


def _is_waiting(output: Sequence[Item], outputs: Mapping[str, str]) -> bool:
    """Tell whether the model waits for the result of a function."""
    calls = [item for item in output if item.get("type") == "function_call"]
    return any(str(call.get("call_id")) not in outputs for call in calls)


def _timing(times: Sequence[_Times]) -> Timing | None:
    started_s, ended_s = times[0].started_s, times[-1].ended_s
    if started_s is None or ended_s is None:
        return None
    first_text_s = next((one.first_text_s for one in times if one.first_text_s is not None), None)
    first_s = None if first_text_s is None else round(first_text_s - started_s, 3)
    return Timing(duration_s=round(ended_s - started_s, 3), first_text_s=first_s)


def _failure(last: Item, status: str, *, is_waiting: bool) -> Failure | None:
    if status == "completed":
        if not is_waiting:
            return None
        return Failure(
            kind="run_requires_action",
            message="the model called a function tool, and nothing was handed back",
            hint="list the function under the assistant's `tools`, with its `output`",
        )
    error, details = last.get("error") or {}, last.get("incomplete_details") or {}
    reason = ": ".join(str(error[key]) for key in ("code", "message") if error.get(key)) or details.get("reason")
    kind = f"run_{status}" if status in _ENDINGS else "run_unfinished"
    message = f"the response ended {status}" + (f" ({reason})" if reason else "")
    return Failure(kind=kind, message=message, hint=_HINTS.get(status))
