"""Measure the embedded server: its speed, its search, and whether it survives being killed.

    python benchmarks/server.py [--rounds 9] [--kills 20] [--only gets search kills]

Every server is a process of its own.

- `gets_against_bare`: small GETs a second, over those of a bare Starlette route that answers the same object, under the
  same uvicorn with one worker; `gets_cpu_against_bare`: the bare route's CPU time a GET over ours, which a busy machine
  does not disturb. Medians of the ratios within a round, the two servers taking turns.
- `gets_a_second`: ours, the median round.
- `search_p95_ms`: 95th percentile of a search among 10,000 passages, as a client sees it, the server held to one core
  where the system can do that; `search_median_ms`, and `search_cpu_ms`: the server's CPU time of a search, the mean.
- `run_p95_ms`: of a whole run of `extractive` on that store, from the request to the last event. No goal.
- `kills_survived`: of so many kills (-9) at random moments under load with `--data`, after how many the server started
  again with whole objects only (`server_kills.py` says what is checked).

The last line is one JSON object of all figures, with the goals that they are held against.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
from server_kills import kill_again_and_again

from harness.embedded import start_embedded

CONNECTIONS = 8
"""Of the client that asks as fast as it is answered."""
GETS = 3_000
"""Of one round."""
PASSAGES = 10_000
SEARCHES = 300
RUNS = 60
WORDS = 30_000
"""Words of the language that the passages are written in."""
GOALS = {"gets_against_bare": 0.6, "search_p95_ms": 15, "kills_survived": 20}
"""At least so many; of milliseconds at most."""


class Asking(asyncio.Protocol):
    """Send one request again and again over one connection, each when the last one is answered.

    Args:
        request: Its bytes.
        left: How many more all connections together send, in a list of one.
        done: What is set when this connection is through.
    """

    def __init__(self, request: bytes, left: list[int], done: asyncio.Future[None]) -> None:
        self._request = request
        self._left = left
        self._done = done
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Go on once an answer is whole."""
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        assert head.startswith(b"HTTP/1.1 200"), self._got
        if len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            self._got = b""
            self._ask()

    def _ask(self) -> None:
        if self._left[0] <= 0:
            self._transport.close()
            self._done.set_result(None)
            return
        self._left[0] -= 1
        self._transport.write(self._request)


