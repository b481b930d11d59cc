"""Streams of server-sent events: when each arrived, and runs of text deltas folded into one.

A folded run says what its deltas said together, and keeps the time of the first and of the last of them. So the time to
the first text survives, a recording stays short, and how a server cut its text is no difference between two of them.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from harness.cassettes.interaction import EVENT_STREAM, EventTime, Interaction, events
from harness.cassettes.pretty import compact
from harness.model.tape import Event

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
    for event in events(interaction.response_body, interaction.event_times):
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
