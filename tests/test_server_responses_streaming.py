"""Streamed responses and those made in the background, as the package's own client sees them."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseIncompleteEvent,
)
from openapi_support import checked_client_of
from responses_support import (
    RESULTS,
    WEATHER,
    Hanging,
    message,
    models_for_responses,
    search_tool,
    searched,
)
from server_support import client_of, raw_client_of, serving

from harness.server.models import BUILT_IN

MODELS = models_for_responses()
BEFORE = ["response.created", "response.in_progress"]
SEARCH = [
    "response.output_item.added",
    "response.file_search_call.in_progress",
    "response.file_search_call.searching",
    "response.file_search_call.completed",
    "response.output_item.done",
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(models={**MODELS, **BUILT_IN}) as url:
        yield url


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[OpenAI]:
    with checked_client_of(base_url) as (client, _):
        yield client


@pytest.fixture(scope="module")
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


@pytest.fixture(scope="module")
def tool(base_url: str) -> Any:
    with client_of(base_url) as client:
        return search_tool(client)


def test_events_come_in_the_order_of_real_traffic(client: OpenAI, tool: Any) -> None:
    stream = client.responses.create(model="first-hit", input="code word", tools=[tool], stream=True, include=[RESULTS])
    events = list(stream)
    assert [event.type for event in events] == [
        *BEFORE,
        *SEARCH,
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    indexes = [event.output_index for event in events if hasattr(event, "output_index")]
    assert indexes == [0] * 5 + [1] * 10
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert isinstance(last, ResponseCompletedEvent)
    assert last.response.output_text == text
    assert searched(last.response).results
    assert client.responses.retrieve(last.response.id).output_text == text


def test_a_stream_names_its_events_and_has_no_done(raw: httpx2.Client) -> None:
    answer = raw.post("/responses", json={"model": "slow", "input": "Hello", "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    named = re.findall(r"^event: (.+)\ndata: \{\"type\":\"([^\"]+)\"", answer.text, re.MULTILINE)
    assert len(named) == answer.text.count("event: ")
    assert all(name == kind for name, kind in named)
    assert "[DONE]" not in answer.text


def test_the_packages_stream_helper_puts_a_response_together(client: OpenAI, tool: Any) -> None:
    with client.responses.stream(model="first-hit", input="code word", tools=[tool]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert final.output_text == "It says 🙂: The code word is heron. End."


def test_the_asynchronous_client_reads_the_same(base_url: str, tool: Any) -> None:
    async def ask() -> tuple[Response, list[str]]:
        async with AsyncOpenAI(
            base_url=base_url, api_key="none", max_retries=0, _strict_response_validation=True
        ) as client:
            whole = await client.responses.create(model="first-hit", input="code word", tools=[tool])
            streamed = await client.responses.create(model="first-hit", input="code word", tools=[tool], stream=True)
            async with client.responses.stream(model="first-hit", input="code word", tools=[tool]) as helper:
                final = await helper.get_final_response()
            return whole, [event.type async for event in streamed] + [final.output_text]

    whole, kinds = asyncio.run(ask())
    assert whole.output_text == "It says 🙂: The code word is heron. End."
    assert kinds[-2:] == ["response.completed", whole.output_text]


def test_a_streamed_call_tells_its_arguments(client: OpenAI) -> None:
    events = list(client.responses.create(model="caller", input="Weather?", tools=[WEATHER], stream=True))
    assert [event.type for event in events] == [
        *BEFORE,
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_a_refusal_is_a_part_of_its_own(client: OpenAI) -> None:
    events = list(client.responses.create(model="refusing", input="Hi", stream=True))
    assert [event.type for event in events][2:-1] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.content_part.added",
        "response.refusal.delta",
        "response.refusal.delta",
        "response.refusal.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    last = events[-1]
    assert isinstance(last, ResponseCompletedEvent)
    first, second = message(last.response).content
    assert (first.type, second.type) == ("output_text", "refusal")
    assert second.to_dict()["refusal"] == "I can't say that."


def test_a_filtered_response_says_so_in_its_last_event(client: OpenAI) -> None:
    *_, last = client.responses.create(model="filtered", input="Hi", stream=True)
    assert isinstance(last, ResponseIncompleteEvent)
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == "content_filter"
    assert last.response.output_text == "Half"


def test_a_response_in_the_background_is_polled_and_cancelled(client: OpenAI) -> None:
    queued = client.responses.create(model="hanging", input="Hi", background=True)
    assert queued.status in {"queued", "in_progress"}
    assert client.responses.with_raw_response.retrieve(queued.id).headers["openai-poll-after-ms"] == "2"
    cancelled = client.responses.cancel(queued.id)
    assert cancelled.status == "cancelled"
    assert cancelled.output_text == "Wait"
    assert client.responses.cancel(queued.id).status == "cancelled"
    done = client.responses.create(model="slow", input="Hi", background=True)
    while done.status in {"queued", "in_progress"}:
        done = client.responses.retrieve(done.id)
    assert (done.status, done.output_text) == ("completed", "Done.")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(client.responses.create(model="slow", input="Hi").id)


def test_a_stream_in_the_background_can_be_taken_up_again(base_url: str) -> None:
    with client_of(base_url) as client:
        first: list[Any] = []
        with client.responses.create(model="slow", input="Hi", background=True, stream=True) as stream:
            for event in stream:
                first.append(event)
                if len(first) == 3:
                    break
        assert [event.type for event in first] == ["response.created", "response.queued", "response.in_progress"]
        response_id = first[0].response.id
        rest = list(client.responses.retrieve(response_id, stream=True, starting_after=2))
        assert [event.sequence_number for event in rest] == list(range(3, 3 + len(rest)))
        assert rest[-1].type == "response.completed"
        again = list(client.responses.retrieve(response_id, stream=True))
        assert [event.type for event in again] == [event.type for event in [*first, *rest]]
        with pytest.raises(openai.BadRequestError, match="created with 'background' and 'stream'"):
            client.responses.retrieve(client.responses.create(model="slow", input="Hi").id, stream=True)


def test_a_stream_is_taken_up_while_the_response_is_still_made(base_url: str) -> None:
    with client_of(base_url) as client:
        with client.responses.create(model="hanging", input="Hi", background=True, stream=True) as stream:
            created = next(iter(stream))
        assert created.type == "response.created"
        rest = iter(client.responses.retrieve(created.response.id, stream=True, starting_after=2))
        told = [next(rest).type for _ in range(3)]
        assert told[-1] == "response.output_text.delta"
        client.responses.cancel(created.response.id)
        assert [event.type for event in rest][-1] == "response.output_item.done"
        assert client.responses.retrieve(created.response.id).status == "cancelled"


@pytest.mark.parametrize("is_streamed", [True, False], ids=["streamed", "plain"])
def test_the_work_ends_with_the_client(base_url: str, *, is_streamed: bool) -> None:
    model = MODELS["hanging"]
    assert isinstance(model, Hanging)
    model.closed.clear()
    with raw_client_of(base_url) as raw:
        body = {"model": "hanging", "input": "Hi", "stream": is_streamed}
        if is_streamed:
            with raw.stream("POST", "/responses", json=body) as answer:
                lines = answer.iter_lines()
                said = next(line for line in lines if line.startswith("data: ") and '"delta":"Wait"' in line)
                assert said
                first = answer
            assert first.is_closed
        else:
            with pytest.raises(httpx2.ReadTimeout):
                raw.post("/responses", json=body, timeout=0.2)
        for _ in range(1000):
            if model.closed:
                break
            raw.get("/models")
    assert model.closed == ["closed"]
