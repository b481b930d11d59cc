"""What the words of a question point at: conditions, columns asked for, the column to aggregate."""

import re
from dataclasses import replace
from typing import Any

from harness.documents import Cell
from harness.documents.language import fold
from harness.server.models.aggregate import matching_rows
from harness.server.models.annotated import Annotated, Operator
from harness.server.models.query import Filter, Query
from harness.server.models.schema import Column
from harness.server.models.vocabulary import akin, cluster_of, related, stems_of

__all__ = ["NEGATED", "Pointing", "conditions"]

NEGATED = re.compile(r"\b(?:not|without|no|never|neither|except|excluding|other than|besides)\b|n't\b|n\u2019t\b")
_TOLD = 6  # columns that an open question about a record is answered with
_UNITS = stems_of(["units"])


def conditions(found: Annotated) -> tuple[Filter, ...]:
    """Return the conditions that a question states: values of one column are alternatives."""
    by_column: dict[int, list[Cell]] = {}
    for mention in found.values:
        by_column.setdefault(mention.column.index, []).append(mention.cell)
    equal = [
        Filter(
            column=found.view.columns[index],
            comparison="=",
            values=tuple(dict.fromkeys(cells)),
            shown=f"{found.view.columns[index].title} {' or '.join(str(cell) for cell in dict.fromkeys(cells))}",
        )
        for index, cells in by_column.items()
    ]
    return (*equal, *found.bounds)


class Pointing:
    """One question under one set of conditions; holds what the steps of understanding it share."""

    def __init__(self, found: Annotated, carried: tuple[Filter, ...], default: Column | None) -> None:
        self.found = found
        self.default = default
        self.view = found.view
        self.text = found.text.lower().strip()
        stated = conditions(found)
        constrained = {condition.column.index for condition in stated}
        kept = tuple(condition for condition in carried if condition.column.index not in constrained)
        self.filters = (*stated, *kept)
        self.target = self._target()
        self.operators = found.operators

    def _of_kind(self, kind: str) -> list[Operator]:
        return [operator for operator in self.operators if operator.kind == kind]

    def _target(self) -> Column | None:
        """The column right behind `which` or `what`, or behind the operator in `the most common category`."""
        folded = self.found.folded
        for mention in self.found.columns:
            between = [
                position
                for position in range(mention.position - 1, -1, -1)
                if folded[position] in {"which", "what", "whose", "list", "name"}
            ]
            asking = folded[mention.position] in {"who", "where"}
            is_near = bool(between) and all(
                self.found.roles[position] in {"operator", "bound"}
                or folded[position] in {"all", "the", "of", "different", "are"}
                for position in range(between[0] + 1, mention.position)
            )
            if is_near or asking:
                return next((column for column in mention.columns if column.kind == "text"), None)
        for position, role in enumerate(self.found.roles[1:], start=1):
            # `Which store` asks for the record itself where no column is called so.
            if role == "record" and folded[position - 1] in {"which", "what", "list", "name"}:
                return self.view.label
        return None

    def _numeric_mentions(self) -> list[tuple[int, Column]]:
        """Columns with figures that the question names, records' own nouns (`purchases`) left out."""
        named = []
        for mention in self.found.columns:
            if self._is_record_noun(mention.position):
                continue
            numeric = [column for column in mention.columns if column.kind in {"number", "date"}]
            if numeric:
                named.append((mention.position, numeric[0]))
        return named

    def _is_record_noun(self, position: int) -> bool:
        """`purchases` stands for the records although a column is called `number_purchased`."""
        word = self.found.words[position]
        said = fold(word.text)
        own = {part for column in self.view.columns for part in fold(column.title).split()}
        literal = {said, said.removesuffix("s"), said + "s"} & own
        is_noun_of_column = any(word.stem in column.topics for column in self.view.columns)
        is_record = word.stem in self.view.record_nouns or (is_noun_of_column and word.stem in self.view.record_words)
        return is_record and not literal and not re.search(r"(?:ed|ght|old|sell|buy)$", said)

    def _measure_for(self, operator: Operator) -> Column | None:
        if operator.hint:
            return operator.hint[0]
        mentions = self._numeric_mentions()
        after = [column for position, column in mentions if operator.position < position <= operator.position + 5]
        before = [column for position, column in reversed(mentions) if position < operator.position]
        return next(iter(after or before), self.default)

    def _units(self) -> Column | None:
        """The column of quantities, where the question speaks of buying, selling or units."""
        quantity = [c for c in self.view.columns if c.kind == "number" and cluster_of(next(iter(_UNITS))) & c.topics]
        named = [column for _, column in self._numeric_mentions() if column in quantity]
        return next(iter(named), None)

    def _group_mentions(self) -> list[Column]:
        constrained = {condition.column.index for condition in self.filters if len(condition.values) == 1}
        named = [c for mention in self.found.columns for c in mention.columns[:1] if c.kind in {"text", "yes_no"}]
        return [column for column in named if column.index not in constrained]

    def _query(self, **parts: Any) -> Query:
        return replace(Query(view=self.view, shape="value", filters=self.filters), **parts)

    def _flags(self) -> tuple[Filter, ...]:
        """Return yes/no columns as conditions: `stores with a repair desk`, `stores without parking`."""
        wanted = not NEGATED.search(self.text)
        return tuple(
            Filter(column=column, comparison="=", values=(wanted,), shown=f"{column.title} {'yes' if wanted else 'no'}")
            for mention in self.found.columns
            for column in mention.columns
            if column.kind == "yes_no" and column != self.target
        )

    def _asked(self) -> tuple[Column, ...]:
        """The columns named that no condition is about."""
        constrained = {condition.column.index for condition in self.filters if not condition.is_premise}
        asked = []
        for mention in self.found.columns:
            if self._is_record_noun(mention.position):
                continue
            free = [column for column in mention.columns if column.index not in constrained]
            if free and len(free) == len(mention.columns):
                asked += [column for column in [self._best_of(free)] if mention.is_asking or self._is_named(column)]
        return tuple(dict.fromkeys(asked))

    def _is_named(self, column: Column) -> bool:
        """Whether the question names at least half of what the column is about: a manager is no `manager hours`."""
        said = {synonym for word in self.found.words for synonym in (*related(word.stem), *cluster_of(word.stem))}
        if column.kind == "text":
            said |= {kin for word in self.found.words for kin in akin(word.stem)}
        return len(column.topics & said) * 2 >= len(column.topics)

    def _best_of(self, columns: list[Column]) -> Column:
        wants_time = re.search(r"\bwhen (?:did|was|were)\b|\bwhat year\b|\bsince when\b", self.text)
        if re.search(r"\bhow (?:many|much|long|late|heavy|tall|old|far|high|big|large)\b", self.text):
            return next((column for column in columns if column.kind == "number"), columns[0])
        preferred = [c for c in columns if (c.kind in {"date", "number"}) == bool(wants_time)]
        return (preferred or columns)[0]

    def _describe(self) -> tuple[Query, ...]:
        """`What is L04?` asks for all that is known of one record."""
        names = [c for c in self.filters if c.comparison == "=" and c.column.is_unique and c.column.kind == "text"]
        is_open = re.match(r"(?:and |so )?(?:what|who|tell|describe|explain)\b", self.text) and not self._asked()
        if not names or not is_open or self.operators or len(matching_rows(self._query())) != 1:
            return ()
        row = matching_rows(self._query())[0]
        told = tuple(c for c in self.view.columns if c != names[0].column and c.cells[row] not in (None, ""))
        return (self._query(shape="lookup", asked=told[:_TOLD]),)
