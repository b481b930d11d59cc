"""How well the built-in models play their parts: `extractive` answers and refuses rightly, `eager` gets caught.

    python benchmarks/builtin_models.py

Runs the committed suites and those in `benchmarks/sets/` against the embedded server, in a copy of each project.
Nothing is kept. Each set was written by someone who had not seen the models; its figures are those of unseen documents
until the models are changed after its failures were read. So far `ferry-and-clinic` has been. Per set of suites:

- `answered`: share of the cases to be answered that end as `grounded`, by `extractive`
- `refused`: share of the cases to be refused that end as `correct_refusal`, by `extractive`
- `caught`: share of the cases to be refused that `eager` answers and the harness calls `missed_refusal`
- `unsupported`: share of the claims that `eager` adds to what `extractive` says that the scorer does not call supported

The last line is one JSON object of these figures.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.model.row import Row
from harness.model.score import Claim, Outcome
from harness.results import RunFolder, read_rows

ROOT = Path(__file__).resolve().parents[1]
SETS = {"committed": ROOT} | {path.name: path for path in sorted((ROOT / "benchmarks" / "sets").iterdir())}


def run(project: Path, model: str) -> dict[str, Row]:
    """Run all suites of a project with a model, and return the rows by node."""
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--harness-record=all", f"--harness-model={model}"]
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    runs = sorted((project / "results").glob("*/results.jsonl"), key=lambda path: path.stat().st_mtime)
    if not runs:
        sys.exit(f"no results from {' '.join(command)}:\n{finished.stdout[-2000:]}")
    return {row.planned.node: row for row in read_rows(RunFolder(path=runs[-1].parent))}


def expects_refusal(row: Row) -> bool:
    return row.planned.case.conversation[-1].expectation == "refuse"


def share(rows: Sequence[Row], outcome: Outcome) -> float:
    return round(sum(row.outcome == outcome for row in rows) / len(rows), 3)


def claims(row: Row) -> list[Claim]:
    return [claim for turn in row.score.turns for claim in turn.claims]


def embroidered(eager: Row, extractive: Row) -> list[Claim]:
    """Return the claims that are not in the honest model's answers to the same case."""
    honest = " ".join(turn.final.text for turn in extractive.transcript.turns if turn.final)
    return [claim for claim in claims(eager) if claim.text not in honest]


def figures(project: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("cases", "fixtures"):
            shutil.copytree(project / name, copy / name)
        (copy / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
        honest, eager = run(copy, "extractive"), run(copy, "eager")
    answerable = [row for row in honest.values() if not expects_refusal(row)]
    unanswerable = [row for row in honest.values() if expects_refusal(row)]
    added = [claim for node, row in eager.items() for claim in embroidered(row, honest[node])]
    for row in honest.values():
        if not row.outcome.is_pass:
            print(f"  {row.outcome.value:15} {row.planned.node}")
    return {
        "cases": len(honest),
        "answered": share(answerable, Outcome.GROUNDED),
        "refused": share(unanswerable, Outcome.CORRECT_REFUSAL),
        "caught": share([row for row in eager.values() if expects_refusal(row)], Outcome.MISSED_REFUSAL),
        "embroidered_claims": len(added),
        "unsupported": round(sum(claim.support != "supported" for claim in added) / len(added), 3),
    }


def main() -> None:
    found = {}
    for name, project in SETS.items():
        print(f"{name}:")
        found[name] = figures(project)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
