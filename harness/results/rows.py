"""Rows as lines: written, read, told apart from what a crash tore."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.errors import ResultsError
from harness.model.plan import Planned
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
    _spell(data["planned"])
    return data


def planned_data(planned: Planned) -> dict[str, Any]:
    """Return a planned run as plain data, as a row holds it."""
    from pydantic_core import to_jsonable_python

    data: dict[str, Any] = to_jsonable_python(planned)
    _spell(data)
    return data


def _spell(planned: dict[str, Any]) -> None:
    case = planned["case"]
    for holder in (case, *(case["turns"] or ())):
        holder["expected_facts"] = [_spelled(fact) for fact in holder["expected_facts"]]


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
    """Read a run's rows. A torn last line, left by a crash, is passed over: see `notices`.

    Raises:
        ResultsError: There is no such file, or a line that is not the last is no row.
    """
    for _, number, data in plain_rows(folder):
        try:
            yield row_from_data(data)
        except ValueError as error:  # pydantic's errors are ValueErrors too
            raise no_row(error, folder, number) from error


def plain_rows(folder: RunFolder) -> Iterator[tuple[int, int, Any]]:
    """Read a run's lines as plain data, each with its offset in bytes and its number from 1; see `read_records`."""
    from pydantic_core import from_json

    path = folder.path / ROWS
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                start, offset = offset, offset + len(line)
                if not line.strip():
                    continue
                try:
                    row = from_json(line)
                except ValueError as error:
                    if not line.endswith(b"\n"):
                        return
                    raise no_row(error, folder, number) from error
                yield start, number, row
    except OSError as error:
        raise ResultsError(f"cannot be read: {error.strerror}", where=str(path)) from error


def no_row(error: Exception, folder: RunFolder, number: int) -> ResultsError:
    """Return the error for a line that is no row."""
    reason = " ".join(str(error).split())[:200]
    return ResultsError(f"the line is no row: {reason}", where=f"{folder.path / ROWS}:{number}")
