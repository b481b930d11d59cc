"""Measure replay: ours beside pytest-recording with the same conversation, both recorded in the same run.

    pip install -c .ci/constraints.txt -e '.[bench]'
    python benchmarks/replay.py [--cases 500] [--rounds 3]

A fake server on loopback, in a process of its own, answers both recorders. Ours is a project of N cases about a
document of 260 KB, recorded through the pytest plugin; theirs is N tests that have the same conversation by the openai
client, without sleeping between polls, with one client for all tests. Then each is replayed, in turns. A ratio is the
median over the rounds of the ratio within a round. Every process is a new one; times include the interpreter's start.
What is measured:

- `wall_against_pytest_recording`: wall time of N replayed cases under pytest, as a share of pytest-recording's; without
  scoring (the project's conftest replaces the scorer by one that passes everything) and with it. Below 1 is faster.
- `cpu_against_pytest_recording`: the same shares of CPU time, which tell more than wall time on a busy machine.
- `empty_tests_against_pytest_recording`: the same share for N tests that do nothing: pytest's own part.
- `cpu_ms_per_case`: CPU of suites and plan, of replay itself, and of writing results, by the code that the plugin
  calls, in a process without pytest and without scoring (`replay_inside.py`).
- `growth_cpu`: CPU of 10 N cases under pytest, scored, over that of N. 10 is linear.
- `peak_mb`: largest resident memory of the session with 10 N cases.
- `bytes_per_case`: the cassettes folder over N, everything that cases share included; with three passages of 400
  characters found, and with 20 chunks of 800 tokens (3,200 characters, overlapping by half).
- `one_case_against_empty`: wall of replaying and scoring one case by pytest over that of one empty test without our
  plugin; about a document of 4 KB, and (`_260_kb`, no goal) about the large one, which has to be indexed first.
- `help_s`: seconds of `harness --help`.
- `unrelated_with_plugin`: wall of one empty test with our plugin installed over that with it switched off.

The last line is one JSON object of all figures, with the goals that they are held against.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replay_projects import DOCUMENT, make_document, make_empty, make_ours, make_peer

HERE = Path(__file__).parent
SIZE = 260_000
"""Bytes of the document."""
SMALL = 4_000
"""Bytes of the document of a single case."""
QUICK = 7
"""Rounds of what takes well under a second, for each round of the rest: their ratios are close to 1."""
GOALS = {
    "wall_against_pytest_recording": 0.20,
    "wall_against_pytest_recording_scored": 0.30,
    "cpu_ms_per_case": 1.5,
    "growth_cpu": 10.5,
    "peak_mb": 200,
    "bytes_per_case": 6_000,
    "bytes_per_case_20_chunks": 12_000,
    "one_case_against_empty": 1.6,
    "help_s": 0.4,
    "unrelated_with_plugin": 1.05,
}
"""At most so much."""
_UNSET = {"CI", "PYTHONDONTWRITEBYTECODE"}
COMPILED = Path(tempfile.gettempdir()) / "replay-compiled"
"""Where byte code goes: kept from run to run, as installed packages keep theirs, and out of the source tree."""
OURS, THEIRS = ["-p", "no:recording"], ["-p", "no:assistant-harness"]
"""Neither pays for the other's plugin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where things are, and how much is measured."""

    folder: Path
    cases: int
    rounds: int

    @property
    def document(self) -> Path:
        """The large document."""
        return self.folder / DOCUMENT


def run(command: list[str], folder: Path, **environ: str) -> Spent:
    """Run a process to its end; a failing one ends the benchmark with its output."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    kept["PYTHONPYCACHEPREFIX"] = str(COMPILED)
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=kept | environ, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)} (in {folder}) ended with {process.returncode}:\n{text[-3000:]}")
    return Spent(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024, output=text)


def pytest(folder: Path, *options: str, **environ: str) -> Spent:
    """Run pytest in a folder."""
    return run([sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *options], folder, **environ)


@contextmanager
def server(bench: Bench, results: int, length: int) -> Iterator[str]:
    """Run the fake server; yield its base URL."""
    command = [sys.executable, str(HERE / "replay_server.py"), str(bench.document), str(results), str(length)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


def record(bench: Bench) -> str:
    """Make all projects and record them; return the server's URL, which is dead by then."""
    count = make_document(bench.document, SIZE)
    for name, cases in (("ours", bench.cases), ("chunks", bench.cases), ("many", 10 * bench.cases), ("one_260_kb", 1)):
        make_ours(bench.folder / name, cases, bench.document)
    small = bench.folder / "small" / DOCUMENT
    make_document(small, SMALL)
    make_ours(bench.folder / "one", 1, small)
    make_peer(bench.folder / "peer", bench.cases, count)
    make_empty(bench.folder / "empty", bench.cases)
    make_empty(bench.folder / "unrelated", 1)
    with server(bench, 20, 3200) as url:
        _recorded("chunks", pytest(bench.folder / "chunks", *OURS, "cases", HARNESS_ENDPOINT=url))
    with server(bench, 3, 400) as url:
        for name in ("one", "one_260_kb", "ours", "many"):
            _recorded(name, pytest(bench.folder / name, *OURS, "cases", HARNESS_ENDPOINT=url))
        _recorded("peer", pytest(bench.folder / "peer", *THEIRS, "--record-mode=rewrite", PEER_URL=url))
    return url


def _recorded(name: str, spent: Spent) -> None:
    print(f"recorded {name}: {spent.wall_s:.1f} s, {spent.cpu_s:.1f} s CPU", flush=True)


