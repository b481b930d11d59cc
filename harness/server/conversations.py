"""Threads and the messages in them."""

from collections.abc import Sequence

from openai.types.beta import Thread
from openai.types.beta.threads import Message

from harness.server.runlog import empty_message
from harness.server.sources import vector_store_ids
from harness.server.state import State
from harness.server.vectorstores import attach_file, create_vector_store, resolve_resources
from harness.server.wire import ApiError, Json, new_id, now, shaped

_ATTACHMENT_LIFETIME = {"anchor": "last_active_at", "days": 7}
"""How long the real API keeps the vector store that it makes for a thread's attachments."""


def create_thread(state: State, body: Json, *, param: str = "messages") -> Json:
    """Make a thread with its first messages.

    Args:
        state: The server.
        body: The valid request.
        param: Where the messages stand in the request, for errors.
    """
    with state.store.transaction():
        fields = {
            "id": new_id("thread"),
            "object": "thread",
            "created_at": now(),
            "metadata": body.get("metadata") or {},
            "tool_resources": resolve_resources(state, body.get("tool_resources")),
        }
        thread = shaped(Thread, fields)
        state.store.add(thread)
        add_messages(state, thread["id"], body.get("messages") or [], param=param)
    return state.require("thread", thread["id"])


def add_messages(state: State, thread_id: str, bodies: Sequence[Json], *, param: str) -> None:
    """Add several messages to a thread: all of them, or none where one is wrong."""
    with state.store.transaction():
        for number, body in enumerate(bodies):
            add_message(state, thread_id, body, param=f"{param}[{number}].")


def add_message(state: State, thread_id: str, body: Json, *, param: str = "") -> Json:
    """Add a message to a thread.

    Args:
        state: The server.
        thread_id: The thread.
        body: The valid request.
        param: Where the message stands in a larger request, for errors, for example `messages[0].`.
    """
    attachments = body.get("attachments") or []
    fields = {
        **empty_message(thread_id, body["role"]),
        "content": _content(body["content"], f"{param}content"),
        "attachments": attachments,
        "metadata": body.get("metadata") or {},
    }
    message = shaped(Message, fields)
    with state.store.transaction():
        for attachment in attachments:
            _attach(state, thread_id, attachment)
        state.store.add(message, parent=thread_id)
    return message


def _content(content: str | list[Json], param: str) -> list[Json]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not parts or parts == [{"type": "text", "text": ""}]:
        raise ApiError(400, "Message content must be non-empty.", param=param, code="invalid_value")
    for number, part in enumerate(parts):
        if part["type"] != "text":
            message = "This server does not offer images: its models read text only."
            raise ApiError(400, message, param=f"{param}[{number}]", code="unsupported_value")
    return [{"type": "text", "text": {"value": part["text"], "annotations": []}} for part in parts]


def _attach(state: State, thread_id: str, attachment: Json) -> None:
    """Make an attached file searchable in its thread."""
    if attachment.get("file_id") is None:
        return
    state.require("file", attachment["file_id"])
    if all(tool["type"] != "file_search" for tool in attachment.get("tools") or []):
        return
    thread = state.require("thread", thread_id)
    identifiers = vector_store_ids(thread)
    if not identifiers:
        identifiers = [create_vector_store(state, {"expires_after": _ATTACHMENT_LIFETIME})["id"]]
        resources = {**(thread["tool_resources"] or {}), "file_search": {"vector_store_ids": identifiers}}
        state.store.put(shaped(Thread, {**thread, "tool_resources": resources}))
    attach_file(state, identifiers[0], attachment)


def delete_thread(state: State, thread_id: str) -> None:
    """Forget a thread with its messages, runs and steps; a run under way is told to stop."""
    log = state.active_runs.get(thread_id)
    if log is not None:
        log.stop.set()
    with state.store.transaction():
        for run in state.store.find("thread.run", parent=thread_id):
            state.store.delete_children("thread.run.step", run["id"])
        for kind in ("thread.run", "thread.message"):
            state.store.delete_children(kind, thread_id)
        state.store.delete("thread", thread_id)
