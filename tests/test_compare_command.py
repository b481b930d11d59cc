"""`harness compare` over real runs: it names what was changed between them."""

import json
from typing import Any

import pytest
from conftest import LIBRARY, SUITE, harness, write


@pytest.fixture
def recorded(project: pytest.Pytester) -> pytest.Pytester:
    project.runpytest("cases").assert_outcomes(passed=2)
    return project


def data(project: pytest.Pytester, *args: str) -> dict[str, Any]:
    result = harness(project, "compare", *args, "--format", "json")
    assert result.ret == 0, result.stderr.str()
    only: dict[str, Any] = json.loads(result.stdout.str())["comparisons"][0]
    return only


@pytest.mark.slow
def test_a_changed_document_and_a_changed_case_are_told_apart(recorded: pytest.Pytester) -> None:
    write(recorded.path / "fixtures" / "library.md", LIBRARY.replace("28 days", "21 days"))
    write(recorded.path / "cases" / "library.yaml", SUITE.replace("expect: refuse", "expect: answer"))
    recorded.runpytest("cases", "--harness-record=new_episodes").assert_outcomes(failed=2)

    found = data(recorded, "latest~1", "latest")

    assert {flip["case"]: flip["causes"] for flip in found["broken"]} == {"loan": ["documents"], "librarian": ["case"]}
    assert [why["cause"] for why in found["why"]] == ["documents", "case"]
    assert found["why"][0]["changes"][0]["edits"][0]["where"] == "library.md"


@pytest.mark.slow
def test_a_replaced_scorer_is_found_by_scoring_the_same_answers_anew(recorded: pytest.Pytester) -> None:
    latest = max(recorded.path.glob("results/*/results.jsonl"))
    rows = [json.loads(line) for line in latest.read_text(encoding="utf-8").splitlines()]
    rows[0]["score"]["outcome"] = "ungrounded"
    older = recorded.path / "results" / "1999-scored-otherwise"
    older.mkdir()
    (older / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    found = data(recorded, "1999", "latest")

    (fixed,) = found["fixed"]
    assert fixed["causes"] == ["scorer"]
    assert fixed["evidence"] == ["the reference's answer, scored anew: grounded, was ungrounded"]
    assert [why["cause"] for why in found["why"]] == ["scorer"]


@pytest.mark.slow
def test_exit_codes_are_those_of_pytest(recorded: pytest.Pytester) -> None:
    recorded.runpytest("cases", "--harness-variant=chatty").assert_outcomes(passed=2)

    same = harness(recorded, "compare", "--variants", "default,chatty", "--fail-on", "any-broken")
    wrong = harness(recorded, "compare", "latest")

    assert same.ret == 0
    same.stdout.fnmatch_lines(["no difference shown: 100.0 % *", "*configuration: differs in 2 of 2 cases; no flip"])
    assert wrong.ret == 4
    assert "1 of at least two to compare" in wrong.stderr.str()
