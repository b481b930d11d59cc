"""Results that cannot be written: a session without them is no success."""

import pytest

IN_THE_WAY = """
from pathlib import Path

def pytest_runtest_setup():
    for folder in Path("results").iterdir():
        (folder / "results.jsonl").mkdir(exist_ok=True)
"""


def test_a_session_whose_rows_are_not_written_fails(project: pytest.Pytester) -> None:
    project.makeconftest(IN_THE_WAY)

    result = project.runpytest("cases")

    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["results could not be written: *"])
