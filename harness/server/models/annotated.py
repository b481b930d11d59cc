"""A question with the meaning that a table gives to each of its words."""

from dataclasses import dataclass, field

from harness.documents import Cell
from harness.documents.language import Token, fold
from harness.server.models.query import Filter
from harness.server.models.schema import Column, TableView

__all__ = ["Annotated", "ColumnMention", "Operator", "ValueMention"]


@dataclass(frozen=True, kw_only=True)
class ValueMention:
    """A cell that the question names."""

    position: int
    length: int
    column: Column
    cell: Cell


@dataclass(frozen=True, kw_only=True)
class ColumnMention:
    """A word that may mean one of several columns."""

    position: int
    columns: tuple[Column, ...]
    is_asking: bool = False
    """Whether the word is `who`, `where` or `when`."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A word that says what to compute."""

    position: int
    kind: str
    """mean, median, sum, share, superlative or comparative."""
    is_descending: bool = True
    hint: tuple[Column, ...] = ()
    """The columns that the word itself means, as `cheapest` means a price."""


@dataclass(kw_only=True)
class Annotated:
    """A question as one table understands it. Filled step by step, then only read."""

    view: TableView
    text: str
    words: tuple[Token, ...]
    roles: list[str]
    """One a word: value, bound, operator, column, record, filler, or empty for a word the table cannot explain."""
    values: list[ValueMention] = field(default_factory=list)
    bounds: list[Filter] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    columns: list[ColumnMention] = field(default_factory=list)
    limit: int = 1
    is_weak: bool = False
    """Whether it names no value whole and no column, so that only words inside cells speak for this table."""

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The words that neither schema nor values nor operators explain."""
        return tuple(word.text for word, role in zip(self.words, self.roles, strict=True) if not role)

    @property
    def folded(self) -> list[str]:
        """The words, case folded."""
        return [fold(word.text) for word in self.words]

    def take(self, position: int, length: int, role: str) -> None:
        """Give a stretch of words a role."""
        self.roles[position : position + length] = [role] * length
