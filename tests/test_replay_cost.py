"""What a replay does not pay for."""

import os
import subprocess
import sys

import pytest

DEAR = ("deepdiff", "filelock", "httpx2", "jinja2", "openai", "pandas", "pypdfium2", "rich", "typer", "vcr")
"""Packages that only recording, the command line or a table need."""

REPORT = """
import sys

def pytest_sessionfinish():
    print("LOADED", *(name for name in sys.modules if "." not in name))
    print("LOADED", *(name for name in sys.modules if name.startswith("harness.")))
"""


def _loaded(project: pytest.Pytester) -> set[str]:
    (project.path / "conftest.py").write_text(REPORT, encoding="utf-8")
    # A process of its own: this one has imported everything.
    command = [sys.executable, "-m", "pytest", "-s", "cases", "-p", "no:anyio", "-p", "no:recording"]
    environ = os.environ | {"HARNESS_RECORD": "none"}
    done = subprocess.run(command, cwd=project.path, env=environ, capture_output=True, text=True, check=True)
    assert "2 passed" in done.stdout
    assert "runs: 2 replayed" in done.stdout
    return {name for line in done.stdout.splitlines() if line.startswith("LOADED") for name in line.split()}


@pytest.mark.slow
def test_a_replay_imports_no_client_and_no_runner(project: pytest.Pytester) -> None:
    project.runpytest("cases").assert_outcomes(passed=2)

    loaded = _loaded(project)

    assert loaded & {*DEAR, "harness.run", "harness.embedded", "harness.cassettes.transport"} == set()
    assert {"harness.pipeline", "harness.scoring"} <= loaded


@pytest.mark.slow
def test_rows_are_let_go_once_they_are_written(project: pytest.Pytester) -> None:
    kept = """
def pytest_sessionfinish(session):
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    reports = [report for reports in stats.values() for report in reports]
    assert len(session.items) == 2 and reports
    print("ROWS", sum(getattr(item, "row", None) is not None for item in session.items))
    print("DATA", sum(hasattr(report, "harness_row") for report in reports))
"""
    project.makeconftest(kept)

    result = project.runpytest("cases", "-s")

    result.stdout.fnmatch_lines(["*ROWS 0", "*DATA 0"])
    (rows,) = project.path.glob("results/*/results.jsonl")
    assert rows.read_text(encoding="utf-8").count("\n") == 2


def test_a_missing_recording_is_told_without_a_stack(project: pytest.Pytester) -> None:
    result = project.runpytest("cases", "--harness-record=none")

    result.assert_outcomes(errors=2)
    assert "Error:" not in result.stdout.str()
    assert "collect.py" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*no recording, and mode `none` makes none*"])
