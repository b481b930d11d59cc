"""Work queries out over the rows of a table."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.documents import Cell
from harness.documents.language import fold
from harness.server.models.query import Aggregate, Filter, Query
from harness.server.models.schema import Column

__all__ = ["Figure", "best_rows", "figure_of", "group_figures", "is_outside", "matching_rows"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A group of records and the figure worked out over it."""

    name: Cell
    """The group's value; None for all records."""
    value: float | str
    """The figure; text for the earliest or latest date."""
    rows: tuple[int, ...]
    """The records it was worked out over."""


def matching_rows(query: Query, filters: Sequence[Filter] | None = None) -> tuple[int, ...]:
    """Return the rows that meet all conditions, in the order of the file."""
    rows: Sequence[int] = range(query.view.size)
    for condition in query.filters if filters is None else filters:
        rows = [row for row in rows if _meets(condition, row)]
    return tuple(rows)


def _meets(condition: Filter, row: int) -> bool:
    if condition.comparison == "contains":
        return any(row in value for value in condition.values if isinstance(value, frozenset))
    value = condition.column.values[row]
    if value is None:
        return False
    if isinstance(value, bool):
        return value in condition.values
    if isinstance(value, float):
        return any(
            _compares(value, condition.comparison, float(bound))
            for bound in condition.values
            if isinstance(bound, int | float)
        )
    if condition.column.kind == "date":
        return any(_meets_date(str(value), condition, str(bound)) for bound in condition.values)
    return any(value == fold(str(bound)).strip() for bound in condition.values)


def _meets_date(value: str, condition: Filter, bound: str) -> bool:
    if bound.startswith("-"):
        return value[4 : 4 + len(bound)] == bound
    cut = value[: len(bound)]
    return {"=": cut == bound, ">": cut > bound, ">=": cut >= bound, "<": cut < bound, "<=": cut <= bound}[
        condition.comparison
    ]


def _compares(value: float, comparison: str, bound: float) -> bool:
    return {
        "=": value == bound,
        ">": value > bound,
        ">=": value >= bound,
        "<": value < bound,
        "<=": value <= bound,
    }[comparison]


_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "mean": statistics.fmean,
    "median": statistics.median,
    "max": max,
    "min": min,
}


def figure_of(aggregate: Aggregate, measure: Column | None, rows: Sequence[int]) -> float | str | None:
    """Work out one figure; None where no row has a value."""
    if aggregate == "count" or measure is None:
        return float(len(rows))
    present = [measure.values[row] for row in rows if measure.values[row] is not None]
    if measure.kind == "date" and aggregate in {"max", "min"}:
        dates = [str(value) for value in present]
        return (max if aggregate == "max" else min)(dates, default=None)
    figures = [value for value in present if isinstance(value, float)]
    if not figures:
        return None
    return float(_FUNCTIONS[aggregate](figures))


def group_figures(query: Query) -> list[Figure]:
    """Work out the figure of each group, best first; ties keep the order of the file."""
    assert query.group is not None
    rows_of: dict[Cell, list[int]] = {}
    for row in matching_rows(query):
        cell = query.group.cells[row]
        if cell not in (None, "") and (not query.compared or cell in query.compared):
            rows_of.setdefault(cell, []).append(row)
    for cell in query.compared:
        rows_of.setdefault(cell, [])
    figures = [
        Figure(name=cell, value=value, rows=tuple(rows))
        for cell, rows in rows_of.items()
        if (value := figure_of(query.aggregate, query.measure, rows)) is not None
    ]
    return sorted(figures, key=lambda figure: figure.value, reverse=query.is_descending)


def best_rows(query: Query) -> tuple[int, ...]:
    """Return the `limit` best rows by the measure, all that tie with the last included."""
    assert query.measure is not None
    values = query.measure.values
    rows = [row for row in matching_rows(query) if values[row] is not None]
    ranked = sorted(rows, key=lambda row: values[row], reverse=query.is_descending)  # type: ignore[arg-type,return-value]
    if len(ranked) <= query.limit:
        return tuple(ranked)
    last = values[ranked[query.limit - 1]]
    ties = [row for row in ranked[query.limit :] if values[row] == last]
    return tuple(ranked[: query.limit] + ties)


def is_outside(condition: Filter) -> bool:
    """Whether a condition speaks of dates before or after all that are recorded."""
    if condition.column.kind != "date" or condition.comparison != "=":
        return False
    dates = [str(value) for value in condition.column.values if value is not None]
    bound = str(condition.values[0])
    if bound.startswith("-"):
        return all(date[4 : 4 + len(bound)] != bound for date in dates)
    cut = [date[: len(bound)] for date in dates]
    return bool(cut) and not min(cut) <= bound <= max(cut)
