"""Streams of server-sent events: when each arrived, what later ones repeat left out, text deltas folded into one.

Of each object stays what was told of it last, and of a run also what was told first. Of the deltas of a text that is
told whole in the end stays an empty one, with the time of the first. A stream that breaks off before that keeps
what they said together, and the times of the first and of the last. So the time to the first text survives, a recording
stays short, and how a server cut its text is no difference between two of them.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from harness.cassettes.interaction import EVENT_STREAM, EventTime, Interaction, events
from harness.cassettes.pretty import compact
from harness.model.tape import Event

_WHOLE = frozenset({"thread.run", "thread.run.step", "thread.message"})
"""Objects that an event shows as they are then."""
_BEGUN = frozenset({"thread.run"})
"""Objects of which the first event stays too: what comes before their end belongs to them."""
_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
"""Events that show a response with all of its output."""
_PARTS = frozenset(
    {
        "response.output_item.added",
        "response.output_item.done",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.done",
        "response.output_text.annotation.added",
        "response.refusal.delta",
        "response.refusal.done",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    }
)
"""Events that tell of a part of the output what the response's end tells again."""
_BLOCK_END = re.compile(rb"\r?\n\r?\n")


@dataclass(slots=True)
class _Run:
    """Events that become one."""

    key: Hashable
    """What its deltas have in common; None for an event that stands alone."""
    first: Event
    deltas: list[Event]
    """All of them, the first included."""

    @property
    def times(self) -> EventTime | None:
        first, last = self.first.at_s, self.deltas[-1].at_s
        if first is None or last is None:
            return None
        return first if len(self.deltas) == 1 else (first, last)


def folded(interaction: Interaction) -> Interaction:
    """Return a stream with its runs of text deltas folded; anything else as it is."""
    if interaction.response_type != EVENT_STREAM:
        return interaction
    runs: list[_Run] = []
    for event in _telling(list(events(interaction.response_body, interaction.event_times))):
        key = _delta_key(event.data)
        if key is not None and runs and runs[-1].key == key:
            runs[-1].deltas.append(event)
        else:
            runs.append(_Run(key=key, first=event, deltas=[event]))
    times = [run.times for run in runs]
    kept = tuple(time for time in times if time is not None)
    return replace(
        interaction,
        response_body=stream_text(_numbered(_joined(run) for run in runs)),
        event_times=kept if len(kept) == len(times) else (),
    )


def _telling(stream: Sequence[Event]) -> Iterable[Event]:
    """Return the events without those that later ones repeat."""
    last: dict[Hashable, int] = {}
    for at, event in enumerate(stream):
        if isinstance(event.data, dict):
            last[_told_of(event.data)] = at
    whole = {_text_of(event) for event in stream} - {None}
    begun: set[Hashable] = set()
    for at, event in enumerate(stream):
        data = event.data if isinstance(event.data, dict) else {}
        key, text = _told_of(data), _text_of_delta(data, whole)
        is_first = not {key, text} & begun
        begun |= {key, text} - {None}
        if text is not None:
            if is_first:
                yield replace(event, data=_emptied(data))
        elif not ("response" in whole and data.get("type") in _PARTS) and (
            key is None or last[key] == at or (is_first and key[0] in _BEGUN)
        ):
            yield event


def _text_of(event: Event) -> Hashable:
    """Return whose text an event tells whole: a message's, or all of a response; None for other events."""
    data = event.data if isinstance(event.data, dict) else {}
    if data.get("object") == "thread.message" and data.get("content") and event.name == "thread.message.completed":
        return str(data.get("id"))
    response = data.get("response")
    is_end = event.name in _ENDS and isinstance(response, dict) and bool(response.get("output"))
    return "response" if is_end else None


def _text_of_delta(data: dict[str, Any], whole: Collection[Hashable]) -> Hashable:
    """Return what a delta adds to where that is told whole in the end; None for every other event."""
    if data.get("object") == "thread.message.delta" and str(data.get("id")) in whole:
        return "text", str(data.get("id"))
    if data.get("type") == "response.output_text.delta" and "response" in whole:
        return "text", "response"
    return None


