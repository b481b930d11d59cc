"""A model's reply as the wire shows it: text with citation markers, file search results, token counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.server.models.interface import Chunk, Conversation, Reply
from harness.server.wire import Json

_CHARACTERS_PER_TOKEN = 4
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


def rendered_pieces(reply: Reply, marker_number: int) -> list[Piece]:
    """Return a reply's text with a marker behind every segment that cites.

    Args:
        reply: What the model said.
        marker_number: First number in the markers: the step of the conversation that searched.
    """
    pieces: list[Piece] = []
    position = 0
    for segment in reply.segments:
        words = segment.text.rstrip() if segment.cites else segment.text
        parts = [Piece(text=words)]
        position += len(words)
        for index in segment.cites:
            marker = f"【{marker_number}:{index}†source】"
            end = position + len(marker)
            parts.append(Piece(text=marker, annotation=_citation(marker, reply.results[index], position, end)))
            position = end
        # A marker stands directly behind its sentence, before the blank that parts it from the next.
        parts.append(Piece(text=segment.text[len(words) :]))
        position += len(segment.text) - len(words)
        pieces += [part for part in parts if part.text]
    return pieces


def text_content(pieces: Sequence[Piece]) -> Json:
    """Return the content block of a message made of these pieces."""
    annotations = [piece.annotation for piece in pieces if piece.annotation is not None]
    value = "".join(piece.text for piece in pieces)
    return {"type": "text", "text": {"value": value, "annotations": annotations}}


def text_deltas(pieces: Sequence[Piece]) -> list[Json]:
    """Return the pieces as the content blocks of message deltas; only the first bears an empty annotation list."""
    deltas: list[Json] = []
    annotation_number = 0
    for number, piece in enumerate(pieces):
        text: Json = {"value": piece.text}
        if number == 0:
            text["annotations"] = []
        if piece.annotation is not None:
            text["annotations"] = [{"index": annotation_number, **piece.annotation}]
            annotation_number += 1
        deltas.append({"index": 0, "type": "text", "text": text})
    return deltas


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


def _citation(marker: str, chunk: Chunk, start: int, end: int) -> Json:
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": start,
        "end_index": end,
        "file_citation": {"file_id": chunk.file_id},
    }


def step_usages(conversation: Conversation, reply: Reply, text: str) -> tuple[Json, Json]:
    """Estimate the tokens of the search step and of the message step, at four characters a token.

    As with a real model, the prompt of the second holds what the first found.
    """
    told = [conversation.instructions, *(message.text for message in conversation.spoken)]
    prompt = sum(map(_tokens, told))
    found = sum(_tokens(chunk.text) for chunk in reply.results)
    search = _usage(prompt, sum(map(_tokens, reply.queries)))
    return search, _usage(prompt + found, _tokens(text))


def sum_of_usages(usages: Sequence[Json]) -> Json:
    """Return the tokens of a whole run."""
    return _usage(*(sum(usage[name] for usage in usages) for name in ("prompt_tokens", "completion_tokens")))


def _tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _usage(prompt: int, completion: int) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
