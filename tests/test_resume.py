"""A run that was broken off: what it has won is kept, what is missing is made, what is on the server is fetched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from conftest import SUITE, harness, write
from server_support import serving

from harness.cli.app import app
from harness.server.models.extractive import Extractive

TURNS = """\
  - id: late
    turns:
      - {prompt: For how many days may members borrow books?, expected_facts: [{number: 28}]}
      - {prompt: How much does a late book cost a day?, expected_facts: ["0.20"]}
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(models={"extractive": Extractive()}) as running:
        yield running


@pytest.fixture
def begun(project: pytest.Pytester, url: str) -> pytest.Pytester:
    """A project with a whole run, whose objects are all on the server still."""
    write(project.path / "cases" / "library.yaml", SUITE + TURNS)
    run(project, url, "--harness-keep").assert_outcomes(passed=3)
    return project


def run(project: pytest.Pytester, url: str, *args: str) -> pytest.RunResult:
    return project.runpytest("cases", f"--harness-endpoint={url}", *args)


def folder(project: pytest.Pytester) -> Path:
    (found,) = (project.path / "results").glob("*/")
    return found


def break_off(project: pytest.Pytester, *lost: str, **manifest: Any) -> Path:
    """Make the run look as a kill leaves it: it is not finished, and some cases have neither row nor recording."""
    path = folder(project)
    lines = [line for line in rows_file(path).splitlines() if json.loads(line)["planned"]["case"]["id"] not in lost]
    (path / "results.jsonl").write_text("".join(f"{line}\n" for line in lines))
    told = json.loads((path / "manifest.json").read_text())
    owner = {**told["owner"], "pid": 1, "began": "long ago"}
    told = {**told, "state": "running", "owner": owner, "keep": False, **manifest}
    (path / "manifest.json").write_text(json.dumps(told))
    for case in lost:
        shutil.rmtree(project.path / "cassettes" / "library" / case)
    return path


def rows_file(path: Path) -> str:
    return (path / "results.jsonl").read_text()


def rows(path: Path) -> dict[str, str]:
    """Return each case's outcome; a case with two rows fails the test."""
    found = [json.loads(line) for line in rows_file(path).splitlines() if line.strip()]
    outcomes = {row["planned"]["case"]["id"]: row["score"]["outcome"] for row in found}
    assert len(found) == len(outcomes)
    return outcomes


def ledger(path: Path, event: str, kind: str) -> list[str]:
    whole = (line for line in (path / "remote.jsonl").read_text().splitlines() if line.endswith("}"))
    lines = [json.loads(line) for line in whole]
    return [line["id"] for line in lines if (line["event"], line["kind"]) == (event, kind)]


def there(url: str, path: Path) -> set[str]:
    """Return those objects of a run that the server still has."""
    folders = {"file": "files", "vector_store": "vector_stores", "assistant": "assistants", "thread": "threads"}
    made = {remote: kind for kind in folders for remote in ledger(path, "made", kind)}
    found = {remote: httpx2.get(f"{url}/{folders[kind]}/{remote}") for remote, kind in made.items()}
    return {remote for remote, answer in found.items() if answer.status_code == 200}


ALL = {"loan": "grounded", "librarian": "correct_refusal", "late": "grounded"}


@pytest.mark.parametrize("lost", [("late", "librarian"), ("loan", "librarian", "late")])
def test_runs_that_are_on_the_server_are_fetched(begun: pytest.Pytester, url: str, lost: tuple[str, ...]) -> None:
    path = break_off(begun, *lost)
    threads = set(ledger(path, "made", "thread"))

    result = run(begun, url, "--harness-resume", path.name)

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines([f"resumed: {3 - len(lost)} rows are kept, {len(lost)} are new"])
    assert rows(path) == ALL
    assert set(ledger(path, "made", "thread")) == threads
    assert there(url, path) == set()
    assert {one.name for one in path.iterdir()} == {"results.jsonl", "manifest.json", "remote.jsonl"}
    assert json.loads((path / "manifest.json").read_text())["state"] == "finished"
    # What was fetched is recorded as what was heard is.
    begun.runpytest("cases", "--harness-record=none").assert_outcomes(passed=3)


