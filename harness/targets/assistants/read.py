"""Read a transcript from the tape of an Assistants conversation.

The real API and the servers that imitate it leave the specification in small ways, and tapes may be polled or
streamed, complete or cut. So nothing here insists: objects are gathered by id wherever they appear, the last and
fullest version of each counts, and what is missing is None.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model.tape import Exchange, Json
from harness.model.transcript import Attempt, Failure, Timing, Transcript, Turn
from harness.targets.assistants.parts import (
    calls_of,
    demanded_calls,
    made_files,
    names_of,
    parts_of,
    steps_of,
    usage_of,
    user_text,
)
from harness.targets.made import with_files

_RUN = re.compile(r"/threads(?:/(?P<thread>[^/]+))?/runs$")
_MESSAGES = re.compile(r"/threads/(?P<thread>[^/]+)/messages$")
_THREADS = re.compile(r"/threads$")
_OUTPUTS = re.compile(r"/runs/(?P<run>[^/]+)/submit_tool_outputs$")
_ENDINGS: Mapping[str, Any] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}

_GIVEN_UP = frozenset({"failed", "incomplete", "expired", "cancelled"})
"""How runs end that another run of the same turn may follow."""
_HINTS = {
    "expired": "the server gave the run up: is its model overloaded? Run again",
    "failed": "look at the server's log, or run again",
    "incomplete": "the run met a limit on tokens or a content filter of the server",
    "cancelled": "somebody or something else cancelled the run",
}


@dataclass(slots=True)
class _Run:
    """A run as the tape shows it, growing while the tape is read."""

    prompts: list[str]
    started_s: float | None
    latest: dict[str, Any] = field(default_factory=dict)
    ended_s: float | None = None
    first_text_s: float | None = None
    was_stopped_for_action: bool = False
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Function calls that it asked to have answered, by id: a client need not list the steps that hold them too."""


@dataclass(slots=True)
class _Tape:
    """All objects of the tape, by id, in the order of their first appearance."""

    runs: dict[str, _Run] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """What was handed back to function calls, by call id."""
    waiting: list[str] = field(default_factory=list)
    """Prompts that no run has answered yet."""
    refused: Exchange | None = None
    """The last request that was answered with an error."""


def read(exchanges: Sequence[Exchange], files: Mapping[str, str]) -> Transcript:
    """Read what happened.

    Args:
        exchanges: The tape, in order. Set-up requests among it are passed over.
        files: Path of the case's document by the server's file id, and by file name.

    Returns:
        A turn for each run. A tape without a run is a transcript with an error.
    """
    tape = _Tape()
    for exchange in exchanges:
        _take_prompts(tape, exchange)
        _take_objects(tape, exchange)
    runs = list(tape.runs.values())
    models = [run.latest.get("model") for run in runs if run.latest.get("model")]
    return Transcript(
        target="assistants",
        requested_model=_requested_model(exchanges) or (models[0] if models else None),
        reported_model=models[-1] if models else None,
        turns=tuple(_turn(tape, attempts, files) for attempts in _attempts(tape)),
        error=None if runs else _no_run(tape),
    )


def _requested_model(exchanges: Sequence[Exchange]) -> str | None:
    bodies = (exchange.request for exchange in exchanges if exchange.method == "POST")
    models = (body.get("model") for body in bodies if isinstance(body, dict))
    return next((model for model in models if isinstance(model, str)), None)


def _no_run(tape: _Tape) -> Failure:
    if tape.refused is None:
        return Failure(kind="no_run", message="the tape holds no run")
    refused = tape.refused
    return Failure(kind="endpoint", message=f"{refused.method} {refused.path} was answered {refused.status}")


def _take_prompts(tape: _Tape, exchange: Exchange) -> None:
    body = exchange.request if isinstance(exchange.request, dict) else {}
    if exchange.status >= 400:
        tape.refused = exchange
    if exchange.method != "POST" or exchange.status >= 400:
        return
    if found := _OUTPUTS.search(exchange.path):
        for output in body.get("tool_outputs") or []:
            tape.outputs[str(output.get("tool_call_id"))] = str(output.get("output") or "")
        if found["run"] in tape.runs:
            tape.runs[found["run"]].was_stopped_for_action = False
    elif _MESSAGES.search(exchange.path):
        tape.waiting += _prompts([body])
    elif _THREADS.search(exchange.path):
        tape.waiting += _prompts(body.get("messages"))
    elif _RUN.search(exchange.path):
        tape.waiting += _prompts((body.get("thread") or {}).get("messages"))
        tape.waiting += _prompts(body.get("additional_messages"))


def _prompts(messages: Any) -> list[str]:
    return [user_text(message) for message in messages or [] if message.get("role") == "user"]


def _take_objects(tape: _Tape, exchange: Exchange) -> None:
    end_s = None if exchange.started_s is None else exchange.started_s + (exchange.duration_s or 0)
    for item in _objects(exchange.response):
        _take(tape, item, exchange, end_s)
    for event in exchange.events:
        at_s = None if exchange.started_s is None or event.at_s is None else exchange.started_s + event.at_s
        for item in _objects(event.data):
            _take(tape, item, exchange, at_s if at_s is not None else end_s)


