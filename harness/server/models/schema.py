"""What a table is about: its columns by kind and name, and where each of its values is mentioned by which words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harness.documents import Cell, Document, Table
from harness.documents.language import STOP_WORDS, fold, is_content, listed, numbers, tokens
from harness.documents.numbers import plain_value
from harness.server.models.vocabulary import FEMALE, MALE, RECORD_CLUSTERS, STATES, akin, cluster_of, related, stems_of

__all__ = ["RECORD_TYPES", "Column", "TableView", "stems"]

_VAGUE = stems_of(
    listed("number no nr id code name total count of the value usd eur gbp sqm kg g km m cm min mins pct text")
)
"""Stems in column names that name no topic: `purchased` is what counts in `number_purchased`."""
RECORD_TYPES = frozenset({"application/json", "application/jsonl", "text/csv", "text/tab-separated-values"})
_LABELS = stems_of(listed("id no nr code key sku"))
_TITLES = stems_of(listed("name title"))
_PRICE = stems_of(["price"])
_LONGEST_VALUE = 8  # tokens: longer cells are descriptions, which nobody quotes whole
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ].*)?$")
_YES, _NO = listed("yes true y ✓"), listed("no false n ✗")

Kind = Literal["number", "date", "yes_no", "text"]


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of a text; `numberPurchased` and `number_purchased` are two words."""
    return tuple(token.stem for token in tokens(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)))


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column, read: its kind, and its cells as what they mean."""

    index: int
    name: str
    kind: Kind
    cells: tuple[Cell, ...]
    """As they stand in the file."""
    values: tuple[float | str | bool | None, ...]
    """Numbers for a number, ISO text for a date, True or False for yes_no, folded text otherwise."""

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stems of its name."""
        return stems(self.name)

    @cached_property
    def topics(self) -> frozenset[str]:
        """The stems of its name that say what it holds."""
        said = [token.stem for token in tokens(self.title) if is_content(token)]
        return frozenset(said) - _VAGUE or frozenset(self.stems)

    @cached_property
    def sorts(self) -> frozenset[str]:
        """Its topics, and what they come to: a day rate is a price; a rating, whose stem is the same, is none."""
        is_rate = {"rate", "rates", "tariff"} & set(self.title.lower().split())
        return self.topics | _PRICE if is_rate else self.topics

    @cached_property
    def title(self) -> str:
        """Its name as words."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", self.name).strip()

    @cached_property
    def distinct(self) -> tuple[Cell, ...]:
        """Its different cells, in the order of the file."""
        return tuple({cell: None for cell in self.cells if cell not in (None, "")})

    @cached_property
    def is_unique(self) -> bool:
        """Whether each record has its own value."""
        return len(self.distinct) == len(self.cells)

    @cached_property
    def holds_names(self) -> bool:
        """Whether its cells read like names of people or places: words with capitals, no figures."""
        return self.kind == "text" and all(re.fullmatch(r"[^\W\d].*\D", str(cell)) for cell in self.distinct)

    @cached_property
    def widest(self) -> int:
        """Tokens of its longest cell."""
        return max((len(tokens(str(cell))) for cell in self.distinct), default=0)


class TableView:
    """A table with the indexes that questions are matched against. Building one takes some milliseconds."""

    def __init__(self, table: Table, document: Document) -> None:
        self.table = table
        self.document = document
        self.columns = tuple(_read_column(table, index) for index in range(len(table.columns)))
        self.mentions = self._index_mentions()
        self.partial = self._index_words()
        self.record_words = self._record_words()

    @property
    def size(self) -> int:
        """Number of records."""
        return len(self.table.rows)

    @property
    def is_record_file(self) -> bool:
        """Whether the file is all records, as JSON and CSV are, and not prose with a table in it."""
        return self.document.media_type in RECORD_TYPES

    @cached_property
    def identity(self) -> Column | None:
        """The column whose values name the records: unique text, preferably short."""
        unique = [column for column in self.columns if column.kind == "text" and column.is_unique and column.distinct]
        return min(unique, key=lambda column: (column.widest > _LONGEST_VALUE, column.index), default=None)

    @cached_property
    def label(self) -> Column | None:
        """The column that tells people which thing a record is about: its name or title, else what numbers it."""
        named = [column for column in self.columns if column.kind == "text" and _TITLES & column.topics]
        return next(iter(named), self.identity)

    def _index_mentions(self) -> Mapping[str, list[tuple[tuple[str, ...], Column, Cell]]]:
        """Index whole values by the first stem of what people call them."""
        index: dict[str, list[tuple[tuple[str, ...], Column, Cell]]] = {}
        for column in self.columns:
            if column.kind != "text":
                continue
            for cell in column.distinct:
                for words in _names_of(str(cell)):
                    if words and len(words) <= _LONGEST_VALUE:
                        index.setdefault(words[0], []).append((words, column, cell))
        return index

    def _index_words(self) -> Mapping[str, list[tuple[Column, frozenset[int]]]]:
        """Index the words inside text cells: (column, rows that hold the word)."""
        index: dict[str, dict[int, set[int]]] = {}
        for column in self.columns:
            if column.kind != "text":
                continue
            rows_of: dict[str, list[int]] = {}
            for row, cell in enumerate(column.cells):
                rows_of.setdefault("" if cell is None else str(cell), []).append(row)
            for cell_text, rows in rows_of.items():
                for word in set(stems(cell_text)):
                    index.setdefault(word, {}).setdefault(column.index, set()).update(rows)
        return {
            word: [(self.columns[column], frozenset(rows)) for column, rows in columns.items()]
            for word, columns in index.items()
        }

    @cached_property
    def record_nouns(self) -> frozenset[str]:
        """The stems that name a record: those of the table's name and of the column that numbers the records."""
        labels = [column for column in self.columns if _LABELS & set(column.stems) and column.is_unique]
        named = set(stems(re.sub(r"_\d+$", "", self.table.name))).union(*(column.stems for column in labels))
        return frozenset(named) - _VAGUE

    def _record_words(self) -> frozenset[str]:
        """Return the stems that may stand for a record of this table."""
        own = set(self.record_nouns).union(*(column.stems for column in self.columns))
        named = {word for word in own if word not in _VAGUE}
        return self.record_nouns.union(*(group for group in RECORD_CLUSTERS if group & named))

    def columns_for(self, word: str) -> list[Column]:
        """Return the columns that a stem may mean: those it names, else those of the same sort."""
        labels = [column for column in self.columns if _LABELS & set(column.stems) and column.is_unique]
        topical = [column for column in self.columns if column not in labels]
        direct = [column for column in topical if word in column.topics]
        if direct:
            return direct
        by_cluster = [column for column in topical if cluster_of(word) & column.sorts and word not in _VAGUE]
        if by_cluster:
            return by_cluster
        by_synonym = [column for column in topical if related(word) & column.topics and word not in _VAGUE]
        if not by_synonym:
            by_synonym = [c for c in topical if c.kind == "text" and akin(word) & c.topics and word not in _VAGUE]
        return by_synonym or [column for column in self.columns if word in column.stems and word != stems("number")[0]]


