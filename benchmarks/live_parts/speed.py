"""How long cases take, ours and others', in the same rounds."""

import shutil
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from replay_projects import make_document, make_ours

from live_parts.peers import PEERS
from live_parts.processes import HERE, Spent, ask, fake_server, pytest, run

OURS = "ours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where things are, and how much is measured."""

    folder: Path
    cases: int
    concurrency: int
    latency_s: float
    rounds: int
    drivers: tuple[str, ...]

    @property
    def ideal_s(self) -> float:
        """What the model alone takes."""
        return -(-self.cases // self.concurrency) * self.latency_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One driver in one round."""

    spent: Spent
    span_s: float
    """From the first request to the last answer, as the server sees it."""
    requests_per_case: float
    """Those about threads and answers; set-up is told apart."""
    setup_requests: int
    server_cpu_s: float
    left: int
    """Objects that were not deleted."""


def measure(bench: Bench) -> dict[str, list[Measured]]:
    """Let each driver have all conversations, in turns."""
    document = bench.folder / "branches.txt"
    make_document(document, max(4_000, 135 * min(bench.cases, 2_000)))
    found: dict[str, list[Measured]] = {name: [] for name in bench.drivers}
    with fake_server(document, bench.latency_s) as url:
        for name in bench.drivers:  # compiles what is imported, and fills the system's caches
            _drive(name, replace(bench, cases=1), url, document)
        for number in range(bench.rounds):
            for name in bench.drivers:
                ask(url, "debug/clear")
                spent = _drive(name, bench, url, document)
                found[name].append(_measured(spent, ask(url, "debug/account"), bench))
                _tell(name, number, found[name][-1], bench)
    return found


def _drive(name: str, bench: Bench, url: str, document: Path) -> Spent:
    cases, concurrency = str(bench.cases), str(bench.concurrency)
    if name != OURS:
        command = [sys.executable, "-m", "live_parts.peers", name, url, str(document), cases, concurrency]
        return run(command, HERE).demand(0)
    project = bench.folder / "project"  # a new one each time: what is recorded already is not asked again
    shutil.rmtree(project, ignore_errors=True)
    make_ours(project, bench.cases, document)
    spent = pytest(project, "--harness-endpoint", url, "--harness-concurrency", concurrency).demand(0)
    if f"{bench.cases} passed" not in spent.output and f"{bench.cases} recorded" not in spent.output:
        sys.exit(f"not all cases passed:\n{spent.output[-3000:]}")
    return spent


def _measured(spent: Spent, account: Mapping[str, object], bench: Bench) -> Measured:
    requests = account["requests"]
    assert isinstance(requests, dict)
    about_cases = sum(count for route, count in requests.items() if "/threads" in route or "/chat" in route)
    left = account["left"]
    assert isinstance(left, dict)
    return Measured(
        spent=spent,
        span_s=float(str(account["span_s"])),
        requests_per_case=about_cases / bench.cases,
        setup_requests=sum(requests.values()) - about_cases,
        server_cpu_s=float(str(account["cpu_s"])),
        left=len(left),
    )


def _tell(name: str, number: int, one: Measured, bench: Bench) -> None:
    spent = one.spent
    print(
        f"round {number + 1} {name:20} span {one.span_s:6.2f} s ({one.span_s / bench.ideal_s:.2f})  "
        f"wall {spent.wall_s:6.2f} s ({spent.wall_s / bench.ideal_s:.2f})  cpu {spent.cpu_s:5.2f} s  "
        f"peak {spent.peak_mb:4.0f} MB  requests/case {one.requests_per_case:.2f} + {one.setup_requests}  "
        f"server cpu {one.server_cpu_s:.2f} s  left {one.left}",
        flush=True,
    )


def figures(bench: Bench, found: Mapping[str, list[Measured]]) -> dict[str, float]:
    """Return the medians over the rounds; ratios between drivers are of the same round."""
    result = {}
    for name, rounds in found.items():
        result[f"span_against_ideal_{name}"] = statistics.median(one.span_s / bench.ideal_s for one in rounds)
        result[f"wall_against_ideal_{name}"] = statistics.median(one.spent.wall_s / bench.ideal_s for one in rounds)
        result[f"wall_s_{name}"] = statistics.median(one.spent.wall_s for one in rounds)
        result[f"cpu_s_{name}"] = statistics.median(one.spent.cpu_s for one in rounds)
        result[f"peak_mb_{name}"] = statistics.median(one.spent.peak_mb for one in rounds)
        result[f"requests_per_case_{name}"] = statistics.median(one.requests_per_case for one in rounds)
        result[f"left_{name}"] = max(one.left for one in rounds)
        if name != "sdk_poll" and "sdk_poll" in found:
            pairs = zip(rounds, found["sdk_poll"], strict=True)
            ratios = [one.spent.wall_s / other.spent.wall_s for one, other in pairs]
            result[f"wall_against_sdk_poll_{name}"] = statistics.median(ratios)
    return result


DRIVERS = (OURS, *PEERS)
