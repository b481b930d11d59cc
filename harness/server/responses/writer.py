"""A model's events as output items, and as the events of the Responses protocol."""

from collections.abc import Callable, Mapping
from typing import Any

from openai import BaseModel
from openai.types import responses as types
from openai.types.responses.response_output_text import AnnotationFileCitation

from harness.server.models.interface import Chunk, FunctionCall, ModelEvent, Refused, Searched, Segment
from harness.server.responses.items import new_item_id
from harness.server.responses.log import ResponseLog
from harness.server.wire import Json, shaped

_SHAPES: Mapping[str, type[BaseModel]] = {
    "response.output_item.added": types.ResponseOutputItemAddedEvent,
    "response.output_item.done": types.ResponseOutputItemDoneEvent,
    "response.content_part.added": types.ResponseContentPartAddedEvent,
    "response.content_part.done": types.ResponseContentPartDoneEvent,
    "response.output_text.delta": types.ResponseTextDeltaEvent,
    "response.output_text.annotation.added": types.ResponseOutputTextAnnotationAddedEvent,
    "response.output_text.done": types.ResponseTextDoneEvent,
    "response.refusal.delta": types.ResponseRefusalDeltaEvent,
    "response.refusal.done": types.ResponseRefusalDoneEvent,
    "response.file_search_call.in_progress": types.ResponseFileSearchCallInProgressEvent,
    "response.file_search_call.searching": types.ResponseFileSearchCallSearchingEvent,
    "response.file_search_call.completed": types.ResponseFileSearchCallCompletedEvent,
    "response.function_call_arguments.delta": types.ResponseFunctionCallArgumentsDeltaEvent,
    "response.function_call_arguments.done": types.ResponseFunctionCallArgumentsDoneEvent,
}


class ResponseWriter:
    """Writes a response's output, and tells it as it grows.

    Args:
        log: The response.
        attributes_of: Finds the attributes of a file in the searched vector stores, by its id.
    """

    def __init__(self, log: ResponseLog, attributes_of: Callable[[str], Json]) -> None:
        self.output: list[Json] = []
        """Items that are done."""
        self._log = log
        self._attributes_of = attributes_of
        self._found: list[Chunk] = []
        self._message: Json | None = None
        self._part: Json | None = None

    def take(self, event: ModelEvent) -> None:
        """Write what the model tells next; tokens and stops are not written here."""
        if isinstance(event, Searched):
            self._write_search(event)
        elif isinstance(event, Segment):
            self._write_segment(event)
        elif isinstance(event, Refused):
            self._write_refusal(event)
        elif isinstance(event, FunctionCall):
            self._write_call(event)

    @property
    def has_answer(self) -> bool:
        """Whether there is a message or a function call."""
        return self._message is not None or any(item["type"] != "file_search_call" for item in self.output)

    def finish(self, *, is_complete: bool) -> None:
        """End the message that is being written, if there is one."""
        if self._message is None:
            return
        self._end_part()
        status = "completed" if is_complete else "incomplete"
        self._done(shaped(types.ResponseOutputMessage, {**self._message, "status": status}))
        self._message = None

    def _write_search(self, event: Searched) -> None:
        self.finish(is_complete=True)
        self._found += event.results
        item: Json = {"id": new_item_id("fs"), "type": "file_search_call", "queries": [], "results": None}
        self._tell("response.output_item.added", item={**item, "status": "in_progress"})
        for state in ("in_progress", "searching", "completed"):
            self._tell(f"response.file_search_call.{state}", item_id=item["id"])
        written = {"status": "completed", "queries": list(event.queries), "results": self._results(event)}
        self._done(shaped(types.ResponseFileSearchToolCall, {**item, **written}))

    def _results(self, event: Searched) -> list[Json]:
        return [
            {
                "attributes": self._attributes_of(chunk.file_id),
                "file_id": chunk.file_id,
                "filename": chunk.file_name,
                "score": min(max(chunk.score, 0.0), 1.0),
                "text": chunk.text,
            }
            for chunk in event.results
        ]

    def _write_segment(self, segment: Segment) -> None:
        part = self._open_part("output_text", {"text": "", "annotations": [], "logprobs": []})
        # A citation belongs behind its sentence, before the blank that parts it from the next.
        words = segment.text.rstrip() if segment.cites else segment.text
        self._write_text(part, words)
        for number in segment.cites:
            self._write_annotation(part, self._found[number])
        self._write_text(part, segment.text[len(words) :])

    def _write_text(self, part: Json, text: str) -> None:
        if text:
            part["text"] += text
            self._tell("response.output_text.delta", **self._place(), delta=text, logprobs=[])

    def _write_annotation(self, part: Json, chunk: Chunk) -> None:
        place = {"file_id": chunk.file_id, "filename": chunk.file_name, "index": len(part["text"])}
        annotation = shaped(AnnotationFileCitation, {"type": "file_citation", **place})
        if annotation in part["annotations"]:  # it names a file, not a passage: several passages of one say no more
            return
        number = len(part["annotations"])
        part["annotations"].append(annotation)
        self._tell(
            "response.output_text.annotation.added", **self._place(), annotation_index=number, annotation=annotation
        )

    def _write_refusal(self, event: Refused) -> None:
        part = self._open_part("refusal", {"refusal": ""})
        part["refusal"] += event.text
        self._tell("response.refusal.delta", **self._place(), delta=event.text)

    def _write_call(self, call: FunctionCall) -> None:
        self.finish(is_complete=True)
        item = {"id": new_item_id("fc"), "type": "function_call", "call_id": call.id, "name": call.name}
        self._tell("response.output_item.added", item={**item, "status": "in_progress", "arguments": ""})
        self._tell("response.function_call_arguments.delta", item_id=item["id"], delta=call.arguments)
        told = {"item_id": item["id"], "name": call.name, "arguments": call.arguments}
        self._tell("response.function_call_arguments.done", **told)
        written = {**item, "status": "completed", "arguments": call.arguments}
        self._done(shaped(types.ResponseFunctionToolCallItem, written))

    def _open_part(self, kind: str, empty: Json) -> Json:
        """Return the part that is being written, a new one where the last is of another kind."""
        if self._message is None:
            self._message = {"id": new_item_id("msg"), "type": "message", "role": "assistant", "content": []}
            self._tell("response.output_item.added", item={**self._message, "status": "in_progress"})
        if self._part is not None and self._part["type"] == kind:
            return self._part
        self._end_part()
        self._part = {"type": kind, **empty}
        self._message["content"].append(self._part)
        self._tell("response.content_part.added", **self._place(), part=dict(self._part))
        return self._part

    def _end_part(self) -> None:
        part = self._part
        if part is None:
            return
        if part["type"] == "output_text":
            self._tell("response.output_text.done", **self._place(), text=part["text"], logprobs=[])
        else:
            self._tell("response.refusal.done", **self._place(), refusal=part["refusal"])
        self._tell("response.content_part.done", **self._place(), part=part)
        self._part = None

    def _place(self) -> Json:
        assert self._message is not None
        return {"item_id": self._message["id"], "content_index": len(self._message["content"]) - 1}

    def _done(self, item: Json) -> None:
        self._tell("response.output_item.done", item=item)
        self.output.append(item)

    def _tell(self, event: str, **fields: Any) -> None:
        fields = {"type": event, "sequence_number": len(self._log.events), "output_index": len(self.output), **fields}
        shape = shaped(_SHAPES[event], fields)
        del shape["type"], shape["sequence_number"]
        self._log.tell(event, **shape)
