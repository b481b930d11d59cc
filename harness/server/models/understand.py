"""From an annotated question to queries: which shape the answer has, over which column, under which conditions."""

import re
from dataclasses import replace

from harness.documents.language import fold
from harness.server.models.aggregate import matching_rows
from harness.server.models.annotated import Annotated, Operator
from harness.server.models.pointing import NEGATED, Pointing
from harness.server.models.query import Aggregate, Filter, Query
from harness.server.models.schema import Column
from harness.server.models.vocabulary import cluster_of, stems_of

__all__ = ["understand"]

_PROCEDURE = re.compile(
    r"\bwhy\b|\bhow (?:do|does|did|can|could|should|would|to|come)\b|\bshould(?! i (?:block|book|plan))\b"
    r"|\bwhat (?:happens|if)\b|\bexplain\b"
)
_HOW_MANY = re.compile(r"\bhow many\b|\bhow often\b|\bnumber of\b|\bcount (?:of|the|all)\b|^count\b")
_EXISTS = re.compile(r"^(?:and |so |but )?(?:is|are|was|were|has|have|does|do|did)\b")
_SHARE_OF = re.compile(
    r"\bof\b(.*?)\b(?:is|are|was|were|has|have|had|did|do|does|made|bought|purchased|come|came|go|went)\b"
)
_PRICE, _RATING = (stems_of(cluster) for cluster in (["price"], ["rating"]))


def understand(found: Annotated, carried: tuple[Filter, ...] = (), default: Column | None = None) -> tuple[Query, ...]:
    """Return the queries that a question stands for; none if the table does not explain all of its words."""
    if found.unexplained or _PROCEDURE.search(found.text.lower()):
        return ()
    return _Reader(found, carried, default).queries()


