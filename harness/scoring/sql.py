"""Values computed from the tables of a case's documents, by DuckDB in memory with every door shut."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.documents import Cell, Document, Table
from harness.scoring.facts import QueryError

if TYPE_CHECKING:  # duckdb is imported when the first `sql` fact is checked
    from duckdb import DuckDBPyConnection

__all__ = ["Database", "values_of"]

_TIME_LIMIT_S = 5.0
_MOST_VALUES = 200
"""An answer can't be expected to state more."""
_KEPT = 8
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # else a table name could read a variable of ours
    "memory_limit": "512MB",
    "max_temp_directory_size": "0MB",
    "threads": "1",
}


class Database:
    """The tables of some documents.

    Args:
        documents: Their tables are named as the documents name them; a second of one name gets `_2`.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        import duckdb

        self._connection = duckdb.connect(":memory:", config=_CONFIG)
        self._lock = threading.Lock()
        self.tables: dict[str, tuple[str, ...]] = {}
        for document in documents:
            for table in document.tables:
                name = _free_name(table.name, self.tables)
                self.tables[name] = _load(self._connection, name, table)
        self._connection.execute("SET lock_configuration=true")

    def values(self, sql: str) -> tuple[Cell, ...]:
        """Return the values that a select statement yields, row by row.

        Raises:
            QueryError: It is no single select statement, fails, takes too long, or yields nothing or far too much.
        """
        import duckdb

        with self._lock:
            timer = threading.Timer(_TIME_LIMIT_S, self._connection.interrupt)
            timer.start()
            try:
                self._require_select(sql)
                rows = self._connection.execute(sql).fetchmany(_MOST_VALUES + 1)
            except duckdb.InterruptException as error:
                raise QueryError(f"the query took longer than {_TIME_LIMIT_S:g} s") from error
            except duckdb.Error as error:
                raise QueryError(f"{str(error).strip().splitlines()[0]}; {self._known()}") from error
            finally:
                timer.cancel()
        return _plain(rows)

    def _require_select(self, sql: str) -> None:
        import duckdb

        found = self._connection.extract_statements(sql)
        if len(found) != 1:
            raise QueryError(f"one select statement is wanted, not {len(found)}")
        if found[0].type != duckdb.StatementType.SELECT:
            raise QueryError(f"a select statement is wanted, not {found[0].type.name}")

    def _known(self) -> str:
        if not self.tables:
            return "the case's documents hold no tables"
        return "tables: " + "; ".join(f"{name}({', '.join(columns)})" for name, columns in self.tables.items())


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    folded = {one.casefold() for one in taken}
    number, free = 2, name
    while free.casefold() in folded:
        free, number = f"{name}_{number}", number + 1
    return free


def _load(connection: "DuckDBPyConnection", name: str, table: Table) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for column in table.columns:
        columns[_free_name(column or "column", columns)] = None
    kinds = [_kind([row[at] for row in table.rows]) for at in range(len(columns))]
    fields = ", ".join(f"{_quoted(column)} {kind}" for column, kind in zip(columns, kinds, strict=True))
    connection.execute(f"CREATE TABLE {_quoted(name)} ({fields})")
    if table.rows:
        # One list a column and `unnest`: row by row, a thousand rows would take seconds.
        lists = [[_cell(row[at], kind) for row in table.rows] for at, kind in enumerate(kinds)]
        parts = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
        connection.execute(f"INSERT INTO {_quoted(name)} SELECT {parts}", lists)
    return tuple(columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(cells: Sequence[Cell]) -> str:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int} and all(cell is None or abs(cell) < 2**63 for cell in cells if not isinstance(cell, str)):
        return "BIGINT"
    if kinds and kinds <= {int, float}:
        return "DOUBLE"
    return "VARCHAR"


def _cell(cell: Cell, kind: str) -> Cell:
    if cell is None:
        return None
    if kind == "DOUBLE":
        return float(cell)
    return str(cell) if kind == "VARCHAR" else cell


def _plain(rows: Sequence[Sequence[object]]) -> tuple[Cell, ...]:
    found = [value for row in rows for value in row]
    if not found:
        raise QueryError("the query yields no row, so there is nothing that the answer could state")
    if len(found) > _MOST_VALUES:
        raise QueryError(f"the query yields more than {_MOST_VALUES} values")
    if any(value is None for value in found):
        raise QueryError("the query yields NULL, so there is nothing that the answer could state")
    return tuple(_value(value) for value in found)


def _value(value: object) -> Cell:
    from decimal import Decimal

    if isinstance(value, bool | int | float | str):
        return value
    return float(value) if isinstance(value, Decimal) else str(value)


_DATABASES: OrderedDict[tuple[str, ...], Database] = OrderedDict()
_VALUES: dict[tuple[tuple[str, ...], str], tuple[Cell, ...]] = {}
_LOCK = threading.Lock()


def values_of(sql: str, documents: Mapping[str, Document]) -> tuple[Cell, ...]:
    """Compute a query's values, once for each content of the documents.

    Raises:
        QueryError: As `Database.values` does.
    """
    key = tuple(f"{path}:{document.sha256}" for path, document in sorted(documents.items()))
    with _LOCK:
        if (key, sql) in _VALUES:
            return _VALUES[key, sql]
        database = _DATABASES.get(key) or Database([documents[path] for path in sorted(documents)])
        _DATABASES[key] = database
        _DATABASES.move_to_end(key)
        while len(_DATABASES) > _KEPT:
            _DATABASES.popitem(last=False)
    values = database.values(sql)
    with _LOCK:
        _VALUES[key, sql] = values
    return values
