"""Measure live runs: how close to the model's own time, beside others; what faults and crashes do to them.

    python benchmarks/live.py [--cases 200] [--concurrency 50] [--latency 1.0] [--rounds 3] [--drivers ours,sdk_poll]
    python benchmarks/live.py --faults [--cases 2000]
    python benchmarks/live.py --kill [--moments 20] [--cases 100]

**Speed.** A fake server on loopback, in a process of its own, answers each run after `--latency` seconds with ten
search results of 800 characters and an answer with a citation, streamed in up to 60 pieces or polled (it advises a poll
every 500 ms). Ours is a project of N cases under pytest, recorded into cassettes as always on loopback; the others are
loops over the same N prompts, so many at once (`live_parts/peers.py`). All set up a document, a store and an assistant
and delete everything they made, except the chat loop, which has none of it. Ideal is N / concurrency x latency. A
figure is the median over the rounds; a ratio between two drivers is taken within a round.

- `span_against_ideal_*`: first request to last answer, as the server sees it, set-up and clean-up included
- `wall_against_ideal_*`, `wall_against_sdk_poll_*`: the whole process, interpreter's start included
- `peak_mb_*`: largest resident memory of the driver; `requests_per_case_*`: about threads, their deletion included

**Faults.** N cases against the embedded server with `live_parts/faulty.py`'s rules: every case must have one row, no
object that the ledger knows may stay, and no prompt may have two completed runs.

**Kill.** The process is killed at random moments and resumed: the rows must be those of an undisturbed run, and after
`harness cleanup` no object that the ledger knows may stay.

The last line is one JSON object of all figures, with the goals that they are held against.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_parts import faulty, killed, speed

GOALS: Mapping[str, Mapping[str, float]] = {
    "speed": {
        "span_against_ideal_ours": 1.25,
        "wall_against_sdk_poll_ours": 0.75,
        "peak_mb_ours": 150,
        "requests_per_case_ours": 3,
        "left_ours": 0,
    },
    "slow_model": {"wall_against_ideal_ours": 1.25},
    "faults": {"cases_without_row": 0, "cases_with_two_rows": 0, "known_objects_left": 0, "runs_twice": 0},
    "kill": {"not_as_undisturbed": 0, "known_objects_left": 0},
}
"""At most so much."""
SLOW_S = 3.0
"""From this latency on the start counts little, and the whole wall is held against the ideal."""


def _speed(options: argparse.Namespace, folder: Path) -> tuple[Mapping[str, float], dict[str, Any]]:
    bench = speed.Bench(
        folder=folder,
        cases=options.cases or 200,
        concurrency=options.concurrency,
        latency_s=options.latency,
        rounds=options.rounds,
        drivers=tuple(options.drivers.split(",")),
    )
    found: dict[str, Any] = dict(speed.figures(bench, speed.measure(bench)))
    about = {"cases": bench.cases, "concurrency": bench.concurrency, "latency_s": bench.latency_s}
    return GOALS["slow_model" if options.latency >= SLOW_S else "speed"], about | found


def _faults(options: argparse.Namespace, folder: Path) -> tuple[Mapping[str, float], dict[str, Any]]:
    return GOALS["faults"], faulty.measure(folder, options.cases or 2_000, options.concurrency)


def _kill(options: argparse.Namespace, folder: Path) -> tuple[Mapping[str, float], dict[str, Any]]:
    if not killed.is_there(folder):
        print(f"skipped: the plugin has no {killed.FLAG}")
        return GOALS["kill"], {"skipped": f"no {killed.FLAG}"}
    found = killed.measure(folder, options.moments, options.cases or 100, min(options.concurrency, 20))
    return GOALS["kill"], found | {"not_as_undisturbed": found["moments"] - found["as_undisturbed"]}


def print_table(figures: Mapping[str, Any], goals: Mapping[str, float]) -> None:
    print(f"\n{'figure':42}{'measured':>12}{'goal':>10}")
    for name, value in figures.items():
        if isinstance(value, int | float):
            goal = goals.get(name)
            verdict = "" if goal is None else "  met" if value <= goal else "  NOT MET"
            print(f"{name:42}{value:12,.3f}{'' if goal is None else f'{goal:,}':>10}{verdict}")
        else:
            print(f"{name:42}{value}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure live runs.")
    parser.add_argument("--cases", type=int, help="default 200; with --faults 2000, with --kill 100")
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--latency", type=float, default=1.0, help="the fake model's, in seconds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--drivers", default=",".join(speed.DRIVERS), help="of: %(default)s")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--faults", action="store_true", help="run against a server that fails on purpose")
    what.add_argument("--kill", action="store_true", help="kill and resume")
    parser.add_argument("--moments", type=int, default=20, help="how often it is killed")
    parser.add_argument("--keep", type=Path, help="keep the last project in this folder")
    options = parser.parse_args()
    unknown = set(options.drivers.split(",")) - set(speed.DRIVERS)
    if unknown:
        parser.error(f"no such drivers: {', '.join(sorted(unknown))}")
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="live-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scenario = _faults if options.faults else _kill if options.kill else _speed
    try:
        goals, figures = scenario(options, folder)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print_table(figures, goals)
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({**rounded, "goals": goals}))


if __name__ == "__main__":
    main()
