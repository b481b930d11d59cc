"""Items of the Responses protocol as parts and steps of a transcript."""

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
from harness.targets.made import with_files

Item = Mapping[str, Any]
"""An item of a response's output, or of a request's input."""


def user_texts(items: Sequence[Item]) -> list[str]:
    """Return what the user says in these input items."""
    return [_said(item) for item in items if item.get("role") == "user"]


def _said(item: Item) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "\n\n".join(str(block.get("text") or "") for block in _mappings(content) if "text" in block)


def _mappings(value: Any) -> Iterator[Item]:
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else iter(())


def parts_of(output: Sequence[Item], files: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of an answer, in the order of its messages."""
    searches = (item for item in output if item.get("type") == "file_search_call")
    found = [result for search in searches for result in _mappings(search.get("results"))]
    blocks = (block for item in output if item.get("type") == "message" for block in _mappings(item.get("content")))
    parts: list[Part] = []
    for block in blocks:
        if block.get("type") == "refusal":
            parts.append(RefusalPart(text=str(block.get("refusal") or "")))
        elif block.get("type") == "output_text":
            notes = (note for note in _mappings(block.get("annotations")) if note.get("type") == "file_citation")
            citations = tuple(_citation(note, found, files) for note in notes)
            parts.append(TextPart(text=str(block.get("text") or ""), citations=citations))
    return tuple(parts)


def _citation(note: Item, found: Sequence[Item], files: Mapping[str, str]) -> Citation:
    file_id, name = str(note.get("file_id") or ""), note.get("filename")
    # The protocol says which file, not which passage of it: only a file found once leaves no doubt.
    hits = [at for at, result in enumerate(found) if file_id and result.get("file_id") == file_id]
    index = note.get("index")
    offset = index if isinstance(index, int) else 0
    return Citation(
        document=files.get(file_id) or files.get(str(name)),
        remote_file_id=file_id,
        file_name=name if isinstance(name, str) else None,
        marker=None,
        start=offset,
        end=offset,
        result_index=hits[0] if len(hits) == 1 else None,
    )


def _made_files(output: Sequence[Item]) -> list[str]:
    """Return the ids of files that messages offer, and that code has made."""
    blocks = (block for item in output if item.get("type") == "message" for block in _mappings(item.get("content")))
    notes = (note for block in blocks for note in _mappings(block.get("annotations")))
    kinds = {"container_file_citation", "file_path"}
    return [str(note["file_id"]) for note in notes if note.get("type") in kinds and note.get("file_id")]


def steps_of(output: Sequence[Item], outputs: Mapping[str, str], files: Mapping[str, str]) -> tuple[Step, ...]:
    """Return what the model did on the way: searches, function calls, code.

    Args:
        output: Items of one or several responses.
        outputs: What was handed back to function calls, by call id.
        files: Path of the case's document by file id and by name.
    """
    steps = [step for item in output if (step := _step(item, outputs, files)) is not None]
    return with_files(steps, _made_files(output))


def _step(item: Item, outputs: Mapping[str, str], files: Mapping[str, str]) -> Step | None:
    kind = item.get("type")
    if kind == "file_search_call":
        queries = item.get("queries")
        return FileSearchStep(
            queries=tuple(str(query) for query in queries) if isinstance(queries, list) else (),
            results=tuple(_retrieved(rank, one, files) for rank, one in enumerate(_mappings(item.get("results")))),
        )
    if kind == "function_call":
        return FunctionStep(
            name=str(item.get("name") or ""),
            arguments=str(item.get("arguments") or ""),
            output=outputs.get(str(item.get("call_id"))),
        )
    if kind == "code_interpreter_call":
        results = list(_mappings(item.get("outputs")))
        logs = "\n".join(str(one.get("logs") or "") for one in results if one.get("type") == "logs")
        return CodeStep(code=str(item.get("code") or ""), logs=logs)
    return None


def _retrieved(rank: int, result: Item, files: Mapping[str, str]) -> Retrieved:
    name = str(result.get("filename") or "")
    return Retrieved(
        document=files.get(str(result.get("file_id"))) or files.get(name),
        file_name=name,
        rank=rank,
        score=result.get("score"),
        text=result.get("text"),
    )


def usage_of(responses: Sequence[Item]) -> Usage | None:
    """Return the tokens of responses together; None where the server counted none."""
    counted = [usage for response in responses if isinstance(usage := response.get("usage"), Mapping)]
    if not counted:
        return None
    return Usage(
        prompt_tokens=sum(int(usage.get("input_tokens") or 0) for usage in counted),
        completion_tokens=sum(int(usage.get("output_tokens") or 0) for usage in counted),
    )
