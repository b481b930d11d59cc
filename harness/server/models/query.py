"""What a question asks of a table, once it is understood."""

from dataclasses import dataclass, replace
from typing import Literal

from harness.documents import Cell
from harness.server.models.schema import Column, TableView

__all__ = ["Aggregate", "Comparison", "Filter", "Query", "Shape"]

Comparison = Literal["=", ">", ">=", "<", "<=", "contains"]
Aggregate = Literal["count", "sum", "mean", "median", "max", "min"]
Shape = Literal["value", "compare", "best_group", "best_row", "share", "groups", "distinct", "lookup", "exists"]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A condition that records must meet."""

    column: Column
    comparison: Comparison
    values: tuple[Cell | frozenset[int], ...]
    """Any of these for `=`; one bound for a comparison; the row numbers that hold the words for `contains`."""
    shown: str
    """The condition as the answer says it."""
    is_premise: bool = False
    """Whether it comes from an earlier turn."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question to one table."""

    view: TableView
    shape: Shape
    aggregate: Aggregate = "count"
    measure: Column | None = None
    """The column that is aggregated; None where records are counted."""
    group: Column | None = None
    """The column whose values are compared; None for one figure over all records."""
    asked: tuple[Column, ...] = ()
    """The columns whose cells are asked for."""
    filters: tuple[Filter, ...] = ()
    base: tuple[Filter, ...] = ()
    """For a share: the conditions on the records of which it is a share."""
    compared: tuple[Cell, ...] = ()
    """The groups to compare; empty for all."""
    is_descending: bool = True
    """Whether the largest comes first."""
    limit: int = 1
    """How many of the best are asked for."""
    wants_difference: bool = False

    def with_filters(self, filters: tuple[Filter, ...]) -> "Query":
        """Return the same question under other conditions."""
        return replace(self, filters=filters)
