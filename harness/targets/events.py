"""A stream of server-sent events, as far as the control flow needs it. All else is read from the tape."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """An event; its data stays text until somebody wants to know."""

    name: str
    """Its `event:` field; empty where the stream has none."""
    text: str
    """Its `data:` field."""

    @property
    def data(self) -> dict[str, Any]:
        """The data's JSON object; an empty one where it is none."""
        try:
            decoded = json.loads(self.text)
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}


def heard(body: str) -> Iterator[Heard]:
    """Read the events of a stream; of one that broke off, those that are whole."""
    blocks = body.replace("\r\n", "\n").split("\n\n")
    for block in blocks[:-1]:
        name, data = "", []
        for line in block.split("\n"):
            label, _, value = line.partition(":")
            if label == "event":
                name = value.strip()
            elif label == "data":
                data.append(value.removeprefix(" "))
        if data:
            yield Heard(name=name, text="\n".join(data))
