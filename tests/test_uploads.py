"""Uploaded documents and vector stores that later runs use again."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from conftest import harness, write
from server_support import serving

from harness.errors import ResultsError
from harness.run.uploads import Upload, Uploads
from harness.server.models.extractive import Extractive

REUSE = "--harness-reuse-uploads"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(models={"extractive": Extractive()}) as running:
        yield running


def run(project: pytest.Pytester, url: str, *args: str) -> pytest.RunResult:
    return project.runpytest("cases", "--harness-record=all", f"--harness-endpoint={url}", *args)


def kept(project: pytest.Pytester) -> dict[str, str]:
    """Return the ids of what is kept, by kind."""
    return {upload.kind: upload.id for upload in Uploads(project.path / "results").there()}


def made(project: pytest.Pytester) -> set[str]:
    """Return what the latest run made for itself."""
    path = max((project.path / "results").glob("*/remote.jsonl"), key=lambda one: one.stat().st_mtime_ns)
    return {json.loads(line)["kind"] for line in path.read_text().splitlines()}


def is_there(url: str, kind: str, remote_id: str) -> bool:
    folder = {"file": "files", "vector_store": "vector_stores"}[kind]
    return httpx2.get(f"{url}/{folder}/{remote_id}").status_code == 200


def test_what_was_uploaded_is_used_again(project: pytest.Pytester, url: str) -> None:
    run(project, url, REUSE).assert_outcomes(passed=2)
    first = kept(project)

    run(project, url, REUSE).assert_outcomes(passed=2)

    assert first.keys() == {"file", "vector_store"}
    assert kept(project) == first
    assert made(project) == {"thread", "assistant"}
    assert all(is_there(url, kind, one) for kind, one in first.items())
    project.runpytest("cases", "--harness-record=none").assert_outcomes(passed=2)


@pytest.mark.slow
def test_no_cleanup_of_runs_touches_it(project: pytest.Pytester, url: str) -> None:
    run(project, url, REUSE).assert_outcomes(passed=2)

    cleaned = harness(project, "cleanup", "--kept", f"--harness-endpoint={url}")
    still = {kind: is_there(url, kind, one) for kind, one in kept(project).items()}
    known = kept(project)
    emptied = harness(project, "cleanup", "--uploads", f"--harness-endpoint={url}")

    assert (cleaned.ret, emptied.ret) == (0, 0)
    assert still == {"file": True, "vector_store": True}
    emptied.stdout.fnmatch_lines(["uploads: deleted 2 objects", "nothing is left"])
    assert kept(project) == {}
    assert not any(is_there(url, kind, one) for kind, one in known.items())


@pytest.mark.slow
@pytest.mark.parametrize("spoilt", [("vector_store",), ("file", "vector_store")], ids=len)
def test_what_is_gone_is_made_anew(project: pytest.Pytester, url: str, spoilt: tuple[str, ...]) -> None:
    run(project, url, REUSE).assert_outcomes(passed=2)
    before = kept(project)
    for kind in spoilt:
        httpx2.delete(f"{url}/{'files' if kind == 'file' else 'vector_stores'}/{before[kind]}")

    run(project, url, REUSE).assert_outcomes(passed=2)

    after = kept(project)
    assert {kind for kind in after if after[kind] != before[kind]} == set(spoilt)
    assert all(is_there(url, kind, one) for kind, one in after.items())


def test_a_store_that_lost_its_file_is_replaced(project: pytest.Pytester, url: str) -> None:
    run(project, url, REUSE).assert_outcomes(passed=2)
    before = kept(project)
    httpx2.delete(f"{url}/vector_stores/{before['vector_store']}/files/{before['file']}")

    run(project, url, REUSE).assert_outcomes(passed=2)

    assert kept(project)["file"] == before["file"]
    assert kept(project)["vector_store"] != before["vector_store"]
    assert not is_there(url, "vector_store", before["vector_store"])


@pytest.mark.slow
def test_another_document_is_another_upload(project: pytest.Pytester, url: str) -> None:
    run(project, url, REUSE).assert_outcomes(passed=2)
    before = kept(project)
    write(project.path / "fixtures" / "library.md", "Members may borrow books for 28 days. Maps stay here.\n")

    run(project, url, REUSE).assert_outcomes(passed=2)

    assert {one.id for one in Uploads(project.path / "results").there()} > set(before.values())
    assert not set(kept(project).values()) & set(before.values())


@pytest.mark.slow
def test_the_project_may_say_so(project: pytest.Pytester, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project.path / "pyproject.toml", "[tool.harness]\nreuse_uploads = true\n")
    run(project, url).assert_outcomes(passed=2)
    said_by_the_project = kept(project)
    monkeypatch.setenv("HARNESS_REUSE_UPLOADS", "0")
    harness(project, "cleanup", "--uploads", f"--harness-endpoint={url}")
    run(project, url).assert_outcomes(passed=2)

    assert len(said_by_the_project) == 2
    assert kept(project) == {}


@pytest.mark.slow
def test_an_embedded_server_keeps_nothing(project: pytest.Pytester) -> None:
    project.runpytest("cases", "-k", "loan", REUSE).assert_outcomes(passed=1, deselected=1)

    assert kept(project) == {}


ONE = Upload(endpoint="http://a.example/v1", target="assistants", kind="file", name="file-1", id="file-live")


def test_a_torn_line_is_passed_over_and_nothing_is_glued_to_it(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.made(ONE)
    with (tmp_path / "uploads.jsonl").open("a") as file:
        file.write('{"event": "made", "at"')

    uploads.dropped(ONE)

    assert uploads.there() == []


def test_a_line_that_is_none_of_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "uploads.jsonl").write_text('{"event": "made"}\n')

    with pytest.raises(ResultsError, match="the line is no upload"):
        Uploads(tmp_path).there()


def test_each_endpoint_has_its_own_and_the_newest_comes_first(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    for number, endpoint in enumerate(("http://a.example/v1", "http://b.example/v1", "http://a.example/v1")):
        uploads.made(Upload(endpoint=endpoint, target="responses", kind="file", name="file-1", id=f"file-{number}"))

    assert [one.id for one in uploads.of("http://a.example/v1", "file", "file-1")] == ["file-2", "file-0"]
