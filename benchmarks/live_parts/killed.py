"""Kill a run at random moments, resume it, and clean up: is the whole as if nothing had happened?"""

import random
import shutil
from pathlib import Path
from typing import Any

from replay_projects import make_document, make_ours

from live_parts.processes import ask, fake_server, harness, pytest
from live_parts.rows import case_of, has_twice, known, rows, runs, told

FLAG = "--harness-resume"


def is_there(folder: Path) -> bool:
    """Tell whether the plugin can resume at all."""
    return FLAG in pytest(folder, "--help").output


def measure(folder: Path, moments: int, cases: int, concurrency: int) -> dict[str, Any]:
    """Kill at so many moments; return how many came out as an undisturbed run does."""
    document = folder / "branches.txt"
    make_document(document, max(4_000, 135 * cases))
    drawn = random.Random(7)
    good = left = unknown = twice = 0
    with fake_server(document, 1.0) as url:
        options = ("--harness-endpoint", url, "--harness-concurrency", str(concurrency))
        whole = _project(folder / "whole", cases, document)
        spent = pytest(whole, *options).demand(0)
        wanted = {case_of(row): told(row) for row in rows(whole)}
        for number in range(moments):
            ask(url, "debug/clear")
            project = _project(folder / "killed", cases, document)
            after_s = drawn.uniform(0.05, 0.98) * spent.wall_s
            first = pytest(project, *options, kill_after_s=after_s)
            begun = runs(project)
            resume = (FLAG, begun[-1].name) if begun else ()
            second = pytest(project, *options, *resume)
            for run in runs(project):
                harness(project, "cleanup", run.name, "--harness-endpoint", url)
            account = ask(url, "debug/account")
            found = {case_of(row): told(row) for row in rows(project)}
            is_good = second.code == 0 and found == wanted and not has_twice(project)
            known_left = set(account["left"]) & known(project)
            good, left, twice = good + is_good, left + len(known_left), twice + account["runs_twice"]
            unknown += len(set(account["left"]) - known_left)
            print(
                f"kill {number + 1} after {after_s:.2f} s (ended {first.code}): cases {len(found)} of {cases}, "
                f"{'as undisturbed' if is_good else 'DIFFERENT'}, known left {len(known_left)}, "
                f"runs twice {account['runs_twice']}",
                flush=True,
            )
            if not is_good:
                print(second.output[-1500:], flush=True)
    return {
        "moments": moments,
        "as_undisturbed": good,
        "known_objects_left": left,
        "unknown_objects_left": unknown,
        "runs_twice": twice,
    }


def _project(folder: Path, cases: int, document: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    make_ours(folder, cases, document)
    return folder