def _names_of(cell: str) -> set[tuple[str, ...]]:
    """Return the stem sequences by which a value is mentioned."""
    folded = fold(cell).strip()
    for group in (FEMALE, MALE):
        if folded in group:
            return {stems(word) for word in group if len(word) > 1}
    if cell in STATES:
        return {stems(cell), stems(STATES[cell])}
    words = stems(cell)
    if len(folded) < 2 or all(token.text.lower() in STOP_WORDS for token in tokens(cell)):
        return set()
    return {words, tuple(word for word in words if word not in {"and", "the"})}


def _read_column(table: Table, index: int) -> Column:
    cells = tuple(row[index] for row in table.rows)
    if is_label_of_records(table.columns[index], cells):
        labels = tuple(None if cell is None else _as_text(cell) for cell in cells)
        return Column(index=index, name=table.columns[index], kind="text", cells=cells, values=labels)
    present = [cell for cell in cells if cell not in (None, "")]
    fitting = (pair for pair in _READERS if present and all(pair[1](cell) is not None for cell in present))
    kind, read = next(fitting, ("text", _as_text))
    meant = tuple(None if cell in (None, "") else read(cell) for cell in cells)
    return Column(index=index, name=table.columns[index], kind=kind, cells=cells, values=meant)


def is_label_of_records(name: str, cells: Sequence[Cell]) -> bool:
    """Whether a column numbers the records: `loan_id`, `Order no`. Its figures are names, nothing to add up."""
    return bool(_LABELS & set(stems(name))) and len(set(cells)) == len(cells) > 1


def _as_yes_no(cell: Cell) -> bool | None:
    folded = fold(str(cell)).strip()
    return True if folded in _YES else False if folded in _NO else None


def _as_number(cell: Cell) -> float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell).strip()
    if re.fullmatch(r"-?\d+(?:[.,]\d+)*", text):
        return plain_value(text.lstrip("-")) if not text.startswith("-") else -(plain_value(text[1:]) or 0.0)
    found = numbers(text)
    whole = len(found) == 1 and found[0].start == 0 and found[0].end == len(text) and any(map(str.isdigit, text))
    return found[0].value if whole else None


def _as_text(cell: Cell) -> str:
    return fold(str(cell)).strip()


def _as_date(cell: Cell) -> str | None:
    return str(cell) if isinstance(cell, str) and _DATE.match(cell.strip()) else None


_READERS: tuple[tuple[Kind, Callable[[Cell], float | str | bool | None]], ...] = (
    ("yes_no", _as_yes_no),
    ("number", _as_number),
    ("date", _as_date),
)
