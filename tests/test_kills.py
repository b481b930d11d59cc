"""Processes killed with SIGKILL in the middle of a run, and resumed: nothing is lost, left behind or paid for twice."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from conftest import SUITE, harness, write

pytestmark = pytest.mark.slow

TURNS = """\
  - id: late
    turns:
      - {prompt: For how many days may members borrow books?, expected_facts: [{number: 28}]}
      - {prompt: How much does a late book cost a day?, expected_facts: ["0.20"]}
"""
FOLDERS = {
    "response": "responses",
    "thread": "threads",
    "assistant": "assistants",
    "vector_store": "vector_stores",
    "file": "files",
}


@contextmanager
def server(folder: Path, *rules: str) -> Iterator[str]:
    """Run the server as a process of its own, with faults, so that it outlives whoever asks it."""
    faults = folder / "faults.yaml"
    faults.write_text("rules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules))
    command = [sys.executable, "-m", "harness.server", "--exit-with-stdin", "--faults", str(faults)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().split()[-1]
        process.stdin.close()


def killed(project: pytest.Pytester, is_time: Callable[[Path], bool], *args: str) -> Path:
    """Run the cases, kill the process as soon as it is time, and return the run's folder."""
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--harness-concurrency=1", *args]
    process = subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not any(map(is_time, (project.path / "results").glob("*"))):
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    (path,) = (project.path / "results").glob("*")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else []


def made(path: Path, kind: str) -> list[str]:
    found = (line for line in lines(path / "remote.jsonl") if line["event"] == "made" and line["kind"] == kind)
    return list(dict.fromkeys(line["id"] for line in found))


def outcomes(path: Path) -> dict[str, str]:
    rows = lines(path / "results.jsonl")
    found = {row["planned"]["case"]["id"]: row["score"]["outcome"] for row in rows}
    assert len(found) == len(rows)
    return found


def left(url: str, path: Path) -> set[str]:
    known = {remote: kind for kind in FOLDERS for remote in made(path, kind)}
    return {one for one, kind in known.items() if httpx2.get(f"{url}/{FOLDERS[kind]}/{one}").status_code == 200}


def runs_of(url: str, thread: str) -> int:
    listed = httpx2.get(f"{url}/threads/{thread}/runs").json()
    return len(listed["data"])


ALL = {"loan": "grounded", "librarian": "correct_refusal", "late": "grounded"}


@pytest.mark.parametrize(("number", "mode"), [(1, "once"), (2, "all"), (4, "once")])
def test_a_run_that_finished_meanwhile_is_fetched(project: pytest.Pytester, number: int, mode: str) -> None:
    """The fourth run answers the second turn of the last case."""
    write(project.path / "cases" / "library.yaml", SUITE + TURNS)
    with server(project.path, f"route: POST /threads/*/runs, nth: {number}, silence: {{events: 2}}") as url:
        options = (f"--harness-endpoint={url}", f"--harness-record={mode}")

        def is_time(path: Path) -> bool:
            """Tell whether the run is made whose answer never comes: its thread is the last."""
            threads = made(path, "thread")
            return len(threads) == min(number, 3) and runs_of(url, threads[-1]) == 1 + (number == 4)

        path = killed(project, is_time, *options)
        threads, files = made(path, "thread"), made(path, "file")
        won = outcomes(path)
        assert json.loads((path / "manifest.json").read_text())["state"] == "running"

        result = project.run(sys.executable, "-m", "pytest", "cases", *options, "--harness-resume", path.name)

        result.assert_outcomes(passed=3)
        assert outcomes(path) == ALL
        assert won.items() <= ALL.items()
        assert made(path, "thread")[: len(threads)] == threads
        assert len(made(path, "thread")) == 3, "the thread of the run that was under way is used again"
        assert number == 1 or made(path, "file") == files, "what was set up, and recorded, is used again"
        assert harness(project, "cleanup", f"--harness-endpoint={url}").ret == 0
        assert left(url, path) == set()
    project.runpytest("cases", "--harness-record=none").assert_outcomes(passed=3)


def test_a_conversation_goes_on_where_it_was(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", SUITE + TURNS)
    with server(project.path, "route: POST /threads/*/runs, nth: 2, delay: 2") as url:
        options = (f"--harness-endpoint={url}", "-k", "late")

        path = killed(project, lambda path: any(runs_of(url, one) == 1 for one in made(path, "thread")), *options)
        result = project.run(sys.executable, "-m", "pytest", "cases", *options, "--harness-resume", path.name)

        result.assert_outcomes(passed=1, deselected=2)
        assert len(made(path, "thread")) == 1
        assert outcomes(path) == {"late": "grounded"}


def test_responses_that_are_there_are_fetched(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", SUITE + TURNS)
    with server(project.path, "route: POST /responses, nth: 4, delay: 2") as url:
        options = (f"--harness-endpoint={url}", "--harness-target=responses", "--harness-record=all")

        path = killed(project, lambda path: len(made(path, "response")) == 3, *options)
        responses = made(path, "response")
        result = project.run(sys.executable, "-m", "pytest", "cases", *options, "--harness-resume", path.name)

        result.assert_outcomes(passed=3)
        assert outcomes(path) == ALL
        assert len(made(path, "response")) == 4
        assert made(path, "response")[:3] == responses
        assert left(url, path) == set()


def test_workers_that_are_killed_together_are_resumed(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", SUITE + TURNS)
    with server(project.path, "route: POST /threads/*/runs, nth: 2, silence: {events: 2}") as url:
        options = (f"--harness-endpoint={url}", "-n2")

        path = killed(project, lambda path: len(lines(path / "results.jsonl")) > 0, *options)
        result = project.run(sys.executable, "-m", "pytest", "cases", *options, "--harness-resume", path.name)

        result.assert_outcomes(passed=3)
        assert outcomes(path) == ALL
        assert left(url, path) == set()


def test_what_a_kill_leaves_is_cleaned_up_and_nothing_else(project: pytest.Pytester) -> None:
    with server(project.path, "route: POST /threads/*/runs, nth: 2, silence: {events: 2}") as url:
        other = httpx2.post(f"{url}/threads", json={}).json()["id"]
        path = killed(project, lambda path: len(made(path, "thread")) == 2, f"--harness-endpoint={url}")
        assert left(url, path)

        result = harness(project, "cleanup", f"--harness-endpoint={url}")

        assert result.ret == 0
        result.stdout.fnmatch_lines(["nothing is left"])
        assert left(url, path) == set()
        assert httpx2.get(f"{url}/threads/{other}").status_code == 200

        # A run that was cleaned up can be resumed all the same: what is missing is made anew.
        again = project.run(
            sys.executable, "-m", "pytest", "cases", f"--harness-endpoint={url}", f"--harness-resume={path.name}"
        )
        again.assert_outcomes(passed=2)
        assert Counter(outcomes(path).values()) == {"grounded": 1, "correct_refusal": 1}
        assert left(url, path) == set()
