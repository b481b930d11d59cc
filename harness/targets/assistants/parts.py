"""Messages and steps of the Assistants protocol as parts and steps of a transcript."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    blocks = (block for block in content or [] if isinstance(block, dict) and block.get("type") == "text")
    return "\n\n".join(_value(block.get("text")) for block in blocks)


def _value(text: Any) -> str:
    return str(text.get("value") or "") if isinstance(text, dict) else str(text or "")


def parts_of(messages: Sequence[Mapping[str, Any]], files: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of an answer, in the order of its messages."""
    return tuple(part for message in messages for part in _parts(message, files))


def _parts(message: Mapping[str, Any], files: Mapping[str, str]) -> Iterator[Part]:
    content = message.get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
        if block.get("type") == "refusal":
            yield RefusalPart(text=str(block.get("refusal") or ""))
        elif block.get("type") == "text":
            text = block.get("text")
            notes = text.get("annotations") or [] if isinstance(text, dict) else []
            cited = (note for note in notes if note.get("type") == "file_citation")
            yield TextPart(text=_value(text), citations=tuple(_citation(note, files) for note in cited))


def _citation(note: Mapping[str, Any], files: Mapping[str, str]) -> Citation:
    file_id = str((note.get("file_citation") or {}).get("file_id") or "")
    marker = note.get("text")
    found = _MARKER.search(marker or "")
    return Citation(
        document=files.get(file_id),
        remote_file_id=file_id,
        file_name=None,
        marker=marker,
        start=int(note.get("start_index") or 0),
        end=int(note.get("end_index") or 0),
        result_index=int(found["index"]) if found else None,
    )


def steps_of(
    steps: Sequence[Mapping[str, Any]], outputs: Mapping[str, str], files: Mapping[str, str]
) -> tuple[Step, ...]:
    """Return what the assistant did: searches, function calls, code."""
    calls = (call for step in steps for call in (step.get("step_details") or {}).get("tool_calls") or [])
    return tuple(step for call in calls if (step := _step(call, outputs, files)) is not None)


def _step(call: Mapping[str, Any], outputs: Mapping[str, str], files: Mapping[str, str]) -> Step | None:
    kind = call.get("type")
    details = call.get(str(kind)) or {}
    if kind == "file_search":
        results = details.get("results") or []
        return FileSearchStep(results=tuple(_retrieved(rank, item, files) for rank, item in enumerate(results)))
    if kind == "function":
        output = details.get("output") or outputs.get(str(call.get("id")))
        arguments = str(details.get("arguments") or "")
        return FunctionStep(name=str(details.get("name") or ""), arguments=arguments, output=output)
    if kind == "code_interpreter":
        results = details.get("outputs") or []
        logs = "\n".join(str(item.get("logs") or "") for item in results if item.get("type") == "logs")
        images = (item.get("image") or {} for item in results if item.get("type") == "image")
        ids = tuple(str(image["file_id"]) for image in images if image.get("file_id"))
        return CodeStep(code=str(details.get("input") or ""), logs=logs, file_ids=ids)
    return None


def _retrieved(rank: int, result: Mapping[str, Any], files: Mapping[str, str]) -> Retrieved:
    name = str(result.get("file_name") or result.get("filename") or "")
    content = [block.get("text") or "" for block in result.get("content") or [] if block.get("type") == "text"]
    return Retrieved(
        document=files.get(str(result.get("file_id"))) or files.get(name),
        file_name=name,
        rank=rank,
        score=result.get("score"),
        text="\n".join(content) if content else None,
    )


def usage_of(run: Mapping[str, Any]) -> Usage | None:
    """Return the tokens of a run; None where the server counted none."""
    usage = run.get("usage")
    if not usage:
        return None
    return Usage(
        prompt_tokens=int(usage.get("prompt_tokens") or 0), completion_tokens=int(usage.get("completion_tokens") or 0)
    )
