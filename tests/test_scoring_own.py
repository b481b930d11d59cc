"""Scorers of your own: found, run, and kept from breaking anything."""

import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SUITE, harness, write

from harness import HarnessError, Score
from harness.scoring.own import NamedScorer, find_scorers, run_scorer

SCORERS = """
from harness import Score, ScoringContext

class Short:
    def score(self, context: ScoringContext) -> Score:
        count = len(context.answer.split())
        return Score(value=count, is_pass=count < 5, reason=f"{count} words")

class Sees:
    def score(self, context):
        assert context.question and context.documents["library.md"].text and context.retrieved
        assert context.turn.behaviour == "answered" and context.planned.case.id == "loan"
        return Score(value=1)

class Broken:
    def score(self, context):
        raise RuntimeError("no luck")

class Other:
    def score(self, context):
        return 3

class Exits:
    def score(self, context):
        raise SystemExit(3)

class Async:
    async def score(self, context):
        return Score(value=1)

class NoScorer:
    pass

ready = Short()
"""


@pytest.fixture
def own(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    write(project.path / "checks" / "mine.py", SCORERS)
    monkeypatch.delitem(sys.modules, "checks.mine", raising=False)
    monkeypatch.delitem(sys.modules, "checks", raising=False)
    return project


def run(project: pytest.Pytester, *names: str) -> pytest.RunResult:
    write(project.path / "cases" / "library.yaml", f"scorers: [{', '.join(names)}]\n{SUITE}")
    return project.runpytest("cases", "-k", "loan")


@pytest.mark.slow
def test_a_failing_scorer_is_a_failed_check_and_errors_are_its_own(own: pytest.Pytester) -> None:
    result = run(own, "checks.mine:Short", "checks.mine:Broken", "checks.mine:Sees", "checks.mine:Other")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "incomplete: lacks what was demanded",
            "failed check: scorer checks.mine:Short: * words",
            "scorer checks.mine:Broken raised: RuntimeError: no luck",
            "scorer checks.mine:Other raised: it returned int, a harness.Score is wanted",
        ]
    )
    shown = harness(own, "show", "latest", "loan").stdout
    shown.fnmatch_lines(
        ["  scorer checks.mine:Short * failed: * words", "*Broken raised*", "  scorer checks.mine:Sees 1"]
    )


@pytest.mark.slow
def test_a_scorer_that_raises_fails_no_case(own: pytest.Pytester) -> None:
    result = run(own, "checks.mine:Broken", "checks.mine:Exits", "checks.mine:Async")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["scorer errors: 3 (checks.mine:Broken: RuntimeError: no luck; *:Exits: SystemExit: 3; *:Async: it *)"]
    )


class Says:
    def __init__(self, score: object) -> None:
        self.said = score

    def score(self, _: object) -> Any:
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


def odd(**fields: Any) -> dict[str, Any]:
    return fields


async def waiting() -> Score:
    return Score(value=1)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (lambda: SystemExit(3), "SystemExit: 3"),
        (waiting, "it returned something to await: scorers are plain functions, without `async`"),
        (lambda: None, "it returned NoneType, a harness.Score is wanted"),
        (lambda: Score(**odd(value="high")), "its `value` is 'high', a finite number or None is wanted"),
        (lambda: Score(value=True), "its `value` is True, a finite number or None is wanted"),
        (lambda: Score(value=float("nan")), "its `value` is nan, a finite number or None is wanted"),
        (lambda: Score(**odd(is_pass="no")), "its `is_pass` is 'no', True, False or None is wanted"),
        (lambda: Score(**odd(is_pass=1)), "its `is_pass` is 1, True, False or None is wanted"),
        (lambda: Score(**odd(reason=[])), "its `reason` is of type list, a text or None is wanted"),
        (lambda: Score(value=0.5, is_pass=False, reason="x"), None),
    ],
)
def test_what_a_scorer_may_not_say_is_its_error(said: Any, error: str | None) -> None:
    named = NamedScorer(name="mine", scorer=Says(said()))
    score = run_scorer(named, None)  # type: ignore[arg-type]  # this one looks at nothing
    assert (score.error, score.is_pass) == (error, False if error is None else None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("checks.mine:Nothing", "cannot be loaded: AttributeError"),
        ("checks.nowhere:Short", "cannot be loaded: ModuleNotFoundError"),
        ("checks.mine:NoScorer", "has a method `score(context)`; this has none"),
        ("nobody", "there is no scorer 'nobody'"),
    ],
)
def test_a_scorer_that_is_none_is_an_error_with_its_name(own: pytest.Pytester, name: str, words: str) -> None:
    with pytest.raises(HarnessError) as caught:
        find_scorers([name], own.path)
    assert f"scorers: {name}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.slow
def test_a_scorer_that_is_none_is_an_error_of_its_cases(own: pytest.Pytester) -> None:
    result = run(own, "nobody")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["error: scorers: nobody: there is no scorer 'nobody'"])


def test_an_object_serves_as_well_as_a_class(own: pytest.Pytester) -> None:
    (one, other) = find_scorers(["checks.mine:ready", "checks.mine:Short"], own.path)
    assert type(one.scorer) is type(other.scorer)


def install(folder: Path, package: str, value: str) -> None:
    """Write what an installed package leaves: its name and its entry points."""
    info = folder / f"{package}-1.0.dist-info"
    write(info / "METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    write(info / "entry_points.txt", f"[assistant_harness.scorers]\nbrevity = {value}\n")


def test_an_installed_scorer_is_found_and_a_duplicate_names_both_owners(
    own: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = own.path / "site"
    install(site, "first-checks", "checks.mine:Short")
    monkeypatch.syspath_prepend(str(site))
    assert [one.name for one in find_scorers(["brevity"], own.path)] == ["brevity"]
    install(site, "second-checks", "checks.mine:Sees")
    with pytest.raises(HarnessError) as caught:
        find_scorers(["brevity"], own.path)
    assert "first-checks (checks.mine:Short) and second-checks (checks.mine:Sees)" in str(caught.value)
