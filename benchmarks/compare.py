"""Measure `harness compare`: how fast it is, whether it names the right cause, and what it says of our own suites.

    python benchmarks/compare.py [--cases 10000] [--rounds 3]

Everything runs in copies below a temporary folder. What is measured:

- `wall_s`, `cpu_s`, `peak_mb`: a whole process that compares two runs of N cases; medians over the rounds, and the
  largest memory. The rows are those of a real run of our suites under other ids, with random changes in the second.
- `causes_right`: a small project is recorded, one thing is changed (a word of the instructions, a value of a document,
  a constant of the scorer, a fact of a case), it is run again, and the causes that are named must be that one, over all
  and for each changed verdict. `pairs_right`: the same with each two of them at once, where both must be named over
  all, and for each changed verdict at least the one that changed it. `flips_exact` counts the changed verdicts for
  which nothing else was named either.
- `as_in_notebook`, `eager`: the verdict on our own suites, the variant against the default, and the model `eager`
  against `extractive`; how many cases broke, and how many of them the report lists.

The last line is one JSON object of all figures, with the goals that they are held against.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
GOALS = {
    "wall_s": 3.0,
    "peak_mb": 400,
    "causes_right": "4 of 4",
    "pairs_right": "6 of 6",
    "as_in_notebook": "worse",
    "eager": "worse",
}
_UNSET = {"CI", "MODEL", "NO_COLOR", "COLUMNS", "PYTEST_ADDOPTS"}

PROJECT = {
    "pyproject.toml": "[tool.harness]\n",
    "fixtures/library.md": """\
# The town library

Members may borrow books for 28 days. A late book costs 0.20 USD a day. The reading room is open from 9 to 17.

The library was founded in 1902 by the town council. Its collection holds 48,000 books and 1,200 maps.
""",
    "fixtures/loans.csv": """\
branch,title,days
Harbour,Sea charts of the north,12
Harbour,Knots and splices,9
Hill,A history of bread,21
Hill,The potter's year,7
Harbour,Tides explained,15
Hill,Birds of the meadow,18
Hill,Roads and rivers,5
""",
    "cases/library.yaml": """\
documents: [library.md, loans.csv]
assistant: {model: extractive, instructions: Answer only from the documents.}
cases:
  - id: loan
    prompt: For how many days may members borrow books?
    expected_facts: [{number: 28, unit: days}]
  - id: late-fee
    prompt: What does a late book cost a day?
    expected_facts: [{number: 0.20}]
  - id: founded
    prompt: In which year was the library founded?
    expected_facts: [{number: 1902}]
  - id: maps
    prompt: How many maps does the collection hold?
    expected_facts: [{number: 1200}]
  - id: loans-of-hill
    prompt: How many loans does the branch Hill have?
    expected_facts: [{number: 4}]
    min_groundedness: 0.02
  - id: librarian
    prompt: What is the name of the head librarian?
    expect: refuse
  - id: parking
    prompt: Where can visitors park?
    expect: refuse
""",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing changed, and the cases whose verdicts it turns."""

    file: str
    before: str
    after: str
    flips: frozenset[str]


CHANGES = {
    "configuration": Change(
        file="cases/library.yaml",
        before="Answer only from",
        after="Answer also from",
        flips=frozenset({"librarian", "parking"}),
    ),
    "documents": Change(
        file="fixtures/library.md", before="for 28 days", after="for 21 days", flips=frozenset({"loan"})
    ),
    "scorer": Change(
        file="harness/scoring/grounding.py",
        before="GATE = 0.5\n",
        after="GATE = 0.1\n",
        flips=frozenset({"loans-of-hill"}),
    ),
    "case": Change(
        file="cases/library.yaml", before="number: 0.20", after="number: 0.30", flips=frozenset({"late-fee"})
    ),
}


