"""Rules that span several fields. They read the plain data, so that they hold even where fields are wrong."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from harness.casefile.problems import Places, Problem, ValuePath
from harness.config import did_you_mean
from harness.model.suite import DEFAULT_VARIANT, Variant
from harness.model.tools import FunctionTool


def check_suite(data: dict[str, Any], places: Places, variants: Mapping[str, Variant] | None) -> Iterator[Problem]:
    """Look for duplicate ids, and for names of documents, functions and variants that the suite does not have.

    Args:
        data: The suite as plain data.
        places: Where its values stand.
        variants: What it can be run in besides the variants that its data name; None: that cannot be told.
    """
    cases = [(index, case) for index, case in enumerate(_list(data.get("cases"))) if isinstance(case, dict)]
    yield from _duplicate_ids(cases, places)
    yield from _document_names(data.get("documents"), ("documents",))
    names = dict.fromkeys((DEFAULT_VARIANT, *_dict(data.get("variants")), *(variants or ())))
    functions = _functions(data, variants or {})
    if variants is not None:
        yield from _forced_functions(data, functions)
    for index, case in cases:
        path: ValuePath = ("cases", index)
        yield from _document_names(case.get("documents"), (*path, "documents"))
        yield from _cites(case, path, data)
        if variants is None:
            continue
        yield from _function_names(case, path, functions)
        variant = _dict(case.get("xfail")).get("variant")
        if isinstance(variant, str) and variant not in names:
            text = f"unknown variant {variant!r}{did_you_mean(variant, names) or ';'} variants: {', '.join(names)}"
            yield Problem(path=(*path, "xfail", "variant"), text=text)


def first_lines(data: dict[str, Any], places: Places) -> dict[str, int]:
    """Return the line where each document is first named as one."""
    named = list(_texts(data.get("documents"), ("documents",)))
    for index, case in enumerate(_list(data.get("cases"))):
        named += _texts(_dict(case).get("documents"), ("cases", index, "documents"))
    return {name: places.line(path) for path, name in reversed(named)}


def _duplicate_ids(cases: list[tuple[int, dict[str, Any]]], places: Places) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, case in cases:
        name = case.get("id")
        if not isinstance(name, str):
            continue
        # Recordings lie in folders of this name, and not every file system tells upper from lower case.
        first = seen.setdefault(name.casefold(), index)
        if first != index:
            lines = f"lines {places.line(('cases', first, 'id'))} and {places.line(('cases', index, 'id'))}"
            yield Problem(path=("cases", index, "id"), text=f"two cases have the id {name!r} ({lines})")


def _document_names(value: Any, path: ValuePath) -> Iterator[Problem]:
    seen = set()
    for place, name in _texts(value, path):
        posix = PurePosixPath(name)
        if posix.is_absolute() or ".." in posix.parts or "\\" in name or posix.as_posix() != name or name == ".":
            text = f"{name!r} is no path below the fixtures folder: relative, with `/`, without `.` and `..`"
            yield Problem(path=place, text=text)
        elif name in seen:
            yield Problem(path=place, text=f"the document {name!r} is named twice")
        seen.add(name)


def _cites(case: dict[str, Any], path: ValuePath, data: dict[str, Any]) -> Iterator[Problem]:
    own = case.get("documents")
    documents = [name for _, name in _texts(data.get("documents") if own is None else own, ())]
    if not documents and data.get("vector_store"):
        return  # what lies in somebody's vector store is not known here
    cited = list(_texts(case.get("cites"), (*path, "cites")))
    for turn, block in enumerate(_list(case.get("turns"))):
        cited += _texts(_dict(block).get("cites"), (*path, "turns", turn, "cites"))
    for place, name in cited:
        if name not in documents:
            has = f"its documents: {', '.join(documents)}" if documents else "it has no documents"
            near = did_you_mean(name, documents) or ";"
            yield Problem(path=place, text=f"{name!r} is no document of this case{near} {has}")


def _functions(data: dict[str, Any], variants: Mapping[str, Variant]) -> list[str]:
    """Return the names of all functions that the assistant has in any variant."""
    known = [tool.function for one in variants.values() for tool in one.tools or () if isinstance(tool, FunctionTool)]
    blocks = [_dict(data.get("assistant")), *map(_dict, _dict(data.get("variants")).values())]
    tools = (_dict(tool) for block in blocks for tool in _list(block.get("tools")))
    known += [name for tool in tools if isinstance(name := tool.get("function"), str)]
    return list(dict.fromkeys(known))


def _forced_functions(data: dict[str, Any], known: list[str]) -> Iterator[Problem]:
    own = _dict(data.get("assistant"))
    if own.get("id") or own.get("prompt"):
        return  # what exists on a server has functions of its own
    blocks: list[tuple[ValuePath, Any]] = [(("assistant",), own)]
    blocks += [(("variants", name), block) for name, block in _dict(data.get("variants")).items()]
    for place, block in blocks:
        name = _dict(_dict(block).get("tool_choice")).get("function")
        if isinstance(name, str) and name not in known:
            yield Problem(path=(*place, "tool_choice", "function"), text=_no_function(name, known))


def _no_function(name: str, known: list[str]) -> str:
    has = f"its functions: {', '.join(known)}" if known else "it has no function tools"
    return f"{name!r} is no function of this assistant{did_you_mean(name, known) or ';'} {has}"


def _function_names(case: dict[str, Any], path: ValuePath, known: list[str]) -> Iterator[Problem]:
    named: list[tuple[ValuePath, Any]] = [((*path, "functions", name), name) for name in _dict(case.get("functions"))]
    turns = [(path, case), *(((*path, "turns", at), _dict(turn)) for at, turn in enumerate(_list(case.get("turns"))))]
    for place, turn in turns:
        calls = enumerate(_list(turn.get("expected_calls")))
        named += [((*place, "expected_calls", at, "function"), _dict(call).get("function")) for at, call in calls]
    for place, name in named:
        if isinstance(name, str) and name not in known:
            yield Problem(path=place, text=_no_function(name, known))


def _texts(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, str]]:
    return (((*path, index), item) for index, item in enumerate(_list(value)) if isinstance(item, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
