"""promptfoo's providers: models and settings as variants."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.errors import CaseFileError
from harness.importing.draft import SuiteDraft
from harness.importing.facts import wrong_setting
from harness.importing.reading import Beside

_NO_MODELS = {
    "python", "exec", "http", "https", "file", "webhook", "echo", "javascript", "golang", "ruby", "ws", "wss",
    "websocket", "mcp", "browser", "package", "sequence", "promptfoo", "manual-input", "bedrock-agent",
}  # fmt: skip
"""Kinds of providers that are programs, or no models at all."""
_MODES = {"chat", "completion", "messages", "responses", "text"}
_CARRIED = ("temperature", "top_p", "max_num_results", "parallel_tool_calls")
_CHOICES = ("auto", "none", "required")
_OURS = {"openai", "azure", "azureopenai"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A model under test and how it is set."""

    label: str
    assistant: dict[str, Any] = field(default_factory=dict)
    """What it says of the assistant, in our words."""
    target: str | None = None
    """`responses` where it names that protocol."""


def read_providers(value: Any, beside: Beside, draft: SuiteDraft) -> list[Provider]:
    """Return the providers of a configuration; programs are left."""
    found: list[Provider] = []
    for entry in value if isinstance(value, list) else [] if value is None else [value]:
        try:
            found += (_provider(one, draft) for one in _spelled(entry, beside))
        except (ValueError, CaseFileError) as error:
            name = entry if isinstance(entry, str) else (entry.get("id") if isinstance(entry, dict) else entry)
            draft.leave(f"provider {str(name)[:80]}", str(error))
    return found


def _spelled(entry: Any, beside: Beside) -> Iterator[dict[str, Any]]:
    """Return providers as `{id, label, config}`, whichever way they were written."""
    if isinstance(entry, str) and entry.startswith("file://") and entry.endswith((".yaml", ".yml", ".json")):
        data = beside.data(entry)
        for one in data if isinstance(data, list) else [data]:
            yield from _spelled(one, beside.inside(entry))
    elif isinstance(entry, str):
        yield {"id": entry}
    elif isinstance(entry, dict) and isinstance(entry.get("id"), str):
        inner = _spelled(entry["id"], beside) if entry["id"].startswith("file://") else [entry]
        yield from ({**one, **entry, "id": one["id"]} for one in inner)
    elif isinstance(entry, dict) and len(entry) == 1:
        ((name, rest),) = entry.items()
        yield {"id": str(name), **(rest if isinstance(rest, dict) else {})}
    else:
        raise ValueError("has no `id`")


def _provider(entry: dict[str, Any], draft: SuiteDraft) -> Provider:
    name = str(entry["id"])
    kind, _, rest = name.partition(":")
    if kind in _NO_MODELS or not rest or "/" in kind or kind.endswith((".py", ".js", ".ts")):
        raise ValueError("is a program, or no model: serve it behind an endpoint (docs/server.md)")
    label = str(entry.get("label") or name)
    mode, _, model = rest.partition(":")
    settings = _settings(entry.get("config"), label, draft)
    for key in sorted(set(entry) - {"id", "label", "config"}):
        draft.leave(f"provider {label}: {key}", "the setting has no equal here")
    if mode == "assistant" and kind in _OURS:
        return Provider(label=label, assistant={"id": model})
    if mode not in _MODES or not model:
        model = rest
    if kind not in _OURS:
        draft.note(f"{name} is the model {model!r}: the endpoint that you run against must serve it")
    target = "responses" if mode == "responses" else None
    return Provider(label=label, assistant={"model": model, **settings}, target=target)


def _settings(config: Any, label: str, draft: SuiteDraft) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in config.items() if isinstance(config, dict) else ():
        is_number = key in _CARRIED and isinstance(value, int | float)
        is_text = key == "instructions" and isinstance(value, str)
        if is_number or is_text or (key == "tool_choice" and value in _CHOICES):
            wrong = wrong_setting(key, value)
            if wrong:
                draft.leave(f"provider {label}: {key}", wrong)
            else:
                settings[key] = value
        elif key == "tools" and isinstance(value, list):
            _add_tools(value, settings, label, draft)
        else:
            draft.leave(f"provider {label}: {key}", "the setting has no equal here")
    return settings


def _add_tools(tools: list[Any], settings: dict[str, Any], label: str, draft: SuiteDraft) -> None:
    found: list[Any] = []
    for tool in tools:
        kind = tool.get("type") if isinstance(tool, dict) else None
        function = tool.get("function", tool) if kind == "function" else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            told = {key: function[key] for key in ("description", "parameters", "strict") if key in function}
            described = {"function": function["name"], **told}
            wrong = wrong_setting("tools", [described])
            if wrong:
                draft.leave(f"provider {label}: tool {function['name']}", wrong)
            elif described not in found:
                found.append(described)
        elif kind == "file_search":
            found.append("file_search")
        else:
            draft.leave(f"provider {label}: tool {kind or tool!s:.40}", "is no tool of this harness")
    if found:
        settings["tools"] = found if "file_search" in found else ["file_search", *found]
