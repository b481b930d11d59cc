"""What all operations share: errors, validation, paging, headers, keys, the state on disk."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from server_support import client_of, raw_client_of, serving, without_sunset_warnings

from harness.server.settings import Settings


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(Settings(poll_after_ms=2, max_body_bytes=100_000)) as url:
        yield url


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


WRONG_BODIES: list[tuple[str, object, str | None, str | None, str]] = [
    ("/assistants", {}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
    ("/assistants", {"model": 3}, "model", "invalid_type", "expected a string, but got an integer instead."),
    ("/assistants", {"model": None}, "model", "invalid_type", "expected a string, but got null instead."),
    ("/assistants", {"model": "slow", "fun": 1}, "fun", "unknown_parameter", "Unknown parameter: 'fun'."),
    ("/assistants", {"model": "slow", "tools": {}}, "tools", "invalid_type", "expected an array, but got an object"),
    ("/assistants", {"model": "slow", "tools": ["x"]}, "tools[0]", "invalid_type", "expected an object"),
    (
        "/assistants",
        {"model": "slow", "tools": [{"type": "file_serach"}]},
        "tools[0].type",
        "invalid_value",
        "Invalid value: 'file_serach'. Supported values are: 'code_interpreter', 'file_search', 'function'.",
    ),
    (
        "/assistants",
        {"model": "slow", "tools": [{"type": "function", "function": {}}]},
        "tools[0].function.name",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].function.name'.",
    ),
    (
        "/assistants",
        {"model": "slow", "response_format": {"type": "xml"}},
        "response_format.type",
        "invalid_value",
        "Supported values are: 'text', 'json_object', 'json_schema'.",
    ),
    ("/assistants", {"model": "slow", "temperature": 2.5}, "temperature", "decimal_above_max_value", "<= 2"),
    ("/assistants", {"model": "slow", "temperature": "hot"}, "temperature", "invalid_type", "expected a number"),
    ("/assistants", {"model": "slow", "name": "x" * 257}, "name", "string_above_max_length", "maximum length 256"),
    ("/assistants", {"model": "slow", "metadata": {"a": 1}}, "metadata.a", "invalid_type", "expected a string"),
    (
        "/assistants",
        {"model": "slow", "metadata": {str(number): "" for number in range(17)}},
        "metadata",
        "object_above_max_properties",
        "at most 16",
    ),
    ("/assistants", {"model": "slow", "metadata": {"k" * 65: ""}}, "metadata", "string_above_max_length", "64"),
    ("/assistants", {"model": "slow", "metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length", "512"),
    (
        "/assistants",
        {"model": "slow", "tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
        "tools[0].file_search.max_num_results",
        "integer_above_max_value",
        "<= 50",
    ),
    ("/threads", {"messages": [{"role": "system", "content": "x"}]}, "messages[0].role", "invalid_value", "'user'"),
    ("/threads", {"messages": [{"role": "user", "content": ""}]}, "messages[0].content", "invalid_value", "non-empty"),
    (
        "/threads",
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y"}}]}]},
        "messages[0].content[0]",
        "unsupported_value",
        "does not offer images",
    ),
    ("/threads/runs", {"assistant_id": "asst_x", "max_prompt_tokens": 5}, "max_prompt_tokens", None, ">= 256"),
    ("/vector_stores", {"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days", None, ">= 1"),
    ("/vector_stores", [], None, None, "expected an object, but got an array"),
]


@pytest.mark.parametrize("wrong", WRONG_BODIES, ids=lambda wrong: f"{wrong[0]}-{wrong[2]}-{wrong[3]}")
def test_a_wrong_body_is_told_what_is_wrong_and_where(
    raw: httpx2.Client, wrong: tuple[str, object, str | None, str | None, str]
) -> None:
    path, body, param, code, said = wrong
    answer = raw.post(path, json=body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert code in {None, error["code"]}
    assert said in error["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"model": NaN}', b'{"model": "\\ud800"}', b"[" * 50_000, b'{"a": 1}{"b": 2}']
)
def test_what_is_not_json_is_told_so(raw: httpx2.Client, body: bytes) -> None:
    answer = raw.post("/assistants", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]


def test_a_body_over_the_limit_is_refused(raw: httpx2.Client) -> None:
    answer = raw.post("/assistants", json={"model": "slow", "instructions": "x" * 200_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nowhere", 404, "Invalid URL (GET /v1/nowhere)"),
        ("GET", "/assistants/", 404, "Invalid URL"),
        ("POST", "/audio/speech", 404, "This server does not offer audio."),
        ("POST", "/embeddings", 404, "This server does not offer embeddings"),
        ("PUT", "/assistants", 405, "Not allowed to PUT on /v1/assistants"),
        ("GET", "/assistants/asst_x", 404, "No assistant found with id 'asst_x'."),
        ("DELETE", "/assistants/asst_x", 404, "No assistant found with id 'asst_x'."),
        ("GET", "/threads/thread_x", 404, "No thread found with id 'thread_x'."),
        ("GET", "/threads/thread_x/messages", 404, "No thread found with id 'thread_x'."),
        ("GET", "/threads/thread_x/runs/run_x/steps", 404, "No thread found with id 'thread_x'."),
        ("GET", "/vector_stores/vs_x", 404, "No vector store found with id 'vs_x'."),
        ("POST", "/vector_stores/vs_x/search", 400, "Missing required parameter: 'query'."),
        ("GET", "/files/file-x/content", 404, "No such File object: file-x"),
        ("GET", "/models/gpt-x", 404, "The model `gpt-x` does not exist or you do not have access to it."),
        ("GET", "/assistants?limit=0", 400, "'limit'"),
        ("GET", "/assistants?limit=101", 400, "'limit'"),
        ("GET", "/assistants?limit=many", 400, "'limit'"),
        ("GET", "/assistants?order=up", 400, "Supported values are: 'asc' and 'desc'"),
        ("GET", "/assistants?after=asst_x", 400, "Invalid cursor"),
        ("GET", "/assistants/%00%ff%27", 404, "No assistant found"),
    ],
)
def test_a_wrong_request_is_answered_in_the_apis_error_shape(
    raw: httpx2.Client, method: str, path: str, status: int, said: str
) -> None:
    answer = raw.request(method, path, content=b"{}" if method == "POST" else None)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert said in answer.json()["error"]["message"]


def test_every_answer_bears_the_apis_headers(raw: httpx2.Client) -> None:
    for path in ("/models", "/nowhere"):
        headers = raw.get(path).headers
        assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-processing-ms"].isdecimal()


def test_ids_have_the_formats_of_the_real_api(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    message = client.beta.threads.messages.create(thread.id, role="user", content="Hello")
    assistant = client.beta.assistants.create(model="slow")
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    step = client.beta.threads.runs.steps.list(thread_id=thread.id, run_id=run.id).data[0]
    file = client.files.create(file=("a.txt", b"Text."), purpose="assistants")
    store = client.vector_stores.create()
    batch = client.vector_stores.file_batches.create(store.id, file_ids=[file.id])
    for prefix, thing in (("thread", thread), ("msg", message), ("asst", assistant), ("run", run), ("step", step)):
        assert re.fullmatch(prefix + "_[A-Za-z0-9]{24}", thing.id)
    assert re.fullmatch("file-[A-Za-z0-9]{22}", file.id)
    assert re.fullmatch("vs_[0-9a-f]{32}", store.id)
    assert re.fullmatch("vsfb_[0-9a-f]{32}", batch.id)


@pytest.fixture(scope="module")
def numbered(base_url: str) -> tuple[str, list[str]]:
    """A thread with seven messages, oldest first."""
    with without_sunset_warnings(), client_of(base_url) as client:
        thread = client.beta.threads.create()
        messages = [client.beta.threads.messages.create(thread.id, role="user", content=str(n)) for n in range(7)]
        return thread.id, [message.id for message in messages]


@pytest.mark.parametrize(
    ("query", "expected", "rest"),
    [
        ({}, [6, 5, 4, 3, 2, 1, 0], "no more"),
        ({"order": "asc", "limit": 3}, [0, 1, 2], "more"),
        ({"order": "asc", "limit": 3, "after": 2}, [3, 4, 5], "more"),
        ({"order": "asc", "limit": 3, "after": 3}, [4, 5, 6], "no more"),
        ({"order": "asc", "limit": 2, "before": 3}, [1, 2], "more"),
        ({"order": "desc", "limit": 2, "after": 5}, [4, 3], "more"),
        ({"order": "desc", "limit": 2, "before": 3}, [5, 4], "more"),
        ({"order": "asc", "after": 1, "before": 4}, [2, 3], "no more"),
        ({"after": 0}, [], "no more"),
    ],
)
def test_lists_page_by_cursor(
    raw: httpx2.Client, numbered: tuple[str, list[str]], query: dict[str, Any], expected: list[int], rest: str
) -> None:
    thread, ids = numbered
    cursors = {key: ids[value] if key in {"after", "before"} else value for key, value in query.items()}
    page = raw.get(f"/threads/{thread}/messages", params=cursors).json()
    assert [ids.index(message["id"]) for message in page["data"]] == expected
    assert page["has_more"] is (rest == "more")
    assert page["first_id"] == (ids[expected[0]] if expected else None)
    assert page["last_id"] == (ids[expected[-1]] if expected else None)


def test_the_package_pages_through_a_list_by_itself(client: OpenAI, numbered: tuple[str, list[str]]) -> None:
    thread, ids = numbered
    assert [message.id for message in client.beta.threads.messages.list(thread, limit=2, order="asc")] == ids


def test_models_are_listed(client: OpenAI) -> None:
    listed = client.models.list().data
    assert {model.id for model in listed} == {"first-hit", "held", "broken", "slow"}
    assert client.models.retrieve("slow").owned_by.startswith("assistant-harness (built-in stand-in")


def test_code_interpreter_is_refused_where_it_would_have_to_work(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="slow", tools=[{"type": "code_interpreter"}])
    with pytest.raises(openai.BadRequestError, match="never executes code"):
        client.beta.threads.create_and_run(assistant_id=assistant.id)


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 401), ("wrong", 401), ("sécret", 401), ("right", 200)],
    ids=["none", "wrong", "odd", "right"],
)
def test_a_key_is_demanded_where_one_is_set(given: str | None, status: int) -> None:
    headers = [(b"authorization", f"Bearer {given}".encode())] if given else []
    with serving(Settings(api_key="right")) as url, raw_client_of(url) as raw:
        answer = raw.get("/models", headers=headers)
    assert answer.status_code == status
    assert "right" not in answer.text


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:80", 200), ("LOCALHOST", 200), ("[::1]:80", 200), ("evil.example", 403)]
)
def test_without_a_key_only_loopback_names_are_answered(raw: httpx2.Client, host: str, status: int) -> None:
    assert raw.get("/models", headers={"host": host}).status_code == status


def test_state_on_disk_survives_the_server(tmp_path: Path) -> None:
    with serving(Settings(data=tmp_path)) as url, client_of(url) as client:
        file = client.files.create(file=("note.txt", b"The code word is heron."), purpose="assistants")
        store = client.vector_stores.create(file_ids=[file.id])
        client.vector_stores.files.poll(file.id, vector_store_id=store.id)
    with serving(Settings(data=tmp_path)) as url, client_of(url) as client:
        assert client.files.content(file.id).content == b"The code word is heron."
        assert len(client.vector_stores.search(store.id, query="heron").data) == 1


def test_a_run_under_way_when_the_server_stopped_comes_back_failed(tmp_path: Path) -> None:
    with serving(Settings(data=tmp_path)) as url, client_of(url) as client:
        assistant = client.beta.assistants.create(model="held")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    with serving(Settings(data=tmp_path)) as url, client_of(url) as client:
        ended = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    assert ended.status == "failed"
    assert ended.last_error is not None
    assert ended.last_error.code == "server_error"


def test_a_defect_of_the_server_is_answered_in_the_apis_error_shape() -> None:
    class Odd(dict[str, Any]):
        def __iter__(self) -> Iterator[str]:
            raise RuntimeError

    with serving(models=Odd()) as url, raw_client_of(url) as raw:
        answer = raw.get("/models")
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert json.dumps(answer.json()).isascii()
