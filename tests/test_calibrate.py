"""The benchmark that learns the weights: what it says without data, and its arithmetic."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.labels import Label, append_label
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


def _labels(folder: Path, *, claims: int) -> Path:
    """Keep labels of claims about a document: those about books are supported, those about cats are not."""
    document = "".join(f"Rule {n}: a member of group {n} may borrow {n + 3} books.\n\n" for n in range(claims))
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "rules.md").write_text(document, encoding="utf-8")
    sha = hashlib.sha256(document.encode()).hexdigest()
    path = folder / "labels.jsonl"
    for number in range(claims):
        for label, text in (
            ("supported", f"A member of group {number} may borrow {number + 3} books."),
            ("not_found", f"Cats of colour {number + 70} sleep in the garden on Mondays."),
        ):
            key = f"{label}-{number}"
            common = {
                "who": "Ada",
                "at": "2026-11-23T10:00:00+00:00",
                "run": "r",
                "node": "n",
                "turn": 1,
                "prompt": "?",
            }
            documents = {"rules.md": sha if number else "gone"}
            label_ = Label(**common, kind="claim", item=key, text=text, label=label, documents=documents)  # type: ignore[arg-type]
            append_label(path, label_)
    append_label(path, replace(label_, kind="behaviour", item="b", label="answer"))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("claims", "is_measured"), [(9, True), (4, False)])
def test_it_learns_from_the_labels_of_a_review(tmp_path: Path, claims: int, is_measured: bool) -> None:  # noqa: FBT001
    path = _labels(tmp_path, claims=claims)
    command = [sys.executable, str(BENCHMARKS / "calibrate.py"), "--data", str(tmp_path), "--labels", str(path)]

    done = subprocess.run(
        [*command, "--fixtures", str(tmp_path / "fixtures")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["measured"], figures["claims"], figures["answers"]) == (is_measured, 2 * claims - 2, 1)
    assert f"labels: {2 * claims - 2} claims (2 more without their documents), 1 answers" in done.stdout
    if is_measured:
        assert figures["groundedness"]["labels"]["auroc"] == 1.0
    else:
        assert "NOTHING LEARNED" in done.stdout
