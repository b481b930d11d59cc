"""Messages and steps of the Assistants protocol as parts and steps of a transcript."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.model.transcript import (
    Citation,
    CodeStep,
    FileSearchStep,
    FunctionStep,
    Part,
    RefusalPart,
    Retrieved,
    Step,
    TextPart,
    Usage,
)

_MARKER = re.compile(r"(?P<step>\d+):(?P<index>\d+)")


def user_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message in any of the forms that requests and answers give it."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    blocks = (block for block in _list(content) if block.get("type") == "text")
    return "\n\n".join(_value(block.get("text")) for block in blocks)


def _value(text: Any) -> str:
    return str(text.get("value") or "") if isinstance(text, dict) else str(text or "")


def made_files(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of files that messages show or offer, and that code has made."""
    blocks = [block for message in messages for block in _list(message.get("content"))]
    shown = [_dict(block.get("image_file")).get("file_id") for block in blocks]
    notes = (note for block in blocks for note in _list(_dict(block.get("text")).get("annotations")))
    offered = [_dict(note.get("file_path")).get("file_id") for note in notes]
    return [str(file_id) for file_id in (*shown, *offered) if file_id]


def names_of(steps: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of files by id, as search results tell them: a file that the user uploaded has no other."""
    found = (result for call in calls_of(steps) for result in _list(_dict(call.get("file_search")).get("results")))
    return {str(one.get("file_id")): str(one.get("file_name") or one.get("filename") or "") for one in found}


def parts_of(messages: Sequence[Mapping[str, Any]], files: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of an answer, in the order of its messages."""
    return tuple(part for message in messages for part in _parts(message, files))


def _parts(message: Mapping[str, Any], files: Mapping[str, str]) -> Iterator[Part]:
    content = message.get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else _list(content):
        if block.get("type") == "refusal":
            yield RefusalPart(text=str(block.get("refusal") or ""))
        elif block.get("type") == "text":
            text = block.get("text")
            notes = _list(_dict(text).get("annotations"))
            cited = (note for note in notes if note.get("type") == "file_citation")
            yield TextPart(text=_value(text), citations=tuple(_citation(note, files) for note in cited))


def _citation(note: Mapping[str, Any], files: Mapping[str, str]) -> Citation:
    file_id = str(_dict(note.get("file_citation")).get("file_id") or "")
    marker = note.get("text")
    found = _MARKER.search(marker or "")
    return Citation(
        document=files.get(file_id),
        remote_file_id=file_id,
        file_name=None,
        marker=marker,
        start=_whole(note.get("start_index")),
        end=_whole(note.get("end_index")),
        result_index=int(found["index"]) if found else None,
    )


def steps_of(
    steps: Sequence[Mapping[str, Any]], outputs: Mapping[str, str], files: Mapping[str, str]
) -> tuple[Step, ...]:
    """Return what the assistant did: searches, function calls, code."""
    return tuple(step for call in calls_of(steps) if (step := _step(call, outputs, files)) is not None)


def calls_of(steps: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the tool calls that steps list."""
    return (call for step in steps for call in _list(_dict(step.get("step_details")).get("tool_calls")))


def demanded_calls(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the function calls that a run waits for."""
    action = _dict(run.get("required_action"))
    return _list(_dict(action.get("submit_tool_outputs")).get("tool_calls"))


def _list(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; servers are known to send null for it, and in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else 0


def _step(call: Mapping[str, Any], outputs: Mapping[str, str], files: Mapping[str, str]) -> Step | None:
    kind = call.get("type")
    details = _dict(call.get(str(kind)))
    if kind == "file_search":
        results = _list(details.get("results"))
        return FileSearchStep(results=tuple(_retrieved(rank, item, files) for rank, item in enumerate(results)))
    if kind == "function":
        output = details.get("output") or outputs.get(str(call.get("id")))
        arguments = str(details.get("arguments") or "")
        return FunctionStep(name=str(details.get("name") or ""), arguments=arguments, output=output)
    if kind == "code_interpreter":
        results = _list(details.get("outputs"))
        logs = "\n".join(str(item.get("logs") or "") for item in results if item.get("type") == "logs")
        images = (_dict(item.get("image")) for item in results if item.get("type") == "image")
        ids = tuple(str(image["file_id"]) for image in images if image.get("file_id"))
        return CodeStep(code=str(details.get("input") or ""), logs=logs, file_ids=ids)
    return None


def _retrieved(rank: int, result: Mapping[str, Any], files: Mapping[str, str]) -> Retrieved:
    name = str(result.get("file_name") or result.get("filename") or "")
    content = [_value(block.get("text")) for block in _list(result.get("content")) if block.get("type") == "text"]
    return Retrieved(
        document=files.get(str(result.get("file_id"))) or files.get(name),
        file_name=name,
        rank=rank,
        score=float(score) if isinstance(score := result.get("score"), int | float) else None,
        text="\n".join(content) if content else None,
    )


def usage_of(run: Mapping[str, Any]) -> Usage | None:
    """Return the tokens of a run; None where the server counted none."""
    usage = _dict(run.get("usage"))
    if not usage:
        return None
    return Usage(
        prompt_tokens=_whole(usage.get("prompt_tokens")), completion_tokens=_whole(usage.get("completion_tokens"))
    )
