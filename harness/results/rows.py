"""Rows as lines: written, read, told apart from what a crash tore."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.errors import ResultsError
from harness.model.row import Row
from harness.results.folder import ROWS, RunFolder

if TYPE_CHECKING:  # annotations only: pydantic's adapter is made where rows are read
    from pydantic import TypeAdapter


@cache
def _adapter() -> "TypeAdapter[Row]":
    from pydantic import TypeAdapter

    return TypeAdapter(Row)


def row_data(row: Row) -> dict[str, Any]:
    """Return a row as plain data: what a line holds, and what workers send to the controller."""
    from pydantic_core import to_jsonable_python

    # What the adapter would give, which takes as long to make as a hundred rows: only to read them needs it.
    data: dict[str, Any] = to_jsonable_python(row)
    case = data["planned"]["case"]
    for holder in (case, *(case["turns"] or ())):
        holder["expected_facts"] = [_spelled(fact) for fact in holder["expected_facts"]]
    return data


def _spelled(fact: dict[str, Any]) -> dict[str, Any]:
    """Spell the keys of a fact as case files do: `not`, where the dataclass has `not_`."""
    data = {key.rstrip("_"): value for key, value in fact.items()}
    for key in data.keys() & {"any_of", "all_of"}:
        data[key] = [_spelled(one) for one in data[key]]
    if "not" in data:
        data["not"] = _spelled(data["not"])
    return data


def row_from_data(data: Mapping[str, Any]) -> Row:
    """Return the row that `row_data` described."""
    return _adapter().validate_python(data)


def read_rows(folder: RunFolder) -> Iterator[Row]:
    """Read a run's rows. A torn last line, left by a crash, is passed over.

    Raises:
        ResultsError: A line that is not the last is no row.
    """
    path = folder.path / ROWS
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ResultsError(f"cannot be read: {error.strerror}", where=str(path)) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield row_from_data(json.loads(line))
        except ValueError as error:  # pydantic's errors are ValueErrors too
            if number == len(lines):
                return
            reason = " ".join(str(error).split())[:200]
            raise ResultsError(f"the line is no row: {reason}", where=f"{path}:{number}") from error
