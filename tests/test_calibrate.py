"""The benchmark that learns the weights: what it says without data, and its arithmetic."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.scoring import weights
from harness.scoring.grounding import Features

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def test_without_labelled_answers_it_says_so_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "calibrate.py"), "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "NOTHING MEASURED" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["measured"] is False


def test_the_arithmetic_of_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from calibration.regression import auroc, balanced_accuracy, fit_model

    grounded = np.array([True, True, False, False])
    assert auroc(np.array([0.9, 0.4, 0.4, 0.1]), grounded) == pytest.approx(0.875)
    assert balanced_accuracy(np.array([0.9, 0.4, 0.4, 0.1]), grounded) == pytest.approx(0.75)
    rows = np.array([[1.0, 5.0], [0.9, 1.0], [0.1, 5.0], [0.2, 1.0]])
    model = fit_model([(rows, grounded)])
    assert model.weights[0] > 0.5
    assert abs(model.weights[1]) < 0.1
    assert (model.logits(rows) > 0).tolist() == grounded.tolist()


def test_every_feature_has_a_weight_that_points_the_right_way() -> None:
    assert tuple(weights.WEIGHTS) == Features._fields
    assert all(weights.WEIGHTS[name] > 0 for name in ("words", "pairs", "coverage"))
    assert all(weights.WEIGHTS[name] < 0 for name in ("numbers", "names"))
