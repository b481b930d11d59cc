"""CPU of replay without pytest and without scoring, for `replay.py`: `python replay_inside.py PROJECT` prints JSON.

The work is what the pytest plugin asks for, in the same order: read the suites, plan, replay each case, keep its row.
Only scoring is replaced by a verdict that is always the same.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import harness.pipeline
from harness.casefile import find_suites, load_suite
from harness.config import load_config
from harness.documents import Document
from harness.model.plan import Planned
from harness.model.score import Behaviour, CaseScore, Outcome, TurnScore
from harness.model.transcript import Transcript
from harness.pipeline import Part, Pipeline
from harness.plan import SourceFiles, plan_suite
from harness.results import RunFolder, row_data

SCORE = CaseScore(
    turns=(TurnScore(expect="answer", behaviour=Behaviour.ANSWERED, outcome=Outcome.GROUNDED),),
    deciding_turn=0,
    outcome=Outcome.GROUNDED,
    scorer="none",
)


def score(planned: Planned, transcript: Transcript, documents: Mapping[str, Document], *_: object) -> CaseScore:
    """Take every replayed transcript for good."""
    assert transcript.failure is None, transcript.failure
    assert documents[planned.sources[0].path].text
    return SCORE


def main() -> None:
    harness.pipeline.score_case = score  # type: ignore[attr-defined,assignment]  # no name for others, but the one seam
    config = load_config(Path(sys.argv[1]), os.environ)
    clock = [time.process_time()]
    suites = [load_suite(path, config.project, config.environ) for path in find_suites(config.project)]
    files = SourceFiles(project=config.project)
    planned = [one for suite in suites for one in plan_suite(suite, config, files=files)]
    clock.append(time.process_time())
    folder = RunFolder.new(config.project.results)
    pipeline = Pipeline(config, Part(folder=folder))
    pipeline.submit(planned)
    rows = [pipeline.row(one) for one in planned]
    clock.append(time.process_time())
    for row in rows:
        folder.append(row_data(row))
    clock.append(time.process_time())
    phases = [later - earlier for earlier, later in itertools.pairwise(clock)]
    names = ("suites_and_plan", "replay", "results")
    print(json.dumps({name: 1000 * spent / len(planned) for name, spent in zip(names, phases, strict=True)}))


if __name__ == "__main__":
    main()
