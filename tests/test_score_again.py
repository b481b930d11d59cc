"""`harness score`: old transcripts and recordings, judged by today's scorers and cases."""

import json
import socket
from pathlib import Path

import pytest
from conftest import SUITE, harness, write

from harness.results import find_run, read_rows


@pytest.fixture
def recorded(project: pytest.Pytester) -> pytest.Pytester:
    project.runpytest("cases").assert_outcomes(passed=2)
    return project


def runs(project: pytest.Pytester) -> list[Path]:
    return sorted(path.parent for path in project.path.glob("results/*/results.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["latest", "--cassettes"])
def test_nothing_changed_says_so_and_writes_a_new_run(recorded: pytest.Pytester, what: str) -> None:
    before = runs(recorded)
    result = harness(recorded, "score", what)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["0 of 2 verdicts changed (lexical-2 -> lexical-2)", "results: results/*"])
    (new,) = set(runs(recorded)) - set(before)
    rows = list(read_rows(find_run(recorded.path / "results", new.name)))
    assert {row.score.scorer for row in rows} == {"lexical-2"}
    assert json.loads((new / "manifest.json").read_text())["scored_from"] in {"latest", "cassettes"}


@pytest.mark.slow
def test_todays_case_counts_and_what_got_worse_is_told(recorded: pytest.Pytester) -> None:
    write(recorded.path / "cases" / "library.yaml", SUITE.replace("number: 28", "number: 29"))
    result = harness(recorded, "score", "latest")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "cases/library.yaml::loan: grounded -> incomplete",
            "    failed check: fact not stated: 29 days",
            "1 of 2 verdicts changed*",
        ]
    )
    again = harness(recorded, "score", "--cassettes")
    again.stdout.fnmatch_lines(["0 of 2 verdicts changed*"])


@pytest.mark.slow
def test_a_case_that_asks_something_else_or_is_gone_is_judged_as_it_was(recorded: pytest.Pytester) -> None:
    text = SUITE.replace("For how many days", "For how many weeks").replace("id: librarian", "id: head")
    write(recorded.path / "cases" / "library.yaml", text)
    result = harness(recorded, "score", "latest")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "1: the case asks something else now; it is judged as it was: cases/library.yaml::loan",
            "1: no suite has this case any more; it is judged as it was: cases/library.yaml::librarian",
            "0 of 2 verdicts changed*",
        ]
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "name a run, or say --cassettes"),
        (["latest", "--cassettes"], "name a run, or say --cassettes"),
        (["latest"], "there is no run 'latest'"),
        (["--cassettes"], "there is nothing to score"),
    ],
)
def test_a_wrong_call_is_told(project: pytest.Pytester, args: list[str], words: str) -> None:
    result = harness(project, "score", *args)
    assert result.ret == 4
    assert words in result.stderr.str()


@pytest.mark.slow
def test_it_opens_no_socket(
    recorded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli.score import score_again

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert score_again(None, recorded.path) == 0
    assert "\n0 of 2 verdicts changed" in capsys.readouterr().out
