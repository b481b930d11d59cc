"""Bring what was recorded into a form that depends on what was asked and answered, and on nothing else.

Generated ids give way to ids made from content, dates to one constant, repeated polls to the last of them, runs of
text deltas to one event, hosts to a name that no host has. Two recordings of the same conversation then differ only
where the answers differ.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from harness.cassettes.interaction import EVENT_STREAM, Interaction, events, json_or_text
from harness.cassettes.pretty import pretty
from harness.cassettes.streams import folded, stream_text

BASE = "https://endpoint.invalid/v1"
"""Stands in a cassette where the endpoint's base URL stood."""
DATE = 1_767_225_600
"""Stands for every date: 2026-01-01T00:00:00Z. When a cassette was made is in its metadata."""

_PREFIX = re.compile(r"([A-Za-z]{2,8})([_-])")


@dataclass(slots=True)
class Names:
    """Ids of one cassette: what each live id is called in the file."""

    scope: str
    """What the ids are made from: no two cassettes share it."""
    known: dict[str, str] = field(default_factory=dict)
    """Canonical id by live id. Ids that the user gave stand for themselves."""
    _counts: dict[str, int] = field(default_factory=dict)

    def of(self, live: str) -> str:
        """Return the canonical id of a live one, giving it one where it has none."""
        if live not in self.known:
            found = _PREFIX.match(live)
            prefix = found.group(0) if found else "id_"
            ordinal = self._counts[prefix] = self._counts.get(prefix, 0) + 1
            self.known[live] = content_id(prefix, self.scope, prefix, str(ordinal))
        return self.known[live]


def content_id(prefix: str, *content: str) -> str:
    """Return an id that follows from content: `prefix` and 24 hexadecimal digits."""
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()
    return f"{prefix}{digest[:24]}"


def canonical(interactions: Sequence[Interaction], base_url: str, names: Names) -> tuple[Interaction, ...]:
    """Return the interactions as a cassette keeps them.

    Args:
        interactions: As recorded, in order.
        base_url: The endpoint they were recorded against.
        names: The ids known so far; those met here are added.
    """
    return tuple(_canonical(folded(interaction), base_url, names) for interaction in last_polls(interactions))


def last_polls(interactions: Sequence[Interaction]) -> list[Interaction]:
    """Drop every read that is repeated before anything else was written: a replay reaches the end at once."""
    kept: list[Interaction] = []
    reads: dict[str, int] = {}
    for interaction in interactions:
        if interaction.method != "GET":
            reads.clear()
        elif interaction.uri in reads:
            kept[reads[interaction.uri]] = interaction
            continue
        else:
            reads[interaction.uri] = len(kept)
        kept.append(interaction)
    return kept


def _canonical(interaction: Interaction, base_url: str, names: Names) -> Interaction:
    # The response first: what it calls an id, a later path may hold.
    request = json_or_text(interaction.request_body)
    response_body = _response(interaction, names)
    return replace(
        interaction,
        uri=_uri(interaction.uri, base_url, names),
        request_body=pretty(_renamed(request, names)) if request is not None else "",
        response_body=response_body,
    )


def _response(interaction: Interaction, names: Names) -> str:
    if interaction.response_type == EVENT_STREAM:
        stream = events(interaction.response_body)
        return stream_text(replace(event, data=_renamed(event.data, names)) for event in stream)
    decoded = json_or_text(interaction.response_body)
    return pretty(_renamed(decoded, names)) if isinstance(decoded, dict | list) else interaction.response_body


def _uri(uri: str, base_url: str, names: Names) -> str:
    rest = uri.removeprefix(base_url.rstrip("/")) if base_url and uri.startswith(base_url.rstrip("/")) else None
    url = urlsplit(uri if rest is None else BASE + rest)
    path = "/".join(names.known.get(segment, segment) for segment in url.path.split("/"))
    query = urlencode([(key, names.known.get(value, value)) for key, value in parse_qsl(url.query)])
    return urlunsplit(url._replace(path=path, query=query))


def _renamed(value: Any, names: Names, key: str = "") -> Any:
    if isinstance(value, Mapping):
        is_model = value.get("object") == "model"
        return {name: item if is_model else _renamed(item, names, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names, key) for item in value]
    if isinstance(value, str) and _names_an_object(key):
        return names.of(value) if value else value
    if isinstance(value, int) and not isinstance(value, bool) and key.endswith("_at"):
        return DATE
    return value


def _names_an_object(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "_ids"))
