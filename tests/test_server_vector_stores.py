"""Vector stores that expire, batches that are called off, uploads in parts, files that would do harm."""

import asyncio
import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from server_support import client_of, raw_client_of, serving, without_sunset_warnings

from harness.errors import DocumentError
from harness.server.isolation import read_safely
from harness.server.settings import Settings
from harness.server.store import DATABASE_NAME, Store

NOTE = b"The code word is heron."


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(Settings(poll_after_ms=2, max_upload_bytes=1_000_000)) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


def upload(client: OpenAI, name: str = "note.txt", data: bytes = NOTE) -> str:
    return client.files.create(file=(name, data), purpose="assistants").id


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what a stopped server has kept: the only way to let a day go by."""
    with sqlite3.connect(folder / DATABASE_NAME) as database:
        for sequence, body in database.execute("select sequence, body from objects").fetchall():
            kept = json.loads(body)
            change(kept)
            database.execute("update objects set body = ? where sequence = ?", (json.dumps(kept), sequence))
    database.close()


def a_week_later(kept: dict[str, Any]) -> None:
    for name in ("last_active_at", "expires_at"):
        if kept.get(name):
            kept[name] -= 7 * 86_400


def test_an_expired_vector_store_says_so_and_ends_runs_that_need_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, poll_after_ms=2)
    with serving(settings) as url, client_of(url) as client:
        file_id = upload(client)
        store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 7}, file_ids=[file_id])
        assert store.expires_at == (store.last_active_at or 0) + 7 * 86_400
    rewrite(tmp_path, a_week_later)
    with serving(settings) as url, client_of(url) as client:
        assert client.vector_stores.retrieve(store.id).status == "expired"
        with pytest.raises(openai.BadRequestError, match="has expired"):
            client.vector_stores.search(store.id, query="heron")
        with pytest.raises(openai.BadRequestError, match="has expired"):
            client.vector_stores.files.create(store.id, file_id=file_id)
        resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
        assistant = client.beta.assistants.create(
            model="first-hit", tools=[{"type": "file_search"}], tool_resources=resources
        )
        thread: Any = {"messages": [{"role": "user", "content": "heron"}]}
        run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
        assert run.last_error is not None
        assert (run.status, run.last_error.message) == ("failed", f"Vector store {store.id} has expired.")


def test_using_a_vector_store_puts_its_end_off(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, poll_after_ms=2)
    with serving(settings) as url, client_of(url) as client:
        store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 30})
    rewrite(tmp_path, a_week_later)
    with serving(settings) as url, client_of(url) as client:
        before = client.vector_stores.retrieve(store.id)
        client.vector_stores.search(store.id, query="heron")
        after = client.vector_stores.retrieve(store.id)
    assert (before.expires_at or 0) + 6 * 86_400 < (after.expires_at or 0)
    assert (after.expires_at or 0) - (after.last_active_at or 0) == 30 * 86_400


def test_a_vector_store_can_be_told_to_expire_and_not_to(client: OpenAI) -> None:
    store = client.vector_stores.create(name="docs")
    changed = client.vector_stores.update(store.id, expires_after={"anchor": "last_active_at", "days": 1}, name="new")
    assert (changed.name, (changed.expires_at or 0) - (changed.last_active_at or 0)) == ("new", 86_400)
    changed = client.vector_stores.update(store.id, expires_after=None, metadata={"a": "b"})
    assert (changed.expires_at, changed.expires_after, changed.metadata) == (None, None, {"a": "b"})


def test_a_file_is_gone_when_its_time_is_over(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with serving(settings) as url, client_of(url) as client:
        options: Any = {"anchor": "created_at", "seconds": 3600}
        file = client.files.create(file=("note.txt", NOTE), purpose="assistants", expires_after=options)
        kept = upload(client)
    rewrite(tmp_path, a_week_later)
    with serving(settings) as url, client_of(url) as client:
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)
        assert [found.id for found in client.files.list()] == [kept]


def test_a_batch_that_is_called_off_keeps_what_is_read(client: OpenAI) -> None:
    store = client.vector_stores.create()
    done = upload(client)
    client.vector_stores.files.create_and_poll(done, vector_store_id=store.id)
    ids = [upload(client, f"{number}.txt", b"A sentence of no interest.\n\n" * 4_000) for number in range(6)]
    batch = client.vector_stores.file_batches.create(store.id, file_ids=ids)
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    counts = cancelled.file_counts
    assert (cancelled.status, counts.in_progress, counts.total) == ("cancelled", 0, 6)
    assert counts.cancelled >= 4
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, filter="cancelled")
    assert len(listed.data) == counts.cancelled
    with pytest.raises(openai.BadRequestError, match="Cannot cancel file batch with status 'cancelled'"):
        client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert [hit.file_id for hit in client.vector_stores.search(store.id, query="heron").data] == [done]


def test_the_async_client_uploads_polls_and_searches(base_url: str) -> None:
    async def fill() -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="none", _strict_response_validation=True) as client:
            stores = client.vector_stores
            store = (await stores.create(name="birds")).id
            first = await stores.files.upload_and_poll(vector_store_id=store, file=("a.txt", NOTE))
            batch = await stores.file_batches.upload_and_poll(store, files=[("b.txt", NOTE), ("c.txt", b"")])
            assert (first.status, batch.status) == ("completed", "completed")
            assert (batch.file_counts.completed, batch.file_counts.failed) == (1, 1)
            return sorted([hit.filename async for hit in stores.search(store, query="heron")])

    assert asyncio.run(fill()) == ["a.txt", "b.txt"]


def test_a_run_waits_for_the_files_that_were_attached_just_before(client: OpenAI) -> None:
    text = b"A sentence of no interest.\n\n" * 10_000 + NOTE
    attachments = [{"file_id": upload(client, data=text), "tools": [{"type": "file_search"}]}]
    thread: Any = {"messages": [{"role": "user", "content": "heron", "attachments": attachments}]}
    assistant = client.beta.assistants.create(model="first-hit", tools=[{"type": "file_search"}])
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    block = client.beta.threads.messages.list(run.thread_id).data[0].content[0]
    assert block.type == "text"
    assert "heron" in block.text.value


def test_a_message_that_is_refused_leaves_no_vector_store_behind(client: OpenAI, raw: httpx2.Client) -> None:
    thread = client.beta.threads.create()
    attachments = [{"file_id": upload(client), "tools": [{"type": "file_search"}]}]
    content = [{"type": "image_url", "image_url": {"url": "http://x/y"}}]
    body = {"role": "user", "content": content, "attachments": attachments}
    assert raw.post(f"/threads/{thread.id}/messages", json=body).status_code == 400
    assert client.beta.threads.retrieve(thread.id).tool_resources == thread.tool_resources


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/vector_stores", {"file_ids": ["x"] * 501}, "file_ids"),
        ("/assistants", {"model": "slow", "tools": [{"type": "function", "function": {"name": "a b"}}]}, "name"),
        ("/assistants", {"model": "slow", "tools": [{"type": "function", "function": {"name": "x" * 65}}]}, "name"),
        ("/threads", {"messages": [{"role": "user", "content": "x" * 256_001}]}, "messages[0].content"),
        ("/threads", {"messages": [{"role": "user", "content": "x", "metadata": {"k" * 65: ""}}]}, "metadata"),
        ("/threads/runs", {"assistant_id": "x", "thread": {"metadata": {"k": "v" * 513}}}, "thread.metadata.k"),
        ("/threads/runs", {"assistant_id": "x", "top_p": 1.1}, "top_p"),
        ("/threads", {"tool_resources": {"code_interpreter": {"file_ids": ["x"] * 21}}}, "code_interpreter.file_ids"),
        ("/threads", {"tool_resources": {"code_interpreter": {"file_ids": ["file-x"]}}}, "id"),
        ("/vector_stores/vs_x/search", {"query": "x", "max_num_results": 51}, "max_num_results"),
        ("/uploads", {"filename": "x", "bytes": 0, "mime_type": "text/plain", "purpose": "assistants"}, "bytes"),
        ("/uploads", {"filename": "x", "bytes": 10**9, "mime_type": "text/plain", "purpose": "assistants"}, "bytes"),
    ],
)
def test_a_stated_limit_is_held(raw: httpx2.Client, path: str, body: object, param: str) -> None:
    answer = raw.post(path, json=body)
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["param"].endswith(param)


def begun(client: OpenAI, size: int) -> str:
    return client.uploads.create(bytes=size, filename="note.txt", mime_type="text/plain", purpose="assistants").id


def test_a_file_uploaded_in_parts_is_put_together_in_the_order_that_is_named(client: OpenAI) -> None:
    data = bytes(range(256)) * 20
    upload_id = begun(client, len(data))
    parts = [client.uploads.parts.create(upload_id, data=part).id for part in (data[3_000:], data[:3_000])]
    spare = client.uploads.parts.create(upload_id, data=b"not wanted").id
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    ended = client.uploads.complete(upload_id, part_ids=parts[::-1], md5=md5)
    assert (ended.status, ended.object, ended.bytes) == ("completed", "upload", len(data))
    assert ended.file is not None
    assert client.files.content(ended.file.id).content == data
    with pytest.raises(openai.BadRequestError, match="has status 'completed'"):
        client.uploads.complete(upload_id, part_ids=[spare])


def test_the_packages_helper_uploads_a_file_in_chunks(client: OpenAI) -> None:
    data = NOTE * 1_000
    ended = client.uploads.upload_file_chunked(
        file=data, filename="note.txt", bytes=len(data), mime_type="text/plain", purpose="assistants", part_size=5_000
    )
    assert ended.file is not None
    assert client.files.content(ended.file.id).content == data


@pytest.mark.parametrize(
    ("parts", "options", "said"),
    [
        ([0], {}, "have 4 bytes together"),
        ([0, 0], {}, "named twice"),
        ([0, 1], {"md5": "0" * 32}, "MD5"),
        ([0, "part_x"], {}, "No upload part found"),
    ],
)
def test_parts_that_do_not_make_the_file_are_refused(
    client: OpenAI, parts: list[Any], options: dict[str, str], said: str
) -> None:
    upload_id = begun(client, 8)
    ids = [client.uploads.parts.create(upload_id, data=b"abcd").id for _ in range(2)]
    wanted = [ids[part] if isinstance(part, int) else part for part in parts]
    with pytest.raises(openai.APIStatusError, match=said):
        client.uploads.complete(upload_id, part_ids=wanted, **options)  # type: ignore[arg-type]
    assert client.uploads.cancel(upload_id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="has status 'cancelled'"):
        client.uploads.parts.create(upload_id, data=b"abcd")


def pdf_bomb() -> bytes:
    """A page of a few hundred kilobytes that unpacks to a gigabyte of blanks, and then to text without end."""
    packer = zlib.compressobj(9)
    content = packer.compress(b"BT /F1 1 Tf 1 700 Td " + b"4 0 Td (heron) Tj " * 300_000) + packer.flush()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + b"5 0 R " * 100 + b"] /Count 100 >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
    ]
    numbered = b"".join(b"%d 0 obj\n%b\nendobj\n" % (number + 1, body) for number, body in enumerate(objects))
    return b"%PDF-1.7\n" + numbered + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n0\n%%EOF"


@pytest.mark.slow
def test_a_pdf_made_to_take_all_time_is_given_up(tmp_path: Path) -> None:
    with serving(Settings(data=tmp_path, poll_after_ms=20, max_reading_s=1)) as url, client_of(url) as client:
        store = client.vector_stores.create()
        started = time.monotonic()
        attached = client.vector_stores.files.create_and_poll(
            upload(client, "bomb.pdf", pdf_bomb()), vector_store_id=store.id
        )
        assert time.monotonic() - started < 10
        assert attached.last_error is not None
        assert (attached.status, attached.last_error.code) == ("failed", "invalid_file")
        assert "takes longer to read" in attached.last_error.message


@pytest.mark.slow
def test_what_is_read_apart_is_read_alike_and_refused_alike() -> None:
    text = b"The heron wades. " * 300_000
    document = read_safely(text, "long.txt", timeout_s=60)
    assert document.text == text.decode().rstrip() or document.text == text.decode()
    with pytest.raises(DocumentError, match="this PDF is broken") as refused:
        read_safely(b"%PDF-1.7 nothing", "broken.pdf", timeout_s=60)
    assert (refused.value.where, refused.value.hint) == ("broken.pdf", "Export it again.")


def test_a_vector_store_takes_ten_thousand_files_and_no_more(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, poll_after_ms=2)
    with serving(settings) as url, client_of(url) as client:
        store = client.vector_stores.create()
        attached = client.vector_stores.files.create_and_poll(upload(client), vector_store_id=store.id).to_dict()
    kept = Store(tmp_path / DATABASE_NAME)
    with kept.transaction():
        for number in range(9_998):
            kept.add({**attached, "id": f"file-{number}"}, parent=store.id)
    kept.close()
    with serving(settings) as url, client_of(url) as client:
        last, refused = upload(client), upload(client)
        client.vector_stores.files.create_and_poll(last, vector_store_id=store.id)
        with pytest.raises(openai.BadRequestError, match="the most that one can hold"):
            client.vector_stores.files.create(store.id, file_id=refused)
        assert client.vector_stores.retrieve(store.id).file_counts.completed == 10_000
