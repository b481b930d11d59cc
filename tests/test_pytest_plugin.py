"""Suites under pytest: selection, recording, replay, verdicts, summary, results."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import LIBRARY, SUITE, harness, write
from fault_server import fault_server

from harness import load_results
from harness.run.ledger import Ledger


@pytest.fixture
def recorded(project: pytest.Pytester) -> pytest.Pytester:
    """The project with its cassettes, recorded against the embedded server."""
    project.runpytest("cases").assert_outcomes(passed=2)
    return project


def latest(project: pytest.Pytester, below: str = ".") -> Path:
    """Return the folder of the last run."""
    return max((project.path / below / "results").iterdir(), key=lambda path: path.stat().st_mtime)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_replay_needs_no_socket_and_changes_no_byte(recorded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(recorded.path / "cassettes")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    result = recorded.runpytest("cases")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["runs: 2 replayed, recorded against embedded"])
    assert contents(recorded.path / "cassettes") == before


@pytest.mark.slow
def test_recording_again_gives_the_same_conversation(recorded: pytest.Pytester) -> None:
    def bodies() -> list[str]:
        paths = sorted((recorded.path / "cassettes").rglob("*.yaml"))
        return [path.read_text().partition("\ninteractions:")[2] for path in paths]

    before = bodies()

    recorded.runpytest("cases", "--harness-record=all").assert_outcomes(passed=2)

    assert bodies() == before


@pytest.mark.slow
def test_a_changed_instruction_is_an_error_and_never_an_old_answer(recorded: pytest.Pytester) -> None:
    write(recorded.path / "cases" / "library.yaml", SUITE.replace("Answer only", "Answer mainly"))

    result = recorded.runpytest("cases")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*library/loan/*.yaml: the recording answers another question: instructions: *only* -> *mainly*",
            "*hint: record it: pytest 'cases/library.yaml::loan' --harness-record=new_episodes",
        ]
    )
    recorded.runpytest("cases", "--harness-record=new_episodes").assert_outcomes(passed=2)
    recorded.runpytest("cases").assert_outcomes(passed=2)


def test_in_ci_nothing_is_recorded(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    result = project.runpytest("cases")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*no recording, and mode `none` makes none*"])
    assert not (project.path / "cassettes").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "passed"),
    [
        (["-k", "loan"], 1),
        (["-m", "period"], 1),
        (["-m", "not period"], 1),
        (["cases/library.yaml::librarian"], 1),
        (["--harness-variant=chatty", "--harness-record=once"], 2),
        (["--harness-variant=*", "--harness-record=once"], 4),
        (["--harness-variant=default,chatty", "-k", "loan", "--harness-record=once"], 2),
        (["--strict-markers"], 2),
    ],
)
def test_selection(recorded: pytest.Pytester, args: list[str], passed: int) -> None:
    target = [] if "::" in args[0] else ["cases"]

    result = recorded.runpytest(*target, *args)

    assert result.parseoutcomes()["passed"] == passed


@pytest.mark.slow
def test_variants_are_named_in_brackets(recorded: pytest.Pytester) -> None:
    result = recorded.runpytest("cases", "--harness-variant=*", "--collect-only", "-q")

    result.stdout.fnmatch_lines(["cases/library.yaml::loan", "cases/library.yaml::loan?chatty?"])


@pytest.mark.slow
def test_an_unknown_variant_is_a_usage_error(recorded: pytest.Pytester) -> None:
    result = recorded.runpytest("cases", "--harness-variant=chaty")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no suite has a variant 'chaty'; did you mean `chatty`?" in result.stderr.str() + result.stdout.str()


@pytest.mark.slow
def test_a_failure_is_told_in_the_words_of_the_case(project: pytest.Pytester) -> None:
    suite = SUITE.replace("number: 28", "number: 29").replace("expect: refuse", "expected_facts: [Ada]")
    write(project.path / "cases" / "library.yaml", suite)

    result = project.runpytest("cases")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "incomplete: lacks what was demanded",
            "prompt:",
            "  For how many days may members borrow books?",
            "answer (answered):",
            "  *28 days*",
            "missing fact: 29 days",
            "whole transcript: harness show * 'cases/library.yaml::loan'",
            "over_refusal: refused, but the documents hold the answer",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*raise *")


@pytest.mark.slow
def test_last_failed_and_stop_at_first(recorded: pytest.Pytester) -> None:
    write(recorded.path / "cases" / "library.yaml", SUITE.replace("number: 28", "number: 29"))
    recorded.runpytest("cases").assert_outcomes(passed=1, failed=1)

    assert recorded.runpytest("cases", "--lf").parseoutcomes() == {"failed": 1}
    result = recorded.runpytest("cases", "-x")

    assert "passed" not in result.parseoutcomes()


@pytest.mark.slow
def test_xfail_is_strict_and_skip_runs_nothing(project: pytest.Pytester) -> None:
    passes = SUITE.replace("    tags: [period]\n", "    xfail: {reason: too hard, model: extractive}\n")
    fails = passes.replace("number: 28", "number: 29")
    skipped = SUITE.replace("    tags: [period]\n", "    skip: not today\n")
    for suite, expected in (
        (passes, {"failed": 1, "passed": 1}),
        (fails, {"xfailed": 1, "passed": 1}),
        (skipped, {"skipped": 1, "passed": 1}),
    ):
        write(project.path / "cases" / "library.yaml", suite)
        assert project.runpytest("cases").parseoutcomes() == expected


@pytest.mark.slow
def test_xfail_of_another_model_does_not_count(project: pytest.Pytester) -> None:
    suite = SUITE.replace("    tags: [period]\n", "    xfail: {reason: x, model: other}\n").replace("28", "29")
    write(project.path / "cases" / "library.yaml", suite)

    assert project.runpytest("cases").parseoutcomes() == {"failed": 1, "passed": 1}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["once", "all", "none"])
def test_workers_share_one_run(recorded: pytest.Pytester, mode: str) -> None:
    before = len(list((recorded.path / "results").iterdir()))

    result = recorded.runpytest_subprocess("cases", "-n", "2", f"--harness-record={mode}")

    result.assert_outcomes(passed=2)
    assert len(list((recorded.path / "results").iterdir())) == before + 1
    run = latest(recorded)
    assert len((run / "results.jsonl").read_text().splitlines()) == 2
    assert sorted(path.name for path in run.iterdir() if path.name != "remote.jsonl") == [
        "manifest.json",
        "results.jsonl",
    ]
    if mode == "all":
        lines = [json.loads(line) for line in (run / "remote.jsonl").read_text().splitlines()]
        made = [line["kind"] for line in lines if line["event"] == "made"]
        assert sorted(made) == ["assistant", "file", "thread", "thread", "vector_store"]
        assert len([line for line in lines if line["event"] == "deleted"]) == 5


@pytest.mark.slow
def test_junitxml_carries_the_outcome(recorded: pytest.Pytester) -> None:
    recorded.runpytest("cases", "--junitxml=junit.xml")

    cases = ET.parse(recorded.path / "junit.xml").getroot().iter("testcase")
    properties = {one.get("name"): {p.get("name"): p.get("value") for p in one.iter("property")} for one in cases}

    assert properties["loan"]["outcome"] == "grounded"
    assert properties["librarian"]["outcome"] == "correct_refusal"


@pytest.mark.slow
def test_the_summary_shows_what_was_expected_and_observed(recorded: pytest.Pytester) -> None:
    result = recorded.runpytest("cases")

    result.stdout.fnmatch_lines(
        [
            "expected * answered * refused",
            "answer * 1 * ·",
            "refuse * · * 1",
            "outcomes * grounded * correct_refusal",
            "cases/library.yaml ?default? * 1 * 1",
            "tokens: * prompt, * completion",
            "models: extractive (built-in stand-ins, not language models)",
            "results: results/*",
        ]
    )


@pytest.mark.slow
def test_results_can_be_loaded_and_shown(recorded: pytest.Pytester) -> None:
    table = load_results(latest(recorded))

    assert list(table["case"]) == ["loan", "librarian"]
    assert list(table["outcome"]) == ["grounded", "correct_refusal"]
    assert table["groundedness"].isna().tolist() == [False, True]
    assert "28 days" in table["answer"][0]
    shown = harness(recorded, "show", "latest", "loan")
    assert shown.ret == 0
    shown.stdout.fnmatch_lines(["user:", "  For how many days*", "assistant:", "*28 days*", "*library.md, characters*"])


def test_collecting_alone_leaves_nothing_behind(project: pytest.Pytester) -> None:
    result = project.runpytest("cases", "--collect-only")

    result.stdout.fnmatch_lines(["*2 tests collected*"])
    assert not (project.path / "results").exists()
    assert not (project.path / "cassettes").exists()


def test_yaml_elsewhere_is_left_alone(project: pytest.Pytester) -> None:
    write(project.path / "other" / "compose.yaml", "services: {web: {image: x}}\n")
    write(project.path / "cases" / "variants.yaml", "variants: {careful: {}}\n")
    write(project.path / "cases" / ".hidden" / "x.yaml", "nonsense")

    result = project.runpytest("--collect-only", "-q")

    result.stdout.fnmatch_lines(["2 tests collected*"])


@pytest.mark.slow
def test_a_broken_suite_names_its_line_and_the_others_run(recorded: pytest.Pytester) -> None:
    write(recorded.path / "cases" / "bad.yaml", SUITE.replace("expected_facts", "expected_fact"))

    result = recorded.runpytest("cases", "--continue-on-collection-errors")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*cases/bad.yaml:*expected_fact*did you mean*expected_facts*"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [b"", b"version: 1\nmetadata:\n  form", b"\xff\xfe", b"[]", b"version: 1\ninteractions: []\n"]
)
def test_a_broken_cassette_fails_its_case_and_the_others_run(recorded: pytest.Pytester, damage: bytes) -> None:
    (path,) = recorded.path.glob("cassettes/library/loan/*.yaml")
    path.write_bytes(damage)

    result = recorded.runpytest("cases")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*cassettes/library/loan/*: the cassette cannot be read*", "*record it again*"])


@pytest.mark.slow
def test_a_secret_in_an_answer_refuses_the_recording(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "books for 28 days")

    result = project.runpytest("cases", "-k", "loan")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*loan was not recorded: `*content*` of *holds the value of a secret*"])
    assert list(project.path.glob("cassettes/library/loan/*")) == []


def test_a_bad_setting_is_a_usage_error(project: pytest.Pytester) -> None:
    write(project.path / "pyproject.toml", "[tool.harness]\nconcurency = 3\n")

    result = project.runpytest("cases")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "did you mean `concurrency`?" in result.stderr.str() + result.stdout.str()


@pytest.mark.slow
def test_an_interrupt_leaves_nothing_behind(project: pytest.Pytester) -> None:
    with fault_server("never") as server:
        environment = {**os.environ, "HARNESS_ENDPOINT": server.url}
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "cases"],
            cwd=project.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 30
        while not any(line.endswith("/runs") for line in server.requests) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)

        assert process.returncode == pytest.ExitCode.INTERRUPTED
        assert server.left() == set()
    assert "KeyboardInterrupt" in output
    assert "never retrieved" not in output
    assert list(project.path.glob("cassettes/library/**/*.yaml")) == []


def test_a_session_without_suites_pays_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            heavy = {"openai", "pandas", "pydantic", "yaml", "vcr", "httpx2", "harness.pipeline", "harness.config"}
            assert not heavy & set(sys.modules)
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:anyio")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*assistant-harness ===*")


@pytest.mark.slow
def test_two_projects_in_one_session_keep_apart(project: pytest.Pytester) -> None:
    for name in ("one", "two"):
        write(project.path / name / "pyproject.toml", "[tool.harness]\n")
        write(project.path / name / "fixtures" / "library.md", LIBRARY)
        write(project.path / name / "cases" / "library.yaml", SUITE)

    result = project.runpytest("one/cases", "two/cases")

    result.assert_outcomes(passed=4)
    for name in ("one", "two"):
        assert len(load_results(latest(project, name))) == 2


@pytest.mark.slow
def test_a_project_reached_by_a_link_is_the_project(recorded: pytest.Pytester, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(recorded.path, target_is_directory=True)

    recorded.runpytest(str(link / "cases")).assert_outcomes(passed=2)


@pytest.mark.slow
def test_workers_started_elsewhere_share_one_run_too(
    recorded: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = len(list((recorded.path / "results").iterdir()))

    result = recorded.runpytest_subprocess(str(recorded.path / "cases"), "-n", "2")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["runs: 2 replayed*"])
    assert len(list((recorded.path / "results").iterdir())) == before + 1


@pytest.mark.parametrize("args", [["--harness-concurrency=0"], ["--harness-endpoint=nonsense"]])
def test_a_bad_flag_is_a_usage_error(project: pytest.Pytester, args: list[str]) -> None:
    result = project.runpytest("cases", *args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --harness-*: found *, wanted is *"])


@pytest.mark.slow
@pytest.mark.parametrize("secret", ["head librarian", "What?is=the/name"])
def test_a_secret_in_a_prompt_reaches_no_result(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("SOME_SERVICE_TOKEN", secret)
    write(project.path / "cases" / "library.yaml", SUITE.replace("What is the name", "What%3Fis%3Dthe%2Fname"))

    project.runpytest("cases", "-k", "librarian")

    (rows,) = project.path.glob("results/*/results.jsonl")
    assert "head librarian" not in rows.read_text() or secret != "head librarian"
    assert "What%3Fis" not in rows.read_text() or secret == "head librarian"
    assert "[secret]" in rows.read_text()


@pytest.mark.slow
def test_an_interrupt_at_the_terminal_reaches_the_server_last(project: pytest.Pytester) -> None:
    """A terminal sends it to the whole process group; the embedded server must live on to clean up."""
    more = (f"  - {{id: more-{number}, prompt: 'How long, {number}?', expect: refuse}}" for number in range(60))
    write(project.path / "cases" / "library.yaml", SUITE + "\n".join(more) + "\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "cases"],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not any("thread" in path.read_text() for path in project.path.glob("results/*/remote.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=40)

    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "left behind" not in output
    assert "Traceback (most recent call last)" not in output
    (path,) = project.path.glob("results/*/remote.jsonl")
    assert Ledger(path).left() == []
