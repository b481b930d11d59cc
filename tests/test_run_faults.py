"""Endpoints that fail, each in its way: a clear error a case, nothing recorded, nothing left behind."""

import json
import os
import socket

import pytest
from conftest import SUITE, harness, write
from fault_server import fault_server

from harness.run.ledger import Ledger


def cassettes(project: pytest.Pytester) -> list[str]:
    """Return the recordings of cases; those of the set-up may stay."""
    return [path.name for path in project.path.glob("cassettes/library/**/*.yaml")]


def ledger(project: pytest.Pytester) -> Ledger:
    (run,) = (project.path / "results").iterdir()
    return Ledger(run / "remote.jsonl")


def test_a_server_without_faults_is_recorded(project: pytest.Pytester) -> None:
    with fault_server() as server:
        result = project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}")

        result.assert_outcomes(passed=1)
        assert server.left() == set()
    assert len(cassettes(project)) == 1
    assert ledger(project).left() == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("401", "answered 401: fault 401*"),
        ("401", "*hint: the key was not accepted*"),
        ("404", "*answered 404: fault 404*"),
        ("429", "*answered 429*"),
        ("429", "*hint: the endpoint limits requests: lower --harness-concurrency*"),
        ("500", "*answered 500*"),
        ("html", "*answered 200 with text/html, not with JSON*"),
        ("404-thread", "*OpenAI shut its hosted Assistants API on 2026-08-26*"),
        ("store-failed", "*could not index library.md: The file could not be parsed. (invalid_file)*"),
        ("failed", "*the run ended failed (server_error: the model fell over)*"),
        ("expired", "*the run ended expired*"),
        ("incomplete", "*the run ended incomplete*"),
        ("requires_action", "*the run waits for the outputs of functions*"),
        ("odd", "*run status 'dreaming'*"),
    ],
)
def test_a_fault_is_one_clear_error(project: pytest.Pytester, fault: str, said: str) -> None:
    write(project.path / "pyproject.toml", "[tool.harness]\nmax_retries = 0\n")
    with fault_server(fault) as server:
        result = project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}")

        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([f"*{said}"])
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*File *harness*")
        if not fault.isdigit():
            assert server.left() == set()
    assert cassettes(project) == []


def test_an_errored_case_is_a_row_and_no_failure_as_expected(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", SUITE + "    xfail: {reason: it is hard}\n")
    write(project.path / "pyproject.toml", "[tool.harness]\nmax_retries = 0\n")
    with fault_server("failed") as server:
        result = project.runpytest("cases", f"--harness-endpoint={server.url}")

    result.assert_outcomes(errors=2)
    (rows,) = project.path.glob("results/*/results.jsonl")
    outcomes = [json.loads(line)["score"]["outcome"] for line in rows.read_text().splitlines()]
    assert outcomes == ["error", "error"]


def test_a_run_that_never_ends_is_stopped(project: pytest.Pytester) -> None:
    write(project.path / "pyproject.toml", "[tool.harness]\ntimeout_s = 0.3\n")
    with fault_server("never") as server:
        result = project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}")

        assert server.left() == set()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the run did not end within 0.3 s*", "*hint: raise `timeout_s`*"])


@pytest.mark.slow
def test_an_endpoint_that_is_down(project: pytest.Pytester) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    result = project.runpytest("cases", f"--harness-endpoint={url}")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines([f"*{url}: nothing answers*", "*hint: is the server running*"])


def test_a_key_goes_to_its_own_endpoint_only(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-strangers")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-not-for-strangers")
    monkeypatch.setenv("HARNESS_API_KEY", "key-of-this-endpoint")
    with fault_server() as server:
        project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}").assert_outcomes(passed=1)

        assert {headers["authorization"] for headers in server.headers_seen} == {"Bearer key-of-this-endpoint"}
        assert "strangers" not in repr(server.headers_seen)
    written = "".join(path.read_text() for path in project.path.rglob("*") if path.is_file())
    assert "key-of-this-endpoint" not in written


@pytest.mark.parametrize(
    ("args", "said", "recordings"),
    [
        ([], "runs: 1 ran live against http://assistants.example/v1, not recorded", 0),
        (["--harness-record=once"], "runs: 1 recorded against http://assistants.example/v1", 1),
    ],
)
def test_elsewhere_is_recorded_only_on_demand(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, args: list[str], said: str, recordings: int
) -> None:
    with fault_server() as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
        result = project.runpytest("cases", "-k", "loan", "--harness-endpoint=http://assistants.example/v1", *args)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([said])
    assert len(cassettes(project)) == recordings
    assert len(list(project.path.glob("cassettes/_setup/*.yaml"))) == 4 * recordings  # file, store, texts, assistant


def test_kept_objects_are_cleaned_up_later(project: pytest.Pytester) -> None:
    with fault_server() as server:
        project.runpytest("cases", "-k", "loan", "--harness-keep", f"--harness-endpoint={server.url}")
        assert len(server.left()) == 4

        result = harness(project, "cleanup", "latest", "--kept", "--harness-endpoint", server.url)

        assert result.ret == 0
        result.stdout.fnmatch_lines(["*deleted 4 objects", "nothing is left"])
        assert server.left() == set()
    assert ledger(project).left() == []


def test_what_exists_is_used_and_never_deleted(project: pytest.Pytester) -> None:
    suite = SUITE.replace("  model: ${MODEL:-extractive}\n", "  id: asst_mine\n").replace(
        '  instructions: Answer only from the documents. Otherwise reply "Sorry, I can\'t find that."\n', ""
    )
    write(project.path / "cases" / "library.yaml", "vector_store: vs_mine\n" + suite)
    with fault_server() as server:
        project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}").assert_outcomes(passed=1)

        assert not any("assistants" in line or "files" in line or "_mine" in line for line in server.requests)
        assert server.left() == set()
    (recording,) = project.path.glob("cassettes/library/**/*.yaml")
    assert "asst_mine" in recording.read_text()
    assert "vs_mine" in recording.read_text()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00broken", "UTF-8"),
    ],
)
def test_a_bad_document_sends_nothing(project: pytest.Pytester, document: bytes, said: str) -> None:
    (project.path / "fixtures" / "library.md").write_bytes(document)
    with fault_server() as server:
        result = project.runpytest("cases", f"--harness-endpoint={server.url}")

        assert result.ret != 0
        assert server.requests == []
    result.stdout.fnmatch_lines([f"*{said}*"])


@pytest.mark.slow
def test_workers_leave_nothing_on_an_endpoint_either(project: pytest.Pytester) -> None:
    with fault_server() as server:
        result = project.runpytest_subprocess("cases", "-n", "2", f"--harness-endpoint={server.url}")

        assert result.parseoutcomes()["passed"] == 1
        assert server.left() == set()
    assert ledger(project).left() == []


def test_a_run_broken_off_early_can_be_cleaned_up_by_its_name(project: pytest.Pytester) -> None:
    with fault_server() as server:
        project.runpytest("cases", "-k", "loan", "--harness-keep", f"--harness-endpoint={server.url}")
        (run,) = (project.path / "results").iterdir()
        (run / "results.jsonl").unlink()

        result = harness(project, "cleanup", run.name, "--kept", "--harness-endpoint", server.url)

        assert result.ret == 0
        assert server.left() == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("folder", ["results", "cassettes"])
def test_a_folder_that_cannot_be_written_is_told(project: pytest.Pytester, folder: str) -> None:
    (project.path / folder).mkdir(mode=0o500)

    result = project.runpytest("cases")

    assert result.ret != 0
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
