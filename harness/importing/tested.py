"""promptfoo's tests, wherever they stand: in place, in files, in tables, in scenarios."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import CaseFileError
from harness.importing.cells import row_test
from harness.importing.draft import SuiteDraft
from harness.importing.reading import MAX_TESTS, Beside, parse_json_lines, parse_table

CONTEXTS = ("context", "contexts", "document", "documents", "passage", "passages", "article", "source_text")
"""Variables that hold what is answered from; more can be named."""
_DATA = (".yaml", ".yml", ".json")
_CODE = (".js", ".cjs", ".mjs", ".ts", ".py")


def read_tests(config: Mapping[str, Any], beside: Beside, draft: SuiteDraft) -> list[dict[str, Any]]:
    """Return all tests of a configuration, the defaults merged into each.

    Raises:
        CaseFileError: There are too many, or a file of them is none.
    """
    default = _default(config.get("defaultTest"), beside, draft)
    tests = list(itertools.islice(_of(config.get("tests"), beside, draft), MAX_TESTS + 1))
    for scenario in _scenarios(config.get("scenarios"), beside, draft):
        data = list(itertools.islice(_of(scenario.get("config"), beside, draft), MAX_TESTS)) or [{}]
        inner = list(itertools.islice(_of(scenario.get("tests"), beside, draft), MAX_TESTS)) or [{}]
        tests += itertools.islice((merged(one, test) for one in data for test in inner), MAX_TESTS + 1)
    if not tests and not config.get("tests") and not config.get("scenarios"):
        tests = [{}]  # the prompts alone
    if len(tests) > MAX_TESTS:
        raise CaseFileError(f"has more than {MAX_TESTS:,} tests", where=draft.file)
    return [merged(default, test) for test in tests]


def _default(value: Any, beside: Beside, draft: SuiteDraft) -> dict[str, Any]:
    try:
        data = beside.data(value) if isinstance(value, str) else value
    except ValueError as error:
        draft.leave("defaultTest", str(error))
        return {}
    return data if isinstance(data, dict) else {}


def merged(default: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Any]:
    """Return a test with what it leaves open filled in."""
    both = {**default, **test}
    for key in ("vars", "metadata", "options"):
        parts = [one[key] for one in (default, test) if isinstance(one.get(key), dict)]
        if parts:
            both[key] = {name: value for part in parts for name, value in part.items()}
    options = both.get("options")
    is_own = isinstance(options, dict) and options.get("disableDefaultAsserts") is True
    both["assert"] = [*([] if is_own else _list(default.get("assert"))), *_list(test.get("assert"))]
    return both


def _of(value: Any, beside: Beside, draft: SuiteDraft) -> Iterator[dict[str, Any]]:
    for entry in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(entry, str):
            yield from _of_files(entry, beside, draft)
        elif isinstance(entry, dict) and "$values" in entry:
            yield from _of_files(str(entry["$values"]), beside, draft)
        elif isinstance(entry, dict) and isinstance(entry.get("path"), str) and "vars" not in entry:
            draft.leave(f"tests {entry['path']}", "are made by a program: write them into a table or the suite")
        elif isinstance(entry, dict):
            yield entry
        else:
            draft.leave("test", "is neither a mapping nor a file")


def _of_files(reference: str, beside: Beside, draft: SuiteDraft) -> Iterator[dict[str, Any]]:
    if "://" in reference and not reference.startswith("file://"):
        draft.leave(f"tests {reference}", "lie elsewhere: download them beside the configuration")
        return
    try:
        names = beside.names(reference)
    except ValueError as error:
        draft.leave(f"tests {reference}", str(error))
        return
    for name in names:
        try:
            yield from _of_file(name, beside, draft)
        except ValueError as error:
            draft.leave(f"tests {name}", str(error))


def _of_file(name: str, beside: Beside, draft: SuiteDraft) -> Iterator[dict[str, Any]]:
    ending = name.lower()
    if ending.endswith(".csv"):
        yield from (row_test(row) for _, row in parse_table(beside.text(name), name))
    elif ending.endswith(".jsonl"):
        yield from (data for _, data in parse_json_lines(beside.text(name), name))
    elif ending.endswith(_DATA):
        data = beside.data(name)
        inner = data.get("tests") if isinstance(data, dict) and "tests" in data else data
        yield from _of(inner, beside.inside(name), draft)
    elif ending.partition(":")[0].endswith(_CODE):
        raise ValueError("are made by a program: write them into a table or the suite")
    else:
        raise ValueError("tests are read from YAML, JSON, JSONL and CSV files; write them into one of these")


def _scenarios(value: Any, beside: Beside, draft: SuiteDraft) -> Iterator[dict[str, Any]]:
    for entry in _list(value):
        if isinstance(entry, dict):
            yield entry
            continue
        try:
            for name in beside.names(str(entry)):
                data = beside.data(name)
                yield from (one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict))
        except ValueError as error:
            draft.leave(f"scenario {entry}", str(error))


def expanded(values: Mapping[str, Any], contexts: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Return a test's variables, one mapping for each combination where some are lists."""
    several = [name for name, value in values.items() if isinstance(value, list) and name not in contexts and value]
    count = 1
    for name in several:
        count *= len(values[name])
    if count > MAX_TESTS:
        raise ValueError(f"its lists of values stand for {count:,} tests")
    for chosen in itertools.product(*(values[name] for name in several)):
        yield {**values, **dict(zip(several, chosen, strict=True))}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
