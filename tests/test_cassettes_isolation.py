"""Tapes side by side: none takes from another, and none is left half written."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from planned_support import planned

from harness.cassettes.file import read_cassette
from harness.cassettes.interaction import Interaction
from harness.cassettes.library import Library
from harness.cassettes.transport import CassetteTransport

RUNS = 200


class CountingServer(ThreadingHTTPServer):
    """Echoes what it is asked, and counts how often."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        self.count = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Echo(BaseHTTPRequestHandler):
    server: CountingServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.count += 1
        answer = json.dumps({"path": self.path, "asked": json.loads(body)}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def server() -> Iterator[CountingServer]:
    running = CountingServer()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


async def converse(transport: CassetteTransport, url: str, run: int) -> list[Any]:
    """Ask three things at one URL, two of them at once."""
    async with httpx2.AsyncClient(transport=transport) as client:

        async def ask(number: int) -> Any:
            return (await client.post(f"{url}/same", json={"run": run, "number": number})).json()["asked"]

        return [await ask(0), *await asyncio.gather(ask(1), ask(2))]


def wanted(run: int) -> list[dict[str, int]]:
    return [{"run": run, "number": number} for number in range(3)]


async def record_all(url: str, runs: range) -> dict[int, tuple[Interaction, ...]]:
    async with httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=50)) as inner:

        async def one(run: int) -> tuple[Interaction, ...]:
            transport = CassetteTransport(inner)
            assert await converse(transport, url, run) == wanted(run)
            return transport.interactions

        return dict(zip(runs, await asyncio.gather(*map(one, runs)), strict=True))


async def replay_all(url: str, tapes: dict[int, tuple[Interaction, ...]]) -> None:
    async def one(run: int, tape: tuple[Interaction, ...]) -> None:
        assert await converse(CassetteTransport(recorded=tape), url, run) == wanted(run)

    await asyncio.gather(*(one(run, tape) for run, tape in tapes.items()))


@pytest.mark.slow
def test_200_runs_at_once_each_keep_their_own_tape_and_replay_asks_nobody(server: CountingServer) -> None:
    tapes = asyncio.run(record_all(server.url, range(RUNS)))

    assert server.count == 3 * RUNS
    for run, tape in tapes.items():
        assert [json.loads(one.request_body) for one in tape] == wanted(run)
        assert [json.loads(one.response_body)["asked"] for one in tape] == wanted(run)

    asyncio.run(replay_all(server.url, tapes))
    assert server.count == 3 * RUNS, "a replay reached the server"


def test_threads_with_loops_of_their_own_do_not_mix_either(server: CountingServer) -> None:
    parts = [range(start, start + 10) for start in range(0, 80, 10)]
    with ThreadPoolExecutor(len(parts)) as pool:
        recorded = list(pool.map(lambda runs: asyncio.run(record_all(server.url, runs)), parts))
        assert server.count == 3 * 80
        list(pool.map(lambda tapes: asyncio.run(replay_all(server.url, tapes)), recorded))

    assert server.count == 3 * 80, "a replay reached the server"


WRITER = """\
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from planned_support import planned
from harness.cassettes.file import Cassette
from harness.cassettes.fingerprint import fingerprint
from harness.cassettes.interaction import Interaction
from harness.cassettes.library import Library

root, own = Path(sys.argv[1]), sys.argv[3]
body = '{"results": [{"text": "' + own * 200 + '"}], "own": "' + own + '"}'
one = Interaction(method="GET", uri="https://endpoint.invalid/v1/x", request_type="", request_body="", status=200,
                  response_type="application/json", response_body=body)
cassette = Cassette(fingerprint=fingerprint(planned()), interactions=(one,) * 50)
print("ready", flush=True)
for _ in range(int(sys.argv[4])):
    # A library of its own each time, as a new process would have: nothing of the texts is remembered.
    Library(root, root / "cassettes", "all").record(planned(), cassette, hidden=())
"""


def start_writer(root: Path, own: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(root), str(Path(__file__).parent), own, str(rounds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def owner(root: Path) -> str:
    """Return whose cassette lies there, whole."""
    library = Library(root, root / "cassettes", "none")
    cassette = library.replay(planned())
    assert cassette is not None
    (content,) = {one.response_body for one in cassette.interactions}
    data = json.loads(content)
    assert data["results"][0]["text"] == data["own"] * 200
    return str(data["own"])


def test_two_processes_that_record_one_cassette_leave_one_whole_file(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, own, 20) for own in ("a", "b")]
    for writer in writers:
        assert writer.wait(60) == 0
        assert writer.stdout is not None
        writer.stdout.close()

    assert owner(tmp_path) in {"a", "b"}
    left = [path for path in tmp_path.rglob("*.*") if path.name != ".lock"]
    assert len(left) == 2, "the cassette and its texts, and nothing else"


@pytest.mark.parametrize("delay_ms", [1, 5, 11, 23])
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new(tmp_path: Path, delay_ms: int) -> None:
    first = start_writer(tmp_path, "a", 1)
    assert first.wait(60) == 0
    second = start_writer(tmp_path, "b", 1000)
    threading.Event().wait(delay_ms / 1000)
    os.kill(second.pid, signal.SIGKILL)
    second.wait(60)
    for process in (first, second):
        assert process.stdout is not None
        process.stdout.close()

    assert owner(tmp_path) in {"a", "b"}
    library = Library(tmp_path, tmp_path / "cassettes", "none")
    for path in (*library.case_files(), *library.setup_files()):
        if not path.name.endswith(".texts.yaml"):
            assert read_cassette(path, library._texts.all(), path.name)


def test_a_draft_is_waste_once_nobody_can_still_be_writing_it(tmp_path: Path) -> None:
    library = Library(tmp_path, tmp_path / "cassettes", "none")
    old, new = (tmp_path / "cassettes" / "loan" / f".x.yaml.{name}.tmp" for name in ("old", "new"))
    old.parent.mkdir(parents=True)
    for path in (old, new):
        path.write_text("half", encoding="utf-8")
    os.utime(old, (0, 0))

    assert library.drafts() == [old]
    assert library.case_files() == []