@pytest.mark.slow
def test_what_is_no_longer_on_the_server_runs_again(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun, "loan")
    (thread, *_) = threads = ledger(path, "made", "thread")
    for one in threads:
        httpx2.delete(f"{url}/threads/{one}")

    run(begun, url, "--harness-resume=latest").assert_outcomes(passed=3)

    assert rows(path) == ALL
    assert len(ledger(path, "made", "thread")) == len(threads) + 1
    assert there(url, path) == set(), thread


@pytest.mark.slow
def test_the_command_resumes_too_and_counts_what_is_kept(
    begun: pytest.Pytester, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = break_off(begun, "librarian")

    assert app(["run", f"--harness-endpoint={url}", "--harness-resume", path.name], standalone_mode=False) == 0

    assert rows(path) == ALL
    said = capsys.readouterr().out
    assert "resumed: 2 rows are kept, 1 are new" in said
    assert "3 passed in" in said


@pytest.mark.slow
def test_a_torn_last_line_is_told_and_cut_off(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun)
    whole = rows_file(path)
    first, second, third = whole.splitlines(keepends=True)
    (path / "results.jsonl").write_text(first + second + third[:1000])

    shown = harness(begun, "show", "latest", "loan")
    result = run(begun, url, "--harness-resume=latest")

    assert shown.ret == 0
    shown.stderr.fnmatch_lines(["note: the run * was broken off: *--harness-resume *", "note: the last line * torn*"])
    result.assert_outcomes(passed=3)
    assert rows(path) == ALL


def test_a_changed_case_runs_again_and_is_told(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun)
    changed = (SUITE + TURNS).replace("For how many days may members borrow books?", "How long is a loan, in days?", 1)
    write(begun.path / "cases" / "library.yaml", changed)

    result = run(begun, url, "--harness-resume=latest", "--harness-record=new_episodes")

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["resumed: 2 rows are kept, 1 are new", "run again, since * changed: cases/library.yaml::loan"]
    )
    assert rows(path) == ALL
    assert "How long is a loan" in rows_file(path)


@pytest.mark.slow
def test_what_ended_as_an_error_is_tried_again(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun)
    spoilt = rows_file(path).replace('"outcome":"correct_refusal"', '"outcome":"error"')
    (path / "results.jsonl").write_text(spoilt)

    run(begun, url, "--harness-resume=latest").assert_outcomes(passed=3)

    assert rows(path) == ALL


@pytest.mark.slow
def test_a_kept_failure_fails_again_without_a_run(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun)
    failed = rows_file(path).replace('"outcome":"correct_refusal"', '"outcome":"missed_refusal"')
    (path / "results.jsonl").write_text(failed)

    result = run(begun, url, "--harness-resume=latest")

    result.assert_outcomes(passed=2, failed=1)
    assert rows(path) == ALL | {"librarian": "missed_refusal"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"owner": None}, None),
        ({"state": "finished"}, None),
        (
            {"endpoint": "http://elsewhere.example/v1"},
            "*went to http://elsewhere.example/v1, and this one*",
        ),
        ({"scored_from": "latest"}, "*was scored from old recordings*"),
    ],
)
def test_only_a_run_that_can_go_on_is_resumed(
    begun: pytest.Pytester, url: str, change: dict[str, Any], said: str | None
) -> None:
    path = break_off(begun, **change)
    before = rows_file(path)

    result = run(begun, url, "--harness-resume=latest")

    assert result.ret == (0 if said is None else 4)
    if said is not None:
        result.stderr.fnmatch_lines([said])
        assert "Traceback" not in result.stderr.str()
    assert rows_file(path) == before


@pytest.mark.slow
def test_a_run_that_is_still_running_is_left_alone(begun: pytest.Pytester, url: str) -> None:
    path = folder(begun)
    told = json.loads((path / "manifest.json").read_text())  # its process is this one
    (path / "manifest.json").write_text(json.dumps({**told, "state": "running", "keep": False}))

    resumed = run(begun, url, "--harness-resume=latest")
    cleaned = harness(begun, "cleanup", path.name, f"--harness-endpoint={url}")
    all_cleaned = harness(begun, "cleanup", f"--harness-endpoint={url}")

    assert (resumed.ret, cleaned.ret, all_cleaned.ret) == (4, 4, 0)
    resumed.stderr.fnmatch_lines(["*is still running*"])
    cleaned.stderr.fnmatch_lines(["*it is still running*"])
    all_cleaned.stdout.fnmatch_lines(["*it is still running: its 6 objects stay"])
    assert len(there(url, path)) == 6


