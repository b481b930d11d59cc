"""`harness view`: which pages it serves, and to whom."""

import os
import signal
import socket
import urllib.request
from pathlib import Path

import pytest
from report_support import row, unpacked, viewing, write_library
from starlette.testclient import TestClient

from harness.cli.view import view_runs
from harness.errors import ConfigError
from harness.model.score import Outcome
from harness.report.page.site import create_site
from harness.results import RunFolder, row_data

OLD, NEW = "2026-11-23T10-00-00-aaaa", "2026-11-24T10-00-00-bbbb"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    source = (write_library(tmp_path),)
    folder = tmp_path / "results"
    for name, outcome in ((OLD, Outcome.GROUNDED), (NEW, Outcome.UNGROUNDED)):
        run = RunFolder(path=folder / name)
        run.append(row_data(row(outcome=outcome, sources=source)))
        run.write_manifest({"command": ["pytest", "-k", "<b>&"]})
    return folder


@pytest.fixture
def client(results: Path) -> TestClient:
    return TestClient(create_site(results, fixtures=results.parent), base_url="http://127.0.0.1:8000")


def test_the_newest_run_comes_first_with_its_outcomes(client: TestClient) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert page.text.index(NEW) < page.text.index(OLD)
    assert "1 ungrounded" in page.text
    assert "pytest -k &lt;b&gt;&amp;" in page.text


def test_a_run_is_the_page_that_the_command_writes(client: TestClient) -> None:
    page = client.get("/report", params={"run": OLD})

    assert page.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert [run["id"] for run in unpacked(page.content)["index"]["runs"]] == [OLD]
    assert unpacked(page.content)["index"]["documents"][0]["state"] == "whole"


def test_runs_are_shown_side_by_side(client: TestClient) -> None:
    page = client.get("/report", params={"run": [NEW, OLD, NEW]})

    assert [run["id"] for run in unpacked(page.content)["index"]["runs"]] == [NEW, OLD]


def test_a_run_that_grows_is_read_again(client: TestClient, results: Path) -> None:
    assert client.get("/report", params={"run": OLD}).content
    RunFolder(path=results / OLD).append(row_data(row("second")))

    page = client.get("/report", params={"run": OLD})

    assert len(unpacked(page.content)["index"]["columns"]["case"]) == 2
    assert "2/2" in client.get("/").text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "run=",
        "run=..",
        "run=../results",
        f"run={OLD}/",
        "run=/etc",
        f"run=%2e%2e/{OLD}",
        f"run={OLD}&run=nothing",
        "run=%00",
    ],
)
def test_only_runs_can_be_asked_for(client: TestClient, query: str) -> None:
    page = client.get(f"/report?{query}")

    assert page.status_code == 404
    assert "application/octet-stream" not in page.text


@pytest.mark.parametrize(
    "path",
    ["/results.jsonl", f"/{OLD}/results.jsonl", "/../pyproject.toml", "/report/%2e%2e/pyproject.toml", "/favicon.ico"],
)
def test_there_are_no_other_pages(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "", "192.168.0.1:8000"])
def test_another_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    page = client.get("/", headers={"Host": host})

    assert page.status_code == 400
    assert NEW not in page.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9000", "localhost:9000"])
def test_the_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_nothing_but_reading_is_possible(client: TestClient) -> None:
    assert client.post("/report", params={"run": OLD}).status_code == 405
    assert client.delete("/").status_code == 405


@pytest.mark.parametrize("path", ["/", f"/report?run={OLD}", "/report?run=nothing"])
def test_answers_are_kept_from_other_sites_and_caches(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_broken_run_is_said_and_spoils_no_other(client: TestClient, results: Path) -> None:
    (results / NEW / "results.jsonl").write_text('{"a": "<b>"}\n[]\n{torn', encoding="utf-8")
    page = client.get("/report", params={"run": NEW})

    assert page.status_code == 422
    assert "the line is no row" in page.text
    assert "3 unreadable" in client.get("/").text
    assert client.get("/report", params={"run": OLD}).status_code == 200


def test_a_hostile_name_is_text(client: TestClient, results: Path) -> None:
    name = "<img src=x onerror=alert(1)>'\"&"
    (results / OLD).rename(results / name)
    page = client.get("/")

    assert "<img" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;&#x27;&quot;&amp;" in page.text
    assert client.get("/report", params={"run": name}).status_code == 200


def test_a_name_that_no_page_can_say_is_left_out(client: TestClient, results: Path) -> None:
    (results / OLD).rename(results / os.fsdecode(b"\xff\xfe"))

    assert client.get("/").text.count('type="checkbox"') == 1


def test_without_runs_it_says_how_to_make_one(tmp_path: Path) -> None:
    client = TestClient(create_site(tmp_path), base_url="http://localhost")

    assert "pytest cases/" in client.get("/").text


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="cannot listen on port"):
        view_runs(taken.getsockname()[1], tmp_path, print)


@pytest.mark.slow
def test_the_command_serves_until_it_is_stopped(results: Path) -> None:
    (results.parent / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    with viewing(results.parent) as (process, address):
        with urllib.request.urlopen(address, timeout=20) as page:
            assert NEW in page.read().decode()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert (process.returncode, output, errors) == (0, "", "")
