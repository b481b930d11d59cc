"""A run's way from `queued` to its end."""

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

from harness.server.answering import answer
from harness.server.faults.fate import FATE
from harness.server.models.interface import BuiltInModel, Conversation, ModelFailed, StreamingModel
from harness.server.rendering import prompt_tokens, sum_of_usages
from harness.server.runlog import TERMINAL, RunLog
from harness.server.runs.readiness import until_ready
from harness.server.runs.telling import conversation_of, prompt_tokens_left, tokens_left
from harness.server.runs.writing import AnswerWriter
from harness.server.sources import sources_of
from harness.server.state import State
from harness.server.wire import Json, now

_CLOSING_S = 5
"""How long a model may take to let go of its endpoint."""
_Ending: TypeAlias = Literal["done", "cancelled", "expired"]


def start_run(state: State, log: RunLog) -> None:
    """Keep a new run and carry it out in the background."""
    state.store.add(log.run, parent=log.run["thread_id"])
    log.tell("thread.run.created", log.run)
    log.tell("thread.run.queued", log.run)
    _begin(state, log)


def _begin(state: State, log: RunLog) -> None:
    state.active_runs[log.run["thread_id"]] = log
    state.background.start(_carry_out(state, log))


async def _carry_out(state: State, log: RunLog) -> None:
    """Bring a run to its end, whatever the model does."""
    deadline = time.monotonic() + min(state.settings.run_lifetime_s, log.run["expires_at"] - now() + 1)
    fate = FATE.get()
    if fate is not None and fate.status == "expired":
        deadline = time.monotonic()
    try:
        await _rounds(state, log, deadline)
    except ModelFailed as error:
        _fail(state, log, error.code, str(error))
    except Exception as error:  # noqa: BLE001  # models are foreign code, and a run must never hang
        traceback.print_exc(file=sys.stderr)
        _fail(state, log, "server_error", f"{type(error).__name__}: {error}")
    finally:
        state.active_runs.pop(log.run["thread_id"], None)


def _fail(state: State, log: RunLog, code: str, message: str) -> None:
    error = {"code": code, "message": message}
    with state.store.transaction():
        log.close_what_is_open("failed", error)
        _end(log, "failed", last_error=error)


async def _rounds(state: State, log: RunLog, deadline: float) -> None:
    """Let the model answer, wait for what its functions give back, and so on until it calls none."""
    ending: _Ending = "done"
    if log.run["status"] == "queued":
        ending = await _unless_stopped(log, deadline, until_ready(state, log.run))
    while ending == "done" and log.run["status"] not in TERMINAL:
        if log.run["status"] == "requires_action":
            ending = await _unless_stopped(log, deadline, log.submitted.wait())
            log.submitted.clear()
        else:
            log.move("in_progress", started_at=now())
            ending = await _answered(state, log, deadline)
    if ending != "done":
        with state.store.transaction():
            log.close_what_is_open(ending)
            _end(log, ending)


async def _unless_stopped(log: RunLog, deadline: float, work: Awaitable[Any]) -> _Ending:
    """Wait for work, but no longer than the run may take and a client wants it to; then the work is cancelled.

    Raises:
        Exception: What the work raised.
    """
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(log.stop.wait())
    try:
        await asyncio.wait(
            {working, stopping}, timeout=max(0.0, deadline - time.monotonic()), return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()  # closes what the model has open towards its endpoint
            await asyncio.wait({working}, timeout=_CLOSING_S)
        if working.done():
            _ = working.cancelled() or working.exception()  # asyncio complains of what nobody has looked at
    if log.stop.is_set():
        return "cancelled"
    if working.cancelled() or not working.done():
        return "expired"
    working.result()
    return "done"


async def _answered(state: State, log: RunLog, deadline: float) -> _Ending:
    """Let the model answer once: the run has then ended, or waits for its functions."""
    model, conversation = state.require_model(log.run["model"]), conversation_of(state, log)
    reason = _without_room(log, conversation)
    if reason is not None:
        _end_incomplete(log, reason)
        return "done"
    writer = AnswerWriter(log, conversation, is_counting=isinstance(model, StreamingModel))
    ending: _Ending = "cancelled"
    try:
        ending = await _unless_stopped(log, deadline, _pump(state, log, model, conversation, writer))
    except BaseException:
        writer.abandon("run_failed")
        raise
    if ending == "done":
        with state.store.transaction():
            _conclude(log, writer)
    else:
        writer.abandon(f"run_{ending}")
    return ending


def _without_room(log: RunLog, conversation: Conversation) -> str | None:
    """Return the limit that leaves no room for another answer, or None."""
    steps = log.steps()
    told = prompt_tokens_left(log.run, steps)
    if told is not None and prompt_tokens(conversation) > told:
        return "max_prompt_tokens"
    return "max_completion_tokens" if tokens_left(log.run, steps) == 0 else None


async def _pump(
    state: State, log: RunLog, model: BuiltInModel | StreamingModel, conversation: Conversation, writer: AnswerWriter
) -> None:
    sources = sources_of(state, log.run)
    async with aclosing(answer(model, conversation, sources, state.thinkers)) as events:
        async for event in events:
            if log.stop.is_set():
                return
            with state.store.transaction():
                writer.take(event)
            if writer.is_full:
                return


def _conclude(log: RunLog, writer: AnswerWriter) -> None:
    writer.finish()
    if writer.stopped is not None:
        log.close_what_is_open("cancelled")  # calls of functions that nobody will make
        _end_incomplete(log, writer.stopped)
    elif writer.calls:
        calls = [{**call, "function": _without_output(call["function"])} for call in writer.calls]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        log.move("requires_action", required_action=action)
    else:
        _end(log, "completed")


def _without_output(function: Json) -> Json:
    return {key: value for key, value in function.items() if key != "output"}


def _end_incomplete(log: RunLog, reason: str) -> None:
    # The API's type knows no other reason of a run; what a filter stopped is told by its message.
    details = {"reason": reason} if reason != "content_filter" else {}
    _end(log, "incomplete", incomplete_details=details)


def _end(log: RunLog, status: str, **fields: Any) -> None:
    usages = [step["usage"] for step in log.steps() if step["usage"]]
    if usages or status == "completed":
        fields["usage"] = sum_of_usages(usages)
    log.move(status, **fields)


def recover(state: State) -> None:
    """End what the last process left in the middle; a run that waits for outputs goes on waiting."""
    for status in ("queued", "in_progress", "cancelling", "requires_action"):
        for run in state.store.find("thread.run", where={"status": status}):
            log = RunLog(state.store, run)
            if status == "requires_action" and run["expires_at"] > now():
                _begin(state, log)
            elif status == "requires_action":
                with state.store.transaction():
                    log.close_what_is_open("expired")
                    _end(log, "expired")
            else:
                _fail(state, log, "server_error", "The server stopped while this run was under way.")
