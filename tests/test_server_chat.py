"""Chat completions, as the package's own client sees them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openapi_support import checked_client_of
from pydantic import BaseModel
from responses_support import Caller, Hanging, models_for_responses
from server_support import FirstHit, client_of, raw_client_of, serving

from harness.server.models import BUILT_IN

MODELS = models_for_responses()
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
IMAGE: Any = {"type": "image_url", "image_url": {"url": "x"}}
HELLO: Any = [{"role": "user", "content": "Hello"}]


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


def test_a_conversation_is_answered(client: OpenAI) -> None:
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    completion = client.chat.completions.create(
        model="first-hit",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Say Ada."}]},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": [{"type": "text", "text": "Three"}]},
        ],
        temperature=0.1,
        max_completion_tokens=50,
    )
    (choice,) = completion.choices
    assert (choice.message.content, choice.finish_reason) == ("Nothing found.", "stop")
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 4
    told = model.told[-1]
    assert told.instructions == "Be brief.\n\nSay Ada."
    assert [item.text for item in told.spoken] == ["One", "Two", "Three"]
    assert (told.has_file_search, told.sampling.temperature, told.sampling.max_tokens) == (False, 0.1, 50)


def test_a_built_in_model_refuses_what_no_file_tells_it(client: OpenAI) -> None:
    messages: Any = [
        {"role": "system", "content": 'Answer only from the documents. Otherwise reply "Sorry, I can\'t find that."'},
        {"role": "user", "content": "What is the code word?"},
    ]
    completion = client.chat.completions.create(model="extractive", messages=messages)
    assert completion.choices[0].message.content == "Sorry, I can't find that."


@pytest.mark.parametrize("has_usage", [True, False])
def test_chunks_make_up_the_completion(client: OpenAI, *, has_usage: bool) -> None:
    options: Any = {"include_usage": has_usage}
    chunks = list(client.chat.completions.create(model="long", messages=HELLO, stream=True, stream_options=options))
    told = [chunk for chunk in chunks if chunk.choices]
    assert told[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in told) == "a" * 200 + "b" * 200
    assert [chunk.choices[0].finish_reason for chunk in told] == [None] * (len(told) - 1) + ["stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert [usage.completion_tokens for usage in usages] == ([100] if has_usage else [])


def test_a_stream_ends_with_done(raw: httpx2.Client) -> None:
    answer = raw.post("/chat/completions", json={"model": "slow", "messages": HELLO, "stream": True})
    assert answer.text.endswith("data: [DONE]\n\n")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_function_is_called_and_its_output_answered(client: OpenAI) -> None:
    first = client.chat.completions.create(model="caller", messages=HELLO, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    assert message.content is None
    (call,) = message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Bern"}')
    messages: Any = [*HELLO, message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    second = client.chat.completions.create(model="caller", messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "It is sunny."
    with client.chat.completions.stream(model="caller", messages=HELLO, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", ("none", None, 0)),
        ("required", ("required", None, 1)),
        ({"type": "function", "function": {"name": "get_weather"}}, ("required", "get_weather", 1)),
    ],
    ids=str,
)
def test_the_model_is_told_which_functions_it_may_call(client: OpenAI, choice: Any, expected: Any) -> None:
    client.chat.completions.create(model="first-hit", messages=HELLO, tools=[WEATHER], tool_choice=choice)
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    told = model.told[-1]
    assert (told.tool_choice, told.forced_function, len(told.functions)) == expected


class Word(BaseModel):
    word: str


def test_structured_output_is_passed_on_and_parsed(client: OpenAI) -> None:
    completion = client.chat.completions.parse(model="json", messages=HELLO, response_format=Word)
    assert completion.choices[0].message.parsed == Word(word="heron")
    assert MODELS["json"].told[-1].sampling.response_format["json_schema"]["name"] == "Word"  # type: ignore[union-attr]  # a Telling


@pytest.mark.parametrize(
    ("model", "options", "reason", "content"),
    [
        ("long", {"max_tokens": 10}, "length", "a" * 40),
        ("long", {"max_completion_tokens": 10}, "length", "a" * 40),
        ("filtered", {}, "content_filter", "Half"),
    ],
)
def test_an_unfinished_completion_says_why(client: OpenAI, model: str, options: Any, reason: str, content: str) -> None:
    choice = client.chat.completions.create(model=model, messages=HELLO, **options).choices[0]
    assert (choice.finish_reason, choice.message.content) == (reason, content)


def test_a_refusal_is_told_as_one(client: OpenAI) -> None:
    message = client.chat.completions.create(model="refusing", messages=HELLO).choices[0].message
    assert (message.content, message.refusal) == ("Well. ", "I can't say that.")


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_fails_is_an_error_of_the_apis_shape(base_url: str, client: OpenAI, raw: httpx2.Client) -> None:
    with pytest.raises(openai.InternalServerError, match="ZeroDivisionError"):
        client.chat.completions.create(model="broken", messages=HELLO)
    answer = raw.post("/chat/completions", json={"model": "limited", "messages": HELLO})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    with client_of(base_url) as plain, pytest.raises(openai.APIError, match="Slow down"):
        list(plain.chat.completions.create(model="limited", messages=HELLO, stream=True))


def test_the_asynchronous_client_reads_the_same(base_url: str) -> None:
    async def ask() -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="none", _strict_response_validation=True) as client:
            whole = await client.chat.completions.create(model="slow", messages=HELLO)
            stream = await client.chat.completions.create(model="slow", messages=HELLO, stream=True)
            told = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return [whole.choices[0].message.content or "", "".join(told)]

    assert asyncio.run(ask()) == ["Done.", "Done."]


@pytest.mark.parametrize("is_streamed", [True, False], ids=["streamed", "plain"])
def test_the_work_ends_with_the_client(raw: httpx2.Client, *, is_streamed: bool) -> None:
    model = MODELS["hanging"]
    assert isinstance(model, Hanging)
    model.closed.clear()
    body = {"model": "hanging", "messages": HELLO, "stream": is_streamed}
    if is_streamed:
        with raw.stream("POST", "/chat/completions", json=body) as answer:
            assert any('"content":"Wait"' in line for line in answer.iter_lines())
    else:
        with pytest.raises(httpx2.ReadTimeout):
            raw.post("/chat/completions", json=body, timeout=0.2)
    for _ in range(1000):
        if model.closed:
            break
        raw.get("/models")
    assert model.closed == ["closed"]


def test_no_completion_is_stored(client: OpenAI) -> None:
    assert client.chat.completions.list().data == []


@pytest.mark.parametrize(
    ("body", "status", "param", "said"),
    [
        ({"messages": HELLO}, 400, "model", "Missing required parameter: 'model'."),
        ({"model": "nobody", "messages": HELLO}, 404, "model", "does not exist"),
        ({"model": "slow", "messages": []}, 400, "messages", "empty array"),
        ({"model": "slow", "messages": HELLO, "store": True}, 400, "store", "does not offer 'store'"),
        ({"model": "slow", "messages": HELLO, "n": 2}, 400, "n", "one choice"),
        ({"model": "slow", "messages": HELLO, "stop": "x"}, 400, "stop", "does not offer 'stop'"),
        ({"model": "slow", "messages": HELLO, "modalities": ["audio"]}, 400, "modalities", "does not offer audio"),
        ({"model": "slow", "messages": HELLO, "tool_choice": "required"}, 400, "tool_choice", "must be specified"),
        (
            {
                "model": "slow",
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            },
            400,
            "messages[0].content[0]",
            "text only",
        ),
        (
            {"model": "slow", "messages": [{"role": "function", "name": "f", "content": "1"}]},
            400,
            "messages[0].role",
            "does not offer messages with the role 'function'",
        ),
        (
            {"model": "slow", "messages": HELLO, "tools": [{"type": "custom", "custom": {"name": "f"}}]},
            400,
            "tools[0].type",
            "does not offer custom tools",
        ),
    ],
    ids=str,
)
def test_a_wrong_request_is_told_what_is_wrong_and_where(
    raw: httpx2.Client, body: Any, status: int, param: str, said: str
) -> None:
    answer = raw.post("/chat/completions", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param)
    assert said in error["message"]


def test_calls_of_earlier_turns_are_told(client: OpenAI) -> None:
    model = MODELS["caller"]
    assert isinstance(model, Caller)
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: Any = [
        *HELLO,
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7"},
    ]
    client.chat.completions.create(model="caller", messages=messages)
    kinds = [type(item).__name__ for item in model.told[-1].messages]
    assert kinds == ["Message", "Message", "FunctionCall", "FunctionOutput"]
