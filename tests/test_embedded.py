"""The server as a child process, and its command line."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from harness.embedded import start_embedded
from harness.errors import EndpointError

START = "import sys, time; from harness.embedded import start_embedded; s = start_embedded(); "


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(process_id: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(process_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def run_server(*options: str, stdin: int = subprocess.DEVNULL) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "harness.server", *options]
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.slow
def test_it_answers_on_loopback_knows_no_keys_and_ends_when_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    with start_embedded() as server:
        assert server.base_url.startswith("http://127.0.0.1:")
        assert httpx2.get(f"{server.base_url}/models").json()["object"] == "list"
        assert server.is_running
        environment = Path(f"/proc/{server.process_id}/environ").read_bytes()
    assert not server.is_running
    assert b"sk-very-secret" not in environment
    assert b"PATH=" in environment
    server.stop()  # a second time does nothing
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{server.base_url}/models")


@pytest.mark.slow
def test_no_orphan_stays_when_the_parent_is_killed() -> None:
    code = START + "print(s.process_id, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert wait_until_gone(child)


def test_a_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(EndpointError, match="ended with code 4") as failed:
        start_embedded(data=blocked)
    assert "cannot keep state in this folder" in str(failed.value)


@pytest.mark.slow
def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(EndpointError, match=r"no answer within 0\.01 s"):
        start_embedded(timeout_s=0.01)


@pytest.mark.slow
def test_state_is_kept_in_a_folder_that_one_server_uses(tmp_path: Path) -> None:
    with start_embedded(data=tmp_path / "state") as server:
        made = httpx2.post(f"{server.base_url}/threads", json={}).json()["id"]
        with pytest.raises(EndpointError, match="database is locked"):
            start_embedded(data=tmp_path / "state")
    with start_embedded(data=tmp_path / "state") as server:
        assert httpx2.get(f"{server.base_url}/threads/{made}").json()["id"] == made


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "no key guards it"),
        (["--host", "example.com"], "no key guards it"),
        (["--port", "many"], "invalid int value: 'many'"),
        (["--port", "70000"], "127.0.0.1:70000: cannot listen here"),
        (["--fun"], "unrecognized arguments: --fun"),
    ],
)
def test_wrong_options_are_told_in_a_line_and_end_with_code_4(options: list[str], said: str) -> None:
    ended = run_server(*options)
    assert ended.returncode == 4
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run_server("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 4
    assert "Address already in use" in ended.stderr


@pytest.mark.slow
def test_it_prints_one_line_and_ends_with_its_standard_input() -> None:
    ended = run_server("--exit-with-stdin")
    assert ended.returncode == 0
    assert ended.stdout.startswith("listening on http://127.0.0.1:")
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""


def test_help_shows_an_example() -> None:
    assert "python -m harness.server --port 8080" in run_server("--help").stdout