async def ask(port: int, path: str, times: int) -> float:
    """Send so many GETs and return how many were answered a second."""
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n\r\n".encode()
    left, ends = [times], [loop.create_future() for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: Asking(request, left, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return times / (time.perf_counter() - started)


def serve_bare(answer: Any, ports: "multiprocessing.Queue[int]") -> None:
    """Serve one object at any path of its kind, with nothing around it."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from harness.server.__main__ import bound_socket

    async def get(_: Request) -> JSONResponse:
        return JSONResponse(answer)

    with bound_socket("127.0.0.1", 0) as listener:
        app = Starlette(routes=[Route("/v1/assistants/{assistant_id}", get)])
        ports.put(listener.getsockname()[1])
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none")).run(sockets=[listener])


@contextmanager
def bare(answer: Any) -> Iterator[tuple[int, int]]:
    """Run the bare route; yield its port and its process id."""
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    process = context.Process(target=serve_bare, args=(answer, ports), daemon=True)
    process.start()
    try:
        port = ports.get(timeout=60)
        with httpx2.Client() as client:
            until(lambda: client.get(f"http://127.0.0.1:{port}/v1/assistants/x").is_success)
        yield port, process.pid or 0
    finally:
        process.kill()
        process.join()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until a server answers."""
    for _ in range(500):
        with suppress(httpx2.TransportError):
            if is_so():
                return
        time.sleep(0.02)
    sys.exit("the server does not answer")


def cpu_s(process_id: int) -> float:
    """Return the CPU time that a process took so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_gets(rounds: int) -> dict[str, float]:
    """Return how fast a small object is got."""
    with start_embedded() as server, httpx2.Client(base_url=server.base_url) as client:
        body = {"model": "extractive", "name": "A", "instructions": "Answer from the files.", "tools": []}
        assistant = client.post("/assistants", json=body).json()
        path = f"/v1/assistants/{assistant['id']}"
        with bare(assistant) as (bare_port, bare_id):
            ours, theirs = (
                (int(server.base_url.rpartition(":")[2].removesuffix("/v1")), server.process_id),
                (
                    bare_port,
                    bare_id,
                ),
            )
            speeds: dict[int, list[float]] = {ours[0]: [], theirs[0]: []}
            costs: dict[int, list[float]] = {ours[0]: [], theirs[0]: []}
            for turn in range(rounds + 1):
                for port, process_id in (ours, theirs) if turn % 2 else (theirs, ours):
                    before = cpu_s(process_id)
                    speed = asyncio.run(ask(port, path, GETS))
                    if turn:  # the first round warms up
                        speeds[port].append(speed)
                        costs[port].append(cpu_s(process_id) - before)
    return {
        "gets_against_bare": median_ratio(speeds[ours[0]], speeds[theirs[0]]),
        "gets_cpu_against_bare": median_ratio(costs[theirs[0]], costs[ours[0]]),
        "gets_a_second": statistics.median(speeds[ours[0]]),
    }


def median_ratio(upper: list[float], lower: list[float]) -> float:
    """Return the median of the ratios within a round."""
    return statistics.median(one / other for one, other in zip(upper, lower, strict=True))


def passages(seed: int) -> tuple[str, Callable[[], str]]:
    """Return a text of many passages, and what asks a question about one of them; words occur as in a language."""
    source = random.Random(seed)
    vowels, others = "aeiou", "bcdfghklmnprstvz"
    words = [
        "".join(source.choice(others) + source.choice(vowels) for _ in range(source.choice((1, 2, 2, 3, 3, 4))))
        for _ in range(WORDS)
    ]
    weights = [1 / (rank + 3) for rank in range(WORDS)]
    paragraphs = [" ".join(source.choices(words, weights, k=60)).capitalize() + "." for _ in range(PASSAGES)]

    def question() -> str:
        asked = source.choice(paragraphs).rstrip(".").lower().split()
        return "What is " + " ".join(source.sample(asked, 8)) + "?"

    return "\n\n".join(paragraphs), question


def measure_search() -> dict[str, float]:
    """Return how long a search takes, and a whole run."""
    text, question = passages(7)
    with start_embedded() as server, httpx2.Client(base_url=server.base_url, timeout=120) as client:
        form = {"file": ("passages.txt", text.encode())}
        file = client.post("/files", files=form, data={"purpose": "assistants"}).json()["id"]
        store = client.post("/vector_stores", json={"file_ids": [file]}).json()["id"]
        until(lambda: client.get(f"/vector_stores/{store}").json()["status"] == "completed")
        kept = len(client.get(f"/vector_stores/{store}/files/{file}/content").json()["data"])
        assert kept == PASSAGES, kept
        hold_to_one_core(server.process_id)
        before = cpu_s(server.process_id)
        times = [timed(lambda: searched(client, store, question())) for _ in range(SEARCHES)]
        spent = cpu_s(server.process_id) - before
        resources = {"file_search": {"vector_store_ids": [store]}}
        body = {"model": "extractive", "tools": [{"type": "file_search"}], "tool_resources": resources}
        assistant = client.post("/assistants", json=body).json()["id"]
        runs = [timed(lambda: ran(client, assistant, question())) for _ in range(RUNS)]
    return {
        "search_p95_ms": 1000 * statistics.quantiles(times, n=20)[-1],
        "search_median_ms": 1000 * statistics.median(times),
        "search_cpu_ms": 1000 * spent / SEARCHES,
        "run_p95_ms": 1000 * statistics.quantiles(runs, n=20)[-1],
    }


def hold_to_one_core(process_id: int) -> None:
    """Let all threads of a process run on one core only."""
    if hasattr(os, "sched_setaffinity"):
        core = max(os.sched_getaffinity(0))
        for thread in Path(f"/proc/{process_id}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def searched(client: httpx2.Client, store: str, query: str) -> None:
    """Search, and find something."""
    found = client.post(f"/vector_stores/{store}/search", json={"query": query})
    assert found.json()["data"], found.text


def ran(client: httpx2.Client, assistant: str, question: str) -> None:
    """Run an assistant, and read all its events."""
    thread = {"messages": [{"role": "user", "content": question}]}
    answer = client.post("/threads/runs", json={"assistant_id": assistant, "thread": thread, "stream": True})
    assert "event: thread.run.completed" in answer.text, answer.text[-500:]


def timed(work: Callable[[], None]) -> float:
    """Return how many seconds something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which the server is killed")
    parser.add_argument("--only", nargs="+", choices=("gets", "search", "kills"), default=("gets", "search", "kills"))
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    if "gets" in options.only:
        figures |= measure_gets(options.rounds)
    if "search" in options.only:
        figures |= measure_search()
    if "kills" in options.only:
        figures |= kill_again_and_again(options.kills, options.seed)
    for name, value in figures.items():
        print(f"{name:28} {value if isinstance(value, int | list) else round(value, 3)}")
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({**rounded, "goals": GOALS}))


if __name__ == "__main__":
    main()
