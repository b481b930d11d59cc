"""Conversations and the items in them, as the package's own client sees them."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openapi_support import checked_client_of
from responses_support import models_for_responses, search_tool
from server_support import FirstHit, client_of, raw_client_of, serving

from harness.server.settings import Settings

MODELS = models_for_responses()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(models=MODELS) as url:
        yield url


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[OpenAI]:
    with checked_client_of(base_url) as (client, _):
        yield client


@pytest.fixture(scope="module")
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


def texts(client: OpenAI, conversation_id: str, **query: Any) -> list[str]:
    items: list[Any] = [item.to_dict() for item in client.conversations.items.list(conversation_id, **query)]
    return [item["content"][0]["text"] for item in items if item["type"] == "message"]


def test_a_conversation_lives_from_creation_to_deletion(client: OpenAI) -> None:
    made = client.conversations.create(metadata={"topic": "books"})
    assert re.fullmatch("conv_[0-9a-f]{48}", made.id)
    assert made.metadata == {"topic": "books"}
    changed = client.conversations.update(made.id, metadata={"topic": "dates"})
    assert client.conversations.retrieve(made.id).metadata == changed.metadata == {"topic": "dates"}
    assert client.conversations.delete(made.id).to_dict() == {
        "id": made.id,
        "object": "conversation.deleted",
        "deleted": True,
    }
    with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{made.id}' not found"):
        client.conversations.retrieve(made.id)


def test_a_conversation_needs_nothing(client: OpenAI, raw: httpx2.Client) -> None:
    made = client.conversations.create()
    assert made.metadata == {}
    assert texts(client, made.id) == []
    assert raw.post("/conversations").status_code == 200


def test_items_are_added_listed_and_taken_out(client: OpenAI) -> None:
    made = client.conversations.create(items=[{"role": "user", "content": "One"}])
    added = client.conversations.items.create(
        made.id,
        items=[
            {"type": "message", "role": "assistant", "content": "Two"},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "3"},
        ],
    )
    kinds = [item.type for item in added.data]
    assert kinds == ["message", "function_call", "function_call_output"]
    assert (added.first_id, added.has_more) == (added.data[0].id, False)
    assert texts(client, made.id, order="asc", limit=1) == ["One", "Two"]
    assert texts(client, made.id) == ["Two", "One"]
    item_id = added.data[0].id
    assert item_id is not None
    found = client.conversations.items.retrieve(item_id, conversation_id=made.id)
    assert found.to_dict() == added.data[0].to_dict()
    assert client.conversations.items.delete(item_id, conversation_id=made.id).id == made.id
    assert texts(client, made.id) == ["One"]
    with pytest.raises(openai.NotFoundError, match=f"Item with id '{item_id}' not found in conversation"):
        client.conversations.items.retrieve(item_id, conversation_id=made.id)


def test_a_response_reads_its_conversation_and_adds_to_it(client: OpenAI) -> None:
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    tool = search_tool(client)
    made = client.conversations.create(items=[{"role": "user", "content": "Zero"}])
    first = client.responses.create(model="first-hit", input="code word", conversation=made.id, tools=[tool])
    assert first.conversation is not None
    assert first.conversation.id == made.id
    client.responses.create(model="first-hit", input="Two", conversation={"id": made.id}, store=False)
    said = "It says 🙂: The code word is heron. End."
    assert [item.text for item in model.told[-1].spoken] == ["Zero", "code word", said, "Two"]
    assert texts(client, made.id, order="asc") == ["Zero", "code word", said, "Two", "Nothing found."]
    listed: Any = [
        item.to_dict()
        for item in client.conversations.items.list(made.id, include=["file_search_call.results"], order="asc")
    ]
    search = next(item for item in listed if item["type"] == "file_search_call")
    assert search["results"][0]["text"] == "The code word is heron."
    plain: Any = client.conversations.items.retrieve(search["id"], conversation_id=made.id).to_dict()
    assert plain["results"] is None
    assert [item["id"] for item in listed if item["type"] == "message"][2] == first.output[1].id


def test_a_response_without_input_answers_what_the_conversation_ends_with(client: OpenAI) -> None:
    made = client.conversations.create(items=[{"role": "user", "content": "Hello"}])
    assert client.responses.create(model="first-hit", conversation=made.id).output_text == "Nothing found."


@pytest.mark.filterwarnings("ignore")
def test_a_failed_response_adds_nothing(client: OpenAI) -> None:
    made = client.conversations.create()
    assert client.responses.create(model="broken", input="Hi", conversation=made.id).status == "failed"
    assert texts(client, made.id) == []


def test_two_responses_at_once_are_refused(client: OpenAI) -> None:
    made = client.conversations.create()
    under_way = client.responses.create(model="hanging", input="Hi", conversation=made.id, background=True)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="slow", input="Hi", conversation=made.id)
    assert (refused.value.code, refused.value.param) == ("conversation_locked", "conversation")
    client.responses.cancel(under_way.id)
    assert client.responses.create(model="slow", input="Hi", conversation=made.id).status == "completed"


def test_the_asynchronous_client_walks_through_pages(base_url: str) -> None:
    async def walk() -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="none", _strict_response_validation=True) as client:
            made = await client.conversations.create(
                items=[{"role": "user", "content": str(number)} for number in range(5)]
            )
            items: list[Any] = [
                item.to_dict() async for item in client.conversations.items.list(made.id, limit=2, order="asc")
            ]
            return [item["content"][0]["text"] for item in items]

    assert asyncio.run(walk()) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/conversations", {"metadata": {"a": 1}}, 400, "expected a string"),
        ("POST", "/conversations", {"items": [{"role": "user", "content": "x"}] * 21}, 400, "maximum length 20"),
        ("POST", "/conversations", {"items": [{"type": "web_search_call"}]}, 400, "items[0]"),
        ("POST", "/conversations", {"items": [{"type": "item_reference", "id": "msg_x"}]}, 404, "'msg_x' not found"),
        ("POST", "/conversations/conv_x", {"metadata": {}}, 404, "Conversation with id 'conv_x' not found."),
        ("POST", "/conversations/conv_x/items", {}, 400, "Missing required parameter: 'items'."),
        ("POST", "/conversations/conv_x/items", {"items": []}, 404, "Conversation with id 'conv_x' not found."),
        ("GET", "/conversations/conv_x/items", None, 404, "Conversation with id 'conv_x' not found."),
        ("DELETE", "/conversations/conv_x", None, 404, "Conversation with id 'conv_x' not found."),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    raw: httpx2.Client, *, method: str, path: str, body: Any, status: int, said: str
) -> None:
    answer = raw.request(method, path, json=body)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "order=up", "after=msg_x", "include=all"])
def test_a_page_that_there_is_not_is_refused(client: OpenAI, raw: httpx2.Client, query: str) -> None:
    made = client.conversations.create(items=[{"role": "user", "content": "One"}])
    assert raw.get(f"/conversations/{made.id}/items?{query}").status_code == 400


def test_an_item_stands_in_a_conversation_once(client: OpenAI) -> None:
    item: Any = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": []}
    made = client.conversations.create(items=[item])
    with pytest.raises(openai.BadRequestError, match="Duplicate item found with id msg_1"):
        client.conversations.items.create(made.id, items=[item])
    assert client.conversations.create(items=[item]).id != made.id


def test_conversations_survive_the_server(tmp_path: Path) -> None:
    with serving(Settings(data=tmp_path), models=MODELS) as url, client_of(url) as client:
        made = client.conversations.create(items=[{"role": "user", "content": "One"}])
        client.responses.create(model="slow", input="Two", conversation=made.id)
    with serving(Settings(data=tmp_path), models=MODELS) as url, client_of(url) as client:
        assert texts(client, made.id, order="asc") == ["One", "Two", "Done."]
