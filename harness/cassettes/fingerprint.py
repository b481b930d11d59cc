"""What a recording answers: if any of it changes, the recording is stale."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import CassetteStale
from harness.model.plan import Planned
from harness.model.prompt import HostedPrompt
from harness.model.tools import FunctionChoice, FunctionOutput, FunctionTool

PROTOCOL = {"assistants": "assistants v2, harness 2", "responses": "responses, harness 2"}
"""The conversation each target has with its server; its number rises when the requests change."""

STALE = "the recording answers another question"
"""How the message on a stale recording starts; what has changed follows."""

LONG, AROUND = 80, 3
"""Characters from which only the difference between two values is shown, and the words around it."""


def fingerprint(planned: Planned) -> dict[str, Any]:
    """Return all that decides what is sent for a planned run, as plain data."""
    return {
        "protocol": PROTOCOL[planned.target],
        "assistant": assistant_fingerprint(planned),
        "run_instructions": planned.assistant.run_instructions,
        "additional_run_instructions": planned.assistant.additional_run_instructions,
        "documents": {source.path: source.sha256 for source in planned.sources},
        "vector_store": planned.vector_store,
        "prompts": list(planned.asked),
        "trial": planned.trial,
        **_functions(planned),
    }


def _functions(planned: Planned) -> dict[str, Any]:
    """Return what functions are handed back and how tools are chosen; nothing where nobody says so."""
    assistant = planned.assistant
    told = {tool.function: _output(tool) for tool in assistant.functions}
    told |= {name: _output(given) for name, given in planned.case.functions.items() if name in told}
    choice = assistant.tool_choice
    settings = {
        "functions": told or None,
        "tool_choice": choice.function if isinstance(choice, FunctionChoice) else choice,
        "parallel_tool_calls": assistant.parallel_tool_calls,
        "linked_by": assistant.linked_by if planned.target == "responses" else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _output(given: FunctionTool | FunctionOutput) -> dict[str, Any]:
    # Of your own code the name counts: what it returned is on the tape, and a new tape is made when you ask for one.
    return {"output": given.output} if given.call is None else {"call": given.call}


def assistant_fingerprint(planned: Planned) -> dict[str, Any]:
    """Return what the assistant itself is made of."""
    assistant = planned.assistant
    if assistant.id is not None:
        return {"id": assistant.id, "model": assistant.model}
    prompt = assistant.prompt
    hosted = {} if prompt is None else {"prompt": _prompt(prompt)}
    settings = {
        "temperature": assistant.temperature,
        "top_p": assistant.top_p,
        "max_num_results": assistant.max_num_results,
    }
    return {
        **hosted,
        "model": assistant.model,
        "instructions": assistant.instructions,
        "tools": [tool if isinstance(tool, str) else _definition(tool) for tool in assistant.tools],
        **{name: value for name, value in settings.items() if value is not None},
    }


def _prompt(prompt: HostedPrompt) -> dict[str, Any]:
    return {"id": prompt.id, "version": prompt.version, "variables": dict(prompt.variables)}


def _definition(tool: FunctionTool) -> dict[str, Any]:
    """Return what the model is told of a function."""
    told = {"function": tool.function, "description": tool.description, "parameters": dict(tool.parameters)}
    return told | ({"strict": True} if tool.strict else {})


def require_fresh(recorded: Mapping[str, Any], wanted: Mapping[str, Any], where: str, hint: str) -> None:
    """Accept a recording only if it answers what is asked now.

    Raises:
        CassetteStale: It answers something else; the message says what changed, in words.
    """
    if recorded != wanted:
        raise CassetteStale(f"{STALE}: " + changes(recorded, wanted), where=where, hint=hint)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say what differs between two fingerprints: `instructions: "..." -> "..."`, one line each."""
    from deepdiff import DeepDiff

    differences = DeepDiff(old, new, view="tree", ignore_order=False)
    lines = []
    for found in differences.values():
        for one in found:
            before, after = _excerpts(_value(one.t1), _value(one.t2))
            lines.append(f"{_name(one.path(output_format='list'))}: {before} -> {after}")
    return "\n  ".join(["", *sorted(lines)]) if len(lines) > 1 else "".join(lines)


def _name(path: list[Any]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in path).removeprefix("assistant.")


def _value(value: object) -> str | None:
    """Return a value on one line; None where there is none."""
    absent = type(value).__name__ == "NotPresent"  # deepdiff's word for it has no public name
    return None if absent or value in ("", None) else " ".join(str(value).split())


def _excerpts(old: str | None, new: str | None) -> tuple[str, str]:
    """Return two values in quotes; of long ones the part in which they differ, and a few words around it."""
    if old and new and max(len(old), len(new)) > LONG:
        words = [old.split(" "), new.split(" ")]
        start = _common(*words)
        end = _common(*(each[start:][::-1] for each in words))
        return _excerpt(words[0], start, len(words[0]) - end), _excerpt(words[1], start, len(words[1]) - end)
    return _quoted(old), _quoted(new)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(old), len(new)))


def _excerpt(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(0, start - AROUND), min(len(words), end + AROUND)
    before, after = "... " if first else "", " ..." if last < len(words) else ""
    return f'"{before}{_cut(" ".join(words[first:last]))}{after}"'


def _quoted(value: str | None) -> str:
    return "nothing" if value is None else f'"{_cut(value)}"'


def _cut(text: str) -> str:
    return text if len(text) <= 2 * LONG else f"{text[: 2 * LONG - 3]}..."
