"""`harness run --executor ray` on a real cluster of two worker nodes on this machine."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import SAID_BY_THE_ENVIRONMENT, SUITE, write

from harness.embedded import start_embedded

pytest.importorskip("ray", reason="the extra `ray` is not installed: pip install -e '.[dev,ray]'")

pytestmark = pytest.mark.slow

MEMORY = 80 * 1024 * 1024
KEY: dict[str, str] = {}
SLOW = 'rules:\n  - {route: "POST /threads/*/runs", delay: 0.3}\n'
OWN = """\
class Length:
    def score(self, context):
        from harness import Score

        return Score(value=len(context.answer))
"""


@dataclass
class Nodes:
    """A cluster, of whose nodes one can be ended."""

    cluster: Any

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def add(self) -> Any:
        return self.cluster.add_node(num_cpus=1, object_store_memory=MEMORY)

    def kill(self, node: Any) -> None:
        self.cluster.remove_node(node, allow_graceful=False)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    before = os.environ.get("RAY_USAGE_STATS_ENABLED")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 0, "object_store_memory": MEMORY, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        found = Nodes(cluster)
        found.add()
        yield found
    finally:
        cluster.shutdown()
        if before is None:
            del os.environ["RAY_USAGE_STATS_ENABLED"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "pyproject.toml", "[tool.harness]\n")
    write(tmp_path / "fixtures" / "library.md", "Members may borrow books for 28 days. A late book costs 0.20 USD.\n")
    write(tmp_path / "cases" / "library.yaml", SUITE)
    write(tmp_path / "faults.yaml", SLOW)
    return tmp_path


def run(project: Path, *args: str) -> "subprocess.Popen[str]":
    environ = {name: value for name, value in os.environ.items() if name not in SAID_BY_THE_ENVIRONMENT}
    command = [sys.executable, "-m", "harness", "run", "--executor=ray", *args]
    return subprocess.Popen(
        command, cwd=project, env=environ | KEY, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def ended(process: "subprocess.Popen[str]", code: int = 0) -> str:
    try:
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == code, said
    return said


def lines(project: Path, name: str) -> list[dict[str, Any]]:
    (path,) = (project / "results").glob(f"*/{name}")
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def trials(project: Path) -> list[tuple[str, int]]:
    planned = [row["planned"] for row in lines(project, "results.jsonl")]
    return sorted((one["case"]["id"], one["trial"]) for one in planned)


def all_of(many: int) -> list[tuple[str, int]]:
    return sorted((case, trial) for case in ("loan", "librarian") for trial in range(1, many + 1))


def wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def rows_so_far(project: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (project / "results").glob("*/results.jsonl"))


def known(ledger: Sequence[dict[str, Any]], event: str) -> set[tuple[str, str]]:
    return {(line["kind"], line["id"]) for line in ledger if line["event"] == event}


def test_each_case_has_one_row_although_a_node_is_killed(
    nodes: Nodes, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.KEY", {"HARNESS_API_KEY": "sk-nobody-may-log-this"})
    victim = nodes.add()
    with start_embedded(faults=project / "faults.yaml") as server:
        process = run(
            project,
            f"--address={nodes.address}",
            f"--harness-endpoint={server.base_url}",
            "--harness-trials=40",
            "--harness-concurrency=6",
        )
        wait(lambda: rows_so_far(project) >= 15)
        nodes.kill(victim)
        said = ended(process)

    assert trials(project) == all_of(40)
    assert "80 passed" in said
    ledger = lines(project, "remote.jsonl")
    assert known(ledger, "made") == known(ledger, "deleted")
    made = Counter(kind for kind, _ in known(ledger, "made"))
    assert made["file"] == made["vector_store"] == made["assistant"] == 1
    # What the killed node had begun is gone on with; only a thread whose id it could not tell is made again.
    assert made["thread"] <= 80 + 6
    assert not list(project.glob("results/*/won.jsonl"))
    logs = [path for path in Path(nodes.cluster.head_node.get_logs_dir_path()).rglob("*") if path.is_file()]
    assert len(logs) > 5
    assert not [path for path in logs if b"sk-nobody-may-log-this" in path.read_bytes()]


def test_a_budget_holds_for_all_and_what_it_left_over_is_resumed(nodes: Nodes, project: Path) -> None:
    write(project / "own.py", OWN)
    suite = SUITE.replace("refusal:", "scorers: [own:Length]\nrefusal:", 1)
    write(project / "cases" / "library.yaml", suite)
    with start_embedded(faults=project / "faults.yaml") as server:
        args = (f"--address={nodes.address}", f"--harness-endpoint={server.base_url}", "--harness-trials=15")
        said = ended(run(project, *args, "--harness-max-tokens=300", "--harness-concurrency=2"), 1)
        first = trials(project)
        ended(run(project, *args, "--harness-resume=latest"))

    assert "not begun; " in said
    assert "allowed are 300 (--harness-max-tokens)" in said
    assert 2 <= len(first) <= 12
    assert trials(project) == all_of(15)
    own = [turn["own"] for row in lines(project, "results.jsonl") for turn in row["score"]["turns"]]
    assert all(score[0]["error"] is None and score[0]["value"] > 0 for score in own)


def test_what_cannot_be_done_on_a_cluster_is_refused_before_anything_is_sent(project: Path) -> None:
    for args, told in (
        (["--harness-record=all"], "what runs on a cluster is not recorded"),
        (["--address=127.0.0.1:1"], "no cluster can be joined"),
        (["--address=nowhere"], "no cluster can be joined"),
        (["--address=ray://127.0.0.1:10001"], "ray://127.0.0.1:10001 is for clients outside the cluster"),
    ):
        assert told in ended(run(project, *args), 4)
    assert not list(project.glob("results/*"))
