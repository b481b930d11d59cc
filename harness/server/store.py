"""The state: every wire object as JSON in SQLite, with order, paging and the bytes of files."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.server.wire import Json

DATABASE_NAME = "server.sqlite3"
"""The file below the data folder that holds the state."""
_SCHEMA = """
create table if not exists objects (
    sequence integer primary key autoincrement,
    kind text not null,
    id text not null,
    parent text not null,
    batch text,
    body text not null,
    unique (kind, parent, id)
);
create index if not exists objects_by_parent on objects (kind, parent, sequence);
create index if not exists objects_by_batch on objects (batch) where batch is not null;
create index if not exists objects_by_expiry on objects (json_extract(body, '$.expires_at')) where kind = 'file';
create table if not exists contents (
    file_id text not null,
    part integer not null,
    bytes blob not null,
    primary key (file_id, part)
) without rowid;
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    limit: int = 20
    """How many at most."""
    order: Literal["asc", "desc"] = "desc"
    """By creation: oldest or newest first."""
    after: str | None = None
    """Only what comes after this id in the list."""
    before: str | None = None
    """Only what comes before this id in the list."""


class Store:
    """Objects and file contents in one SQLite database.

    One connection behind one lock serves the event loop and the worker threads. SQLite spills a database without a
    name to an unlinked file of its own, so that large uploads need no memory, and nothing is left behind.

    Args:
        path: Database file; None for state that ends with the process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path or "", check_same_thread=False, isolation_level=None, timeout=0.1)
        if path is not None:
            # Two servers on one folder would end each other's runs: the second is refused.
            self._connection.execute("pragma locking_mode=exclusive")
            self._connection.execute("pragma journal_mode=wal")
            self._connection.execute("pragma synchronous=normal")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen together or not at all; may be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def change(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        """Run one statement for each row of parameters, together."""
        with self.transaction():
            self._connection.executemany(sql, [tuple(row) for row in rows])

    def add(self, body: Json, *, parent: str = "", batch: str | None = None) -> None:
        """Keep a new object.

        Args:
            body: The object as clients see it.
            parent: Id of the object it lives in: a message's thread, a step's run, a file's vector store.
            batch: Id of the file batch it came with.
        """
        row = (body["object"], body["id"], parent, batch, _text(body))
        self.query("insert into objects (kind, id, parent, batch, body) values (?, ?, ?, ?, ?)", row)

    def get(self, kind: str, identifier: str, *, parent: str = "") -> Json | None:
        """Return an object, or None where there is none."""
        key = (kind, parent, identifier)
        rows = self.query("select body from objects where kind = ? and parent = ? and id = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def put(self, body: Json, *, parent: str = "") -> None:
        """Replace an object that is already kept; do nothing where it is gone."""
        key = (_text(body), body["object"], parent, body["id"])
        self.query("update objects set body = ? where kind = ? and parent = ? and id = ?", key)

    def delete(self, kind: str, identifier: str, *, parent: str = "") -> None:
        """Forget an object."""
        self.query("delete from objects where kind = ? and parent = ? and id = ?", (kind, parent, identifier))

    def delete_children(self, kind: str, parent: str) -> None:
        """Forget all objects of a kind that live in another."""
        self.query("delete from objects where kind = ? and parent = ?", (kind, parent))

    def find(self, kind: str, *, where: Mapping[str, str] | None = None, **owner: str | None) -> list[Json]:
        """Return all objects of a kind, oldest first.

        Args:
            kind: Their `object`.
            where: Top-level fields and the text they must hold.
            **owner: `parent` and `batch`, as for `add`; absent where they do not matter.
        """
        condition, parameters = _condition(kind, where, owner)
        rows = self.query(f"select body from objects where {condition} order by sequence", parameters)  # noqa: S608  # no values in it
        return [json.loads(body) for (body,) in rows]

    def count(self, kind: str, field: str, **owner: str | None) -> dict[str, int]:
        """Return how often each value of a field occurs, by value."""
        condition, parameters = _condition(kind, None, owner)
        sql = f"select json_extract(body, ?), count(*) from objects where {condition} group by 1"  # noqa: S608  # no values in it
        return dict(self.query(sql, [f"$.{field}", *parameters]))

    def sums(self, kind: str, field: str, number: str, *, parent: str) -> dict[str, tuple[int, int]]:
        """Return how often each value of a field occurs in what lives in another, and the sum of a number, by value."""
        sql = (
            "select json_extract(body, ?), count(*), sum(json_extract(body, ?)) from objects "
            "where kind = ? and parent = ? group by 1"
        )
        rows = self.query(sql, (f"$.{field}", f"$.{number}", kind, parent))
        return {value: (count, total or 0) for value, count, total in rows}

    def size(self, kind: str, *, parent: str) -> int:
        """Return how many objects of a kind live in another."""
        sql = "select count(*) from objects where kind = ? and parent = ?"
        return int(self.query(sql, (kind, parent))[0][0])

    def expired_files(self, moment: int) -> list[str]:
        """Return the ids of the files whose time is over."""
        # Without being told, SQLite would read every file.
        sql = (
            "select id from objects indexed by objects_by_expiry "
            "where kind = 'file' and json_extract(body, '$.expires_at') <= ?"
        )
        return [identifier for (identifier,) in self.query(sql, (moment,))]

    def page(
        self, kind: str, page: Page, *, where: Mapping[str, str] | None = None, **owner: str | None
    ) -> tuple[list[Json], bool] | None:
        """Return one page of a list and whether more follow; None where `after` or `before` names nothing in it."""
        owner = owner or {"parent": ""}  # the index has them in order by kind and parent
        condition, parameters = _condition(kind, where, owner)
        bounds = []
        for cursor, is_after in ((page.after, True), (page.before, False)):
            if cursor is None:
                continue
            own, values = _condition(kind, None, owner)
            rows = self.query(f"select sequence from objects where {own} and id = ?", [*values, cursor])  # noqa: S608  # no values in it
            if not rows:
                return None
            bounds.append(f"sequence {'>' if is_after == (page.order == 'asc') else '<'} {rows[0][0]}")
        # Before a cursor, the nearest neighbours are wanted: walk towards them from the cursor, then turn round.
        is_backwards = page.before is not None and page.after is None
        direction = {"asc": "desc", "desc": "asc"}[page.order] if is_backwards else page.order
        tail = f"order by sequence {direction} limit {page.limit + 1}"
        sql = f"select body from objects where {' and '.join([condition, *bounds])} {tail}"  # noqa: S608  # no values in it
        found = [json.loads(body) for (body,) in self.query(sql, parameters)]
        rows_of_page = found[: page.limit]
        return (rows_of_page[::-1] if is_backwards else rows_of_page), len(found) > page.limit

    def add_content_part(self, file_id: str, part: int, data: bytes) -> None:
        """Keep the next part of a file's bytes."""
        self.query("insert into contents values (?, ?, ?)", (file_id, part, data))

    def content_part(self, file_id: str, part: int) -> bytes | None:
        """Return a part of a file's bytes, or None behind the last."""
        rows = self.query("select bytes from contents where file_id = ? and part = ?", (file_id, part))
        return rows[0][0] if rows else None

    def delete_content(self, file_id: str) -> None:
        """Forget a file's bytes."""
        self.query("delete from contents where file_id = ?", (file_id,))

    def join_contents(self, keys: Iterable[str], file_id: str) -> None:
        """Make the bytes kept under several keys those of one file, in this order."""
        with self.transaction():
            first = 0
            for key in keys:
                parts = self.query("select count(*) from contents where file_id = ?", (key,))[0][0]
                sql = "update contents set file_id = ?, part = part + ? where file_id = ?"
                self.query(sql, (file_id, first, key))
                first += parts

    def delete_contents_without_file(self) -> None:
        """Forget bytes whose upload never came to its end."""
        owners = "select id from objects where kind in ('file', 'upload.part')"
        self.query(f"delete from contents where file_id not in ({owners})")  # noqa: S608  # no values in it


def _text(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _condition(kind: str, where: Mapping[str, str] | None, owner: Mapping[str, str | None]) -> tuple[str, list[Any]]:
    parts, parameters = ["kind = ?"], [kind]
    for column in ("parent", "batch"):
        value = owner.get(column)
        if value is not None:
            parts.append(f"{column} = ?")
            parameters.append(value)
    for field, value in (where or {}).items():
        is_column = field == "id"
        parts.append("id = ?" if is_column else "json_extract(body, ?) = ?")
        parameters.extend([value] if is_column else [f"$.{field}", value])
    return " and ".join(parts), parameters
