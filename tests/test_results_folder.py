"""A run's folder as crashes leave it: torn lines, rows that took the place of others, whose run it is."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from planned_support import planned

from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import CaseScore, Outcome
from harness.model.transcript import Transcript
from harness.results import RunFolder, read_rows, row_data
from harness.results.kept import Kept
from harness.results.notices import notices
from harness.results.owner import Owner
from harness.run.ledger import Ledger, Remote


def row(one: Planned, outcome: Outcome = Outcome.GROUNDED) -> dict[str, Any]:
    transcript = Transcript(target="assistants", requested_model="extractive", reported_model=None, turns=())
    score = CaseScore(turns=(), deciding_turn=None, outcome=outcome, scorer="none")
    return row_data(Row(planned=one, transcript=transcript, score=score))


def folder_of(path: Path, *rows: dict[str, Any]) -> RunFolder:
    folder = RunFolder(path=path / "run")
    for one in rows:
        folder.append(one)
    return folder


def kept(folder: RunFolder, until: int | None = None) -> Kept:
    return Kept(folder, lambda data: data, until)


def cases(folder: RunFolder) -> list[str]:
    return [one.planned.name for one in read_rows(folder)]


FIRST, SECOND = planned(trial=1), planned(trial=2)


def test_rows_are_kept_by_what_they_came_of(tmp_path: Path) -> None:
    found = kept(folder_of(tmp_path, row(FIRST), row(SECOND, Outcome.ERROR)))

    assert found.has(FIRST)
    stored = found.row(FIRST)
    assert stored is not None
    assert stored.outcome is Outcome.GROUNDED
    assert found.holds(row(FIRST))
    assert not found.has(SECOND), "an error is no verdict"
    assert not found.has(planned(trial=3))
    assert found.stale == set()


@pytest.mark.parametrize(
    "change",
    [
        {"assistant": {"instructions": "Guess."}},
        {"assistant": {"model": "eager"}},
        {"sources": ()},
        {"refusal": "No."},
        {"min_groundedness": 0.9},
        {"target": "responses"},
    ],
    ids=str,
)
def test_a_row_of_another_plan_is_stale(tmp_path: Path, change: dict[str, Any]) -> None:
    found = kept(folder_of(tmp_path, row(FIRST)))

    assert not found.has(planned(**change))
    assert found.stale == {("cases/library.yaml", "loan", "default", 1)}


def test_what_decides_nothing_keeps_a_row(tmp_path: Path) -> None:
    assert kept(folder_of(tmp_path, row(FIRST))).has(planned(line=99, tags=("slow",)))


def test_a_new_row_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    changed = row(planned(refusal="No."))
    folder = folder_of(tmp_path, row(FIRST), row(SECOND))
    found = kept(folder)

    assert not found.holds(changed)
    folder.append(changed)
    found.replace(changed)

    assert [one.planned.refusal for one in read_rows(folder)] == [SECOND.refusal, "No."]
    assert kept(folder).has(SECOND)


def test_of_two_rows_the_later_counts(tmp_path: Path) -> None:
    """As a kill leaves them between a new row and the end of the old one."""
    folder = folder_of(tmp_path, row(FIRST, Outcome.ERROR), row(SECOND), row(FIRST))
    found = kept(folder)

    assert found.has(FIRST)
    found.mend()
    assert cases(folder) == ["loan[t2]", "loan"]


def test_what_came_later_is_not_among_what_was_found(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, row(FIRST))
    until = kept(folder).end
    folder.append(row(SECOND))

    assert not kept(folder, until).has(SECOND)


@pytest.mark.parametrize("tail", ['{"planned": {"suite"', "x" * 200_000, "{}"], ids=["short", "long", "whole"])
def test_a_torn_line_is_told_left_out_and_cut_off(tmp_path: Path, tail: str) -> None:
    folder = folder_of(tmp_path, row(FIRST))
    with (folder.path / "results.jsonl").open("a") as file:
        file.write(tail)
    found = kept(folder)

    assert any("torn" in line for line in notices(folder))
    folder.mend()
    folder.append(row(SECOND))
    assert cases(folder) == ["loan", "loan[t2]"]
    assert found.has(FIRST)


@pytest.mark.parametrize("name", ["results.jsonl", "remote.jsonl"])
def test_a_file_of_one_torn_line_is_emptied(tmp_path: Path, name: str) -> None:
    folder = RunFolder(path=tmp_path)
    (tmp_path / name).write_text('{"event": "ma')

    folder.mend()

    assert (tmp_path / name).read_bytes() == b""


def test_a_line_without_room_is_taken_back(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, row(FIRST))
    room = (folder.path / "results.jsonl").stat().st_size + 100
    code = (
        "import json, resource, signal, sys, pathlib; from harness.results import RunFolder\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "try: RunFolder(path=pathlib.Path(sys.argv[1])).append(json.loads(sys.stdin.read()))\n"
        "except OSError: sys.exit(7)"
    )
    command = [sys.executable, "-c", code, str(folder.path)]

    done = subprocess.run(command, input=json.dumps(row(SECOND)), text=True, check=False)

    assert done.returncode == 7
    assert (folder.path / "results.jsonl").read_bytes().endswith(b"}\n")
    assert cases(folder) == ["loan"]


def owned(tmp_path: Path, **changes: Any) -> RunFolder:
    folder = folder_of(tmp_path, row(FIRST))
    folder.write_manifest({"state": "running", "owner": Owner.this().data | changes})
    return folder


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({}, "running", "is still running"),
        ({"began": "long ago"}, "broken off", "--harness-resume run goes on with it"),
        ({"pid": 2**22 + 1}, "broken off", "was broken off"),
        ({"host": "elsewhere"}, "unknown", "on another machine"),
        ({"pid": "?"}, "broken off", "was broken off"),
    ],
)
def test_a_run_knows_what_became_of_it(tmp_path: Path, changes: dict[str, Any], state: str, said: str) -> None:
    folder = owned(tmp_path, **changes)

    assert folder.state == state
    (line,) = notices(folder)
    assert said in line


@pytest.mark.parametrize("manifest", [{"state": "finished"}, {"rows": 1}], ids=["now", "before-there-were-states"])
def test_a_finished_run_says_nothing(tmp_path: Path, manifest: dict[str, Any]) -> None:
    folder = folder_of(tmp_path, row(FIRST))
    folder.write_manifest(manifest)

    assert (folder.state, notices(folder)) == ("finished", [])


def test_a_run_without_a_manifest_was_broken_off(tmp_path: Path) -> None:
    assert folder_of(tmp_path, row(FIRST)).state == "broken off"


def test_a_process_that_has_ended_is_not_alive_though_nobody_asked_for_its_end() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout
        alive = Owner(host=platform.node(), pid=process.pid, began=Owner.this().began)
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Owner.of({"owner": alive.data}) == alive
        assert alive.life == "dead"
    assert Owner.this().life == "alive"


def test_a_ledger_tells_whose_an_object_is_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "remote.jsonl")
    about = {"endpoint": "embedded", "target": "assistants"}
    ledger.made(Remote(kind="thread", id="thread_1", node="a::b", plan="p", **about))
    ledger.made(Remote(kind="file", id="file-1", **about))
    ledger.made(Remote(kind="thread", id="thread_2", node="a::c", plan="p", **about))
    ledger.deleted(Remote(kind="thread", id="thread_2", **about))

    assert [(one.id, one.node, one.plan) for one in ledger.left()] == [
        ("thread_1", "a::b", "p"),
        ("file-1", None, None),
    ]
