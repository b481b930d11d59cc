import subprocess
import sys

import pytest

import harness

PUBLIC = [
    "HarnessError",
    "Score",
    "ScoredAnswer",
    "Scorer",
    "ScoringContext",
    "load_citations",
    "load_claims",
    "load_facts",
    "load_results",
    "load_retrieved",
    "score_answer",
]


def test_public_names_are_these() -> None:
    assert harness.__all__ == PUBLIC == sorted(PUBLIC)
    assert dir(harness) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_can_be_used(name: str) -> None:
    assert getattr(harness, name).__doc__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.nothing


def test_import_is_light() -> None:
    heavy = {"openai", "pandas", "pydantic", "duckdb", "numpy", "vcr", "yaml", "httpx2", "deepdiff", "pytest"}
    code = f"import sys, harness; print(sorted({heavy!r} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
