"""Files, vector stores, file batches and search over real HTTP."""

from collections.abc import Iterator

import httpx2
import openai
import pytest
from openai import OpenAI
from server_support import client_of, raw_client_of, serving

from harness.server.settings import Settings

RECORDS = '[{"item": "lamp", "price": 12}, {"item": "sofa", "price": 340}]'


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(Settings(poll_after_ms=2, max_upload_bytes=6_000_000, max_document_bytes=1_000_000)) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


def upload(client: OpenAI, name: str = "note.txt", data: bytes = b"The code word is heron.") -> str:
    return client.files.create(file=(name, data), purpose="assistants").id


def test_a_file_comes_back_as_it_was_sent(client: OpenAI) -> None:
    data = bytes(range(256)) * 20_000  # more than one part
    file = client.files.create(file=("folder/näme.bin", data), purpose="user_data")
    assert (file.filename, file.bytes, file.purpose, file.status) == ("näme.bin", len(data), "user_data", "processed")
    assert client.files.content(file.id).content == data
    assert client.files.retrieve(file.id) == file


def test_a_deleted_file_is_gone_from_vector_stores_too(client: OpenAI) -> None:
    file_id = upload(client)
    store = client.vector_stores.create(file_ids=[file_id])
    client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    assert client.files.delete(file_id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No such File object: {file_id}"):
        client.files.content(file_id)
    with pytest.raises(openai.NotFoundError):
        client.files.delete(file_id)
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0
    assert client.vector_stores.search(store.id, query="heron").data == []


def test_files_are_listed_by_purpose(client: OpenAI) -> None:
    wanted = client.files.create(file=("batch.jsonl", b"{}"), purpose="batch").id
    upload(client)
    assert [file.id for file in client.files.list(purpose="batch")] == [wanted]


@pytest.mark.parametrize(
    ("files", "fields", "param"),
    [
        ({}, {"purpose": "assistants"}, "file"),
        ({"file": ("a.txt", b"x")}, {}, "purpose"),
        ({"file": ("a.txt", b"x")}, {"purpose": "fun"}, "purpose"),
        (
            {"file": ("a.txt", b"x")},
            {"purpose": "assistants", "expires_after[seconds]": "soon"},
            "expires_after.seconds",
        ),
        ({"file": ("a.txt", b"x")}, {"purpose": "assistants", "expires_after[seconds]": "60"}, "expires_after.seconds"),
    ],
)
def test_a_wrong_upload_is_told_which_field_is_wrong(
    raw: httpx2.Client, files: dict[str, tuple[str, bytes]], fields: dict[str, str], param: str
) -> None:
    answer = raw.post("/files", files=files or {"other": ("a.txt", b"x")}, data=fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_an_upload_that_is_no_multipart_body_is_refused(raw: httpx2.Client) -> None:
    answer = raw.post("/files", content=b"nonsense", headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_an_upload_over_the_limit_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        upload(client, data=b"x" * 7_000_000)
    assert refused.value.status_code == 413


def test_a_vector_store_counts_its_files_until_they_are_ready(client: OpenAI) -> None:
    ids = [upload(client), upload(client, "items.json", RECORDS.encode())]
    store = client.vector_stores.create(name="docs", file_ids=ids, metadata={"a": "b"})
    assert (store.name, store.metadata, store.file_counts.total) == ("docs", {"a": "b"}, 2)
    for file_id in ids:
        client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    ready = client.vector_stores.retrieve(store.id)
    assert (ready.status, ready.file_counts.completed, ready.file_counts.in_progress) == ("completed", 2, 0)
    assert ready.usage_bytes > 0


def test_a_file_under_way_says_when_to_ask_again(raw: httpx2.Client, client: OpenAI) -> None:
    file_id = upload(client, "long.txt", b"A sentence of no interest.\n\n" * 20_000)
    store = client.vector_stores.create(file_ids=[file_id])
    answer = raw.get(f"/vector_stores/{store.id}/files/{file_id}")
    assert (answer.json()["status"], answer.headers["openai-poll-after-ms"]) == ("in_progress", "2")
    client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    assert "openai-poll-after-ms" not in raw.get(f"/vector_stores/{store.id}/files/{file_id}").headers


@pytest.mark.parametrize(
    ("name", "data", "code", "said"),
    [
        ("broken.json", b'{"a": ', "invalid_file", "broken.json"),
        ("empty.txt", b"", "invalid_file", "empty"),
        ("broken.pdf", b"%PDF-1.7 nothing", "invalid_file", "broken.pdf"),
        ("long.txt", b"Word. " * 200_000, "invalid_file", "1200000 bytes are more than this server reads"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "unsupported_file", "picture.png"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_the_reason(
    client: OpenAI, name: str, data: bytes, code: str, said: str
) -> None:
    store = client.vector_stores.create()
    attached = client.vector_stores.files.create_and_poll(upload(client, name, data), vector_store_id=store.id)
    assert attached.status == "failed"
    assert attached.last_error is not None
    assert attached.last_error.code == code
    assert said in attached.last_error.message
    assert [file.id for file in client.vector_stores.files.list(store.id, filter="failed")] == [attached.id]
    assert client.vector_stores.files.list(store.id, filter="completed").data == []


def test_a_record_is_found_alone(client: OpenAI) -> None:
    store = client.vector_stores.create()
    file_id = upload(client, "items.json", RECORDS.encode())
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id, attributes={"year": 2024})
    (hit,) = client.vector_stores.search(store.id, query="What does a sofa cost?").data
    assert (hit.file_id, hit.filename, hit.attributes) == (file_id, "items.json", {"year": 2024})
    assert "340" in hit.content[0].text
    assert "lamp" not in hit.content[0].text
    assert 0 < hit.score < 1


def test_search_stems_words_and_puts_the_best_first(client: OpenAI) -> None:
    text = b"Warranties last two years.\n\nA bicycle costs much.\n\nThe warranty of a bicycle lasts five years.\n"
    store = client.vector_stores.create()
    client.vector_stores.files.create_and_poll(upload(client, data=text), vector_store_id=store.id)
    hits = client.vector_stores.search(store.id, query="bicycles' warranty", max_num_results=2).data
    assert "five years" in hits[0].content[0].text
    assert len(hits) == 2
    assert hits[0].score > hits[1].score


@pytest.mark.parametrize("query", ["", "?!", '"', "a OR", "NEAR(", "*", "text: heron)", "hèron"])
def test_a_query_is_words_and_never_search_syntax(client: OpenAI, query: str) -> None:
    store = client.vector_stores.create()
    client.vector_stores.files.create_and_poll(upload(client), vector_store_id=store.id)
    found = client.vector_stores.search(store.id, query=query).data
    assert len(found) == (1 if "ron" in query else 0)


def test_what_others_upload_changes_no_score(client: OpenAI) -> None:
    scores = []
    for text in (b"The code word is heron.", b"Heron. Heron!"):
        store = client.vector_stores.create()
        client.vector_stores.files.create_and_poll(upload(client), vector_store_id=store.id)
        scores.append(client.vector_stores.search(store.id, query="heron").data[0].score)
        other = client.vector_stores.create()
        client.vector_stores.files.create_and_poll(upload(client, data=text), vector_store_id=other.id)
    assert scores[0] == scores[1]


def test_a_batch_ends_when_all_its_files_have(client: OpenAI) -> None:
    store = client.vector_stores.create()
    ids = [upload(client), upload(client, "broken.json", b"{")]
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=ids)
    counts = batch.file_counts
    assert (batch.status, counts.completed, counts.failed, counts.total) == ("completed", 1, 1, 2)
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, filter="completed")
    assert [file.id for file in listed] == ids[:1]


def test_files_are_uploaded_and_awaited_in_one_call(client: OpenAI) -> None:
    store = client.vector_stores.create()
    uploads = [(f"{number}.txt", b"The code word is heron.") for number in range(3)]
    batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=uploads)
    assert batch.file_counts.completed == 3


def test_a_file_taken_out_is_found_no_more(client: OpenAI) -> None:
    store = client.vector_stores.create()
    file_id = upload(client)
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    content = client.vector_stores.files.content(file_id, vector_store_id=store.id).data
    assert [part.text for part in content] == ["The code word is heron."]
    assert client.vector_stores.files.delete(file_id, vector_store_id=store.id).deleted
    assert client.vector_stores.search(store.id, query="heron").data == []
    assert client.files.retrieve(file_id).id == file_id
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.delete(file_id, vector_store_id=store.id)


def test_a_file_put_in_twice_is_found_once(client: OpenAI) -> None:
    store = client.vector_stores.create()
    file_id = upload(client)
    for _ in range(2):
        client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    assert len(client.vector_stores.search(store.id, query="heron").data) == 1
    assert len(client.vector_stores.files.list(store.id).data) == 1


def test_attributes_of_a_file_can_be_changed(client: OpenAI) -> None:
    store = client.vector_stores.create()
    file_id = upload(client)
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    changed = client.vector_stores.files.update(file_id, vector_store_id=store.id, attributes={"year": 2024.5})
    assert changed.attributes == {"year": 2024.5}


def test_a_vector_store_can_be_changed_and_deleted(client: OpenAI) -> None:
    store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2})
    assert store.expires_at == store.created_at + 2 * 86_400
    changed = client.vector_stores.update(store.id, name="new", metadata={"a": "b"})
    assert (changed.name, changed.metadata, changed.expires_at) == ("new", {"a": "b"}, store.expires_at)
    assert client.vector_stores.delete(store.id).deleted
    for operation in (client.vector_stores.retrieve, client.vector_stores.delete):
        with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{store.id}'"):
            operation(store.id)


def test_unknown_files_are_refused_and_leave_nothing(client: OpenAI) -> None:
    before = len(client.vector_stores.list(limit=100).data)
    with pytest.raises(openai.NotFoundError, match="No such File object: file-x"):
        client.vector_stores.create(file_ids=["file-x"])
    store = client.vector_stores.create()
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.create(store.id, file_ids=[upload(client), "file-x"])
    assert client.vector_stores.files.list(store.id).data == []
    assert len(client.vector_stores.list(limit=100).data) == before + 1
