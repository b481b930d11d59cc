"""A run's way from `queued` to its end."""

import asyncio
import sys
import traceback

from harness.server.models.interface import BuiltInModel, Conversation, Message, Reply
from harness.server.rendering import (
    file_search_call,
    rendered_pieces,
    step_usages,
    sum_of_usages,
    text_content,
    text_deltas,
)
from harness.server.runlog import RunLog
from harness.server.sources import VectorStoreSources, file_search_tool, ranking_of, sources_of
from harness.server.state import State
from harness.server.wire import Json, new_id, now


def start_run(state: State, run: Json, *, is_streamed: bool) -> RunLog:
    """Keep a new run and carry it out in the background."""
    state.store.add(run, parent=run["thread_id"])
    log = RunLog(state.store, run, is_streamed=is_streamed)
    state.active_runs[run["thread_id"]] = log
    state.background.start(_carry_out(state, log))
    return log


async def _carry_out(state: State, log: RunLog) -> None:
    """Bring a run to its end, whatever the model does."""
    try:
        await _work(state, log)
    except Exception as error:  # noqa: BLE001  # models are foreign code, and a run must never hang
        traceback.print_exc(file=sys.stderr)
        message = f"{type(error).__name__}: {error}"
        log.move("failed", last_error={"code": "server_error", "message": message})
    finally:
        state.active_runs.pop(log.run["thread_id"], None)


async def _work(state: State, log: RunLog) -> None:
    conversation = conversation_of(state, log.run)
    model, sources = state.require_model(log.run["model"]), sources_of(state, log.run)
    answering = asyncio.ensure_future(state.thinkers.run(_answer, model, conversation, sources))
    stopping = asyncio.ensure_future(log.stop.wait())
    log.move("in_progress", started_at=now())
    try:
        await asyncio.wait(
            {answering, stopping}, timeout=state.settings.run_lifetime_s, return_when=asyncio.FIRST_COMPLETED
        )
        if log.stop.is_set():
            log.move("cancelled")
        elif not answering.done():
            log.move("expired")
        else:
            with state.store.transaction():
                _write_down(log, conversation, answering.result())
    finally:
        answering.cancel()
        stopping.cancel()


def _answer(model: BuiltInModel, conversation: Conversation, sources: VectorStoreSources) -> Reply:
    return model.reply(conversation, sources)


def conversation_of(state: State, run: Json) -> Conversation:
    """Return what the model is told: the instructions in force and the thread's messages, truncated as the run asks."""
    messages = [
        Message(role=message["role"], text=_text_of(message))
        for message in state.store.find("thread.message", parent=run["thread_id"])
    ]
    strategy = run["truncation_strategy"]
    if strategy["type"] == "last_messages" and strategy.get("last_messages"):
        messages = messages[-strategy["last_messages"] :]
    return Conversation(instructions=run["instructions"], messages=tuple(messages))


def _text_of(message: Json) -> str:
    return "\n".join(part["text"]["value"] for part in message["content"] if part["type"] == "text")


def _write_down(log: RunLog, conversation: Conversation, reply: Reply) -> None:
    """Turn the reply into the steps and the message of a completed run."""
    # Real markers count 4, 8, 12 for the first, second, third question of a thread.
    pieces = rendered_pieces(reply, marker_number=2 * len(conversation.spoken) + 2)
    content = text_content(pieces)
    search_usage, message_usage = step_usages(conversation, reply, content["text"]["value"])
    usages = [message_usage]
    if reply.queries:
        usages.append(search_usage)
        _write_search(log, reply, search_usage)
    message_id = new_id("msg")
    details = {"type": "message_creation", "message_creation": {"message_id": message_id}}
    step = log.begin_step(details)
    message = log.begin_message(message_id)
    for delta in text_deltas(pieces):
        log.tell_message_delta(message, delta)
    log.end_message(message, content)
    log.end_step(step, details, message_usage)
    log.move("completed", usage=sum_of_usages(usages))


def _write_search(log: RunLog, reply: Reply, usage: Json) -> None:
    step = log.begin_step({"type": "tool_calls", "tool_calls": []})
    call_id = new_id("call")
    log.tell_step_delta(step, {"id": call_id, "type": "file_search", "file_search": {}})
    call = file_search_call(call_id, reply.results, ranking_of(file_search_tool(log.run)))
    log.end_step(step, {"type": "tool_calls", "tool_calls": [call]}, usage)


def recover(state: State) -> None:
    """End what the last process left in the middle."""
    for status in ("queued", "in_progress", "cancelling"):
        for run in state.store.find("thread.run", where={"status": status}):
            error = {"code": "server_error", "message": "The server stopped while this run was under way."}
            RunLog(state.store, run, is_streamed=False).move("failed", last_error=error)
