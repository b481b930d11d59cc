"""What went over the wire, request by request: the tape that transcripts are read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What `json.loads` returns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    """Its `event:` field; empty where the stream has none."""
    data: Json
    """Its `data:` field, decoded; text such as `[DONE]` where it is no JSON."""
    at_s: float | None = None
    """Seconds from the request to the event; None where it was not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePart:
    """A file inside a multipart request: what it was, not what it held."""

    name: str
    """The file's name as it was sent."""
    sha256: str
    """Of its bytes, in hexadecimal."""
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and its response."""

    method: str
    """`GET`, `POST`, `DELETE`."""
    path: str
    """Path of the URL without its query, for example `/v1/threads`."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The URL's query; the last of several equal names."""
    request: Json | Mapping[str, str | FilePart] = None
    """The request's JSON, or the parts of a multipart form; None without a body."""
    status: int = 200
    """The HTTP status."""
    response: Json = None
    """The response's JSON, or its text where it is no JSON; None for a stream or no body."""
    events: tuple[Event, ...] = ()
    """The events, where the response is a stream."""
    started_s: float | None = None
    """Seconds from the tape's first request; None where it was not measured."""
    duration_s: float | None = None
    """Seconds from the request to the response's end; None where it was not measured."""
