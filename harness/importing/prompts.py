"""promptfoo's prompts: texts, files, chats."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import CaseFileError
from harness.importing.draft import NotCarried, SuiteDraft
from harness.importing.messages import Message, read_messages
from harness.importing.reading import Beside, parse_table, parse_yaml

_TEXTS = (".txt", ".md", ".j2", ".jinja")
_DATA = (".json", ".yaml", ".yml", ".jsonl")
_SERVICES = ("langfuse://", "portkey://", "helicone://", "exec:", "http://", "https://")
_CODE = (".js", ".cjs", ".mjs", ".ts", ".py", ".sh", ".rb", ".pl", ".bash")


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptTemplate:
    """A prompt with places for variables."""

    label: str
    """Its name; empty where it has none."""
    messages: tuple[Message, ...]


def read_prompts(value: Any, beside: Beside, draft: SuiteDraft) -> list[PromptTemplate]:
    """Return the prompts of a configuration; those that are code or lie elsewhere are left."""
    entries = value if isinstance(value, list) else [] if value is None else [value]
    if isinstance(value, dict) and not {"id", "raw", "label"} & set(value):  # an older form: file to label
        entries = [{"id": name, "label": label} for name, label in value.items()]
    found: list[PromptTemplate] = []
    for entry in entries:
        try:
            found += _of_entry(entry, beside)
        except (ValueError, CaseFileError) as error:
            name = entry.get("id") or entry.get("label") if isinstance(entry, dict) else entry
            draft.leave(f"prompt {' '.join(str(name).split())[:80]}", str(error))
    return found


def _of_entry(entry: Any, beside: Beside) -> Iterator[PromptTemplate]:
    if isinstance(entry, str):
        yield from _of_text(entry, "", beside)
    elif isinstance(entry, dict):
        if unknown := set(entry) - {"id", "raw", "label", "display"}:
            raise ValueError(f"has settings without an equal: {', '.join(sorted(map(str, unknown)))}")
        text = entry.get("raw") or entry.get("id")
        if not isinstance(text, str):
            raise NotCarried("has neither `raw` nor `id`")
        yield from _of_text(text, str(entry.get("label") or ""), beside)
    else:
        raise NotCarried("is neither text nor a mapping")


def _of_text(text: str, label: str, beside: Beside) -> Iterator[PromptTemplate]:
    is_file = text.startswith("file://") or ("\n" not in text and text.endswith((*_TEXTS, *_DATA, *_CODE)))
    if text.startswith(_SERVICES):
        raise ValueError("comes from a service or a program: write its text into the suite")
    if not is_file:
        yield from _templates(text, label)
        return
    if text.partition("://")[2].partition(":")[0].endswith(_CODE) or text.endswith(_CODE):
        raise ValueError("is code: write the prompts that it makes into the suite")
    for name in beside.names(text):
        stem = name.rpartition("/")[2].rpartition(".")[0]
        if name.endswith(".csv"):
            for _, row in parse_table(beside.text(name), name):
                yield from _templates(row.get("prompt", ""), row.get("label") or label)
        elif name.endswith((".yaml", ".yml")):
            yield from _listed(parse_yaml(beside.text(name), name), label or stem, beside.inside(name))
        else:
            yield from _templates(beside.text(name), label or stem)


def _listed(data: Any, label: str, beside: Beside) -> Iterator[PromptTemplate]:
    messages = read_messages(data)
    if messages is not None:
        yield PromptTemplate(label=label, messages=tuple(messages))
        return
    for entry in data if isinstance(data, list) else [data]:
        yield from _of_entry(entry, beside)


def _templates(text: str, label: str) -> Iterator[PromptTemplate]:
    """Return the prompts of a text, which `---` on a line of its own divides."""
    parts = [part for part in f"\n{text.replace(chr(13), '')}\n".split("\n---\n") if part.strip()]
    for number, part in enumerate(parts, start=1):
        name = f"{label} {number}" if label and len(parts) > 1 else label
        yield PromptTemplate(label=name, messages=tuple(_chat(part.strip("\n"))))


def _chat(text: str) -> list[Message]:
    if text.lstrip().startswith("["):
        try:
            messages = read_messages(json.loads(text))
        except (json.JSONDecodeError, RecursionError):
            messages = None  # a text that begins so
        if messages is not None:
            return messages
    return [Message(role="user", text=text)]
