"""A response's way to its end."""

import asyncio
import sys
import traceback
from collections.abc import Callable
from contextlib import aclosing

from harness.server.models.interface import ModelFailed, Segment, Stopped
from harness.server.responses.asking import Asked
from harness.server.responses.context import (
    add_to_conversation,
    remember_events,
    remember_input,
    remember_items,
)
from harness.server.responses.log import ResponseLog, changed
from harness.server.responses.pumping import told_within_limits
from harness.server.responses.usage import Meter, shown_usage
from harness.server.responses.writer import ResponseWriter
from harness.server.sources import VectorStoreSources
from harness.server.state import State
from harness.server.wire import ApiError, Json


def start_response(state: State, asked: Asked) -> ResponseLog:
    """Keep a new response and make it in the background.

    Raises:
        ApiError: 400 where another response is being made in the same conversation.
    """
    conversation_id = (asked.response.get("conversation") or {}).get("id")
    if conversation_id and any(log.conversation_id == conversation_id for log in state.active_responses.values()):
        message = "Another process is currently operating on this conversation. Please retry in a few seconds."
        raise ApiError(400, message, param="conversation", code="conversation_locked")
    is_background = asked.response["background"]
    log = ResponseLog(
        asked.response, is_stored=asked.is_stored, is_followed=is_background and asked.is_streamed and asked.is_stored
    )
    if asked.is_stored:
        with state.store.transaction():
            state.store.add(asked.response)
            remember_input(state, asked.response["id"], asked.earlier, asked.given)
    if is_background:
        log.tell("response.queued", response=log.response)
    state.active_responses[asked.response["id"]] = log
    state.background.start(_carry_out(state, log, asked))
    return log


async def _carry_out(state: State, log: ResponseLog, asked: Asked) -> None:
    """Bring a response to its end, whatever the model does."""
    writer = ResponseWriter(log, _attributes(state, asked))
    log.move("in_progress")
    working = asyncio.ensure_future(_work(state, asked, writer))
    stopping = asyncio.ensure_future(log.stop.wait())
    try:
        await asyncio.wait(
            {working, stopping}, timeout=state.settings.run_lifetime_s, return_when=asyncio.FIRST_COMPLETED
        )
        if log.stop.is_set():
            ending: Json = {"status": "cancelled"}
        elif not working.done():
            ending = _failure("server_error", f"The model took longer than {state.settings.run_lifetime_s:g} s.")
        else:
            ending = _ending_of(working)
        writer.finish(is_complete=ending["status"] == "completed")
        log.move(**ending, output=writer.output)
        _keep(state, log, asked)
    finally:
        working.cancel()
        stopping.cancel()
        state.active_responses.pop(log.response["id"], None)
        log.end()


def _ending_of(working: asyncio.Future[Json]) -> Json:
    try:
        return working.result()
    except Exception as error:  # noqa: BLE001  # a foreign model may cite what it never found; whoever waits must hear
        traceback.print_exc(file=sys.stderr)
        return _failure("server_error", f"{type(error).__name__}: {error}")


async def _work(state: State, asked: Asked, writer: ResponseWriter) -> Json:
    """Write what the model tells, and return how the response ends."""
    meter = Meter(asked.conversation)
    ending: Json = {"status": "completed"}
    telling = told_within_limits(
        asked.model, asked.conversation, _sources(state, asked), state.thinkers, asked.response["max_tool_calls"]
    )
    try:
        async with aclosing(telling) as events:
            async for event in events:
                writer.take(event)
                meter.take(event)
                if isinstance(event, Stopped):
                    reason = "content_filter" if event.reason == "content_filter" else "max_output_tokens"
                    ending = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    except ModelFailed as error:
        return _failure(error.code, str(error))
    if not writer.has_answer and ending["status"] == "completed":
        writer.take(Segment(text=""))  # a model that says nothing has answered with nothing
    return {**ending, "usage": shown_usage(*meter.tokens)}


def _failure(code: str, message: str) -> Json:
    return {"status": "failed", "error": {"code": code, "message": message}}


def _keep(state: State, log: ResponseLog, asked: Asked) -> None:
    """Write down how a response ended, and what it adds to its conversation."""
    response = log.response
    with state.store.transaction():
        # A client may have deleted the response or the conversation meanwhile.
        if log.is_stored and state.store.get("response", response["id"]) is not None:
            state.store.put(response)
            remember_items(state, response["id"], response["output"])
            if log.is_followed:
                remember_events(state, response["id"], log.events)
        conversation_id = log.conversation_id
        is_said = response["status"] in {"completed", "incomplete"}
        if is_said and conversation_id and state.store.get("conversation", conversation_id) is not None:
            add_to_conversation(state, conversation_id, [*asked.given, *response["output"]])


def _sources(state: State, asked: Asked) -> VectorStoreSources:
    search = asked.search
    if search is None:
        return VectorStoreSources(state=state, vector_store_ids=())
    return VectorStoreSources(
        state=state,
        vector_store_ids=tuple(search["vector_store_ids"]),
        max_results=search["max_num_results"],
        score_threshold=search["ranking_options"]["score_threshold"],
        filters=search["filters"],
    )


def _attributes(state: State, asked: Asked) -> Callable[[str], Json]:
    """Return what finds the attributes of a file in the searched vector stores."""
    stores = asked.search["vector_store_ids"] if asked.search else []

    def attributes_of(file_id: str) -> Json:
        found = (state.store.get("vector_store.file", file_id, parent=store) for store in stores)
        return next((file.get("attributes") or {} for file in found if file is not None), {})

    return attributes_of


def recover_responses(state: State) -> None:
    """End what the last process left in the middle."""
    for status in ("queued", "in_progress"):
        for response in state.store.find("response", where={"status": status}):
            error = {"code": "server_error", "message": "The server stopped while this response was under way."}
            state.store.put(changed(response, status="failed", error=error))
