"""A streamed response, put together from its events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model.tape import Event


@dataclass(slots=True)
class Streamed:
    """What a stream has told so far. A stream that breaks off leaves what had arrived."""

    latest: dict[str, Any] = field(default_factory=dict)
    """The response as the last event that held it did."""
    items: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Output items by their index."""
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    """Text of unfinished content by item index and content index."""
    first_text_at_s: float | None = None
    """Seconds from the request to the first text."""

    @property
    def response(self) -> dict[str, Any]:
        """The response with all output that is known."""
        if self.latest.get("output"):
            return self.latest
        return self.latest | {"output": [self._item(index) for index in sorted(self.items)]}

    def _item(self, index: int) -> dict[str, Any]:
        item = self.items[index]
        if item.get("content"):
            return item
        texts = [text for (of, _), text in sorted(self.texts.items()) if of == index]
        return item | {"content": [{"type": "output_text", "text": text} for text in texts]} if texts else item


def put_together(events: Sequence[Event]) -> Streamed:
    """Return what the events of a response's stream tell; other streams tell nothing."""
    told = Streamed()
    for event in events:
        if isinstance(event.data, dict):
            _take(told, event.data, event.at_s)
    return told


def _take(told: Streamed, data: dict[str, Any], at_s: float | None) -> None:
    if isinstance(data.get("response"), dict):
        told.latest = data["response"]
    index, kind = data.get("output_index"), data.get("type")
    if not isinstance(index, int):
        return
    if isinstance(data.get("item"), dict):
        told.items[index] = data["item"]
    elif kind == "response.output_text.delta":
        place = (index, int(data.get("content_index") or 0))
        told.texts[place] = told.texts.get(place, "") + str(data.get("delta") or "")
        if told.first_text_at_s is None:
            told.first_text_at_s = at_s
