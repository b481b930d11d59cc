"""One run's progress: written to the store, and told to whoever streams it."""

import asyncio
from typing import Any

from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep

from harness.server.store import Store
from harness.server.wire import Json, new_id, now, shaped

TERMINAL = frozenset({"cancelled", "failed", "completed", "incomplete", "expired"})
"""The states in which a run has ended."""
_ENDED_AT = {"completed": "completed_at", "failed": "failed_at", "cancelled": "cancelled_at"}


class RunLog:
    """Change a run, its steps and its message; every change is an event.

    Args:
        store: Where they are kept.
        run: The run as created.
        is_streamed: Whether somebody reads the events.
    """

    def __init__(self, store: Store, run: Json, *, is_streamed: bool) -> None:
        self.run = run
        self.stop = asyncio.Event()
        """Set when a client asks for the run to be cancelled."""
        self._store = store
        self._events: asyncio.Queue[tuple[str, Json]] | None = asyncio.Queue() if is_streamed else None
        self.tell("thread.run.created", run)
        self.tell("thread.run.queued", run)

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.run["status"] in TERMINAL

    def tell(self, event: str, data: Json) -> None:
        """Tell whoever streams; nobody is told what is half done, so call it behind the store."""
        if self._events is not None:
            self._events.put_nowait((event, data))

    async def next_event(self) -> tuple[str, Json]:
        """Return the next event of a streamed run."""
        assert self._events is not None
        return await self._events.get()

    def move(self, status: str, **fields: Any) -> None:
        """Bring the run into another state."""
        # What a client changed meanwhile (metadata) stands in the store.
        current = self._store.get("thread.run", self.run["id"], parent=self.run["thread_id"]) or self.run
        fields = {"status": status, **fields}
        if status in _ENDED_AT:
            fields[_ENDED_AT[status]] = now()
        if status in TERMINAL:
            fields["expires_at"] = None if status == "completed" else current["expires_at"]
        self.run = shaped(Run, {**current, **fields})
        self._store.put(self.run, parent=self.run["thread_id"])
        self.tell(f"thread.run.{status}", self.run)

    def begin_step(self, details: Json) -> Json:
        """Add a step to the run."""
        step = shaped(
            RunStep,
            {
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
            },
        )
        self._store.add(step, parent=self.run["id"])
        self.tell("thread.run.step.created", step)
        self.tell("thread.run.step.in_progress", step)
        return step

    def end_step(self, step: Json, details: Json, usage: Json) -> None:
        """Complete a step."""
        ended = {"status": "completed", "completed_at": now(), "step_details": details, "usage": usage}
        step = shaped(RunStep, {**step, **ended})
        self._store.put(step, parent=self.run["id"])
        self.tell("thread.run.step.completed", step)

    def tell_step_delta(self, step: Json, call: Json) -> None:
        """Tell the first of a step's tool calls."""
        details = {"type": "tool_calls", "tool_calls": [{"index": 0, **call}]}
        delta = {"id": step["id"], "object": "thread.run.step.delta", "delta": {"step_details": details}}
        self.tell("thread.run.step.delta", delta)

    def begin_message(self, identifier: str) -> Json:
        """Add the assistant's message to the thread, still empty."""
        message = shaped(
            Message,
            {
                **empty_message(self.run["thread_id"], "assistant"),
                "id": identifier,
                "assistant_id": self.run["assistant_id"],
                "run_id": self.run["id"],
                "status": "in_progress",
            },
        )
        self._store.add(message, parent=self.run["thread_id"])
        self.tell("thread.message.created", message)
        self.tell("thread.message.in_progress", message)
        return message

    def tell_message_delta(self, message: Json, content: Json) -> None:
        """Tell the next stretch of the message."""
        delta = {"id": message["id"], "object": "thread.message.delta", "delta": {"content": [content]}}
        self.tell("thread.message.delta", delta)

    def end_message(self, message: Json, content: Json) -> None:
        """Complete the message."""
        message = shaped(Message, {**message, "status": "completed", "completed_at": now(), "content": [content]})
        self._store.put(message, parent=self.run["thread_id"])
        self.tell("thread.message.completed", message)


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
