"""Which fields of the Assistants API a suite uses, and where."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model.suite import Assistant, Suite, Variant
from harness.model.tools import Tool

SETTINGS = (
    "model",
    "instructions",
    "run_instructions",
    "additional_run_instructions",
    "tool_choice",
    "parallel_tool_calls",
    "temperature",
    "top_p",
    "max_num_results",
)
"""What an assistant and a variant alike may set."""


def used_fields(suite: Suite, written: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the fields that a suite uses and the parts of it that do, by the names of the table of moves.

    Args:
        suite: The suite.
        written: Its file as plain data: only there an old name of a tool can still be seen.
    """
    found: dict[str, list[str]] = {}
    for field, place in _uses(suite, written):
        found.setdefault(field, []).append(place)
    return {field: tuple(dict.fromkeys(places)) for field, places in found.items()}


def _uses(suite: Suite, written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    assistant = suite.assistant
    for field in ("id", "name"):
        if getattr(assistant, field) is not None:
            yield field, "assistant"
    yield from _settings(assistant, "assistant")
    for name, variant in suite.variants.items():
        yield from _settings(variant, f"variant {name}")
    yield from _old_names(written)
    yield from _of_the_whole(suite)


def _settings(block: Assistant | Variant, place: str) -> Iterator[tuple[str, str]]:
    for field in SETTINGS:
        value = getattr(block, field)
        # An empty text is what an assistant has by itself; in a variant it takes something away.
        if value is not None and (value != "" or isinstance(block, Variant)):
            yield field, place
    yield from ((tool_field(tool), place) for tool in block.tools or ())


def tool_field(tool: Tool) -> str:
    """Return the name that the table of moves has for a tool."""
    return f"tools: {tool}" if isinstance(tool, str) else "tools: functions"


def _old_names(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    blocks = {"assistant": written.get("assistant")}
    variants = written.get("variants")
    blocks |= {f"variant {name}": one for name, one in variants.items()} if isinstance(variants, dict) else {}
    for place, block in blocks.items():
        if isinstance(block, dict) and "retrieval" in (block.get("tools") or ()):
            yield "tools: retrieval", place


def _of_the_whole(suite: Suite) -> Iterator[tuple[str, str]]:
    if suite.documents or any(case.documents for case in suite.cases):
        yield "documents", "suite"
    if suite.vector_store is not None:
        yield "vector_store", "suite"
    for case in suite.cases:
        if len(case.conversation) > 1:
            yield "threads", f"case {case.id}"
        if any(turn.cites for turn in case.conversation):
            yield "annotations", f"case {case.id}"
    yield from ((field, "every case") for field in ("runs", "run steps", "usage"))