def _emptied(delta: dict[str, Any]) -> dict[str, Any]:
    if delta.get("object") == "thread.message.delta":
        return {**delta, "delta": {"content": []}}
    return {name: item for name, item in delta.items() if name not in {"obfuscation", "logprobs"}} | {"delta": ""}


def _told_of(data: dict[str, Any]) -> tuple[str, str] | None:
    """Return the object that an event shows, a step where it only adds to one; None where it shows none whole."""
    response = data.get("response")
    if isinstance(response, dict) and str(data.get("type", "")).startswith("response."):
        return "response", str(response.get("id"))
    kind = data.get("object")
    if kind == "thread.run.step.delta":
        return "thread.run.step", str(data.get("id"))
    return (str(kind), str(data.get("id"))) if kind in _WHOLE else None


def stream_text(stream: Iterable[Event]) -> str:
    """Return events as the body of a stream."""
    blocks = []
    for event in stream:
        data = event.data if isinstance(event.data, str) else compact(event.data)
        name = f"event: {event.name}\n" if event.name else ""
        blocks.append(name + "".join(f"data: {line}\n" for line in data.split("\n")) + "\n")
    return "".join(blocks)


def arrival_times(chunks: Sequence[tuple[float, bytes]]) -> tuple[float, ...]:
    """Return when each event of a stream was complete.

    Args:
        chunks: The body as it came: when, and what.

    Returns:
        A time for each block that is not blank, as `events` counts them.
    """
    body = b"".join(chunk for _, chunk in chunks)
    ends = [match.end() for match in _BLOCK_END.finditer(body)]
    times: list[float] = []
    start, arrived, index = 0, 0, -1
    for end in [*ends, len(body)]:
        while arrived < end:
            index += 1
            arrived += len(chunks[index][1])
        if body[start:end].strip():
            times.append(chunks[index][0])
        start = end
    return tuple(times)


def _delta_key(data: Any) -> Hashable:
    """Return what a text delta belongs to; None for every other event."""
    if not isinstance(data, dict):
        return None
    if data.get("type") == "response.output_text.delta" and isinstance(data.get("delta"), str):
        return ("response", data.get("item_id"), data.get("output_index"), data.get("content_index"))
    block = _text_block(data)
    return None if block is None else ("message", data.get("id"), block.get("index"))


def _text_block(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the one block of a message delta that brings nothing but text."""
    delta = data.get("delta") if data.get("object") == "thread.message.delta" else None
    content = delta.get("content") if isinstance(delta, dict) else None
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], dict):
        return None
    text = content[0].get("text")
    if not isinstance(text, dict) or not isinstance(text.get("value"), str) or text.get("annotations"):
        return None
    return content[0] if set(text) <= {"value", "annotations"} else None


def _joined(run: _Run) -> Event:
    data = run.first.data
    if isinstance(data, dict) and "obfuscation" in data:  # random padding: it hides lengths on the wire
        data = {name: item for name, item in data.items() if name != "obfuscation"}
    if len(run.deltas) == 1:
        return replace(run.first, data=data)
    data = deepcopy(data)
    block = _text_block(data)
    if block is not None:
        block["text"]["value"] = "".join(_text_block(event.data)["text"]["value"] for event in run.deltas)  # type: ignore[index]  # all of a run are deltas
    else:
        data["delta"] = "".join(event.data["delta"] for event in run.deltas)
        if isinstance(data.get("logprobs"), list):
            data["logprobs"] = [one for event in run.deltas for one in event.data.get("logprobs") or []]
    return replace(run.first, data=data)


def _numbered(stream: Iterable[Event]) -> Iterable[Event]:
    """Number the events anew where they are numbered: no gaps where runs were folded."""
    number = 0
    for event in stream:
        if isinstance(event.data, dict) and isinstance(event.data.get("sequence_number"), int):
            yield replace(event, data=event.data | {"sequence_number": number})
            number += 1
        else:
            yield event
