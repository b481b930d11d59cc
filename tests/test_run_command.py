"""`harness run`: the same as `pytest cases/`, without pytest."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import SUITE, harness, write
from fault_server import FaultServer, fault_server

from harness.cli.app import app, main
from harness.config import Config, Flags, load_config
from harness.options import OPTIONS, Option

XFAIL = "    xfail: {reason: not yet}\n"


@pytest.fixture
def server() -> Any:
    with fault_server() as running:
        running.usage = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}
        yield running


@pytest.fixture
def recorded(project: pytest.Pytester, server: FaultServer) -> pytest.Pytester:
    """The project with its cassettes; the server answers everything by the loan period."""
    assert run("-q", f"--harness-endpoint={server.url}") == 1
    return project


def run(*args: str) -> Any:
    """Run the command in this process, and return its exit code."""
    return app(["run", *args], standalone_mode=False)


def rows(project: pytest.Pytester, at: int = -1) -> list[dict[str, Any]]:
    """Return the rows of a run; the latest, if nothing else is said."""
    files = sorted((project.path / "results").glob("*/results.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return [json.loads(line) for line in files[at].read_text().splitlines()]


def settings_of(config: Config) -> dict[str, Any]:
    """Return all settings, without what says where they came from."""
    settings = {name: getattr(config, name) for name in config.__slots__}
    return settings | {"environ": None, "endpoint": replace(config.endpoint, source="")}


def made(said: str) -> list[str]:
    """Return the cases that a dry run would make."""
    return [line.partition("::")[2] for line in said.splitlines() if line.startswith("  run ")]


def test_it_records_judges_writes_and_cleans_up(
    project: pytest.Pytester, server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"--harness-endpoint={server.url}") == 1

    said = capsys.readouterr().out
    assert "FAILED cases/library.yaml::librarian - missed_refusal" in said
    assert "__ cases/library.yaml::librarian __\nmissed_refusal: answered, but the documents do not" in said
    assert f"runs: 2 recorded against {server.url}\n" in said
    assert "1 passed, 1 failed in" in said.replace("1 failed, 1 passed", "1 passed, 1 failed")
    assert server.left() == set()
    (folder,) = (project.path / "results").iterdir()
    assert {path.name for path in folder.iterdir()} == {"results.jsonl", "manifest.json", "remote.jsonl"}
    assert json.loads((folder / "manifest.json").read_text())["rows"] == 2


@pytest.mark.slow
def test_the_rows_are_those_of_pytest(recorded: pytest.Pytester) -> None:
    assert run("-q") == 1
    ours = rows(recorded)
    recorded.runpytest("cases").assert_outcomes(passed=1, failed=1)

    assert rows(recorded) == ours
    assert len(ours) == 2


@pytest.mark.slow
def test_no_pytest_is_imported(recorded: pytest.Pytester) -> None:
    script = (
        "import sys; from harness.cli.app import app; app(['run', '-q'], standalone_mode=False);"
        "sys.exit('pytest' in sys.modules)"
    )
    result = recorded.run(sys.executable, "-c", script)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["runs: 2 replayed*"])


@pytest.mark.parametrize(
    ("args", "chosen"),
    [
        (["cases"], ["loan", "librarian"]),
        (["cases/library.yaml"], ["loan", "librarian"]),
        (["."], ["loan", "librarian"]),
        (["cases/library.yaml::loan"], ["loan"]),
        (["cases/library.yaml::loan", "cases"], ["loan", "librarian"]),
        (["--filter", "lib*n"], ["librarian"]),
        (["--filter", "*library.yaml::l*n"], ["loan", "librarian"]),
        (["--filter", "loan", "--filter", "lib*"], ["loan", "librarian"]),
        (["--tag", "period"], ["loan"]),
        (["--tag", "!period"], ["librarian"]),
        (["--tag", "per*", "--tag", "!period"], []),
        (["cases/library.yaml::loan", "--harness-trials=2"], ["loan", "loan[t2]"]),
        (["cases/library.yaml::loan", "--harness-variant=*"], ["loan", "loan[chatty]"]),
        (["cases/library.yaml::loan[chatty]", "--harness-variant=*"], ["loan[chatty]"]),
        (["--filter", "loan[chatty]", "--harness-variant=*"], ["loan[chatty]"]),
    ],
)
def test_cases_are_chosen(
    project: pytest.Pytester, capsys: pytest.CaptureFixture[str], args: list[str], chosen: list[str]
) -> None:
    assert project.path.is_dir()
    assert run("--harness-dry-run", *args) == (0 if chosen else 5)

    assert made(capsys.readouterr().out) == chosen


def test_the_environment_chooses_too(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.path.is_dir()
    for name, value in {"HARNESS_FILTER": "l*n", "HARNESS_TAG": "period", "HARNESS_DRY_RUN": "1"}.items():
        monkeypatch.setenv(name, value)

    assert run() == 0
    assert made(capsys.readouterr().out) == ["loan"]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_the_environment_says_what_an_option_does(project: pytest.Pytester, option: Option) -> None:
    judge = '[tool.harness.judge]\nmodel = "m"\nendpoint = "http://127.0.0.1:9/v1"\n'
    write(project.path / "pyproject.toml", f"[tool.harness]\n{judge}")
    by_kind = {"switch": "1", "whole": "3", "several": "chatty"}
    value = option.choices[-1] if option.choices else by_kind.get(option.kind, "5")
    value = "http://127.0.0.1:9/v1" if option.field == "endpoint" else value
    given: Any = {"switch": True, "whole": 3, "several": ("chatty",)}.get(option.kind, value)

    by_flag = load_config(project.path, {}, Flags(**{option.field: given}))
    by_environment = load_config(project.path, {option.key.upper(): value})

    left, right = (settings_of(config) for config in (by_flag, by_environment))
    assert left == right
    assert left != settings_of(load_config(project.path, {}))


@pytest.mark.slow
def test_what_failed_last_is_chosen(recorded: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    dry = ("--last-failed", "--harness-dry-run", "--harness-record=all")
    run(*dry)
    assert made(capsys.readouterr().out) == ["librarian"]

    run(*dry, "--filter", "loan")
    said = capsys.readouterr().out
    assert said.startswith("nothing failed last, as far as it is chosen: all of it runs\n")
    assert made(said) == ["loan"]

    write(recorded.path / "cases" / "library.yaml", SUITE + XFAIL)
    run("-q")
    capsys.readouterr()
    run(*dry)  # an expected failure is none
    assert made(capsys.readouterr().out) == ["loan", "librarian"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["cases/libary.yaml"],
            "cases/libary.yaml: there is no such file or folder; did you mean `cases/library.yaml`?",
        ),
        (["fixtures/library.md"], "fixtures/library.md: is no suite of the project"),
        (["cases/library.yaml::lone"], "there is no case 'lone'; did you mean `loan`?"),
        (["--harness-variant=chaty"], "no suite has a variant 'chaty'"),
        (["--harness-record=some"], "found 'some', which is no recording mode"),
        (["--harness-max-tokens=0"], "--harness-max-tokens: found '0', wanted is a whole number of tokens from 1"),
        (["--harness-max-cost=free"], "--harness-max-cost: found 'free', wanted is a number above 0"),
        (["--harness-max-duration=5 days"], "--harness-max-duration: found '5 days', wanted is a duration above 0"),
        (["--harness-nothing"], "No such option: --harness-nothing"),
        (["--harness-trials=two"], "Invalid value for '--harness-trials'"),
    ],
)
def test_a_wrong_call_is_told(
    project: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["harness", "run", *args])
    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 4
    assert said in capsys.readouterr().err
    assert not (project.path / "results").exists()


def test_nothing_chosen_is_an_exit_code_of_its_own(project: pytest.Pytester) -> None:
    assert run("--filter", "nothing*") == 5
    assert not (project.path / "results").exists()


def test_a_broken_suite_stops_all_before_anything_runs(
    project: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project.path / "cases" / "broken.yaml", "cases: 3\n")

    assert run() == 2
    assert "ERROR cases/broken.yaml:1" in capsys.readouterr().out
    assert not (project.path / "results").exists()


@pytest.mark.slow
def test_expected_failures_and_skips_count_as_under_pytest(
    recorded: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    write(recorded.path / "cases" / "library.yaml", SUITE + XFAIL)
    assert run() == 0
    assert "XFAIL cases/library.yaml::librarian - not yet" in capsys.readouterr().out

    write(recorded.path / "cases" / "library.yaml", SUITE.replace("    tags: [period]\n", XFAIL) + "    skip: later\n")
    assert run() == 1
    said = capsys.readouterr().out
    assert "FAILED cases/library.yaml::loan - it passes, and is expected to fail: not yet" in said
    assert "1 skipped, 1 failed in" in said


@pytest.mark.usefixtures("project")
def test_an_error_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--harness-record=none") == 1

    said = capsys.readouterr().out
    assert "ERROR cases/library.yaml::loan - cassettes/library/loan/" in said
    assert "2 errors in" in said


@pytest.mark.parametrize(
    ("args", "code", "ends", "told"),
    [
        (["--harness-record=none"], 1, {"errors": 2}, "2 errors in"),
        (["--filter", "nothing"], 5, {}, "no case is chosen"),
        (["--harness-dry-run"], 0, {}, "2 runs chosen: 0 replayed, 2 made"),
    ],
)
@pytest.mark.usefixtures("project")
def test_data_goes_to_standard_output_and_words_to_standard_error(
    capsys: pytest.CaptureFixture[str], args: list[str], code: int, ends: dict[str, int], told: str
) -> None:
    assert run("--json", *args) == code

    said = capsys.readouterr()
    data = json.loads(said.out)
    assert data["exit_code"] == code
    assert {word: count for word, count in data["ends"].items() if count} == ends
    assert [one["end"] for one in data["cases"]] == ["errors"] * ends.get("errors", 0)
    assert told in said.err


@pytest.mark.slow
def test_a_baseline_excuses_what_it_holds(recorded: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    assert harness(recorded, "baseline", "set").ret == 0

    assert run("--harness-baseline=main") == 0
    said = capsys.readouterr().out
    assert "XFAIL cases/library.yaml::librarian - missed_refusal as in the baseline main" in said
    assert "baseline main: 2 same" in said
    assert "gate: passed" in said


@pytest.mark.slow
def test_github_is_told(
    recorded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = recorded.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert run() == 1
    title = "title=cases/library.yaml%3A%3Alibrarian%3A missed_refusal"
    assert f"::error file=cases/library.yaml,line=13,{title}::missed_refusal" in capsys.readouterr().out
    assert summary.read_text().startswith("## assistant-harness: 1 of 2 pass")


@pytest.mark.slow
def test_an_interrupt_writes_and_deletes_what_there_is(project: pytest.Pytester) -> None:
    with fault_server("never") as server:
        command = [sys.executable, "-m", "harness", "run", f"--harness-endpoint={server.url}"]
        process = subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, text=True, env=os.environ)
        while not any("/runs/" in line for line in list(server.requests)):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)

        assert process.returncode == 2
        assert "interrupted: nothing ran in" in said
        assert server.left() == set()


@pytest.mark.slow
def test_help_and_pytest_name_the_same_options(project: pytest.Pytester) -> None:
    ours = harness(project, "run", "--help").stdout.str()
    theirs = project.runpytest("--help").stdout.str()

    named = {word for word in theirs.split() if word.startswith("--harness-")}
    names = {word.partition("=")[0] for word in named}
    assert names
    assert {name for name in names if name not in ours} == set()


@pytest.mark.slow
def test_a_place_outside_any_project_is_told(
    project: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere: Path = tmp_path_factory.mktemp("elsewhere")
    result = harness(project, "run", str(elsewhere))

    assert result.ret == 4
    assert "no pyproject.toml with a [tool.harness] table" in result.stderr.str()


@pytest.mark.slow
def test_watching_runs_again_what_a_change_touches(
    recorded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = recorded.path / "cases" / "library.yaml"
    steps = [
        lambda: write(suite, "# moved\n" + SUITE),
        lambda: write(suite, SUITE.replace("number: 28", "number: 29")),
        lambda: write(suite, "cases: 3\n"),
        lambda: write(suite, SUITE),
        lambda: write(recorded.path / "fixtures" / "library.md", "Closed.\n"),
    ]

    def save_something(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr("harness.cli.watch.time.sleep", save_something)
    assert run("--watch", "-q", "--harness-record=none") is None

    said = capsys.readouterr().out.splitlines()
    ends = [line for line in said if " in " in line or line.startswith(("no", "inter"))]
    told = [line.partition(" in ")[0] for line in ends if not line.startswith("runs:")]
    assert told == [
        "1 passed, 1 failed",  # all of it
        "no case is chosen",  # a line more above them changes no case
        "1 failed",  # the one whose expectation was changed
        "interrupted: 1 suites cannot be read",
        "1 passed",  # back as it was
        "2 errors",  # both stand on the document: their recordings are stale
    ]
    changed = [line for line in said if line.startswith("changed: ")]
    assert changed == [*["changed: cases/library.yaml"] * 4, "changed: fixtures/library.md"]
