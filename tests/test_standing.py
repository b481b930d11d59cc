"""Where a case stands beside a baseline."""

import pytest
from record_support import record

from harness.model.record import Record
from harness.report.standings import baseline_lines
from harness.results.standing import standings

GROUNDED, FAILED = record(), record("over_refusal")


def test_what_counts_as_broken_is_listed_before_what_does_not() -> None:
    now = [*(record(case=f"fine{number:02}") for number in range(20)), record("ungrounded", case="worse")]
    lines = list(baseline_lines("main", standings([], now)))
    assert lines[1] == "  new      cases/library.yaml::worse: ungrounded"
    assert lines[-1] == "  new      and 9 more"


def trials(text: str) -> list[Record]:
    """Return a trial a letter: `p` passes, `f` fails, `e` errors."""
    words = {"p": "grounded", "f": "over_refusal", "e": "error"}
    return [record(words[letter], trial=number) for number, letter in enumerate(text, start=1)]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (GROUNDED, GROUNDED, "same"),
        (GROUNDED, FAILED, "broken"),
        (FAILED, GROUNDED, "fixed"),
        (FAILED, FAILED, "same"),
        (GROUNDED, record(answer="a1"), "changed"),
        (FAILED, record("ungrounded"), "changed"),
        (GROUNDED, record("error"), "errored"),
        (record("error"), GROUNDED, "new"),
    ],
)
def test_a_single_trial(before: Record, now: Record, expected: str) -> None:
    assert [one.standing for one in standings([before], [now])] == [expected]


@pytest.mark.parametrize(
    ("before", "now", "allowance", "expected"),
    [
        ("ppppp", "ppppf", 0.2, "changed"),
        ("ppppp", "pppff", 0.2, "broken"),
        ("pppff", "ppppp", 0.2, "fixed"),
        ("ppppp", "ppppf", 0.0, "broken"),
        ("pf", "fp", 0.0, "same"),
        ("pp", "pe", 0.0, "same"),
        ("pp", "fe", 0.0, "broken"),
        ("pp", "ee", 0.0, "errored"),
        ("p", "pppf", 0.25, "changed"),
    ],
)
def test_trials_count_by_their_pass_rate(before: str, now: str, allowance: float, expected: str) -> None:
    assert [one.standing for one in standings(trials(before), trials(now), allowance)] == [expected]


def test_what_stands_on_one_side_only_is_new_or_gone() -> None:
    other = record("missed_refusal", case="librarian")
    found = {one.place[0][1]: one for one in standings([GROUNDED], [other])}
    assert {case: one.standing for case, one in found.items()} == {"librarian": "new", "loan": "gone"}
    assert found["librarian"].is_worse
    assert not found["loan"].is_worse


def test_variants_are_cases_of_their_own() -> None:
    careful = record("over_refusal", variant="careful")
    found = standings([GROUNDED, careful], [FAILED, careful])
    assert [(one.place[1], one.standing) for one in found] == [("default", "broken"), ("careful", "same")]


def test_a_new_case_that_is_expected_to_fail_is_no_harm() -> None:
    (one,) = standings([], [record("incomplete", is_xfail=True)])
    assert (one.standing, one.is_worse) == ("new", False)
