"""How a run is named, everywhere."""

from pathlib import Path

import pytest
from conftest import write

from harness.errors import ResultsError
from harness.results import find_run

OLD, MIDDLE, NEW = "2026-01-01T00-00-00-aaaa", "2026-01-02T00-00-00-bbbb", "2026-01-03T00-00-00-cccc"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in (MIDDLE, NEW, OLD):
        write(tmp_path / "results" / name / "results.jsonl", "")
    return tmp_path / "results"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (MIDDLE, MIDDLE),
        ("2026-01-01", OLD),
        ("latest", NEW),
        ("latest~0", NEW),
        ("latest~1", MIDDLE),
        ("latest~2", OLD),
    ],
)
def test_a_run_is_found_by_each_of_its_names(results: Path, name: str, found: str) -> None:
    assert find_run(results, name).id == found


def test_a_run_is_found_by_its_path(results: Path, tmp_path: Path) -> None:
    (results / OLD).rename(tmp_path / "elsewhere")

    assert find_run(results, str(tmp_path / "elsewhere")).path == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2025", "there is no run '2025'"),
        ("2026", "3 runs begin with '2026'"),
        ("", "there is no run ''"),
        ("latest~3", "there is no run 'latest~3'"),
        ("latest~99999999999999999999", "there is no run 'latest~9999"),
        ("latest~", "found 'latest~'; wanted is `latest~1`"),
        ("latest~-1", "found 'latest~-1'; wanted is `latest~1`"),
        ("latest~one", "found 'latest~one'; wanted is `latest~1`"),
        ("latest1", "there is no run 'latest1'"),
    ],
)
def test_what_names_no_run_is_told(results: Path, name: str, said: str) -> None:
    with pytest.raises(ResultsError) as error:
        find_run(results, name)

    assert said in str(error.value)
    assert NEW in str(error.value) or "wanted" in said