class _Reader(Pointing):
    """One reading of one question: tries the shapes of answer, the most particular first."""

    def queries(self) -> tuple[Query, ...]:
        if self._is_negated_elsewhere():
            return ()
        if self._has_vague_column():
            return ()
        for step in (self._one_record, self._share, self._superlative, self._compare, self._groups):
            if queries := step():
                return queries
        if self._of_kind("superlative") or self._of_kind("comparative"):
            return ()
        averages = self._of_kind("mean") or self._of_kind("median")
        counts = (self._figures,) if averages else (self._how_many, self._figures)
        return next((queries for step in (*counts, self._exists, self._lookup) if (queries := step())), ())

    def _has_vague_column(self) -> bool:
        """Whether a word hints at a column whose name it covers too little of."""
        constrained = {condition.column.index for condition in self.filters}
        return any(
            not any(
                mention.is_asking or self._is_named(column) or column.index in constrained for column in mention.columns
            )
            for mention in self.found.columns
            if not self._is_record_noun(mention.position)
        )

    def _is_negated_elsewhere(self) -> bool:
        """Whether the question excludes something: only `without` a yes/no column can be understood."""
        return bool(NEGATED.search(self.text)) and not self._flags()

    def _one_record(self) -> tuple[Query, ...]:
        """Return a look-up where the conditions leave one record and a column is asked for."""
        asked = self._asked()
        if not asked or self.operators_but("sum", "share") or not self.filters or self._flags():
            return ()
        query = self._query(shape="lookup", asked=asked)
        return (query,) if len(matching_rows(query)) == 1 else ()

    def operators_but(self, *kinds: str) -> list[Operator]:
        """Return the operators of other kinds."""
        return [operator for operator in self.operators if operator.kind not in kinds]

    def _share(self) -> tuple[Query, ...]:
        operators = self._of_kind("share")
        if not operators or not self.filters:
            return ()
        behind = self.found.text[self.found.words[operators[0].position].end :]
        of = _SHARE_OF.search(behind.lower())
        base = tuple(
            condition
            for condition in self.filters
            if condition.is_premise or (of and self._stands_in(condition, of[1]))
        )
        if len(base) == len(self.filters):
            base = ()
        return (self._query(shape="share", base=base),)

    def _stands_in(self, condition: Filter, stretch: str) -> bool:
        mentions = [m for m in self.found.values if m.column == condition.column]
        said = [self.found.words[mention.position].text.lower() for mention in mentions]
        return any(word in stretch for word in said) if said else condition.shown.split()[-1].lower() in stretch

    def _superlative(self) -> tuple[Query, ...]:
        operators = self._of_kind("superlative")
        if not operators:
            return ()
        if len(operators) > 1 and self.target is None:
            return tuple(query for operator in operators for query in self._one_superlative(operator))
        return self._one_superlative(operators[0])

    def _one_superlative(self, operator: Operator) -> tuple[Query, ...]:
        means = self._of_kind("mean") or self._of_kind("median")
        sums = self._of_kind("sum")
        measure = self._measure_for(operator)
        groups = [self.target] if self.target else [c for c in self._group_mentions() if c != measure]
        group = next((column for column in groups if column is not None), None)
        parts = {"is_descending": operator.is_descending, "limit": self.found.limit}
        if group is not None and not group.is_unique and not (group == self.view.label and measure is not None):
            aggregate: Aggregate = "mean" if means else "sum" if sums else self._group_aggregate(operator, measure)
            if aggregate in {"max", "min"} and not self._is_tied(group, measure, operator):
                return (self._query(shape="best_row", measure=measure, asked=(group,), **parts),)
            aggregate = "mean" if aggregate in {"max", "min"} else aggregate
            if aggregate != "count" and measure is None:
                return ()
            return (self._query(shape="best_group", aggregate=aggregate, measure=measure, group=group, **parts),)
        if measure is None:
            return ()
        asked = tuple(dict.fromkeys(c for c in self._asked() if c != measure))
        names_a_record = (
            bool(operator.hint) or "which" in self.found.folded or group is not None or asked or self.found.limit > 1
        )
        aggregate = "max" if operator.is_descending else "min"
        if names_a_record:
            return (self._query(shape="best_row", measure=measure, aggregate=aggregate, asked=asked, **parts),)
        return (self._query(shape="value", measure=measure, aggregate=aggregate),)

    def _group_aggregate(self, operator: Operator, measure: Column | None) -> Aggregate:
        if measure is None:
            return "count"
        word = self.found.folded[operator.position]
        if word in {"most", "fewest", "least", "top"} and not operator.hint:
            return "mean" if cluster_of(next(iter(_RATING))) & measure.topics else "sum"
        return "max" if operator.is_descending else "min"

    def _is_tied(self, group: Column, measure: Column | None, operator: Operator) -> bool:
        """Whether several groups share the extreme value, so that only their averages can be told apart."""
        if measure is None:
            return False
        present = [(v, g) for v, g in zip(measure.values, group.values, strict=True) if v is not None]
        extreme = (max if operator.is_descending else min)((value for value, _ in present), default=None)
        return len({name for value, name in present if value == extreme}) > 1

    def _compare(self) -> tuple[Query, ...]:
        comparatives = self._of_kind("comparative")
        several = [c for c in self.filters if c.comparison == "=" and len(c.values) > 1]
        is_comparison = comparatives or re.search(r"\b(?:or|versus|vs|difference|compare[ds]?|than)\b", self.text)
        if not several or not is_comparison:
            return ()
        operator = comparatives[0] if comparatives else None
        measure = self._measure_for(operator) if operator else next((c for _, c in self._numeric_mentions()), None)
        if measure is None and operator is not None:
            measure = next((column for _, column in self._numeric_mentions()), None)
        aggregate = self._compared_aggregate(measure)
        return (
            self._query(
                shape="compare",
                aggregate=aggregate,
                measure=measure if aggregate != "count" else None,
                group=several[0].column,
                compared=tuple(value for value in several[0].values if not isinstance(value, frozenset)),
                is_descending=operator.is_descending if operator else True,
                wants_difference=bool(
                    re.search(r"\bdifference\b|\bhow (?:much|many) (?:more|less|fewer|higher)", self.text)
                ),
            ),
        )

    def _compared_aggregate(self, measure: Column | None) -> Aggregate:
        if measure is None:
            return "count"
        if self._of_kind("mean"):
            return "mean"
        if self._of_kind("median"):
            return "median"
        if self._of_kind("sum") or measure == self._units():
            return "sum"
        is_level = any(cluster_of(next(iter(sort))) & measure.topics for sort in (_PRICE, _RATING))
        return "mean" if is_level and "spend" not in self.text else "sum"

    def _groups(self) -> tuple[Query, ...]:
        each = re.search(r"\b(?:each|every|per|by)\s+(\w+)", self.text)
        groups = [c for c in self._group_mentions() if not c.is_unique]
        if not each or not groups:
            return ()
        named = [c for c in groups if fold(each[1]) in fold(c.title) or fold(each[1]).rstrip("s") in fold(c.title)]
        if not named and not any(m.columns[0] in groups and self.found.words[m.position].text.lower() == each[1]
                                 for m in self.found.columns):  # fmt: skip
            return ()
        queries = self._how_many() or self._figures()
        group = (named or groups)[0]
        return tuple(replace(query, shape="groups", group=group) for query in queries[:1] if query.shape == "value")

    def _how_many(self) -> tuple[Query, ...]:
        match = _HOW_MANY.search(self.found.text.lower())
        if not match:
            return ()
        after = [i for i, word in enumerate(self.found.words) if word.start >= match.end()]
        counted = next((i for i in after if self.found.roles[i] in {"value", "column", "record"}), None)
        if flags := self._flags():
            is_flag = counted is not None and self._counts_a_flag(counted)
            return () if is_flag else (self._query(filters=(*self.filters, *flags)),)
        if counted is None:
            return (self._query(),) if self.filters else ()
        if self.found.roles[counted] == "column" and not self._is_record_noun(counted):
            return self._count_of_column(counted)
        units = self._units() if self.found.roles[counted] == "value" or self._counts_goods(counted) else None
        if units is not None:
            return (self._query(aggregate="sum", measure=units),)
        return (self._query(),)

    def _counts_a_flag(self, position: int) -> bool:
        """Whether what is counted is a yes/no column: `how many dogs are allowed` is no question about records."""
        columns = [column for m in self.found.columns if m.position == position for column in m.columns]
        return bool(columns) and all(column.kind == "yes_no" for column in columns)

    def _counts_goods(self, position: int) -> bool:
        return self.found.words[position].stem in stems_of(["products", "items", "goods"])

    def _count_of_column(self, position: int) -> tuple[Query, ...]:
        mention = next(m for m in self.found.columns if m.position <= position < m.position + 4)
        column = mention.columns[0]
        if column.kind == "number":
            rows = matching_rows(self._query())
            is_same = len({column.values[row] for row in rows}) == 1 and bool(self.filters)
            return (
                self._query(shape="lookup", asked=(column,))
                if is_same
                else self._query(aggregate="sum", measure=column),
            )
        wants_kinds = bool(re.search(r"\b(?:different|distinct|unique|kinds?|types?)\b", self.text))
        is_nearly_unique = len(column.distinct) * 2 > self.view.size
        if column.is_unique or column.kind != "text" or (is_nearly_unique and not wants_kinds):
            return (self._query(),)
        return (self._query(shape="distinct", asked=(column,)),)

    def _figures(self) -> tuple[Query, ...]:
        queries = []
        for operator in self.operators:
            if operator.kind not in {"mean", "median", "sum"}:
                continue
            measure = self._measure_for(operator)
            if measure is not None and measure.kind == "number":
                queries.append(self._query(aggregate=operator.kind, measure=measure))
        numeric = [column for _, column in self._numeric_mentions() if column.kind == "number"]
        if len(queries) == 1:
            others = [column for column in dict.fromkeys(numeric) if column != queries[0].measure]
            others = [
                c for c in others if all(c != condition.column for condition in self.filters) and c != self._units()
            ]
            queries += [replace(queries[0], measure=column) for column in others]
        return tuple(queries)

    def _exists(self) -> tuple[Query, ...]:
        named = [condition for condition in self.filters if condition.comparison == "="]
        if not _EXISTS.match(self.text) or not named:
            return ()
        asked = self._asked()
        if (
            asked
            and len(self.filters) == 1
            and not re.match(r"^(?:and |so |but )?(?:is|are|was|were) there\b", self.text)
        ):
            return (self._query(shape="lookup", asked=asked),)
        return (self._query(shape="exists", filters=(*self.filters, *self._flags())),)

    def _lookup(self) -> tuple[Query, ...]:
        asked = self._asked()
        if self.target is not None and not self._of_kind("comparative"):
            flags = self._flags()
            if self.target.kind == "text" and (self.filters or flags or len(asked) <= 1):
                wanted = (self.target, *(c for c in asked if c != self.target and c.kind != "yes_no"))
                shape = "distinct" if len(wanted) == 1 else "lookup"
                if shape == "lookup" and not self.filters:
                    return ()
                return (self._query(shape=shape, asked=wanted, filters=(*self.filters, *flags)),)
        if self.filters and asked and not self.operators:
            return (self._query(shape="lookup", asked=asked),)
        return self._list_records() or self._describe()

    def _list_records(self) -> tuple[Query, ...]:
        """`Which stores are in Texas?` asks for the records' names where their noun is no column."""
        identity = self.view.label
        if (
            identity is None
            or not self.filters
            or not re.match(r"(?:and )?(?:which|what|list|who|name|show)\b", self.text)
        ):
            return ()
        if self.operators or not any(role == "record" for role in self.found.roles):
            return ()
        return (self._query(shape="distinct", asked=(identity,)),)