def _objects(data: Json) -> Iterator[dict[str, Any]]:
    if not isinstance(data, dict):
        return
    if isinstance(data.get("data"), list):
        yield from (item for item in data["data"] if isinstance(item, dict))
    else:
        yield data


def _take(tape: _Tape, item: dict[str, Any], exchange: Exchange, at_s: float | None) -> None:
    kind, item_id = item.get("object"), item.get("id")
    if not isinstance(item_id, str):
        return
    if kind == "thread.run":
        _take_run(tape, item_id, item, exchange, at_s)
    elif kind == "thread.message":
        tape.messages[item_id] = item
    elif kind == "thread.run.step":
        tape.steps[item_id] = _fuller(tape.steps.get(item_id), item)
    elif kind == "thread.message.delta":
        run = next(reversed(tape.runs.values()), None)
        if run is not None and run.first_text_s is None:
            run.first_text_s = at_s


def _take_run(tape: _Tape, run_id: str, item: dict[str, Any], exchange: Exchange, at_s: float | None) -> None:
    if run_id not in tape.runs:
        tape.runs[run_id] = _Run(prompts=tape.waiting, started_s=exchange.started_s)
        tape.waiting = []
    run = tape.runs[run_id]
    run.latest = item
    if item.get("status") == "requires_action":
        run.was_stopped_for_action = True
        run.calls |= {str(call.get("id")): call for call in demanded_calls(item)}
    if item.get("status") in _ENDINGS and run.ended_s is None:
        run.ended_s = at_s


def _fuller(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return the newer version of a step, unless only the older holds the text that was found."""
    return old if old is not None and "'content'" in repr(old) and "'content'" not in repr(new) else new


def _attempts(tape: _Tape) -> list[list[str]]:
    """Return the runs of each turn: a run that no new prompt went before takes up one that did not complete."""
    turns: list[list[str]] = []
    last: _Run | None = None
    for run_id, run in tape.runs.items():
        if last is not None and not run.prompts and last.latest.get("status") in _GIVEN_UP:
            turns[-1].append(run_id)
        else:
            turns.append([run_id])
        last = run
    return turns


def _turn(tape: _Tape, run_ids: Sequence[str], files: Mapping[str, str]) -> Turn:
    attempts = tuple(_attempt(tape, run_id, files) for run_id in run_ids)
    return Turn(prompt="\n\n".join(tape.runs[run_ids[0]].prompts), attempts=attempts)


def _attempt(tape: _Tape, run_id: str, files: Mapping[str, str]) -> Attempt:
    run = tape.runs[run_id]
    messages = [message for message in tape.messages.values() if _is_answer(message, run_id)]
    steps = [step for step in tape.steps.values() if step.get("run_id") == run_id]
    by_creation = sorted(steps, key=_created_at)
    named = names_of(steps)
    files = {**{file_id: files[name] for file_id, name in named.items() if name in files}, **files}
    listed = {str(call.get("id")) for call in calls_of(steps)}
    unlisted = [call for call_id, call in run.calls.items() if call_id not in listed]
    by_creation.append({"step_details": {"tool_calls": unlisted}})
    status = str(run.latest.get("status"))
    return Attempt(
        status=_ENDINGS.get(status, "unfinished"),
        raw_status=run.latest.get("status"),
        parts=parts_of(messages, files),
        steps=with_files(steps_of(by_creation, tape.outputs, files), made_files(messages)),
        usage=usage_of(run.latest),
        timing=_timing(run),
        error=_failure(run, status),
    )


def _created_at(step: dict[str, Any]) -> float:
    created_at = step.get("created_at")
    return created_at if isinstance(created_at, int | float) else 0


def _is_answer(message: dict[str, Any], run_id: str) -> bool:
    return message.get("role") == "assistant" and message.get("run_id") == run_id


def _timing(run: _Run) -> Timing | None:
    if run.started_s is None or run.ended_s is None:
        return None
    first_text_s = None if run.first_text_s is None else round(run.first_text_s - run.started_s, 3)
    return Timing(duration_s=round(run.ended_s - run.started_s, 3), first_text_s=first_text_s)


def _failure(run: _Run, status: str) -> Failure | None:
    if run.was_stopped_for_action:
        return Failure(
            kind="run_requires_action",
            message="the assistant called a function tool, and nothing was handed back",
            hint="list the function under the assistant's `tools`, with its `output`",
        )
    if status == "completed":
        return None
    error, details = run.latest.get("last_error") or {}, run.latest.get("incomplete_details") or {}
    reason = ": ".join(str(error[key]) for key in ("code", "message") if error.get(key)) or details.get("reason")
    kind = f"run_{status}" if status in _ENDINGS else "run_unfinished"
    what = f"the run ended {status}" + (f" ({reason})" if reason else "")
    return Failure(kind=kind, message=what, hint=_HINTS.get(status))
