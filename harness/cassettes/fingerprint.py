"""What a recording answers: if any of it changes, the recording is stale."""

from collections.abc import Mapping
from typing import Any

from harness.errors import CassetteStale
from harness.model.plan import Planned

PROTOCOL = {"assistants": "assistants v2, harness 1"}
"""The conversation each target has with its server; its number rises when the requests change."""


def fingerprint(planned: Planned) -> dict[str, Any]:
    """Return all that decides what is sent for a planned run, as plain data."""
    return {
        "protocol": PROTOCOL[planned.target],
        "assistant": assistant_fingerprint(planned),
        "run_instructions": planned.assistant.run_instructions,
        "additional_run_instructions": planned.assistant.additional_run_instructions,
        "documents": {source.path: source.sha256 for source in planned.sources},
        "vector_store": planned.vector_store,
        "prompts": [turn.text for turn in planned.case.conversation],
        "trial": planned.trial,
    }


def assistant_fingerprint(planned: Planned) -> dict[str, Any]:
    """Return what the assistant itself is made of."""
    assistant = planned.assistant
    if assistant.id is not None:
        return {"id": assistant.id, "model": assistant.model}
    settings = {
        "temperature": assistant.temperature,
        "top_p": assistant.top_p,
        "max_num_results": assistant.max_num_results,
    }
    return {
        "model": assistant.model,
        "instructions": assistant.instructions,
        "tools": list(assistant.tools),
        **{name: value for name, value in settings.items() if value is not None},
    }


def require_fresh(recorded: Mapping[str, Any], wanted: Mapping[str, Any], where: str, hint: str) -> None:
    """Accept a recording only if it answers what is asked now.

    Raises:
        CassetteStale: It answers something else; the message says what changed, in words.
    """
    if recorded != wanted:
        raise CassetteStale(
            "the recording answers another question: " + changes(recorded, wanted), where=where, hint=hint
        )


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say what differs between two fingerprints: `instructions: "..." -> "..."`, one line each."""
    from deepdiff import DeepDiff

    differences = DeepDiff(old, new, view="tree", ignore_order=False)
    lines = []
    for found in differences.values():
        for one in found:
            path = one.path(output_format="list")
            lines.append(f"{_name(path)}: {_value(one.t1)} -> {_value(one.t2)}")
    return "\n  ".join(["", *sorted(lines)]) if len(lines) > 1 else "".join(lines)


def _name(path: list[Any]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in path).removeprefix("assistant.")


def _value(value: object) -> str:
    absent = type(value).__name__ == "NotPresent"  # deepdiff's word for it has no public name
    text = " ".join(str(value).split())
    return "nothing" if absent or value in ("", None) else f'"{text[:77]}..."' if len(text) > 80 else f'"{text}"'
