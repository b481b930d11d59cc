"""One run's progress: written to the store, and told to whoever streams it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep

from harness.server.store import Store
from harness.server.wire import Json, new_id, now, shaped

TERMINAL = frozenset({"cancelled", "failed", "completed", "incomplete", "expired"})
"""The states in which a run has ended."""


class RunLog:
    """Change a run, its steps and its messages; every change is an event.

    Args:
        store: Where they are kept.
        run: The run as it stands.
    """

    def __init__(self, store: Store, run: Json) -> None:
        self.run = run
        self.stop = asyncio.Event()
        """Set when a client asks for the run to be cancelled."""
        self.submitted = asyncio.Event()
        """Set when a client has handed in what the functions gave back."""
        self._store = store
        self._events: asyncio.Queue[tuple[str, Json]] | None = None

    def listen(self) -> asyncio.Queue[tuple[str, Json]]:
        """Return what will be told from now on: to one listener at a time, the last who asked."""
        self._events = asyncio.Queue()
        return self._events

    def tell(self, event: str, data: Json) -> None:
        """Tell whoever streams; nobody is told what is half done, so call it behind the store."""
        if self._events is not None:
            self._events.put_nowait((event, data))

    def move(self, status: str, **fields: Any) -> None:
        """Bring the run into another state."""
        # What a client changed meanwhile (metadata) stands in the store.
        current = self._store.get("thread.run", self.run["id"], parent=self.run["thread_id"]) or self.run
        ended_at = {} if status == "expired" else _ended_at(status)  # of a run there is `expires_at` alone
        fields = {"status": status, "required_action": None, **ended_at, **fields}
        if status == "completed":
            fields["expires_at"] = None
        self.run = shaped(Run, {**current, **fields})
        self._store.put(self.run, parent=self.run["thread_id"])
        self.tell(f"thread.run.{status}", self.run)

    def steps(self) -> list[Json]:
        """Return the run's steps, oldest first."""
        return self._store.find("thread.run.step", parent=self.run["id"])

    def begin_step(self, details: Json) -> Json:
        """Add a step to the run."""
        fields = {
            "id": new_id("step"),
            "object": "thread.run.step",
            "created_at": now(),
            "run_id": self.run["id"],
            "assistant_id": self.run["assistant_id"],
            "thread_id": self.run["thread_id"],
            "type": details["type"],
            "status": "in_progress",
            "cancelled_at": None,
            "completed_at": None,
            "expired_at": None,
            "failed_at": None,
            "last_error": None,
            "metadata": {},
            "step_details": details,
            "usage": None,
        }
        step = shaped(RunStep, fields)
        self._store.add(step, parent=self.run["id"])
        self.tell("thread.run.step.created", step)
        self.tell("thread.run.step.in_progress", step)
        return step

    def keep_step(self, step: Json, **fields: Any) -> Json:
        """Change a step that goes on; nobody is told, because there is no event for it."""
        step = shaped(RunStep, {**step, **fields})
        self._store.put(step, parent=self.run["id"])
        return step

    def end_step(self, step: Json, *, status: str = "completed", **fields: Any) -> None:
        """Bring a step to its end."""
        step = self.keep_step(step, status=status, **_ended_at(status), **fields)
        self.tell(f"thread.run.step.{status}", step)

    def tell_step_delta(self, step: Json, index: int, call: Json) -> None:
        """Tell more of one of a step's tool calls."""
        details = {"type": "tool_calls", "tool_calls": [{"index": index, **call}]}
        delta = {"id": step["id"], "object": "thread.run.step.delta", "delta": {"step_details": details}}
        self.tell("thread.run.step.delta", delta)

    def begin_message(self, identifier: str) -> Json:
        """Add the assistant's message to the thread, still empty."""
        fields = {
            **empty_message(self.run["thread_id"], "assistant"),
            "id": identifier,
            "assistant_id": self.run["assistant_id"],
            "run_id": self.run["id"],
            "status": "in_progress",
        }
        message = shaped(Message, fields)
        self._store.add(message, parent=self.run["thread_id"])
        self.tell("thread.message.created", message)
        self.tell("thread.message.in_progress", message)
        return message

    def tell_message_delta(self, message: Json, content: Json) -> None:
        """Tell the next stretch of the message."""
        delta = {"id": message["id"], "object": "thread.message.delta", "delta": {"content": [content]}}
        self.tell("thread.message.delta", delta)

    def end_message(self, message: Json, content: Sequence[Json], *, reason: str | None = None) -> None:
        """Bring the message to its end.

        Args:
            message: As it was begun.
            content: Its parts.
            reason: Why it is incomplete; None where it is complete.
        """
        current = self._store.get("thread.message", message["id"], parent=message["thread_id"]) or message
        if reason is None:
            outcome: Json = {"status": "completed", "completed_at": now()}
        else:
            outcome = {"status": "incomplete", "incomplete_at": now(), "incomplete_details": {"reason": reason}}
        message = shaped(Message, {**current, **outcome, "content": list(content)})
        self._store.put(message, parent=self.run["thread_id"])
        self.tell(f"thread.message.{message['status']}", message)

    def close_what_is_open(self, status: str, last_error: Json | None = None) -> None:
        """End the messages and steps that are still in progress, as the run itself ends before its time.

        Args:
            status: What the run will be.
            last_error: What went wrong, for a failed run.
        """
        if last_error is not None and last_error["code"] == "invalid_prompt":
            last_error = {**last_error, "code": "server_error"}  # steps do not know the other
        thread_id = self.run["thread_id"]
        open_ones = {"run_id": self.run["id"], "status": "in_progress"}
        for message in self._store.find("thread.message", where=open_ones, parent=thread_id):
            self.end_message(message, message["content"], reason=f"run_{status}")
        for step in self._store.find("thread.run.step", where={"status": "in_progress"}, parent=self.run["id"]):
            self.end_step(step, status=status, last_error=last_error)


def _ended_at(status: str) -> Json:
    return {f"{status}_at": now()} if status in {"completed", "failed", "cancelled", "expired"} else {}


def empty_message(thread_id: str, role: str) -> Json:
    """Return the fields of a new message without content."""
    return {
        "id": new_id("msg"),
        "object": "thread.message",
        "created_at": now(),
        "thread_id": thread_id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": None,
        "incomplete_at": None,
        "role": role,
        "content": [],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    }
