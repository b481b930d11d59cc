"""Run many cases on a local cluster of two worker nodes, and kill one of them in the middle.

    python benchmarks/cluster.py [--cases 2000] [--concurrency 50] [--latency 1.0] [--kill-at 0.3] [--undisturbed]

Needs the extra `ray`. Each worker node has one CPU; the head node has none, so that the driver and the office are not
killed. The fake server of `live.py` answers each run after `--latency` seconds, as a streamed answer with ten search
results. When a share of `--kill-at` of the rows is there, a node is killed with its worker (SIGKILL). Every case must
have exactly one row, no object that the ledger knows may stay on the server, and the server counts the prompts that it
was asked twice: those are runs whose thread's id had not reached the driver.

Ideal is N / concurrency x latency. CPU and memory are the driver's, the whole process. The last line is one JSON object
of all figures, with the goals that they are held against.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from live_parts.processes import Spent, ask, fake_server, harness
from live_parts.rows import case_of, known, rows
from replay_projects import make_document, make_ours

GOALS: Mapping[str, float] = {"cases_without_row": 0, "cases_with_two_rows": 0, "known_objects_left": 0}
"""At most so much."""
MEMORY = 100 * 1024 * 1024
"""Of each node's object store, in bytes."""
LOOK_S = 0.2
PROCESSES = ("worker", "office")


def _rows_so_far(project: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (project / "results").glob("*/results.jsonl"))


def _start_cluster() -> tuple[Any, list[Any]]:
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 0, "object_store_memory": MEMORY, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    return cluster, [cluster.add_node(num_cpus=1, object_store_memory=MEMORY) for _ in range(2)]


class Watcher(threading.Thread):
    """Kills a node when it is time, and sees how much CPU the cluster's processes take.

    Args:
        project: Whose rows tell the time.
        kill: Kills the node.
        kill_at: When there are so many rows; None: never.
    """

    def __init__(self, project: Path, kill: Callable[[], None], kill_at: float | None) -> None:
        super().__init__()
        self._project, self._kill, self._kill_at = project, kill, kill_at
        self._is_over = threading.Event()
        self.killed_at: int | None = None
        self.cpu_s: dict[int, tuple[str, float]] = {}
        """Of each process of the session its name and what it took, by process id."""

    def run(self) -> None:
        """Look until it is over."""
        while not self._is_over.wait(LOOK_S):
            self._look()
            count = _rows_so_far(self._project)
            if self.killed_at is None and self._kill_at is not None and count >= self._kill_at:
                self.killed_at = count
                self._kill()

    def end(self) -> None:
        """Stop looking."""
        self._is_over.set()
        self.join()

    def took_s(self, name: str) -> float:
        """Return the CPU time of all processes of a name, in seconds."""
        return sum(cpu_s for one, cpu_s in self.cpu_s.values() if one == name)

    def _look(self) -> None:
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                name = (path / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").strip()
                if name.startswith("ray::"):
                    fields = (path / "stat").read_text().rpartition(")")[2].split()
                    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                    kind = "office" if "Office" in name else "worker"
                    self.cpu_s[int(path.name)] = (kind, cpu_s)


def _run(project: Path, url: str, options: argparse.Namespace) -> tuple[Spent, Watcher]:
    cluster, nodes = _start_cluster()
    kill_at = None if options.undisturbed else options.kill_at * options.cases
    watcher = Watcher(project, lambda: cluster.remove_node(nodes[1], allow_graceful=False), kill_at)
    try:
        watcher.start()
        arguments = ["--executor=ray", f"--address={cluster.address}", f"--harness-endpoint={url}", "-q"]
        spent = harness(project, "run", *arguments, f"--harness-concurrency={options.concurrency}").demand(0, 1)
    finally:
        watcher.end()
        cluster.shutdown()
    return spent, watcher


def _figures(project: Path, spent: Spent, account: Mapping[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    counted = Counter(map(case_of, rows(project)))
    (folder,) = (project / "results").iterdir()
    ideal_s = options.cases / options.concurrency * options.latency
    return {
        "cases": options.cases,
        "rows": sum(counted.values()),
        "cases_without_row": options.cases - len(counted),
        "cases_with_two_rows": sum(count > 1 for count in counted.values()),
        "known_objects_left": len(set(account["left"]) & known(project)),
        "unknown_objects_left": len(set(account["left"]) - known(project)),
        "asked_twice": account["runs_twice"],
        "requests_per_case": sum(account["requests"].values()) / options.cases,
        "span_s": account["span_s"],
        "span_against_ideal": account["span_s"] / ideal_s,
        "wall_s": spent.wall_s,
        "driver_cpu_ms_per_case": 1000 * spent.cpu_s / options.cases,
        "driver_peak_mb": spent.peak_mb,
        "row_bytes": (folder / "results.jsonl").stat().st_size / options.cases,
        "ledger_bytes_per_case": (folder / "remote.jsonl").stat().st_size / options.cases,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Run many cases on a local cluster, and kill a node.")
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--latency", type=float, default=1.0, help="the fake model's, in seconds")
    parser.add_argument("--kill-at", type=float, default=0.3, help="share of the rows that are there by then")
    parser.add_argument("--undisturbed", action="store_true", help="kill nothing")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    try:
        document, project = folder / "branches.txt", folder / "project"
        make_document(document, max(4_000, 135 * min(options.cases, 2_000)))
        make_ours(project, options.cases, document)
        with fake_server(document, options.latency) as url:
            spent, watcher = _run(project, url, options)
            account = ask(url, "debug/account")
        if watcher.killed_at is None and not options.undisturbed:
            sys.exit("no node was killed: the run ended before")
        figures = _figures(project, spent, account, options)
        figures |= {f"{name}_cpu_ms_per_case": 1000 * watcher.took_s(name) / options.cases for name in PROCESSES}
        figures["rows_when_killed"] = watcher.killed_at or 0
        print(spent.output[-1500:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        goal = GOALS.get(name)
        verdict = "" if goal is None else "met" if value <= goal else "NOT MET"
        print(f"{name:26}{value:>14,.2f}  {verdict}")
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({**rounded, "goals": GOALS}))


if __name__ == "__main__":
    main()