def run(folder: Path, *args: str, code: Path | None = None) -> str:
    """Run a module of ours in a project, by our own code or a changed copy of it, and return what it printed.

    A failing case (1) is no failure here; anything else is.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _UNSET}
    if code is not None:
        environ["PYTHONPATH"] = str(code)
    done = subprocess.run(
        [sys.executable, "-m", *args], check=False, cwd=folder, env=environ, capture_output=True, text=True
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(
            f"{' '.join(args)} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return done.stdout


def compared(folder: Path, *args: str, code: Path | None = None) -> dict[str, Any]:
    """Return the only comparison that `harness compare` makes, as data."""
    data = json.loads(run(folder, "harness", "compare", *args, "--format", "json", "--limit", "1000", code=code))
    only: dict[str, Any] = data["comparisons"][0]
    return only


def run_cases(folder: Path, *args: str, code: Path | None = None) -> None:
    """Run a project's cases."""
    run(folder, "pytest", "-q", "-p", "no:cacheprovider", "cases", *args, code=code)


# --- speed


def synthetic(rows: Sequence[Mapping[str, Any]], target: Path, cases: int, *, is_changed: bool) -> None:
    """Write a run of as many cases as asked, made of real rows; the second of two runs differs at random."""
    chance = random.Random(1)
    target.mkdir(parents=True)
    with (target / "results.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for number in range(cases):
            row = json.loads(json.dumps(rows[number % len(rows)]))
            row["planned"]["case"]["id"] += f"-{number}"
            if is_changed:
                _change(row, chance)
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def _change(row: dict[str, Any], chance: random.Random) -> None:
    for turn in row["score"]["turns"]:
        if turn["groundedness"] is not None and chance.random() < 0.3:
            turn["groundedness"] = round(turn["groundedness"] * chance.uniform(0.7, 1), 4)
    for turn in row["transcript"]["turns"]:
        attempt = turn["attempts"][-1]
        attempt["usage"]["completion_tokens"] += chance.randrange(5)
        attempt["timing"]["duration_s"] = round(attempt["timing"]["duration_s"] * chance.uniform(0.8, 1.3), 3)
        if chance.random() < 0.2:
            attempt["parts"][0]["text"] += " That is all."
    if chance.random() < 0.03:
        row["transcript"]["turns"][-1]["attempts"][-1]["parts"][0]["text"] += " I think."
        row["score"]["outcome"] = "incomplete" if row["score"]["outcome"] == "grounded" else "grounded"


def speed(suites: Path, work: Path, cases: int, rounds: int) -> dict[str, Any]:
    """Compare two large runs in new processes."""
    real = min((suites / "results").glob("*/results.jsonl"))
    rows = [json.loads(line) for line in real.read_text(encoding="utf-8").splitlines()]
    project = work / "large"
    shutil.copytree(suites, project, ignore=shutil.ignore_patterns("results", "cassettes"))
    for name, is_changed in (("a", False), ("b", True)):
        # As both runs of one installation have it, so that no answer has to be scored anew to clear the scorer.
        synthetic(rows, project / "results" / name, cases, is_changed=is_changed)
        shutil.copy(real.with_name("manifest.json"), project / "results" / name)
    size = (project / "results" / "a" / "results.jsonl").stat().st_size
    spent = [measured(project, "a", "b") for _ in range(rounds)]
    return {
        "wall_s": round(statistics.median(wall for wall, _, _ in spent), 2),
        "cpu_s": round(statistics.median(cpu for _, cpu, _ in spent), 2),
        "peak_mb": round(max(peak for _, _, peak in spent)),
        "bytes_per_row": size // cases,
    }


def measured(folder: Path, *sides: str) -> tuple[float, float, float]:
    """Return the wall and CPU time in seconds, and the largest memory in MB, of one process."""
    started = time.perf_counter()
    with (folder / "report.txt").open("w") as report:
        process = subprocess.Popen([sys.executable, "-m", "harness", "compare", *sides], cwd=folder, stdout=report)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"harness compare ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


# --- causes


def causes(work: Path) -> dict[str, Any]:
    """Change one thing, and two at once, and see what is named."""
    base = work / "base"
    for name, text in PROJECT.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "harness", base / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    run_cases(base)
    one = [_judged(base, work, (name,)) for name in CHANGES]
    two = [_judged(base, work, names) for names in combinations(CHANGES, 2)]
    flips = [flip for found in (*one, *two) for flip in found["flips"]]
    return {
        "causes_right": f"{sum(found['is_right'] for found in one)} of {len(one)}",
        "pairs_right": f"{sum(found['is_right'] for found in two)} of {len(two)}",
        "flips_exact": f"{sum(flip['is_exact'] for flip in flips)} of {len(flips)}",
    }


def _judged(base: Path, work: Path, names: Sequence[str]) -> dict[str, Any]:
    project = work / "-".join(names)
    shutil.copytree(base, project)
    code = project if "scorer" in names else None
    for name in names:
        change = CHANGES[name]
        path = project / change.file
        text = path.read_text(encoding="utf-8")
        if text.count(change.before) != 1:
            raise SystemExit(f"{change.file} holds {change.before!r} {text.count(change.before)} times, not once")
        path.write_text(text.replace(change.before, change.after), encoding="utf-8")
    run_cases(project, "--harness-record", "new_episodes", code=code)
    found = compared(project, "latest~1", "latest", code=code)
    flips = [_flip(flip, names) for flip in found["broken"] + found["fixed"]]
    expected = {case for name in names for case in CHANGES[name].flips}
    told = {why["cause"] for why in found["why"]}
    is_right = (
        told == set(names)
        and {flip["case"] for flip in flips} == expected
        and all(flip["is_named"] for flip in flips)
        and (len(names) > 1 or all(flip["is_exact"] for flip in flips))
    )
    print(f"{' and '.join(names)}: named {', '.join(sorted(told))}; {'right' if is_right else f'WRONG: {flips}'}")
    return {"is_right": is_right, "flips": flips}


def _flip(flip: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    true = {name for name in names if flip["case"] in CHANGES[name].flips}
    told = set(flip["causes"])
    return {
        "case": flip["case"],
        "told": sorted(told),
        "is_named": true <= told <= set(names),
        "is_exact": told == true,
    }


# --- our own suites


def own_suites(suites: Path) -> dict[str, Any]:
    """Compare the variant with the default, and the model that embroiders with the one that does not."""
    run_cases(suites)
    run_cases(suites, "--harness-variant", "as-in-notebook")
    run_cases(suites, "--harness-model", "eager", "--harness-record", "once")
    notebook = compared(suites, "--variants", "default,as-in-notebook")
    eager = compared(suites, "--models", "extractive,eager")
    listed = run(suites, "harness", "compare", "--models", "extractive,eager", "--limit", "1000")
    return {
        "as_in_notebook": notebook["verdict"],
        "as_in_notebook_sentence": notebook["sentence"],
        "as_in_notebook_broken": len(notebook["broken"]),
        "eager": eager["verdict"],
        "eager_sentence": eager["sentence"],
        "eager_broken": len(eager["broken"]),
        "eager_listed": sum(flip["name"] in listed for flip in eager["broken"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        work = Path(folder)
        suites = work / "suites"
        suites.mkdir()
        for name in ("cases", "fixtures", "cassettes", "pyproject.toml"):
            source = ROOT / name
            shutil.copytree(source, suites / name) if source.is_dir() else shutil.copy(source, suites)
        figures = causes(work)
        figures |= own_suites(suites)
        figures |= speed(suites, work, args.cases, args.rounds)
    for name, figure in figures.items():
        goal = f" (goal: {GOALS[name]})" if name in GOALS else ""
        print(f"{name}: {figure}{goal}")
    print(json.dumps({**figures, "goals": GOALS}))


if __name__ == "__main__":
    main()
