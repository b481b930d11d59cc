"""One recorded request and response, as they stand in a cassette, and as an exchange of the tape."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from harness.model.tape import Event, Exchange, FilePart, Json

EVENT_STREAM = "text/event-stream"
FORM = "multipart/form-data"

EventTime: TypeAlias = float | tuple[float, float]
"""Seconds from the request to an event; to the first and the last of those that were folded into it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """A request and its response as text; JSON is kept as JSON text, files as their hash."""

    method: str
    uri: str
    request_type: str
    """Media type of the request's body; empty without one."""
    request_body: str
    """JSON text; for a form the JSON of its parts, a file being `{name, sha256, size}`; empty without a body."""
    status: int
    response_type: str
    """Media type of the response's body."""
    response_body: str
    started_s: float | None = None
    """Seconds from the tape's first request."""
    duration_s: float | None = None
    """Seconds from the request to the response's end."""
    event_times: tuple[EventTime, ...] = field(default=())
    """When each event of a stream came."""

    def exchange(self) -> Exchange:
        """Return the exchange that readers see."""
        url = urlsplit(self.uri)
        is_stream = self.response_type == EVENT_STREAM
        return Exchange(
            method=self.method,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            request=_request(self.request_type, self.request_body),
            status=self.status,
            response=None if is_stream else json_or_text(self.response_body),
            events=tuple(events(self.response_body, self.event_times)) if is_stream else (),
            started_s=self.started_s,
            duration_s=self.duration_s,
        )


def exchanges(interactions: Sequence[Interaction]) -> tuple[Exchange, ...]:
    """Return the tape of a cassette."""
    return tuple(interaction.exchange() for interaction in interactions)


def json_or_text(body: str) -> Json:
    """Decode JSON; what is none stays text, an empty body is None."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body


def events(body: str, times: Sequence[EventTime] = ()) -> Iterator[Event]:
    """Read a stream of server-sent events. What was folded into one has the time of its first."""
    blocks = (block for block in body.replace("\r\n", "\n").split("\n\n") if block.strip())
    for index, block in enumerate(blocks):
        name, data = "", []
        for line in block.split("\n"):
            label, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if label == "event":
                name = value
            elif label == "data":
                data.append(value)
        if data:
            at = times[index] if index < len(times) else None
            at_s = at[0] if isinstance(at, tuple) else at
            yield Event(name=name, data=json_or_text("\n".join(data)), at_s=at_s)


def _request(media_type: str, body: str) -> Any:
    decoded = json_or_text(body)
    if media_type != FORM or not isinstance(decoded, dict):
        return decoded
    return {name: FilePart(**part) if isinstance(part, dict) else part for name, part in decoded.items()}
