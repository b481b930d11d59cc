"""Learn the weights of grounding from people's labels, and measure the scorers on them.

    python benchmarks/calibrate.py [--data DIR] [--labels results/labels.jsonl [--fixtures DIR]] [--write]

Prints a table for each figure that `docs/scoring.md` gives; the last line is one JSON object. `--write` puts the
weights into `harness/scoring/weights.py`. `--labels` learns from what `harness review` has
kept, beside the labelled answers or alone. Without either it says so and ends with 0: they are not part of the project.
"""

import argparse
import json
import sys
from pathlib import Path

from calibration import learning, mutation, refusals, speed
from calibration.data import read_groundings, read_refusals
from calibration.labels import FEWEST, read_labelled

from harness.errors import HarnessError, ResultsError

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "shared" / "data"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of grounding_*.jsonl and refusal_*.jsonl")
    parser.add_argument("--write", action="store_true", help="write the weights into harness/scoring/weights.py")
    parser.add_argument("--labels", type=Path, help="labels that harness review has kept: results/labels.jsonl")
    parser.add_argument("--fixtures", type=Path, default=HERE.parent / "fixtures", help="folder of their documents")
    options = parser.parse_args()
    if options.labels is not None:
        try:
            return with_labels(options)
        except HarnessError as error:
            parser.error(str(error))
    if not any(options.data.glob("grounding_*.jsonl")):
        print(f"NOTHING MEASURED: no labelled answers in {options.data}; name their folder with --data DIR", flush=True)
        print(json.dumps({"measured": False, "data": str(options.data)}))
        return 0
    sources = read_groundings(options.data)
    figures: dict[str, object] = {"measured": True}
    figures["groundedness"] = learning.measure(sources, write=options.write)
    figures["mutation"] = mutation.measure(sources)
    figures["refusal"] = refusals.measure(read_refusals(options.data))
    figures["speed"] = speed.measure(sources)
    print(json.dumps(figures))
    return 0


def with_labels(options: argparse.Namespace) -> int:
    """Learn from labels of one's own, beside the labelled answers where they are."""
    if not options.labels.is_file():
        raise ResultsError("there is no such file", where=str(options.labels), hint="harness review makes it")
    labelled = read_labelled(options.labels, options.fixtures)
    count, lost = len(labelled.groundings), labelled.without_documents
    print(f"labels: {count} claims ({lost} more without their documents), {len(labelled.refusals)} answers\n")
    figures: dict[str, object] = {"measured": labelled.is_enough, "claims": count, "answers": len(labelled.refusals)}
    if labelled.is_enough:
        sources = {**read_groundings(options.data), "labels": labelled.groundings}
        figures["groundedness"] = learning.measure(sources, write=options.write)
    else:
        print(f"NOTHING LEARNED: at least {FEWEST} supported and {FEWEST} other claims are needed\n")
    if labelled.refusals:
        figures["refusal"] = refusals.measure({"labels": labelled.refusals})
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
