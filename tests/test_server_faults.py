"""Faults on purpose, over real HTTP."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import openai
import pytest
from openai.types.beta.threads import Run
from pydantic import TypeAdapter
from server_support import client_of, raw_client_of, serving, without_sunset_warnings

from harness.embedded import start_embedded
from harness.errors import EndpointError
from harness.server.faults.book import FaultBook
from harness.server.faults.reading import read_faults
from harness.server.faults.rules import FaultPlan

Faulty: TypeAlias = Callable[..., httpx2.Client]
RUNS = "POST /threads/*/runs"
DOCS = Path(__file__).parent.parent / "docs" / "server.md"


def plan(*rules: dict[str, Any], seed: int = 0) -> FaultPlan:
    return TypeAdapter(FaultPlan).validate_python({"seed": seed, "rules": list(rules)})


class ChangingBook(FaultBook):
    """One server serves all tests: starting one for each takes longer than they do."""

    def __init__(self) -> None:
        self.change()

    def change(self, *rules: dict[str, Any]) -> None:
        super().__init__(plan(*rules or [{"route": "GET /nothing", "status": 500}]))


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, ChangingBook]]:
    book = ChangingBook()
    with serving(book=book) as url:
        yield url, book


@pytest.fixture
def faulty(server: tuple[str, ChangingBook]) -> Iterator[Faulty]:
    """Set the rules, and return a client."""
    url, book = server
    with raw_client_of(url) as client:

        def set_rules(*rules: dict[str, Any]) -> httpx2.Client:
            book.change(*rules)
            return client

        yield set_rules


def made(client: httpx2.Client, path: str, body: dict[str, Any] | None = None) -> str:
    answer = client.post(path, json=body or {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def new_thread(client: httpx2.Client) -> tuple[str, dict[str, Any]]:
    """Make a thread and an assistant; return the path of its runs and the body of one."""
    thread = made(client, "/threads", {"messages": [{"role": "user", "content": "Hello?"}]})
    return f"/threads/{thread}/runs", {"assistant_id": made(client, "/assistants", {"model": "first-hit"})}


def ended(client: httpx2.Client, path: str) -> dict[str, Any]:
    """Follow the only run of a thread to its end."""
    run: dict[str, Any] = {"status": "queued"}
    while run["status"] in {"queued", "in_progress"}:
        (run,) = client.get(path).json()["data"]
    return Run.model_validate(run).to_dict()


def read_until_broken(response: httpx2.Response) -> tuple[bytes, str]:
    """Return what came of a body, and the name of what ended it."""
    read = b""
    try:
        for part in response.iter_bytes():
            read += part
    except httpx2.TransportError as error:
        return read, type(error).__name__
    return read, "end"


@pytest.mark.parametrize(
    ("status", "kind", "code", "raised"),
    [
        (429, "requests", "rate_limit_exceeded", openai.RateLimitError),
        (500, "server_error", None, openai.InternalServerError),
        (503, "server_error", None, openai.InternalServerError),
        (401, "invalid_request_error", "invalid_api_key", openai.AuthenticationError),
        (404, "invalid_request_error", None, openai.NotFoundError),
    ],
)
def test_a_status_is_an_error_of_the_api(
    server: tuple[str, ChangingBook], status: int, kind: str, code: str | None, raised: type[openai.APIStatusError]
) -> None:
    server[1].change({"route": "POST /threads", "status": status, "retry_after": 2})
    with client_of(server[0]) as client, without_sunset_warnings():
        with pytest.raises(raised) as caught:
            client.beta.threads.create()

        assert isinstance(caught.value.body, dict)
        assert (caught.value.type, caught.value.code) == (kind, code)
        headers = caught.value.response.headers
        assert headers["retry-after"] == "2"
        assert "retry-after-ms" not in headers
        assert headers["x-request-id"].startswith("req_")
        assert client.models.list().data, "other routes are left alone"


def test_fractions_of_a_second_are_told_in_milliseconds_too(faulty: Faulty) -> None:
    client = faulty({"route": "GET /models", "status": 429, "retry_after": 0.25})
    headers = client.get("/models").headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("1", "250")


@pytest.mark.parametrize(
    ("rule", "status", "kind", "body"),
    [
        ({"body": "html"}, 200, "text/html; charset=utf-8", "<h1>200 OK</h1>"),
        ({"body": "html", "status": 502}, 502, "text/html; charset=utf-8", "<h1>502 Bad Gateway</h1>"),
        ({"body": "empty", "status": 599}, 599, None, ""),
    ],
)
def test_another_body_than_an_error(
    faulty: Faulty, rule: dict[str, Any], status: int, kind: str | None, body: str
) -> None:
    client = faulty({"route": "* /**", **rule})
    answer = client.post("/threads", json={"metadata": {"long": "x" * 300}})
    assert (answer.status_code, answer.headers.get("content-type")) == (status, kind)
    assert body in answer.text
    assert client.get("/files").status_code == status, "the connection goes on"


@pytest.mark.parametrize(
    ("choice", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [2, 5]}, [2, 5]),
        ({"every": 3}, [3, 6]),
        ({"first": 2}, [1, 2]),
        ({"rate": 0}, []),
        ({"rate": 1}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_which_requests_are_struck(faulty: Faulty, choice: dict[str, Any], struck: list[int]) -> None:
    client = faulty({"route": "GET /models", "status": 500, **choice})
    client.get("/files")  # another route: not counted
    found = [number for number in range(1, 7) if client.get("/models").status_code == 500]
    assert found == struck


def test_a_rate_strikes_its_share_and_the_same_requests_by_the_same_seed() -> None:
    def struck(seed: int, *others: dict[str, Any]) -> list[int]:
        rule = {"route": "GET /models", "rate": 0.1, "status": 500}
        book = FaultBook(plan(rule, *others, seed=seed))
        return [at for at in range(2000) if (entry := book.draw("GET", "/models")) and entry.rule.status == 500]

    assert struck(1) == struck(1)
    assert struck(1) == struck(1, {"route": "* /**", "rate": 0.5, "status": 503}), "other rules change nothing"
    assert struck(1) != struck(2)
    assert 160 < len(struck(1)) < 240


def test_the_first_rule_that_strikes_has_the_request(faulty: Faulty) -> None:
    rules = ({"route": "GET /models", "nth": 2, "status": 429}, {"route": "GET /*", "status": 503})
    client = faulty(*rules)
    assert [client.get("/models").status_code for _ in range(3)] == [503, 429, 503]


@pytest.mark.parametrize(
    ("route", "method", "path", "is_meant"),
    [
        ("POST /threads/*/runs", "POST", "/threads/t/runs", True),
        ("POST /threads/*/runs", "POST", "/threads/t/runs/r", False),
        ("POST /threads/*/runs", "GET", "/threads/t/runs", False),
        ("POST /threads/*", "POST", "/threads/a/b", False),
        ("GET /threads/**", "GET", "/threads/a/b", True),
        ("GET /threads/**", "GET", "/threads", True),
        ("GET /threads/**", "GET", "/threadsx", False),
        ("* /**", "DELETE", "/files/f", True),
        ("GET /file.", "GET", "/files", False),
        ("GET  /files/file-*", "GET", "/files/file-1", True),
    ],
)
def test_routes(route: str, method: str, path: str, *, is_meant: bool) -> None:
    (rule,) = plan({"route": route, "status": 500}).rules
    assert rule.concerns(method, path) is is_meant


@pytest.mark.parametrize(("moment", "runs"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_reset_connection_with_or_without_the_request_carried_out(
    faulty: Faulty, moment: str, runs: int, *, is_streamed: bool
) -> None:
    client = faulty({"route": RUNS, "nth": 1, "reset": moment})
    path, body = new_thread(client)
    with pytest.raises(httpx2.ReadError):
        client.post(path, json={**body, "stream": is_streamed})
    assert len(client.get(path).json()["data"]) == runs
    if runs:
        assert ended(client, path)["status"] == "completed"


def test_a_lost_answer_is_a_connection_error_of_the_client_and_the_object_is_there(
    server: tuple[str, ChangingBook],
) -> None:
    server[1].change({"route": "POST /files", "reset": "after"})
    with client_of(server[0]) as client:
        with pytest.raises(openai.APIConnectionError):
            client.files.create(file=("a.txt", b"text"), purpose="assistants")
        assert "a.txt" in [file.filename for file in client.files.list()]


def test_a_stream_is_cut_after_whole_events(faulty: Faulty) -> None:
    client = faulty({"route": RUNS, "cut": {"events": 3}})
    path, body = new_thread(client)
    with client.stream("POST", path, json={**body, "stream": True}) as response:
        read, ending = read_until_broken(response)
    names = [line.removeprefix("event: ") for line in read.decode().splitlines() if line.startswith("event: ")]
    assert names == ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
    assert read.endswith(b"\n\n")
    assert ending == "RemoteProtocolError"
    assert ended(client, path)["status"] == "completed", "the run goes on without its reader"


@pytest.mark.parametrize("size", [0, 1, 40])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_any_body_is_cut_after_bytes(faulty: Faulty, size: int, *, is_streamed: bool) -> None:
    client = faulty({"route": RUNS, "cut": {"bytes": size}})
    path, body = new_thread(client)
    with client.stream("POST", path, json={**body, "stream": is_streamed}) as response:
        read, ending = read_until_broken(response)
    assert response.status_code == 200
    assert (len(read), ending) == (size, "RemoteProtocolError")


def test_what_has_no_events_and_what_is_short_passes_whole_and_is_not_counted(
    faulty: Faulty, server: tuple[str, ChangingBook]
) -> None:
    client = faulty({"route": RUNS, "cut": {"events": 0}}, {"route": "GET /files", "cut": {"bytes": 10_000}})
    path, body = new_thread(client)
    assert client.post(path, json=body).json()["object"] == "thread.run"
    assert client.get("/files").json()["object"] == "list"
    assert [line.rpartition(": ")[2] for line in server[1].report()][1:] == ["struck 0 of 1", "struck 0 of 1"]


@pytest.mark.parametrize(("moment", "threads"), [("before", 404), ("after", 200)])
def test_silence_keeps_the_connection_and_says_nothing(faulty: Faulty, moment: str, threads: int) -> None:
    client = faulty({"route": "DELETE /threads/*", "silence": moment})
    path = new_thread(client)[0].removesuffix("/runs")
    with pytest.raises(httpx2.ReadTimeout):
        client.delete(path, timeout=0.1)
    assert client.get(path).status_code == (200 if threads == 404 else 404)


def test_a_stream_falls_silent(faulty: Faulty) -> None:
    client = faulty({"route": RUNS, "silence": {"events": 1}})
    path, body = new_thread(client)
    with client.stream("POST", path, json={**body, "stream": True}, timeout=0.1) as response:
        read, ending = read_until_broken(response)
    assert (read.count(b"\n\n"), ending) == (1, "ReadTimeout")


def test_a_delay_comes_before_the_request_is_carried_out_and_adds_to_other_effects(faulty: Faulty) -> None:
    rules = ({"route": "GET /models", "delay": 0.05}, {"route": "GET /files", "delay": 0.05, "status": 500})
    client = faulty(*rules)
    for path, status in (("/models", 200), ("/files", 500)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize(
    ("rule", "status", "fields"),
    [
        ({"run_status": "failed"}, "failed", {"last_error": "server_error"}),
        (
            {"run_status": "failed", "last_error": "rate_limit_exceeded"},
            "failed",
            {"last_error": "rate_limit_exceeded"},
        ),
        ({"run_status": "incomplete"}, "incomplete", {"incomplete_details": "max_completion_tokens"}),
        ({"run_status": "expired"}, "expired", {}),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_run_ends_otherwise(
    faulty: Faulty, rule: dict[str, Any], status: str, fields: dict[str, str], *, is_streamed: bool
) -> None:
    client = faulty({"route": "* /**", "nth": 1, **rule})
    path, body = new_thread(client)
    answer = client.post(path, json={**body, "stream": is_streamed})
    run = ended(client, path)
    other, body = new_thread(client)
    client.post(other, json=body)
    assert ended(client, other)["status"] == "completed", "only the run that was struck"
    assert run["status"] == status
    assert (run.get("last_error") or {}).get("code") == fields.get("last_error")
    assert (run.get("incomplete_details") or {}).get("reason") == fields.get("incomplete_details")
    if is_streamed:
        assert f"event: thread.run.{status}\n" in answer.text


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"run_status": "failed", "last_error": "rate_limit_exceeded"}, "failed"),
        ({"run_status": "incomplete"}, "incomplete"),
        ({"run_status": "expired"}, "completed"),  # no such ending of a response: not struck
    ],
)
def test_a_response_ends_otherwise_too(faulty: Faulty, rule: dict[str, Any], status: str) -> None:
    client = faulty({"route": "* /**", **rule})
    response = client.post("/responses", json={"model": "first-hit", "input": "Hello?"}).json()
    assert response["status"] == status
    assert (response["error"] or {}).get("code") == rule.get("last_error")


def test_a_child_ends_with_code_4_and_tells_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("rules:\n  - route: GET /models\n    stauts: 500\n")
    with pytest.raises(EndpointError, match="ended with code 4") as raised:
        start_embedded(faults=path)
    assert f"harness.server: {path}:3: unknown key `stauts`" in str(raised.value)
    assert "Traceback" not in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, None])
def test_the_example_of_the_docs_works_and_the_server_tells_in_the_end_how_often_each_rule_struck(
    tmp_path: Path, stop: signal.Signals | None
) -> None:
    example = DOCS.read_text().split("```yaml\n# faults.yaml\n")[1].split("```")[0]
    path = tmp_path / "faults.yaml"
    path.write_text(example)
    rules = read_faults(path).rules
    command = [sys.executable, "-m", "harness.server", "--faults", str(path)]
    command += ["--exit-with-stdin"] if stop is None else []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=dict(os.environ)) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        with raw_client_of(url) as client:
            path_of_runs = f"/threads/{made(client, '/threads')}/runs"
            statuses = [client.post(path_of_runs, json={}).status_code for _ in range(3)]
        if stop is not None:
            server.send_signal(stop)
        _, said = server.communicate(timeout=10)
    lines = said.splitlines()
    assert lines[0] == "faults (seed 7):"
    assert len(lines) == 1 + len(rules)
    assert 429 in statuses
    assert lines[1] == "  1. POST /threads/*/runs: status 429: struck 2 of 3"
