"""A baseline under pytest: what is marked how, and what the exit code says."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import SUITE, harness, write

pytestmark = pytest.mark.slow

WRONG = SUITE.replace("number: 28", "number: 29")
"""The same case, whose expected fact the answer lacks: it fails over the same recording."""
THIRD = SUITE + "  - {id: fee, prompt: What does a late book cost a day?, expected_facts: [0.20 USD]}\n"


@pytest.fixture
def based(project: pytest.Pytester) -> pytest.Pytester:
    """The project, recorded, with its baseline."""
    project.runpytest("cases").assert_outcomes(passed=2)
    assert harness(project, "baseline", "set").ret == 0
    return project


def rewrite(project: pytest.Pytester, text: str, gate: str = "") -> None:
    write(project.path / "cases" / "library.yaml", text)
    write(project.path / "pyproject.toml", f"[tool.harness]\n[tool.harness.gate]\n{gate}\n")


def test_what_is_the_same_passes(based: pytest.Pytester) -> None:
    result = based.runpytest("cases", "--harness-baseline=main", "--junitxml=junit.xml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["baseline main: 2 same", "gate: passed (2 of 2 limits kept)"])
    properties = ET.parse(based.path / "junit.xml").iterfind(".//property")
    assert [one.get("value") for one in properties if one.get("name") == "baseline"] == ["same", "same"]


def test_a_broken_case_fails_the_session(based: pytest.Pytester) -> None:
    rewrite(based, WRONG)
    result = based.runpytest("cases", "--harness-baseline=main")
    result.assert_outcomes(failed=1, passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "baseline main: 1 same, 1 broken",
            "  broken   cases/library.yaml::loan: grounded -> incomplete",
            "gate: failed (1 of 2 limits kept)",
            "  BROKEN max_broken: 1, limit 0",
        ]
    )


def test_a_failure_as_in_the_baseline_is_expected_and_its_end_is_told(based: pytest.Pytester) -> None:
    rewrite(based, WRONG)
    based.runpytest("cases")
    harness(based, "baseline", "accept", "latest", "loan").stdout.fnmatch_lines(["*1 cases taken over"])
    result = based.runpytest("cases", "--harness-baseline=main", "-rx")
    result.assert_outcomes(xfailed=1, passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["XFAIL *loan - incomplete as in the baseline main"])

    rewrite(based, SUITE)
    fixed = based.runpytest("cases", "--harness-baseline=main")
    assert fixed.ret == 0
    fixed.stdout.fnmatch_lines(["  fixed    cases/library.yaml::loan: incomplete -> grounded"])


def test_the_gate_may_allow_what_breaks(based: pytest.Pytester) -> None:
    rewrite(based, WRONG, "max_broken = 1")
    result = based.runpytest("cases", "--harness-baseline=main")
    result.assert_outcomes(failed=1, passed=1)
    assert result.ret == 0


def test_an_error_is_excused_only_by_its_own_limit(based: pytest.Pytester) -> None:
    rewrite(based, THIRD, "max_broken = 9")
    result = based.runpytest("cases", "--harness-baseline=main", "--harness-record=none")
    result.assert_outcomes(errors=1, passed=2)
    assert result.ret == 1
    rewrite(based, THIRD, "max_error_rate = 0.5")
    assert based.runpytest("cases", "--harness-baseline=main", "--harness-record=none").ret == 0


def test_a_test_of_another_kind_is_never_excused(based: pytest.Pytester) -> None:
    rewrite(based, WRONG, "max_broken = 1")
    write(based.path / "test_other.py", "def test_other(): assert False\n")
    assert based.runpytest("cases", "test_other.py", "--harness-baseline=main").ret == 1


def test_rates_decide_without_a_baseline(based: pytest.Pytester) -> None:
    rewrite(based, WRONG, "min_pass_rate = 0.5")
    assert based.runpytest("cases").ret == 1
    assert based.runpytest("cases", "--harness-gate").ret == 0
    rewrite(based, SUITE, "max_mean_tokens = 1")
    result = based.runpytest("cases", "--harness-gate")
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["  BROKEN max_mean_tokens: *, limit 1"])


def test_new_and_gone_are_told_and_what_was_not_chosen_is_not(based: pytest.Pytester) -> None:
    chosen = based.runpytest("cases", "--harness-baseline=main", "-k", "loan")
    chosen.stdout.fnmatch_lines(["baseline main: 1 same"])
    rewrite(based, THIRD.replace("id: librarian", "id: head"))
    result = based.runpytest("cases", "--harness-baseline=main")
    result.stdout.fnmatch_lines(["baseline main: 1 same, 2 new, 1 gone", "  gone * cases/library.yaml::librarian: *"])
    accepted = harness(based, "baseline", "accept", "--gone")
    accepted.stdout.fnmatch_lines(["*3 cases taken over, 1 dropped"])
    harness(based, "baseline", "diff").stdout.fnmatch_lines(["baseline main: 3 same"])


def test_the_command_line_tells_what_is_gone_as_a_session_does(based: pytest.Pytester) -> None:
    based.runpytest("cases", "--harness-variant=*")
    harness(based, "baseline", "set")
    rewrite(based, SUITE.replace("chatty", "other"))
    result = based.runpytest("cases", "--harness-baseline=main")
    lines = ["baseline main: 2 same, 2 gone", "  gone     cases/library.yaml::loan?chatty?: grounded"]
    result.stdout.fnmatch_lines(lines)
    harness(based, "baseline", "diff").stdout.fnmatch_lines(lines)
    harness(based, "baseline", "accept", "--gone").stdout.fnmatch_lines(["*2 cases taken over, 2 dropped"])
    harness(based, "baseline", "diff").stdout.fnmatch_lines(["baseline main: 2 same"])


@pytest.mark.parametrize(("gate", "standing"), [("", "fixed"), ("flake_allowance = 0.5", "changed")])
def test_the_command_line_allows_trials_what_the_gate_allows(based: pytest.Pytester, gate: str, standing: str) -> None:
    path = based.path / "results" / "baselines" / "main.json"
    data = json.loads(path.read_text())
    results = data["groups"][0]["results"]
    results.append({**results[-1], "trial": 2, "outcome": "incomplete"})
    path.write_text(json.dumps(data))
    rewrite(based, SUITE, gate)
    harness(based, "baseline", "diff").stdout.fnmatch_lines([f"baseline main: 1 same, 1 {standing}"])


def test_under_xdist_the_controller_decides(based: pytest.Pytester) -> None:
    rewrite(based, WRONG)
    result = based.runpytest("cases", "--harness-baseline=main", "-n", "2", "-p", "xdist")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["baseline main: 1 same, 1 broken"])


@pytest.mark.parametrize(
    ("args", "gate", "message"),
    [
        (["--harness-baseline=mian"], "", "*there is no baseline 'mian'*"),
        (["--harness-baseline=../x"], "", "*a baseline can't be named '../x'*"),
        (["--harness-gate"], "max_borken = 1", "*gate.max_borken: unknown key; did you mean `max_broken`*"),
    ],
)
def test_what_cannot_be_used_ends_the_session(based: pytest.Pytester, args: list[str], gate: str, message: str) -> None:
    rewrite(based, SUITE, gate)
    result = based.runpytest("cases", *args)
    assert result.ret == 4
    result.stderr.fnmatch_lines([message])


def test_a_case_is_accepted_in_all_variants_or_in_the_one_that_is_named(based: pytest.Pytester) -> None:
    rewrite(based, SUITE.replace("cases:", "  brief: {temperature: 0}\ncases:", 1))
    based.runpytest("cases", "--harness-variant=*")
    harness(based, "baseline", "accept", "latest", "*loan[brief]").stdout.fnmatch_lines(["*1 cases taken over"])
    harness(based, "baseline", "list").stdout.fnmatch_lines(["main: 3 results*"])
    harness(based, "baseline", "accept", "latest", "cases/library.yaml::loan")
    harness(based, "baseline", "list").stdout.fnmatch_lines(["main: 4 results*"])
    wrong = harness(based, "baseline", "accept", "latest", "loan[nobody]")
    wrong.stderr.fnmatch_lines(["*has no case 'loan[[]nobody]'*"])


def test_github_gets_a_summary_and_a_note_at_the_line(
    based: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    rewrite(based, WRONG)
    result = based.runpytest("cases", "--harness-baseline=main")
    line = next(number for number, text in enumerate(WRONG.splitlines(), 1) if "id: loan" in text)
    result.stdout.fnmatch_lines([f"::error file=cases/library.yaml,line={line},title=*loan*incomplete::incomplete*"])
    text = summary.read_text(encoding="utf-8")
    assert "1 of 2 pass" in text
    assert "fact not stated: 29 days" in text


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["set", "2020"], 4, "*there is no run '2020'*"),
        (["accept", "--name", "other"], 4, "*there is no baseline 'other'*"),
        (["accept", "latest", "nobody"], 4, "*has no case 'nobody'*"),
        (["diff", "--name", "other"], 4, "*there is no baseline 'other'*"),
        (["list"], 0, "main: 2 results, 2 pass, from run *"),
    ],
)
def test_the_command_line(based: pytest.Pytester, args: list[str], code: int, message: str) -> None:
    result = harness(based, "baseline", *args)
    assert result.ret == code
    (result.stderr if code else result.stdout).fnmatch_lines([message])


def test_the_committed_file_is_small(based: pytest.Pytester) -> None:
    path = based.path / "results" / "baselines" / "main.json"
    assert path.stat().st_size < 4000
    assert json.loads(path.read_text())["format"] == 1
