"""The rig that measures live runs: it measures, on a few cases, what it says it does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LIVE = Path(__file__).resolve().parent.parent / "benchmarks" / "live.py"


def live(*options: str) -> dict[str, Any]:
    command = [sys.executable, str(LIVE), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(figures, dict)
    return figures


@pytest.mark.slow
def test_all_drivers_have_the_same_conversations_and_leave_nothing() -> None:
    figures = live("--cases=4", "--concurrency=2", "--latency=0.1", "--rounds=1")

    for driver in ("ours", "sdk_poll", "sdk_stream", "sdk_stream_untyped", "sdk_chat", "raw"):
        assert figures[f"span_against_ideal_{driver}"] >= 1, driver
        assert figures[f"left_{driver}"] == 0, driver
    assert figures["requests_per_case_raw"] == 3
    assert figures["requests_per_case_sdk_chat"] == 1


@pytest.mark.slow
def test_under_faults_every_case_has_one_row() -> None:
    figures = live("--faults", "--cases=12", "--concurrency=6")

    assert (figures["cases_without_row"], figures["cases_with_two_rows"]) == (0, 0)
    assert figures["rows"] == sum(figures["outcomes"].values()) == 12
    judged = 12 - figures["outcomes"].get("error", 0)
    assert figures["threads_made"] >= figures["cases_completed"] >= judged > 0


@pytest.mark.slow
def test_an_unknown_driver_is_told() -> None:
    done = subprocess.run([sys.executable, str(LIVE), "--drivers=x"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "no such drivers: x" in done.stderr
