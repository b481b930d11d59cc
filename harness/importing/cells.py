"""promptfoo's tables: cells such as `contains: Paris` or `similar(0.8): hello`, and columns that begin with `__`."""

import re
from collections.abc import Mapping
from typing import Any

from harness.importing.assertions import WHY
from harness.model.promptfoo import PROMPTFOO

_ALIASES = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
_KNOWN = sorted(
    {*PROMPTFOO, *WHY, *_ALIASES, "is-refusal", "context-faithfulness", "word-count"}, key=len, reverse=True
)
_CELL = re.compile(
    rf"(?P<type>(?:not-)?(?:{'|'.join(map(re.escape, _KNOWN))}))(?:\((?P<threshold>\d*\.?\d+)\))?"
    r"(?:\s*:\s*(?P<value>.*))?",
    re.DOTALL,
)
_ALONE = ("is-", "not-is-", "contains-", "not-contains-")
"""How types begin that need no value."""
_LIST_COMMA = re.compile(r"(?<!\\),")


def assertion_of(cell: str) -> dict[str, Any]:
    """Return the assertion that an `__expected` cell spells; without a type it is `equals`."""
    text = cell.strip()
    if text.startswith("file://"):
        return {"type": "javascript", "value": text}
    found = _CELL.fullmatch(text)
    if found is None or (found["value"] is None and not found["type"].startswith(_ALONE)):
        return {"type": "equals", "value": text}
    assertion: dict[str, Any] = {"type": _ALIASES.get(found["type"], found["type"])}
    if (found["value"] or "").strip():
        assertion["value"] = found["value"].strip()
    if found["threshold"]:
        assertion["threshold"] = float(found["threshold"])
    return assertion


def row_test(row: Mapping[str, str]) -> dict[str, Any]:
    """Return the test that a row of a promptfoo table stands for."""
    test: dict[str, Any] = {
        "vars": {name: cell for name, cell in row.items() if not name.startswith("__")},
        "assert": [],
        "metadata": {},
        "options": {},
    }
    for name, cell in row.items():
        if name.startswith("__") and cell.strip():
            _add(test, name, cell)
    return test


def _add(test: dict[str, Any], name: str, cell: str) -> None:
    if re.fullmatch(r"__expected\d*", name):
        test["assert"].append(assertion_of(cell))
    elif name == "__description":
        test["description"] = cell.strip()
    elif name in {"__prefix", "__suffix"}:
        test["options"][name.removeprefix("__")] = cell
    elif name == "__threshold" and re.fullmatch(r"\d*\.?\d+", cell.strip()):
        test["threshold"] = float(cell)
    elif name.startswith("__metadata:"):
        key = name.partition(":")[2]
        items = [item.replace("\\,", ",").strip() for item in _LIST_COMMA.split(cell)]
        test["metadata"][key.removesuffix("[]")] = items if key.endswith("[]") else cell.strip()
    else:
        test[name] = cell
