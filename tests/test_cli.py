"""The `harness` command as a person types it."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import SUITE, harness, write

COMMANDS = (
    *("init", "validate", "schema", "import", "migrate", "run", "runs", "show", "report", "view", "compare", "score"),
    *("review", "sql", "history", "cleanup", "serve", "baseline", "cassettes"),
)


def test_the_help_of_serve_is_that_of_the_server(project: pytest.Pytester) -> None:
    result = harness(project, "serve", "--help")

    assert result.ret == 0
    assert re.search(r"example: .*harness\.server", " ".join(result.outlines))


@pytest.mark.parametrize(("args", "code"), [((), 4), (("--help",), 0)])
def test_it_says_what_there_is(project: pytest.Pytester, args: tuple[str, ...], code: int) -> None:
    result = harness(project, *args)

    told = result.stdout.str() + result.stderr.str()
    assert result.ret == code
    assert [command for command in COMMANDS if f"\n  {command} " not in told] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show", "latest", "loan"], "there is no run 'latest'"),
        (["show", "2026", "loan"], "there is no run '2026'"),
        (["cleanup", "nothing"], "there is no run 'nothing'"),
        (["cleanup", "--harness-endpoint", "ftp://x"], "wanted is a URL"),
    ],
)
def test_a_wrong_call_is_a_message_and_exit_code_4(project: pytest.Pytester, args: list[str], said: str) -> None:
    result = harness(project, *args)

    assert result.ret == 4
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_outside_a_project_it_says_so(pytester: pytest.Pytester) -> None:
    result = harness(pytester, "show", "latest", "loan")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["harness: *no pyproject.toml with a ?tool.harness? table*", "*harness init*"])


@pytest.mark.slow
def test_show_knows_near_names(project: pytest.Pytester) -> None:
    project.runpytest("cases").assert_outcomes(passed=2)

    result = harness(project, "show", "latest", "lone")

    assert result.ret == 4
    assert "did you mean `loan`?" in result.stderr.str()


@pytest.mark.slow
@pytest.mark.parametrize(("line", "code"), [('{"cut', 0), ("[]", 4), ('{"planned": {}}', 4)])
def test_a_torn_last_row_is_passed_over_and_a_broken_one_is_named(
    project: pytest.Pytester, line: str, code: int
) -> None:
    project.runpytest("cases").assert_outcomes(passed=2)
    (rows,) = project.path.glob("results/*/results.jsonl")
    good = rows.read_text()

    rows.write_text(good + line)  # what is cut off is no JSON
    assert harness(project, "show", "latest", "loan").ret == code
    rows.write_text(line + "\n" + good)
    result = harness(project, "show", "latest", "loan")

    assert result.ret == 4
    assert "results.jsonl:1: the line is no row" in result.stderr.str()


@pytest.mark.slow
def test_hostile_answers_cannot_drive_the_terminal(project: pytest.Pytester) -> None:
    write(project.path / "fixtures" / "library.md", "Members may borrow books for 28 days \x1b]0;owned\x07\x1b[2J.\n")
    project.runpytest("cases", "-k", "loan")

    output = harness(project, "show", "latest", "loan").stdout.str()

    assert "28 days" in output
    assert "\x1b" not in output
    assert "\x07" not in output


@pytest.mark.slow
def test_init_makes_a_suite_that_works(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    result = harness(pytester, "init", "mine")
    assert result.ret == 0

    session = subprocess.run(
        [sys.executable, "-m", "pytest", "cases", "-q"],
        cwd=pytester.path / "mine",
        capture_output=True,
        text=True,
        check=False,
    )

    assert "3 passed" in session.stdout, session.stdout
    again = harness(pytester, "init", "mine")
    assert again.ret == 4
    assert "is there already; nothing was made" in again.stderr.str()


def test_init_says_what_is_next_and_keeps_baselines(pytester: pytest.Pytester) -> None:
    result = harness(pytester, "init", "my project", "--github")

    result.stdout.fnmatch_lines(["made my project/.github/workflows/cases.yml", "next:", "  cd 'my project'"])
    folder = pytester.path / "my project"
    assert "results/*\n!results/baselines/\n" in (folder / ".gitignore").read_text()
    (job,) = yaml.safe_load((folder / ".github" / "workflows" / "cases.yml").read_text())["jobs"].values()
    assert [step["run"].split()[:2] for step in job["steps"] if "run" in step] == [
        ["pip", "install"],
        ["pytest", "cases/"],
        ["harness", "report"],
    ]


def test_without_being_asked_init_makes_no_workflow(pytester: pytest.Pytester) -> None:
    assert harness(pytester, "init").ret == 0

    assert not (pytester.path / ".github").exists()


def test_init_adds_to_what_is_there(pytester: pytest.Pytester) -> None:
    write(pytester.path / "pyproject.toml", '[project]\nname = "mine"\n')

    assert harness(pytester, "init").ret == 0

    text = (pytester.path / "pyproject.toml").read_text()
    assert text.startswith('[project]\nname = "mine"\n')
    assert "[tool.harness]" in text


@pytest.mark.slow
def test_serve_runs_in_the_foreground(project: pytest.Pytester) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve"], cwd=project.path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        write(project.path / "cases" / "library.yaml", SUITE)
        project.runpytest("cases", f"--harness-endpoint={url}").assert_outcomes(passed=2)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()
    (recording,) = Path(project.path).glob("cassettes/library/loan/*.yaml")
    assert url in recording.read_text()
