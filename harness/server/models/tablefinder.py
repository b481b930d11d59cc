"""Answer a question from whichever table explains all of its words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.server.models.annotate import annotate
from harness.server.models.annotated import Annotated
from harness.server.models.pointing import conditions
from harness.server.models.query import Filter, Query
from harness.server.models.schema import Column, TableView
from harness.server.models.tableanswer import TableAnswer, answer_query
from harness.server.models.turns import is_dependent, is_pointing
from harness.server.models.understand import understand

__all__ = ["TableFinding", "find_in_tables", "is_near", "summarise_groups"]

_WEIGHTS = {"value": 3, "bound": 2, "column": 2, "operator": 1, "record": 1}


@dataclass(frozen=True, kw_only=True)
class TableFinding:
    """The answers to one question, all from one table."""

    answers: tuple[TableAnswer, ...]
    """Empty where the table explains the question, but holds no value: then nothing else should be tried."""
    score: int
    is_weak: bool = False
    """Whether prose that covers the question should be preferred."""


_VOID = TableFinding(answers=(), score=0)


def find_in_tables(
    text: str, views: Sequence[TableView], earlier: TableFinding | None, setting: str = ""
) -> TableFinding | None:
    """Return the best reading: as a follow-up of an earlier finding where the question leans on one."""
    if earlier is not None and earlier.answers and is_dependent(text):
        followed = _follow(text, earlier)
        if followed is not None or is_pointing(text):
            return followed
    findings = []
    is_void = False
    for view in views:
        found = annotate(text, view)
        named = tuple(c for c in conditions(annotate(setting, view)) if c.comparison == "=" and c.column.kind == "text")
        if is_pointing(text) and not named:
            continue
        queries = [query for query in understand(found, named) if _is_sound(query)]
        if answers := _answers(queries):
            findings.append(TableFinding(answers=answers, score=_score(found), is_weak=found.is_weak))
        is_void |= not answers and any(map(_names_a_void, queries))
    return max(findings, key=lambda finding: finding.score, default=_VOID if is_void else None)


def _names_a_void(query: Query) -> bool:
    """Whether a query names a record, or records, of which the table holds no value."""
    named = any(condition.column.kind in {"text", "date"} for condition in query.filters)
    return query.view.is_record_file and named and query.shape in {"lookup", "value"}


def is_near(text: str, views: Sequence[TableView]) -> bool:
    """Tell whether some table knows a value or a column that the question names."""
    return any({"value", "column"} & set(annotate(text, view).roles) for view in views)


def _is_sound(query: Query) -> bool:
    """Whether a table of this sort may answer so: the rows of a table in prose are no records to be counted."""
    if query.view.is_record_file:
        return True
    return query.shape in {"lookup", "best_row", "best_group", "compare", "distinct"} or (
        query.shape == "value" and query.aggregate != "count" and bool(query.filters)
    )


def _score(found: Annotated) -> int:
    return sum(_WEIGHTS.get(role, 0) for role in found.roles)


def _answers(queries: Sequence[Query]) -> tuple[TableAnswer, ...]:
    answers = [answer_query(query) for query in queries]
    return tuple(answer for answer in answers if answer is not None) if None not in answers else ()


def _follow(text: str, earlier: TableFinding) -> TableFinding | None:
    last = earlier.answers[-1]
    query = last.query
    found = annotate(text, query.view)
    if found.unexplained:
        return None
    points = is_pointing(text)
    kept = tuple(c for c in query.filters if not points or all(c.column != bound.column for bound in last.binding))
    carried = tuple(replace(condition, is_premise=True) for condition in (*kept, *(last.binding if points else ())))
    queries = understand(found, carried, query.measure)
    if points and query.measure is not None and not conditions(found) and _asks_again(found):
        queries = (replace(query, shape="lookup", asked=(query.measure,), filters=carried),)
    if _is_fragment(found):
        queries = (_repeated(query, conditions(found), carried),)
    if answers := _answers(queries):
        return TableFinding(answers=answers, score=_score(found))
    return _VOID if any(map(_names_a_void, queries)) else None


def _asks_again(found: Annotated) -> bool:
    """Whether a question asks for the very figure of the answer before: `how much was that?`."""
    return "how" in found.folded and not any(column.kind == "number" and not mention.is_asking
                                             for mention in found.columns for column in mention.columns)  # fmt: skip


def _is_fragment(found: Annotated) -> bool:
    """Whether the question only names other conditions, as `And in Seattle?` does."""
    asks_anew = {"how", "which", "who", "where", "when"} & set(found.folded) or found.operators
    free = [m for m in found.columns if not any(m.columns[0] == c.column for c in conditions(found))]
    return bool(conditions(found)) and not asks_anew and not free


def _repeated(query: Query, stated: Sequence[Filter], carried: Sequence[Filter]) -> Query:
    """Ask the earlier question again under the new conditions."""
    constrained = {condition.column.index for condition in stated}
    filters = (*stated, *(condition for condition in carried if condition.column.index not in constrained))
    if query.group is not None and query.group.index in constrained:
        return replace(query, shape="value", group=None, compared=(), filters=filters)
    if query.shape == "distinct" and query.asked[0].index in constrained:
        return replace(query, shape="exists", asked=(), filters=filters)
    base = tuple(condition for condition in filters if condition.column.index in {c.column.index for c in query.base})
    return replace(query, filters=filters, base=base)


def summarise_groups(text: str, views: Sequence[TableView]) -> tuple[TableAnswer, ...]:
    """Describe the groups that a request to cluster records speaks of: per first column, the commonest second."""
    for view in views:
        found = annotate(text, view)
        few = [column for column in view.columns if column.kind == "text" and 1 < len(column.distinct) <= 30]
        named = [column for mention in found.columns for column in mention.columns if column in few]
        if not named:
            continue
        first = next(iter(dict.fromkeys(named)))
        others = sorted(
            (column for column in few if column != first),
            key=lambda column: (column not in named, -len(column.distinct)),
        )
        if others and (groups := _commonest(view, first, others[0])):
            return groups
    return ()


def _commonest(view: TableView, first: Column, second: Column) -> tuple[TableAnswer, ...]:
    answers = []
    for cell in first.distinct:
        condition = Filter(column=first, comparison="=", values=(cell,), shown=f"{first.title} {cell}")
        query = Query(view=view, shape="best_group", group=second, filters=(condition,))
        if answer := answer_query(query):
            # A few records of each group are enough to cite; all of them would bury the totals.
            places = (*answer.statement.places[:3], *answer.statement.places[-1:])
            answers.append(replace(answer, statement=replace(answer.statement, places=places)))
    return tuple(answers)
