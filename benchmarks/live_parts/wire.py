"""Wire objects of the fake server, as long as real ones."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
DATE = 1_780_000_000
_USAGE = {"prompt_tokens": 780, "completion_tokens": 41, "total_tokens": 821}
_INSTRUCTIONS = "Answer only from the attached document, in two sentences. If it does not hold the answer, say so."
_MARKER = "【4:0†source】"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What the objects of one run tell of it."""

    id: str
    thread_id: str
    assistant_id: str
    metadata: Json
    answer: str
    results: Sequence[Json]
    """What its search found, with content."""
    file_id: str

    @property
    def number(self) -> str:
        """What its steps and message are named by."""
        return self.id.removeprefix("run_")


def run_object(run: RunFacts, status: str) -> Json:
    """Return a run."""
    is_over = status == "completed"
    return {
        "id": run.id,
        "object": "thread.run",
        "created_at": DATE,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "status": status,
        "started_at": None if status == "queued" else DATE,
        "expires_at": None if is_over else DATE + 600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": DATE if is_over else None,
        "required_action": None,
        "last_error": None,
        "model": "fake",
        "instructions": _INSTRUCTIONS,
        "tools": [{"type": "file_search", "file_search": {"ranking_options": {"ranker": "default_2024_08_21"}}}],
        "tool_resources": {},
        "metadata": run.metadata,
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": _USAGE if is_over else None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def step_objects(run: RunFacts, *, has_content: bool) -> tuple[Json, Json]:
    """Return the steps of a run that is over: the search and the message."""
    results = run.results if has_content else [{**one, "content": None} for one in run.results]
    search = {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0}, "results": results}
    calls = [{"id": f"call_{run.number}", "type": "file_search", "file_search": search}]
    created = {"message_id": f"msg_{run.number}"}
    return (
        _step(run, "a", {"type": "tool_calls", "tool_calls": calls}),
        _step(run, "b", {"type": "message_creation", "message_creation": created}),
    )


def _step(run: RunFacts, letter: str, details: Json) -> Json:
    return {
        "id": f"step_{run.number}{letter}",
        "object": "thread.run.step",
        "created_at": DATE,
        "run_id": run.id,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "type": details["type"],
        "status": "completed",
        "cancelled_at": None,
        "completed_at": DATE,
        "expired_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": {"prompt_tokens": 390, "completion_tokens": 20, "total_tokens": 410},
    }


def message_object(run: RunFacts) -> Json:
    """Return the answer."""
    note = {
        "type": "file_citation",
        "text": _MARKER,
        "start_index": len(run.answer),
        "end_index": len(run.answer) + len(_MARKER),
        "file_citation": {"file_id": run.file_id},
    }
    return {
        "id": f"msg_{run.number}",
        "object": "thread.message",
        "created_at": DATE,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "run_id": run.id,
        "role": "assistant",
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": DATE,
        "content": [{"type": "text", "text": {"value": run.answer + _MARKER, "annotations": [note]}}],
        "attachments": [],
        "metadata": {},
    }


def event(name: str, data: Json) -> bytes:
    """Return an event of a stream."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def stream_of(run: RunFacts, *, has_content: bool, deltas: int) -> Iterator[tuple[float, bytes]]:
    """Tell a run as a stream: for each part, after which share of the model's time it comes, and its events."""
    queued, working, done = (run_object(run, status) for status in ("queued", "in_progress", "completed"))
    search, writing = step_objects(run, has_content=has_content)
    yield 0, event("thread.run.created", queued) + event("thread.run.queued", queued)
    begun = {**search, "status": "in_progress", "step_details": {"type": "tool_calls", "tool_calls": []}}
    yield (
        0.02,
        (
            event("thread.run.in_progress", working)
            + event("thread.run.step.created", begun)
            + event("thread.run.step.in_progress", begun)
        ),
    )
    message = message_object(run)
    empty = {**message, "status": "in_progress", "content": [], "completed_at": None}
    opened = {**writing, "status": "in_progress", "completed_at": None, "usage": None}
    yield (
        0.3,
        (
            event("thread.run.step.completed", search)
            + event("thread.run.step.created", opened)
            + event("thread.run.step.in_progress", opened)
            + event("thread.message.created", empty)
            + event("thread.message.in_progress", empty)
        ),
    )
    yield from _told(message, deltas)
    yield (
        1,
        (
            event("thread.message.completed", message)
            + event("thread.run.step.completed", writing)
            + event("thread.run.completed", done)
            + b"event: done\ndata: [DONE]\n\n"
        ),
    )


def _told(message: Json, deltas: int) -> Iterator[tuple[float, bytes]]:
    """Tell the text piece by piece, a few pieces at a time, as a network delivers them."""
    text = message["content"][0]["text"]["value"]
    size = max(1, -(-len(text) // deltas))
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    for first in range(0, len(pieces), _AT_ONCE):
        part = b"".join(
            event("thread.message.delta", _delta(message["id"], piece)) for piece in pieces[first : first + _AT_ONCE]
        )
        yield 0.35 + 0.6 * first / len(pieces), part


_AT_ONCE = 8


def _delta(message_id: str, piece: str) -> Json:
    content = [{"index": 0, "type": "text", "text": {"value": piece}}]
    return {"id": message_id, "object": "thread.message.delta", "delta": {"content": content}}


def listed(items: Sequence[Json]) -> Json:
    """Return a list as the API has it."""
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {"first_id": None, "last_id": None}
    return {"object": "list", "data": list(items), **ends, "has_more": False}
