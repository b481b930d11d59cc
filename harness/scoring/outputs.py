"""What functions returned, as documents: an answer may rest on it as it may on a file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.documents import Document, read_document
from harness.model.transcript import FunctionStep, Turn

__all__ = ["documents_of"]

MIN_COLUMNS = 2
"""Items with fewer members are told one by one."""
MOST_LEVELS = 50
"""What is nested deeper is not told: a model may nest its arguments as deeply as it likes."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def documents_of(turns: Iterable[Turn | None]) -> dict[str, Document]:
    """Return what functions returned in a conversation so far, by names such as `function get_price`.

    What was asked stands before it as a heading, and with it the call: `12.50` alone is no evidence that it is the
    price of a lamp.
    """
    texts: dict[str, dict[str, None]] = {}
    for turn in turns:
        final = turn.final if turn is not None else None
        if turn is None or final is None:
            continue
        for step in final.steps:
            if isinstance(step, FunctionStep) and step.output and not _is_error(step.output):
                asked = f"# {_flat(turn.prompt)}"
                texts.setdefault(f"function {step.name}", {}).update(dict.fromkeys((asked, *_blocks(step))))
    return {name: _document(name, "\n\n".join(blocks)) for name, blocks in texts.items()}


def _document(name: str, text: str) -> Document:
    return replace(read_document(text.encode("utf-8", "replace"), "output.md"), path=name)


def _blocks(step: FunctionStep) -> Iterator[str]:
    head = ", ".join(part for part in (_words(step.name), _told(_json(step.arguments))) if part)
    output = _json(step.output or "")
    if isinstance(output, dict) and len(output) == 1 and isinstance(only := next(iter(output.values())), list):
        output = only
    if isinstance(output, list) and (table := _table(output)):
        yield _flat(head)
        yield table
        return
    if not isinstance(output, dict | list):
        output = step.output  # as it was written: `12.50` rather than 12.5
    for item in output if isinstance(output, list) else [output]:
        yield _flat(f"{head}: {_told(item)}")


def _table(items: list[Any]) -> str:
    """Return alike items as a table, in which a row's values belong together; nothing where they are no such."""
    names = list(items[0]) if items and isinstance(items[0], dict) else []
    if len(names) < MIN_COLUMNS or not all(isinstance(item, dict) and list(item) == names for item in items):
        return ""
    rows = [[_words(str(name)) for name in names], ["---" for _ in names]]
    rows += [[_flat(_told(item[name])).replace("|", "/") for name in names] for item in items]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _told(value: Any, levels: int = MOST_LEVELS) -> str:
    """Put a JSON value into words: `price 12.5, city Boston`."""
    if isinstance(value, Mapping | list) and not levels:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(key))} {_told(item, levels - 1)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_told(item, levels - 1) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def _words(name: str) -> str:
    """Return the words of a name such as `get_price` or `getPrice`."""
    return " ".join(word.lower() for word in _WORD.findall(name)) or name


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_error(output: str) -> bool:
    """Tell whether a model was told that its call went wrong: nothing follows from that."""
    told = _json(output)
    return isinstance(told, dict) and list(told) == ["error"]
