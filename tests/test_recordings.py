"""Real traffic through the readers of both protocols: each finds its own conversations, and stumbles over nothing."""

import json
from pathlib import Path

import pytest

from harness.cassettes.interaction import exchanges
from harness.cassettes.vcr import read_vcr
from harness.model.suite import TargetName
from harness.model.tape import Exchange
from harness.targets.known import TARGETS

RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"
pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="NO RECORDINGS OF REAL TRAFFIC HERE: ../shared/wire is missing"
)
NAMES = sorted(path.name for path in RECORDINGS.glob("*.yaml")) if RECORDINGS.is_dir() else ["none"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", TARGETS)
def test_every_recording_goes_through_both_readers(name: str, target: TargetName) -> None:
    transcript = TARGETS[target].read(exchanges(read_vcr(RECORDINGS / name)), {})

    if not name.startswith(target):
        assert transcript.turns == ()
        assert transcript.failure is not None
        assert transcript.failure.kind == "no_run"
        return
    assert transcript.failure is None
    assert [turn.attempts[0].status for turn in transcript.turns] == ["completed"]
    assert transcript.turns[0].attempts[0].text
    assert transcript.reported_model


@pytest.mark.parametrize("target", TARGETS)
def test_a_recorded_step_tells_what_was_found(target: TargetName) -> None:
    step = json.loads((RECORDINGS / "assistants_file_search_step.json").read_text(encoding="utf-8"))["response"]
    run = {"id": step["run_id"], "object": "thread.run", "status": "completed"}
    path = f"/v1/threads/{step['thread_id']}/runs"
    tape = [
        Exchange(method="POST", path=path, request={}, response=run),
        Exchange(method="GET", path=f"{path}/{run['id']}/steps/{step['id']}", response=step),
    ]

    transcript = TARGETS[target].read(tape, {})

    if target == "responses":
        assert transcript.turns == ()
        return
    found = transcript.turns[0].attempts[0].retrieved
    assert found[0].file_name == "somatosensory.pdf"
    assert str(found[0].text).startswith("Activation of the rapidly adapting Pacinian corpuscles")