class Rounds:
    """What tasks took, each run once a round and in turns, so that a slow spell of the machine hits all of them."""

    def __init__(self, rounds: int, tasks: Mapping[str, Callable[[], Spent]]) -> None:
        self._found: dict[str, list[Spent]] = {name: [] for name in tasks}
        for _ in range(rounds):
            for name, task in tasks.items():
                self._found[name].append(task())
        for name, spent in self._found.items():
            walls = " ".join(f"{one.wall_s:.2f}" for one in sorted(spent, key=lambda one: one.wall_s))
            print(f"{name}: wall {walls} s", flush=True)

    def median(self, name: str, what: str = "wall_s") -> float:
        """Return the median of what a task took."""
        return statistics.median(float(getattr(one, what)) for one in self._found[name])

    def ratio(self, name: str, other: str, what: str = "wall_s") -> float:
        """Return the median over the rounds of what a task took against another in the same round."""
        pairs = zip(self._found[name], self._found[other], strict=True)
        return statistics.median(float(getattr(one, what)) / float(getattr(two, what)) for one, two in pairs)

    def all(self, what: str) -> dict[str, float]:
        """Return the medians of all tasks, as figures."""
        return {f"{what}_{name}": self.median(name, what) for name in self._found}


def measure(bench: Bench, url: str) -> dict[str, Any]:
    """Replay everything; return the figures."""
    replay = {"HARNESS_ENDPOINT": url, "HARNESS_RECORD": "none"}
    folder = bench.folder
    slow = Rounds(
        bench.rounds,
        {
            "peer": lambda: pytest(folder / "peer", *THEIRS, "--record-mode=none", PEER_URL=url),
            "unscored": lambda: pytest(folder / "ours", *OURS, "cases", **replay, UNSCORED="1"),
            "scored": lambda: pytest(folder / "ours", *OURS, "cases", **replay),
            "empty": lambda: pytest(folder / "empty", *OURS, *THEIRS),
            "many": lambda: pytest(folder / "many", *OURS, "cases", **replay),
        },
    )
    quick = Rounds(
        bench.rounds * QUICK,
        {
            "help": lambda: run([str(Path(sys.executable).with_name("harness")), "--help"], folder),
            "one_case": lambda: pytest(folder / "one", *OURS, "cases", **replay),
            "one_case_260_kb": lambda: pytest(folder / "one_260_kb", *OURS, "cases", **replay),
            "with_plugin": lambda: pytest(folder / "unrelated", *OURS),
            "without_plugin": lambda: pytest(folder / "unrelated", *OURS, *THEIRS),
        },
    )
    phases = _inside(bench, replay)
    return {
        "cases": bench.cases,
        "rounds": bench.rounds,
        "wall_against_pytest_recording": slow.ratio("unscored", "peer"),
        "wall_against_pytest_recording_scored": slow.ratio("scored", "peer"),
        "empty_tests_against_pytest_recording": slow.ratio("empty", "peer"),
        "cpu_against_pytest_recording": slow.ratio("unscored", "peer", "cpu_s"),
        "cpu_against_pytest_recording_scored": slow.ratio("scored", "peer", "cpu_s"),
        "cpu_ms_per_case": sum(phases.values()),
        **{f"cpu_ms_per_case_{name}": value for name, value in phases.items()},
        "growth_cpu": slow.ratio("many", "scored", "cpu_s"),
        "peak_mb": slow.median("many", "peak_mb"),
        "bytes_per_case": _bytes(folder / "ours" / "cassettes") / bench.cases,
        "bytes_per_case_20_chunks": _bytes(folder / "chunks" / "cassettes") / bench.cases,
        "bytes_per_case_pytest_recording": _bytes(folder / "peer" / "cassettes") / bench.cases,
        "one_case_against_empty": quick.ratio("one_case", "without_plugin"),
        "one_case_against_empty_260_kb": quick.ratio("one_case_260_kb", "without_plugin"),
        "help_s": quick.median("help"),
        "unrelated_with_plugin": quick.ratio("with_plugin", "without_plugin"),
        **slow.all("wall_s"),
        **slow.all("cpu_s"),
        **quick.all("wall_s"),
        **quick.all("cpu_s"),
    }


def _inside(bench: Bench, replay: Mapping[str, str]) -> dict[str, float]:
    command = [sys.executable, str(HERE / "replay_inside.py"), str(bench.folder / "ours")]
    rounds = [json.loads(run(command, bench.folder, **replay).output.splitlines()[-1]) for _ in range(bench.rounds)]
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def print_table(figures: Mapping[str, Any]) -> None:
    print(f"\n{'figure':42}{'measured':>12}{'goal':>10}")
    for name, value in figures.items():
        goal = GOALS.get(name)
        verdict = "" if goal is None else "  met" if value <= goal else "  NOT MET"
        print(f"{name:42}{value:12,.3f}{'' if goal is None else f'{goal:,}':>10}{verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure replay beside pytest-recording.")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--keep", type=Path, help="keep the projects in this folder; those in it are not recorded again"
    )
    options = parser.parse_args()
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="replay-"))).resolve()
    bench = Bench(folder=folder, cases=options.cases, rounds=options.rounds)
    note = folder / "url"
    if not note.exists():
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(record(bench), encoding="utf-8")
    figures = measure(bench, note.read_text(encoding="utf-8"))
    if options.keep is None:
        shutil.rmtree(folder)
    print_table(figures)
    print(json.dumps({**{name: round(value, 4) for name, value in figures.items()}, "goals": GOALS}))


if __name__ == "__main__":
    main()
