"""The pipeline: what it makes of a run that has been made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from conftest import LIBRARY, write
from planned_support import planned

from harness.config import load_config
from harness.model.score import Outcome
from harness.model.suite import Case
from harness.model.transcript import Attempt, TextPart, Transcript, Turn
from harness.pipeline import Part, Pipeline
from harness.results import RunFolder, row_data


def test_an_answer_that_the_scorer_trips_over_is_one_errored_case(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.harness]\n")
    write(tmp_path / "fixtures" / "library.md", LIBRARY)
    pipeline = Pipeline(load_config(tmp_path, {}), Part(folder=RunFolder(path=tmp_path / "results" / "run")))
    attempt = Attempt(status="completed", raw_status="completed", parts=(TextPart(text="For 28 days."),))
    transcript = Transcript(
        target="assistants",
        requested_model="extractive",
        reported_model="extractive",
        turns=(Turn(prompt="How long?", attempts=(attempt,)),),
    )
    no_fact: Any = object()  # stands for whatever a defect of ours trips over
    case = Case(id="loan", prompt="How long?", expected_facts=(no_fact,))

    row = pipeline.judge(planned(case=case), transcript)

    assert row.outcome is Outcome.ERROR
    assert row.transcript.failure is not None
    assert row.transcript.failure.kind == "internal"
    assert "the scorer failed on this answer" in row.transcript.failure.message
    good = pipeline.judge(planned(case=replace(case, expected_facts=())), transcript)
    assert good.outcome is Outcome.GROUNDED
    assert row_data(good)["score"]["outcome"] == "grounded"
