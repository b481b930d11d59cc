"""A model's reply as the wire shows it: text with citation markers, file search results, token counts."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.server.models.interface import Chunk, Conversation, FunctionCall, Message, Segment
from harness.server.wire import Json

CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb for English; no tokenizer fits models that have no tokens."""
DEFAULT_RANKING: Json = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
"""The ranking options that the API reports where none were given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of the rendered text."""

    text: str
    """Its characters."""
    annotation: Json | None = None
    """The citation it is the marker of; None for the reply's own words."""


class TextBlock:
    """A message's text as it grows, with a marker behind every segment that cites.

    Args:
        place: Index of the text among the parts of the message.
        marker_number: First number in the markers: the step of the conversation that searched.
    """

    def __init__(self, place: int, marker_number: int) -> None:
        self._place = place
        self._marker_number = marker_number
        self._pieces: list[Piece] = []
        self._annotations = 0
        self._length = 0

    def add(self, segment: Segment, results: Sequence[Chunk]) -> list[Json]:
        """Add a segment and return it as the content blocks of message deltas.

        Args:
            segment: What the model said.
            results: What its citations are indices into.
        """
        words = segment.text.rstrip() if segment.cites else segment.text
        deltas = self._grow(Piece(text=words))
        for index in segment.cites:
            marker = f"【{self._marker_number}:{index}†source】"
            note = _citation(marker, results[index], self._length)
            deltas += self._grow(Piece(text=marker, annotation=note))
        # A marker stands directly behind its sentence, before the blank that parts it from the next.
        return deltas + self._grow(Piece(text=segment.text[len(words) :]))

    @property
    def content(self) -> Json:
        """The text as a part of a message."""
        annotations = [piece.annotation for piece in self._pieces if piece.annotation is not None]
        return {"type": "text", "text": {"value": self.text, "annotations": annotations}}

    @property
    def text(self) -> str:
        """The text so far, markers included."""
        return "".join(piece.text for piece in self._pieces)

    def _grow(self, piece: Piece) -> list[Json]:
        if not piece.text:
            return []
        text: Json = {"value": piece.text}
        if not self._pieces:  # only the first delta bears an empty annotation list
            text["annotations"] = []
        if piece.annotation is not None:
            text["annotations"] = [{"index": self._annotations, **piece.annotation}]
            self._annotations += 1
        self._pieces.append(piece)
        self._length += len(piece.text)
        return [{"index": self._place, "type": "text", "text": text}]


class RefusalBlock:
    """A refusal that the model marks as one, as it grows.

    Args:
        place: Its index among the parts of the message.
    """

    def __init__(self, place: int) -> None:
        self._place = place
        self.text = ""
        """What was said so far."""

    def add(self, text: str) -> Json:
        """Add to it and return the addition as the content block of a message delta."""
        self.text += text
        return {"index": self._place, "type": "refusal", "refusal": text}

    @property
    def content(self) -> Json:
        """The refusal as a part of a message."""
        return {"type": "refusal", "refusal": self.text}


def _citation(marker: str, chunk: Chunk, start: int) -> Json:
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": start,
        "end_index": start + len(marker),
        "file_citation": {"file_id": chunk.file_id},
    }


def file_search_call(identifier: str, results: Sequence[Chunk], ranking: Json) -> Json:
    """Return a file search as a step shows it, with the content of its results."""
    shown = [
        {
            "file_id": chunk.file_id,
            "file_name": chunk.file_name,
            "score": min(max(chunk.score, 0.0), 1.0),
            "content": [{"type": "text", "text": chunk.text}],
        }
        for chunk in results
    ]
    search = {"ranking_options": ranking, "results": shown}
    return {"id": identifier, "type": "file_search", "file_search": search}


def function_call(call: FunctionCall) -> Json:
    """Return a call of the client's function as a step shows it, still without output."""
    function = {"name": call.name, "arguments": call.arguments, "output": None}
    return {"id": call.id, "type": "function", "function": function}


def without_result_content(step: Json) -> Json:
    """Return a step as clients see it that did not ask for the content of search results."""
    details = step["step_details"]
    if details["type"] != "tool_calls":
        return step
    return {
        **step,
        "step_details": {**details, "tool_calls": [_without_content(call) for call in details["tool_calls"]]},
    }


def _without_content(call: Json) -> Json:
    if call["type"] != "file_search":
        return call
    results = call["file_search"].get("results", [])
    bare = [{key: value for key, value in result.items() if key != "content"} for result in results]
    return {**call, "file_search": {**call["file_search"], "results": bare}}


def prompt_tokens(conversation: Conversation, results: Iterable[Chunk] = ()) -> int:
    """Estimate the tokens of a prompt, at four characters a token: what the model is told and what it found."""
    told = [conversation.instructions, *(text for item in conversation.messages for text in _texts(item))]
    return sum(map(tokens_of, told)) + sum(tokens_of(chunk.text) for chunk in results)


def _texts(item: Any) -> list[str]:
    if isinstance(item, Message):
        return [item.text]
    return [item.name, item.arguments] if isinstance(item, FunctionCall) else [item.output]


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def usage_of(prompt: int, completion: int) -> Json:
    """Return token counts as the wire shows them."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def sum_of_usages(usages: Iterable[Json]) -> Json:
    """Return the tokens of several steps together."""
    kept = list(usages)
    return usage_of(*(sum(usage[name] for usage in kept) for name in ("prompt_tokens", "completion_tokens")))
