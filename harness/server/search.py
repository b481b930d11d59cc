"""Passages by relevance: SQLite FTS5 with BM25, one index for each vector store."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.documents import Passage
from harness.server.models.interface import Chunk
from harness.server.store import Store

_WORD = re.compile(r"\w+")
_MAX_TERMS = 64
"""Distinct words of a query that count: a query is a question, and time must stay bounded when it is a book."""
_HALF_SCORE = 4.0
"""The BM25 sum that is shown as 0.5: what about two rare words bring together."""
_MIN_COMMON = 200
_COMMON_SHARE = 0.1
"""A word that stands in more than 200 passages and a tenth of a store says next to nothing, and costs most."""
_MAX_COUNTS = 10_000
"""Words whose counts are remembered for one index."""
_BATCH = 500
"""Passages written at once, so that nobody waits long for the store."""


class SearchIndex:
    """The searchable passages of all vector stores.

    Every vector store has an index of its own: BM25 weighs a word by how rare it is among all passages of an index,
    and what others upload must not change a score.

    A chunk is one passage (for tables one record): a citation then shows what was used and little else.

    Args:
        store: Where the indexes live.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[str, dict[str, int]] = {}

    def create(self, vector_store_id: str) -> None:
        """Make the empty index of a vector store."""
        table = _table(vector_store_id)
        self._store.query(
            f"create virtual table {table} using fts5(text, heading, file_id unindexed, "
            "file_name unindexed, start unindexed, stop unindexed, tokenize='porter unicode61 remove_diacritics 2')"
        )
        self._store.query(f"insert into {table} ({table}, rank) values ('rank', 'bm25(1.0, 0.5)')")  # noqa: S608  # an id of ours

    def drop(self, vector_store_id: str) -> None:
        """Forget a vector store's index."""
        table = _table(vector_store_id)
        self._store.query(f"drop table if exists {table}")
        self._counts.pop(table, None)

    def add(self, vector_store_id: str, file_id: str, file_name: str, passages: Sequence[Passage]) -> None:
        """Index a file's passages."""
        table = _table(vector_store_id)
        sql = f"insert into {table} values (?, ?, ?, ?, ?, ?)"  # noqa: S608  # an id of ours, no values
        for first in range(0, len(passages), _BATCH):
            batch = passages[first : first + _BATCH]
            rows = ((p.text, p.heading or "", file_id, file_name, p.start, p.end) for p in batch)
            self._store.change(sql, rows)
        self._counts.pop(table, None)

    def remove(self, vector_store_id: str, file_id: str) -> None:
        """Forget a file's passages."""
        table = _table(vector_store_id)
        self._store.query(f"delete from {table} where file_id = ?", (file_id,))  # noqa: S608  # an id of ours
        self._counts.pop(table, None)

    def passages(self, vector_store_id: str, file_id: str) -> list[str]:
        """Return the texts of a file's chunks, in reading order."""
        sql = f"select text from {_table(vector_store_id)} where file_id = ? order by rowid"  # noqa: S608  # an id of ours
        return [text for (text,) in self._store.query(sql, (file_id,))]

    def search(self, places: Mapping[str, Sequence[str] | None], query: str, limit: int) -> list[Chunk]:
        """Return at most `limit` passages that share a word with the query, best first; none twice.

        Args:
            places: The vector stores by id, each with the ids of the files that count; None where all of them do.
            query: Any words.
            limit: Most passages.
        """
        words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
        found: dict[tuple[str, int], Chunk] = {}
        for vector_store_id, file_ids in places.items():
            for chunk in self._search_one(_table(vector_store_id), list(words)[:_MAX_TERMS], file_ids, limit):
                found.setdefault((chunk.file_id, chunk.start or 0), chunk)
        return sorted(found.values(), key=by_relevance)[:limit]

    def _search_one(self, table: str, words: Sequence[str], file_ids: Sequence[str] | None, limit: int) -> list[Chunk]:
        weights = self._weights(table, words)
        if not weights:
            return []
        one_word = f"select rowid as number, -? * rank as score from {table} where {table} match ?"  # noqa: S608  # an id of ours
        parameters: list[object] = [value for word, weight in weights.items() for value in (weight, f'"{word}"')]
        condition = ""
        if file_ids is not None:
            condition = f"join {table} on {table}.rowid = number where file_id in (select value from json_each(?))"  # noqa: S608  # an id of ours
            parameters.append(json.dumps(list(file_ids)))
        # Ids are random and files are ready in any order: equal scores are ordered by what stays equal between runs.
        # Looking passages up takes longest, so it is done for those only that may be among the best.
        every_word = " union all ".join([one_word] * len(weights))
        rows = self._store.query(
            f"with summed as (select number, round(sum(score), 9) as total from ({every_word}) group by number), "  # noqa: S608  # an id of ours
            f"scored as materialized (select number, total from summed {condition}) "
            f"select file_id, file_name, text, start, stop, total from scored join {table} on {table}.rowid = number "
            "where total >= (select min(total) from (select total from scored order by total desc limit ?)) "
            "order by total desc, file_name, start limit ?",
            [*parameters, limit, limit],
        )
        return [
            Chunk(file_id=file_id, file_name=name, text=text, score=_squash(total), start=start, end=stop)
            for file_id, name, text, start, stop, total in rows
        ]

    def _weights(self, table: str, words: Iterable[str]) -> dict[str, float]:
        """Return the words that count, each with what its FTS5 score must be multiplied by.

        FTS5 gives a word that stands in half of all passages no weight at all, which leaves a store of two passages
        without any order. The multiplier puts the inverse document frequency that never falls to zero in its place,
        ln(1 + (N - n + 0.5) / (n + 0.5)).
        """
        passages = self._count(table, "")
        counts = {word: self._count(table, word) for word in words}
        present = {word: count for word, count in counts.items() if count}
        rare = {word: count for word, count in present.items() if count <= _MIN_COMMON + passages * _COMMON_SHARE}
        return {word: _multiplier(passages, count) for word, count in (rare or present).items()}

    def _count(self, table: str, word: str) -> int:
        """Return how many passages hold a word; without one, how many there are.

        The commonest words take longest to count, and stand in most questions.
        """
        # A change drops what is known when it is made: a count of before then goes where nobody looks.
        known = self._counts.setdefault(table, {})
        count = known.get(word)
        if count is None:
            condition, parameters = (f" where {table} match ?", [f'"{word}"']) if word else ("", [])
            count = int(self._store.query(f"select count(*) from {table}{condition}", parameters)[0][0])  # noqa: S608  # an id of ours
            if len(known) >= _MAX_COUNTS:
                known.clear()
            known[word] = count
        return count


def _multiplier(passages: int, count: int) -> float:
    ratio = (passages - count + 0.5) / (count + 0.5)
    theirs = math.log(ratio)
    return math.log1p(ratio) / (theirs if theirs > 0 else 1e-6)  # 1e-6 is what FTS5 takes for what is not positive


def by_relevance(chunk: Chunk) -> tuple[float, str, int]:
    """Sort passages, best first; equal ones by where they stand."""
    return (-chunk.score, chunk.file_name, chunk.start or 0)


def _squash(relevance: float) -> float:
    """Map a BM25 sum from [0, inf) to [0, 1), keeping the order."""
    relevance = max(relevance, 0.0)
    return round(relevance / (relevance + _HALF_SCORE), 6)


def _table(vector_store_id: str) -> str:
    if not vector_store_id.removeprefix("vs_").isalnum():  # it becomes part of an SQL statement
        raise ValueError(vector_store_id)
    return f"fts_{vector_store_id}"
