"""Say what a query over a table found, and which rows decided it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from harness.documents import Cell
from harness.server.models.aggregate import Figure, best_rows, figure_of, group_figures, is_outside, matching_rows
from harness.server.models.answer import Place, Statement
from harness.server.models.query import Filter, Query
from harness.server.models.schema import Column

__all__ = ["TableAnswer", "answer_query"]

_SHOWN_ROWS = 20
_LISTED = 30
_NAMES = {"sum": "total", "mean": "average", "median": "median", "max": "highest", "min": "lowest", "count": "number"}


@dataclass(frozen=True, kw_only=True)
class TableAnswer:
    """The statement, and what a later question may call `those` or `it`."""

    query: Query
    statement: Statement
    binding: tuple[Filter, ...] = ()
    """The winner of a comparison as a condition for follow-ups that speak of it."""


def answer_query(query: Query) -> TableAnswer | None:
    """Answer a query; None where no record meets its conditions and that is no answer."""
    return _ANSWERS[query.shape](query)


# --- shapes ---


def _value(query: Query) -> TableAnswer | None:
    rows = matching_rows(query)
    figure = figure_of(query.aggregate, query.measure, rows)
    if figure is None or (query.measure is not None and not rows):
        return None
    if query.measure is None:
        if not rows and any(map(is_outside, query.filters)):
            return None
        verb = "is 1" if figure == 1 else f"are {_figure(figure)}"
        text = f"There {verb} {'record' if figure == 1 else 'records'}{_scope(query, ' with ')}."
        return _answer(query, text, rows, f"{_figure(figure)} of {query.view.size} records match")
    unit = query.measure.title
    if query.aggregate in {"max", "min"}:
        best = tuple(row for row in rows if query.measure.values[row] == figure)
        text = f"The {_adjective(query)} {unit}{_scope(query)} is {_cell(query.measure.cells[best[0]])}."
        return _answer(query, text, best, "", binding=(_rows_filter(query, best, f"the {_adjective(query)} {unit}"),))
    if len(rows) == 1:
        return _lookup_of(query, rows, (query.measure,))
    text = f"The {_NAMES[query.aggregate]} {unit}{_scope(query)} is {_figure(figure, query)}."
    note = f"{len(rows)} of {query.view.size} records match; {query.aggregate} {unit} = {_figure(figure, query)}"
    return _answer(query, text, rows, note)


def _compare(query: Query) -> TableAnswer | None:
    figures = group_figures(query)
    if len(figures) < 2 or query.group is None:
        return None
    first, last = figures[0], figures[-1]
    name = _measured(query, figures)
    shown = "; ".join(f"{figure.name}: {_figure(figure.value, query)}" for figure in figures)
    scope = _scope(_without(query, query.group))
    if first.value == last.value:
        text = f"The {name}{scope} is the same for {_listed([figure.name for figure in figures])}: {shown}."
    else:
        degree = "higher" if query.is_descending else "lower"
        degree = degree if len(figures) == 2 else degree.removesuffix("er") + "est"
        text = f"{first.name} has the {degree} {name}{scope} ({shown})."
    if query.wants_difference and isinstance(first.value, float) and isinstance(last.value, float):
        difference = round(abs(first.value - last.value), 2)
        text = f"{text[:-1]}, a difference of {_figure(difference)}."
    rows = _some_of_each(figures)
    note = f"{shown} ({name})"
    return _answer(query, text, rows, note, binding=(_group_filter(query.group, first.name),))


def _best_group(query: Query) -> TableAnswer | None:
    figures = group_figures(query)
    if not figures or query.group is None:
        return None
    name = _measured(query, figures)
    degree = "highest" if query.is_descending else "lowest"
    best = [
        figure
        for index, figure in enumerate(figures)
        if index < query.limit or figure.value == figures[query.limit - 1].value
    ]
    scope = _scope(_without(query, query.group))
    if len(best) == 1:
        figure = _figure(best[0].value, query)
        text = f"{best[0].name} is the {query.group.title} with the {degree} {name}{scope}: {figure}."
    else:
        shown = ", ".join(f"{figure.name} ({_figure(figure.value, query)})" for figure in best)
        text = f"The {query.group.title} values with the {degree} {name}{scope} are {shown}."
    note = "; ".join(f"{figure.name}: {_figure(figure.value, query)}" for figure in figures[:_LISTED]) + f" ({name})"
    condition = _group_filter(query.group, *[figure.name for figure in best])
    return _answer(query, text, _some_of_each(best), note, binding=(condition,))


def _groups(query: Query) -> TableAnswer | None:
    figures = group_figures(query)
    if not figures or query.group is None:
        return None
    name = _measured(query, figures)
    shown = "; ".join(f"{figure.name}: {_figure(figure.value, query)}" for figure in figures[:_LISTED])
    text = f"The {name} by {query.group.title}{_scope(query)}: {shown}."
    return _answer(query, text, _some_of_each(figures), f"{shown} ({name} by {query.group.title})")


def _best_row(query: Query) -> TableAnswer | None:
    rows = best_rows(query)
    if not rows or query.measure is None:
        return None
    shown = query.asked or tuple(c for c in (query.view.label or _description(query),) if c is not None)
    shown = tuple(column for column in shown if column != query.measure)
    measured = query.measure.title
    parts = []
    for row in rows[:_LISTED]:
        told = ", ".join(f"{column.title} {_cell(column.cells[row])}" for column in shown)
        parts.append(f"{told}{' with ' if told else ''}{measured} {_cell(query.measure.cells[row])}")
    text = f"The {_adjective(query)} {measured}{_scope(query)}: {'; '.join(dict.fromkeys(parts))}."
    binding = _rows_filter(
        query, rows[: query.limit] if query.limit > 1 else rows, f"the {_adjective(query)} {measured}"
    )
    return _answer(query, text, rows, "", binding=(binding,))


def _share(query: Query) -> TableAnswer | None:
    base = matching_rows(query, query.base)
    rows = matching_rows(query)
    if not base:
        return None
    share = f"{100 * len(rows) / len(base):.2f}".rstrip("0").rstrip(".")
    remaining = [condition.shown for condition in query.filters if condition not in query.base]
    of = "".join(
        f" with {' and '.join(condition.shown for condition in query.base if condition.shown)}" if query.base else ""
    )
    text = f"{share}% of the records{of} have {' and '.join(remaining)}."
    return _answer(query, text, rows, f"{len(rows)} of {len(base)} records = {share}%")


def _distinct(query: Query) -> TableAnswer | None:
    rows = matching_rows(query)
    column = query.asked[0]
    values = tuple(dict.fromkeys(column.cells[row] for row in rows if column.cells[row] not in (None, "")))
    if not values:
        return None
    listed = ", ".join(_cell(value) for value in values[:_LISTED]) + (", ..." if len(values) > _LISTED else "")
    first_rows = tuple({column.cells[row]: row for row in reversed(rows)}.values())
    if len(values) == 1:
        text = f"The {column.title}{_scope(query)} is {listed}."
    else:
        text = f"There are {len(values)} different values of {column.title}{_scope(query)}: {listed}."
    condition = _group_filter(column, *values)
    return _answer(
        query, text, tuple(sorted(first_rows)), f"{len(values)} distinct {column.title}", binding=(condition,)
    )


def _exists(query: Query) -> TableAnswer | None:
    rows = matching_rows(query)
    if rows:
        verb = "is 1 record" if len(rows) == 1 else f"are {len(rows)} records"
        return _answer(query, f"Yes, there {verb}{_scope(query, ' with ')}.", rows, f"{len(rows)} records match")
    names = [condition for condition in query.filters if condition.column.is_unique]
    others = tuple(condition.column for condition in query.filters if condition not in names)
    if names and others:
        told = _lookup_of(query.with_filters(tuple(names)), matching_rows(query, names), others)
        return None if told is None else _answer(query, f"No. {told.statement.text}", matching_rows(query, names), "")
    return _answer(
        query, f"No, there are no records{_scope(query, ' with ')}.", (), f"0 of {query.view.size} records match"
    )


def _lookup(query: Query) -> TableAnswer | None:
    return _lookup_of(query, matching_rows(query), query.asked)


def _lookup_of(query: Query, rows: Sequence[int], asked: Sequence[Column]) -> TableAnswer | None:
    told, decisive = [], list(rows)
    for column in asked:
        present = [row for row in rows if column.cells[row] not in (None, "")]
        values = tuple(dict.fromkeys(column.cells[row] for row in present))
        if not values:
            return None
        figures = {row: figure for row in present if isinstance(figure := column.values[row], float)}
        if len(values) > 5 and len(figures) == len(present):
            low, high = min(figures, key=figures.__getitem__), max(figures, key=figures.__getitem__)
            told.append(f"{column.title} from {_cell(column.cells[low])} to {_cell(column.cells[high])}")
            decisive = [low, high]
        elif len(rows) > 1 and len(values) > 1 and query.view.identity not in (None, column):
            told.append(
                "; ".join(
                    f"{query.view.identity.cells[row]}: {column.title} {_cell(column.cells[row])}"
                    for row in present[:_LISTED]
                )
            )
        else:
            told.append(f"{column.title} {', '.join(_cell(value) for value in values[:_LISTED])}")
    text = f"{_scope(query, 'For ')}, {' and '.join(told)}." if query.filters else f"{' and '.join(told)}."
    return _answer(query, text[0].upper() + text[1:], tuple(decisive), "", binding=(_rows_filter(query, rows, ""),))


_ANSWERS = {
    "value": _value, "compare": _compare, "best_group": _best_group, "best_row": _best_row, "share": _share,
    "groups": _groups, "distinct": _distinct, "lookup": _lookup, "exists": _exists,
}  # fmt: skip


# --- words ---


def _answer(
    query: Query, text: str, rows: Sequence[int], note: str, *, binding: tuple[Filter, ...] = ()
) -> TableAnswer:
    document, spans = query.view.document, query.view.table.spans
    places = [Place(document=document, start=spans[row][0], end=spans[row][1]) for row in rows[:_SHOWN_ROWS]]
    if note:
        shown = "; ".join(condition.shown for condition in query.filters)
        places.append(
            Place(document=document, start=None, end=None, note=f"Total: {note}" + (f" ({shown})" if shown else ""))
        )
    return TableAnswer(query=query, statement=Statement(text=text, places=tuple(places)), binding=binding)


def _scope(query: Query, lead: str = " for ") -> str:
    shown = [condition.shown for condition in query.filters if condition.shown]
    return lead + " and ".join(shown) if shown else ""


def _without(query: Query, column: Column) -> Query:
    """The conditions without those on the compared column, which the sentence names anyway."""
    return query.with_filters(tuple(condition for condition in query.filters if condition.column != column))


def _adjective(query: Query) -> str:
    if query.measure is not None and query.measure.kind == "date":
        return (
            "latest" if query.aggregate == "max" or (query.shape == "best_row" and query.is_descending) else "earliest"
        )
    if query.shape == "value":
        return _NAMES[query.aggregate]
    return "highest" if query.is_descending else "lowest"


def _measured(query: Query, figures: Sequence[Figure]) -> str:
    if query.measure is None:
        return "number of records"
    is_plain = all(len(figure.rows) == 1 for figure in figures)
    return query.measure.title if is_plain else f"{_NAMES[query.aggregate]} {query.measure.title}"


def _figure(value: float | str, query: Query | None = None) -> str:
    """Write a figure with at most two decimals, rounded half up; averages keep both."""
    if isinstance(value, str):
        return value
    # Twelve digits take off what binary fractions add, so that 485.205 rounds up as people expect.
    text = str(Decimal(f"{value:.12g}").quantize(Decimal("0.01"), ROUND_HALF_UP))
    keeps_decimals = query is not None and query.aggregate in {"mean", "median"}
    return text.removesuffix(".00") if keeps_decimals else text.rstrip("0").rstrip(".")


def _cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "unknown" if cell is None else str(cell)


def _listed(cells: Sequence[Cell]) -> str:
    return " and ".join(_cell(cell) for cell in cells)


def _some_of_each(figures: Sequence[Figure]) -> tuple[int, ...]:
    share = max(1, _SHOWN_ROWS // max(1, len(figures)))
    return tuple(row for figure in figures for row in figure.rows[:share])


def _group_filter(column: Column, *cells: Cell) -> Filter:
    shown = f"{column.title} {' or '.join(_cell(cell) for cell in cells)}"
    return Filter(column=column, comparison="=", values=cells, shown=shown, is_premise=True)


def _rows_filter(query: Query, rows: Sequence[int], shown: str) -> Filter:
    column = query.measure or (query.asked[0] if query.asked else query.view.columns[0])
    return Filter(column=column, comparison="contains", values=(frozenset(rows),), shown=shown, is_premise=True)


def _description(query: Query) -> Column | None:
    texts = [column for column in query.view.columns if column.kind == "text"]
    return max(texts, key=lambda column: column.widest, default=None)
