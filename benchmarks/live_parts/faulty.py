"""Many cases against a server that fails on purpose: what is lost, leaked, or done twice."""

import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replay_projects import make_document, make_ours

from harness.server.store import DATABASE_NAME, Store
from live_parts.processes import pytest, serving
from live_parts.rows import case_of, known, outcomes, rows

FAULTS = """\
# 10 % of all answers 429, 5 % 500, 2 % of connections cut or reset, 1 % of runs failed.
seed: 7
rules:
  - {route: "* /**", rate: 0.10, status: 429, retry_after: 0.2}
  - {route: "* /**", rate: 0.05, status: 500}
  - {route: "* /**", rate: 0.005, reset: before}
  - {route: "* /**", rate: 0.005, reset: after}
  - {route: "* /**", rate: 0.01, cut: {bytes: 200}}
  - {route: POST /threads/*/runs, rate: 0.005, run_status: failed, last_error: rate_limit_exceeded}
  - {route: POST /threads/*/runs, rate: 0.005, run_status: failed, last_error: server_error}
"""
_JOURNAL = """
create table journal (what text, id text, parent text, body text);
create trigger note_made after insert on objects when new.kind in ('thread', 'thread.run', 'thread.message')
begin
    insert into journal values (new.kind, new.id, new.parent, new.body);
end;
create trigger note_completed after update on objects
when new.kind = 'thread.run' and json_extract(new.body, '$.status') = 'completed'
    and json_extract(old.body, '$.status') <> 'completed'
begin
    insert into journal values ('completed', new.id, new.parent, '{}');
end;
"""
"""Deleting a thread deletes its runs; what was done on the server is read from here."""
KINDS = ("thread", "assistant", "vector_store", "file")
"""What is to be deleted in the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the server's database says afterwards."""

    left: frozenset[str]
    """Ids of objects that are still there."""
    threads: int
    """Threads that were made."""
    completed: dict[str, int]
    """Completed runs by the prompt they answered: one a case."""


def measure(folder: Path, cases: int, concurrency: int) -> dict[str, Any]:
    """Run the cases; return what became of them."""
    document = folder / "branches.txt"
    make_document(document, 4_000)  # most cases ask for what is not in it: verdicts are not what is looked at here
    project, data, said = folder / "project", folder / "state", folder / "server.txt"
    make_ours(project, cases, document)
    for suite in (project / "cases").glob("*.yaml"):
        suite.write_text(suite.read_text(encoding="utf-8").replace("model: fake", "model: extractive"))
    faults = folder / "faults.yaml"
    faults.write_text(FAULTS)
    _prepare(data)
    command = [
        sys.executable,
        "-m",
        "harness.server",
        "--exit-with-stdin",
        "--faults",
        str(faults),
        "--data",
        str(data),
    ]
    with serving(command, errors=said) as url:
        spent = pytest(project, "--harness-endpoint", url, "--harness-concurrency", str(concurrency)).demand(0, 1)
    print(said.read_text(), spent.output.splitlines()[-1], sep="\n", flush=True)
    return _figures(project, _read(data), cases) | {
        "wall_s": spent.wall_s,
        "cpu_s": spent.cpu_s,
        "peak_mb": spent.peak_mb,
    }


def _prepare(data: Path) -> None:
    """Make the server's database, with triggers that keep a journal of what is deleted later."""
    data.mkdir(parents=True)
    Store(data / DATABASE_NAME).close()
    with sqlite3.connect(data / DATABASE_NAME) as database:
        database.executescript(_JOURNAL)
    database.close()


def _read(data: Path) -> Found:
    database = sqlite3.connect(data / DATABASE_NAME)
    marks = ", ".join("?" * len(KINDS))
    left = database.execute(f"select id from objects where kind in ({marks})", KINDS).fetchall()
    threads = database.execute("select count(*) from journal where what = 'thread'").fetchone()
    sql = """
        select json_extract(message.body, '$.content[0].text.value'), count(distinct done.id)
        from journal done join journal message on message.parent = done.parent and message.what = 'thread.message'
        where done.what = 'completed' and json_extract(message.body, '$.role') = 'user'
        group by 1
    """
    completed = dict(database.execute(sql).fetchall())
    database.close()
    return Found(left=frozenset(one for (one,) in left), threads=threads[0], completed=completed)


def _figures(project: Path, found: Found, cases: int) -> dict[str, Any]:
    counted = Counter(case_of(row) for row in rows(project))
    return {
        "cases": cases,
        "rows": sum(counted.values()),
        "cases_without_row": cases - len(counted),
        "cases_with_two_rows": sum(count > 1 for count in counted.values()),
        "outcomes": outcomes(project),
        "known_objects_left": len(found.left & known(project)),
        "unknown_objects_left": len(found.left - known(project)),
        "runs_twice": sum(count - 1 for count in found.completed.values()),
        "threads_made": found.threads,
        "cases_completed": len(found.completed),
    }
