"""What is sent to do harm, or by mistake in great amounts, has a clear answer in bounded time."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
import pytest
from openai import OpenAI
from server_support import client_of, raw_client_of, serving, without_sunset_warnings

from harness.embedded import start_embedded
from harness.server.__main__ import main
from harness.server.settings import Settings

JSON = {"content-type": "application/json"}
SECRET = "nobody may read this"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(Settings(poll_after_ms=2, max_passages=100, max_reading_s=5)) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as raw:
        yield raw


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def function_with(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/assistants", {"model": "slow", "tools": [function_with(nested(300))]}),
        ("/threads/runs", {"assistant_id": "asst_1", "tools": [function_with(nested(300))]}),
        ("/chat/completions", {"model": "slow", "messages": [], "tools": [function_with(nested(300))]}),
        ("/responses", {"model": "slow", "input": "x", "text": {"format": nested(300)}}),
        ("/assistants", {"model": "slow", "tools": [function_with({"enum": [[[nested(120)]]]})]}),
    ],
    ids=["assistant", "run", "chat", "response", "in-lists"],
)
def test_a_body_nested_deeper_than_any_use_is_refused(raw: httpx2.Client, path: str, body: Any) -> None:
    answer = raw.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "deeper than 100 levels" in answer.json()["error"]["message"]


def test_a_schema_as_deep_as_schemas_are_is_taken(raw: httpx2.Client) -> None:
    tools = [function_with(nested(90))]
    answer = raw.post("/assistants", json={"model": "slow", "tools": tools})
    assert answer.json()["tools"] == tools


@pytest.mark.parametrize(
    "body",
    [b'{"a":' * 1_000_000, b'{"model": "slow", "temperature": ' + b"9" * 1_000_000 + b"}"],
    ids=["objects", "a number"],
)
def test_a_body_that_would_exhaust_its_reader_is_no_json(raw: httpx2.Client, body: bytes) -> None:
    answer = raw.post("/assistants", content=body, headers=JSON)
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]


def test_a_packed_body_is_never_unpacked(raw: httpx2.Client) -> None:
    body = gzip.compress(json.dumps({"model": "slow", "name": "a" * 5_000_000}).encode())
    answer = raw.post("/assistants", content=body, headers={**JSON, "content-encoding": "gzip"})
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"query": ["heron"] * 65}, "query"),
        ({"query": "heron", "filters": {"type": "in", "key": "a", "value": list(range(2_000))}}, "filters"),
        (
            {
                "query": "heron",
                "filters": {"type": "or", "filters": [{"type": "nin", "key": "a", "value": ["x"] * 600}] * 2},
            },
            "filters.filters[1]",
        ),
    ],
    ids=["queries", "values", "values of several"],
)
def test_a_search_for_too_much_at_once_is_refused(
    raw: httpx2.Client, client: OpenAI, body: dict[str, Any], param: str
) -> None:
    store = client.vector_stores.create()
    answer = raw.post(f"/vector_stores/{store.id}/search", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_file_of_too_many_passages_fails_and_says_so(client: OpenAI) -> None:
    store = client.vector_stores.create()
    file = client.files.create(file=("many.txt", b"Herons wade.\n\n" * 101), purpose="assistants")
    attached = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assert attached.last_error is not None
    assert (attached.status, attached.last_error.code) == ("failed", "invalid_file")
    assert "101 passages are more than one file may have (100)" in attached.last_error.message


@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl", "wide.csv", "open.csv", "page.html"])
def test_a_file_made_to_break_its_reader_fails_alone(client: OpenAI, name: str) -> None:
    data = {
        "deep.json": b"[" * 1_000_000,
        "deep.jsonl": b'{"a":' * 200_000,
        "wide.csv": b"," * 500_000,
        "open.csv": b'"' * 500_001,
        "page.html": b"<div>" * 50_000,
    }[name]
    store = client.vector_stores.create()
    file = client.files.create(file=(name, data), purpose="assistants")
    attached = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assert attached.last_error is not None
    assert (attached.status, attached.last_error.code) == ("failed", "invalid_file")


@pytest.mark.parametrize("name", ["{path}", "../../{path}", "file://{path}", "C:\\{path}"])
def test_a_name_of_a_file_is_a_name_and_never_a_path(client: OpenAI, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    file = client.files.create(file=(name.format(path=secret), b"Herons wade."), purpose="assistants")
    assert file.filename == "secret.txt"
    store = client.vector_stores.create(file_ids=[file.id])
    client.vector_stores.files.poll(file.id, vector_store_id=store.id)
    assert SECRET not in str(client.vector_stores.search(store.id, query=f"{SECRET} herons").data)
    assert client.files.content(file.id).content == b"Herons wade."
    assert secret.read_text() == SECRET


@pytest.mark.parametrize("form", [{"file": "{path}"}, {"file": "@{path}"}, {"file": "file://{path}"}])
def test_a_path_in_the_place_of_a_file_is_refused(raw: httpx2.Client, tmp_path: Path, form: dict[str, str]) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    filled = {key: value.format(path=secret) for key, value in form.items()}
    answer = raw.post("/files", data={**filled, "purpose": "assistants"}, files={"other": ("a.txt", b"x")})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    assert raw.post("/vector_stores", json={"file_ids": [str(secret)]}).status_code == 404


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("null", 403),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:8080", 200),
    ],
)
def test_a_web_page_from_elsewhere_cannot_ask_for_anything(raw: httpx2.Client, origin: str, status: int) -> None:
    # A browser asks nobody before it posts text.
    headers = {"origin": origin, "content-type": "text/plain"}
    assert raw.post("/threads", content=b"{}", headers=headers).status_code == status


def test_with_a_key_pages_from_anywhere_are_served() -> None:
    with serving(Settings(api_key="right")) as url, raw_client_of(url) as raw:
        headers = {"origin": "https://chat.example", "authorization": "Bearer right"}
        assert raw.get("/models", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_other_machines_are_let_in_with_a_key_only(capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert main(["--host", host]) == 4
    assert "no key guards it" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/assistants HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{",
        (
            b"POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n"
            b"content-type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        ),
    ],
    ids=["json", "upload"],
)
def test_a_client_that_leaves_while_it_sends_is_no_defect(head: bytes) -> None:
    with start_embedded() as server, raw_client_of(server.base_url) as raw:
        place = urlsplit(server.base_url)
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            connection.sendall(head)
        assert raw.get("/files").json()["object"] == "list"
        assert server.stderr_tail() == ""


def test_a_large_upload_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    with serving(Settings(data=tmp_path, max_upload_bytes=1_000_000)) as url, client_of(url) as client:
        with pytest.raises(openai.APIStatusError) as refused:
            client.files.create(file=("large.txt", b"a" * 3_000_000), purpose="assistants")
        assert refused.value.status_code == 413
        assert client.files.list().data == []