@pytest.mark.slow
def test_of_two_that_resume_at_once_only_one_goes_on(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun, "loan", "librarian", "late")
    command = [sys.executable, "-m", "harness", "run", "--harness-resume=latest", f"--harness-endpoint={url}"]
    environ = {name: value for name, value in os.environ.items() if name != "CI"}

    both = [subprocess.Popen(command, cwd=begun.path, env=environ, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in both]

    assert sorted(process.returncode for process in both) in ([0, 4], [0, 0])  # or one began after the other's end
    assert all("Traceback" not in one for one in said)
    assert rows(path) == ALL


def test_there_must_be_such_a_run(project: pytest.Pytester) -> None:
    result = project.runpytest("cases", "--harness-resume=2020")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*there is no run '2020'*"])


@pytest.mark.parametrize("there_yet", [("manifest.json",), ("manifest.json", "remote.jsonl")])
def test_the_latest_is_resumed_even_if_it_has_no_row_yet(
    begun: pytest.Pytester, url: str, there_yet: tuple[str, ...]
) -> None:
    path = break_off(begun)
    later = path.with_name("2999-01-01T00-00-00-0001")
    later.mkdir()
    for name in there_yet:
        shutil.copy(path / name, later / name)
    before = rows_file(path)

    result = run(begun, url, "--harness-resume=latest")

    result.stdout.fnmatch_lines(["resumed: 0 rows are kept, 3 are new"])
    assert rows(later) == ALL
    assert rows_file(path) == before


def test_a_dry_run_tells_only_what_is_missing_and_touches_nothing(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun, "loan")
    before = {one: one.read_bytes() for one in path.iterdir()}

    result = run(begun, url, "--harness-resume=latest", "--harness-dry-run")

    result.stdout.fnmatch_lines(["1 runs chosen: 0 replayed, 1 made, 0 in error"])
    assert {one: one.read_bytes() for one in path.iterdir()} == before


@pytest.mark.slow
def test_cleanup_copes_with_a_torn_ledger(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun, "loan")
    with (path / "remote.jsonl").open("a") as file:
        file.write('{"event": "ma')

    cleaned = harness(begun, "cleanup", f"--harness-endpoint={url}")
    resumed = run(begun, url, "--harness-resume=latest")

    assert cleaned.ret == 0
    cleaned.stdout.fnmatch_lines(["*: deleted 6 objects", "nothing is left"])
    resumed.assert_outcomes(passed=3)
    assert there(url, path) == set()


@pytest.mark.slow
def test_cleanup_deletes_what_a_crash_left_and_not_what_was_kept(begun: pytest.Pytester, url: str) -> None:
    path = folder(begun)
    kept = harness(begun, "cleanup", f"--harness-endpoint={url}")
    still = there(url, path)
    break_off(begun)
    crashed = harness(begun, "cleanup", f"--harness-endpoint={url}")

    assert (kept.ret, crashed.ret) == (0, 0)
    kept.stdout.fnmatch_lines(["*: 6 objects were kept on purpose (--harness-keep): delete them with --kept"])
    assert len(still) == 6
    crashed.stdout.fnmatch_lines(["*: deleted 6 objects", "nothing is left"])
    assert there(url, path) == set()


@pytest.mark.slow
def test_runs_are_listed_with_how_they_ended(
    begun: pytest.Pytester, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = folder(begun).name
    break_off(begun, "late")
    run(begun, url, "-k", "loan")
    capsys.readouterr()

    app(["runs"], standalone_mode=False)

    told = capsys.readouterr()
    lines = [line.split() for line in told.out.splitlines()]
    assert lines[0] == ["run", "state", "rows", "outcomes"]
    assert [first, *["broken", "off", "2", "1", "grounded,", "1", "correct_refusal"]] in lines
    assert sorted(line[1:] for line in lines)[1] == ["finished", "1", "1", "grounded"]
    assert f"the run {first} was broken off" in told.err


@pytest.mark.slow
def test_workers_resume_together(begun: pytest.Pytester, url: str) -> None:
    path = break_off(begun, "late", "loan")
    threads = set(ledger(path, "made", "thread"))

    result = begun.runpytest_subprocess("cases", "-n2", f"--harness-endpoint={url}", "--harness-resume=latest")

    result.assert_outcomes(passed=3)
    assert rows(path) == ALL
    assert set(ledger(path, "made", "thread")) == threads
    assert there(url, path) == set()
