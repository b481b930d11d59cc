"""All runs as one database: `select ...` over rows, claims, facts, citations and retrieved passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import ResultsError
from harness.results.folder import RunFolder
from harness.results.frames import record_line
from harness.results.rows import read_rows
from harness.results.tidy import KEYS, TABLES

if TYPE_CHECKING:  # duckdb is imported when there is a question
    from duckdb import DuckDBPyConnection

_SHUT = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # else a table name could read a variable of ours
}
_NUMBERS = {
    *("trial", "turn", "claim", "rank", "score", "start", "end", "weight", "groundedness", "groundedness_retrieved"),
    *("facts_share", "citation_precision", "citation_recall", "context_recall", "context_precision"),
    *("first_useful_rank", "prompt_tokens", "completion_tokens", "duration_s"),
}
"""Columns of numbers, also where a run has none."""
_HINT = "tables: rows, claims, facts, citations, retrieved; `describe rows` lists columns"
HISTORY = """\
select run, outcome, behaviour, groundedness, facts_share, model, target, answer
from rows where suite || '::' || "case" = ? and variant = ? order by run desc, trial
"""
"""What became of a case over all runs, newest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a query yields."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def query(runs: Sequence[RunFolder], sql: str, values: Sequence[object] = ()) -> Answer:
    """Ask a question of runs.

    Args:
        runs: They fill the tables `rows` (as `load_results`, and `run`), `claims`, `facts`, `citations`, `retrieved`
            (as `load_claims` and its kin, and `run`).
        sql: A statement; it reaches these tables and nothing else, no file and no network.
        values: For the `?` in it.

    Raises:
        ResultsError: There is no run, a run cannot be read, or the statement fails.
    """
    import duckdb

    if not runs:
        raise ResultsError("there is no run yet", where="results", hint="run `pytest cases/` first")
    connection = duckdb.connect(":memory:", config=dict(_SHUT))
    try:
        _fill(connection, runs)
        connection.execute("set lock_configuration = true")
        found = connection.execute(sql, list(values))
        if found is None:  # DuckDB's answer to a text without a statement
            raise ResultsError("there is no statement in it", where="the query", hint=_HINT)
        return Answer(columns=tuple(one[0] for one in found.description or ()), rows=found.fetchall())
    except duckdb.Error as error:
        raise ResultsError(" ".join(str(error).split())[:400], where="the query", hint=_HINT) from error
    finally:
        connection.close()


def _fill(connection: "DuckDBPyConnection", runs: Sequence[RunFolder]) -> None:
    import pandas as pd

    lines: dict[str, list[dict[str, Any]]] = {"rows": [], **{name: [] for name in TABLES}}
    for run in runs:
        for row in read_rows(run):
            lines["rows"].append({"run": run.id, **record_line(row)})
            for name, (lines_of, _) in TABLES.items():
                lines[name] += ({"run": run.id, **line} for line in lines_of(row))
    for name, some in lines.items():
        columns = None if name == "rows" else ["run", *KEYS, *TABLES[name][1]]
        frame = pd.DataFrame(some, columns=columns)
        for column in frame.columns[frame.isna().all()]:  # DuckDB would make it a column without a type
            frame[column] = frame[column].astype("float64" if column in _NUMBERS else "str")
        connection.register("filled", frame)
        connection.execute(f'create table "{name}" as select * from filled')  # noqa: S608 - the names are ours
        connection.unregister("filled")
