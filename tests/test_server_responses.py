"""Responses as the package's own client sees them, each answer held to its types and to the public document."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from openapi_support import check_answer, checked_client_of, needs_document
from pydantic import BaseModel
from responses_support import RESULTS, WEATHER, Caller, call, message, models_for_responses, search_tool, searched
from server_support import FirstHit, client_of, raw_client_of, serving, without_sunset_warnings

from harness.server.models import BUILT_IN
from harness.server.settings import Settings

MODELS = models_for_responses()


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


@needs_document
def test_the_check_against_the_public_document_can_fail() -> None:
    with pytest.raises(AssertionError, match="created_at"):
        check_answer("POST", "/responses", b'{"id": "resp_1", "object": "response"}', "application/json")


def test_an_answer_from_files_cites_them(client: OpenAI, tool: Any) -> None:
    response = client.responses.create(model="first-hit", input="code word", tools=[tool], include=[RESULTS])
    assert response.output_text == "It says 🙂: The code word is heron. End."
    call = searched(response)
    assert (call.status, call.queries) == ("completed", ["code word"])
    assert call.results is not None
    (result,) = call.results
    assert (result.filename, result.text, result.attributes) == ("note.txt", "The code word is heron.", {})
    (part,) = message(response).content
    assert part.type == "output_text"
    (note,) = part.annotations
    assert note.type == "file_citation"
    assert (note.file_id, note.filename) == (result.file_id, "note.txt")
    assert part.text[: note.index] == "It says 🙂: The code word is heron."
    assert response.status == "completed"
    assert response.completed_at is not None
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0


def test_results_are_shown_only_when_they_are_asked_for(client: OpenAI, tool: Any) -> None:
    response = client.responses.create(model="first-hit", input="code word", tools=[tool])
    assert searched(response).results is None
    assert searched(client.responses.retrieve(response.id)).results is None
    assert searched(client.responses.retrieve(response.id, include=[RESULTS])).results


def test_ids_have_the_form_of_the_real_ones(client: OpenAI, tool: Any) -> None:
    response = client.responses.create(model="first-hit", input="code word", tools=[tool])
    ids = [response.id, searched(response).id, message(response).id]
    assert [re.sub(r"[0-9a-f]{48}", "…", identifier) for identifier in ids] == ["resp_…", "fs_…", "msg_…"]


class Word(BaseModel):
    word: str


def test_structured_output_is_passed_on_and_parsed(client: OpenAI) -> None:
    response = client.responses.parse(model="json", input="The code word?", text_format=Word)
    assert response.output_parsed == Word(word="heron")
    wanted = MODELS["json"].told[-1].sampling.response_format  # type: ignore[union-attr]  # a Telling
    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["name"] == "Word"
    assert wanted["json_schema"]["schema"]["properties"]["word"]["type"] == "string"


def test_a_response_goes_on_from_another_without_its_instructions(client: OpenAI) -> None:
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    first = client.responses.create(model="first-hit", input="One", instructions="Be brief.")
    second = client.responses.create(model="first-hit", input="Two", previous_response_id=first.id)
    told = model.told[-1]
    assert [(item.role, item.text) for item in told.spoken] == [
        ("user", "One"),
        ("assistant", "Nothing found."),
        ("user", "Two"),
    ]
    assert told.instructions == ""
    assert second.previous_response_id == first.id
    client.responses.delete(first.id)
    client.responses.create(model="first-hit", input="Three", previous_response_id=second.id)
    assert [item.text for item in model.told[-1].spoken][::2] == ["One", "Two", "Three"]


def test_rules_may_stand_in_the_input(client: OpenAI) -> None:
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    client.responses.create(
        model="first-hit",
        instructions="Be brief.",
        input=[
            {"role": "system", "content": "Say Ada."},
            {"role": "developer", "content": [{"type": "input_text", "text": "In English."}]},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": [{"type": "input_text", "text": "Three"}]},
        ],
    )
    assert model.told[-1].instructions == "Be brief.\n\nSay Ada.\n\nIn English."
    assert [(item.role, item.text) for item in model.told[-1].spoken] == [
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]


def test_input_items_are_everything_that_was_read_newest_first(client: OpenAI) -> None:
    first = client.responses.create(model="slow", input="One")
    second = client.responses.create(model="slow", input="Two", previous_response_id=first.id)
    items = [item.to_dict() for item in client.responses.input_items.list(second.id, limit=1)]
    texts = [item["content"][0]["text"] for item in items]  # type: ignore[index]  # plain JSON from here on
    assert texts == ["Two", "Done.", "One"]
    oldest = client.responses.input_items.list(second.id, order="asc", limit=2)
    assert oldest.data[0].to_dict()["content"][0]["text"] == "One"  # type: ignore[index]
    assert oldest.has_more


def test_what_was_said_can_be_sent_again_or_referred_to(client: OpenAI) -> None:
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    first = client.responses.create(model="first-hit", input="One")
    said: Any = [item.to_dict() for item in first.output]
    client.responses.create(model="first-hit", input=[{"role": "user", "content": "One"}, *said])
    client.responses.create(
        model="first-hit",
        input=[{"type": "item_reference", "id": said[0]["id"]}, {"role": "user", "content": "Two"}],
    )
    assert [item.text for item in model.told[-2].spoken] == ["One", "Nothing found."]
    assert [item.text for item in model.told[-1].spoken] == ["Nothing found.", "Two"]
    with pytest.raises(openai.BadRequestError, match="Duplicate item found with id msg_"):
        client.responses.create(model="first-hit", input=said, previous_response_id=first.id)
    with pytest.raises(openai.NotFoundError, match="Item with id 'msg_x' not found"):
        client.responses.create(model="first-hit", input=[{"type": "item_reference", "id": "msg_x"}])


def test_a_function_is_called_and_its_output_answered(client: OpenAI) -> None:
    first = client.responses.create(model="caller", input="Weather in Bern?", tools=[WEATHER])
    asked = call(first)
    assert (asked.name, asked.arguments, asked.status) == ("get_weather", '{"city":"Bern"}', "completed")
    assert first.status == "completed"
    second = client.responses.create(
        model="caller",
        input=[{"type": "function_call_output", "call_id": asked.call_id, "output": "sunny"}],
        tools=[WEATHER],
        previous_response_id=first.id,
    )
    assert second.output_text == "It is sunny."
    again: Any = [{"role": "user", "content": "Weather in Bern?"}, asked.to_dict()]
    output = [{"type": "input_text", "text": "rainy"}]
    again.append({"type": "function_call_output", "call_id": asked.call_id, "output": output})
    assert client.responses.create(model="caller", input=again, tools=[WEATHER]).output_text == "It is rainy."


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", ("auto", None, ("get_weather", "get_time"), True, False)),
        ("none", ("none", None, (), False, False)),
        ("required", ("required", None, ("get_weather", "get_time"), True, False)),
        ({"type": "function", "name": "get_time"}, ("required", "get_time", ("get_weather", "get_time"), True, False)),
        ({"type": "file_search"}, ("required", None, ("get_weather", "get_time"), True, True)),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_time"}]},
            ("required", None, ("get_time",), False, False),
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "file_search"}]},
            ("auto", None, (), True, False),
        ),
    ],
    ids=str,
)
def test_the_model_is_told_which_tools_it_may_use(client: OpenAI, tool: Any, choice: Any, expected: Any) -> None:
    tools = [tool, WEATHER, {**WEATHER, "name": "get_time"}]
    response = client.responses.create(
        model="counting", input="Hi", tools=tools, tool_choice=choice, parallel_tool_calls=False
    )
    told = MODELS["counting"].told[-1]  # type: ignore[union-attr]  # a Telling
    names = tuple(function.name for function in told.functions)
    seen = (told.tool_choice, told.forced_function, names, told.has_file_search, told.is_search_forced)
    assert seen == expected
    assert not told.is_parallel
    shown = response.to_dict()
    assert shown["tool_choice"] == choice
    assert response.parallel_tool_calls is False


def test_a_function_may_leave_out_what_the_api_fills_in(raw: httpx2.Client) -> None:
    tools = [{"type": "function", "name": "get_weather"}]
    answer = raw.post("/responses", json={"model": "caller", "input": "Weather?", "tools": tools}).json()
    assert answer["tools"] == [
        {"type": "function", "name": "get_weather", "description": None, "parameters": None, "strict": True}
    ]


def test_a_limit_of_tokens_leaves_a_response_incomplete(client: OpenAI) -> None:
    response = client.responses.create(model="long", input="Hi", max_output_tokens=75)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output_text == "a" * 200 + "b" * 100
    assert message(response).status == "incomplete"
    assert response.completed_at is None
    assert client.responses.create(model="long", input="Hi", max_output_tokens=100).status == "completed"


def test_only_so_many_searches_are_made(client: OpenAI, tool: Any) -> None:
    every = client.responses.create(model="searcher", input="Hi", tools=[tool])
    one = client.responses.create(model="searcher", input="Hi", tools=[tool], max_tool_calls=1, include=[RESULTS])
    kinds = [[item.type for item in response.output] for response in (every, one)]
    assert kinds == [["file_search_call"] * 3 + ["message"], ["file_search_call", "message"]]
    assert searched(one).results


@pytest.mark.parametrize(
    ("model", "code", "said", "text"),
    [
        ("broken", "server_error", "ZeroDivisionError: a model's own mistake", ""),
        ("limited", "rate_limit_exceeded", "Slow down.", "So"),
        ("citing", "server_error", "IndexError: list index out of range", "As nobody said."),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_fails_fails_the_response(client: OpenAI, model: str, code: str, said: str, text: str) -> None:
    response = client.responses.create(model=model, input="Hi")
    assert response.status == "failed"
    assert response.error is not None
    assert (response.error.code, response.error.message) == (code, said)
    assert response.output_text == text
    *_, last = client.responses.create(model=model, input="Hi", stream=True)
    assert last.type == "response.failed"


def test_a_model_that_says_nothing_answers_with_nothing(client: OpenAI) -> None:
    assert message(client.responses.create(model="silent", input="Hi")).content[0].to_dict()["text"] == ""


@pytest.mark.parametrize("given", ["", [], [{"role": "system", "content": "Be brief."}]], ids=str)
def test_who_asks_nothing_is_answered_all_the_same(client: OpenAI, given: Any) -> None:
    assert client.responses.create(model="extractive", input=given).status == "completed"


def test_tokens_are_those_that_the_model_counted(client: OpenAI) -> None:
    usage = client.responses.create(model="counting", input="Hi").usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (7, 3)


def test_what_was_asked_is_shown(client: OpenAI, tool: Any) -> None:
    limited: Any = {**tool, "max_num_results": 3, "ranking_options": {"score_threshold": 0.5}}
    response = client.responses.create(
        model="counting",
        input="Hi",
        instructions="Be brief.",
        tools=[limited],
        metadata={"case": "7"},
        temperature=0.2,
        top_p=0.9,
        max_output_tokens=16,
        max_tool_calls=2,
        truncation="auto",
        user="ada",
        reasoning={"effort": "low"},
        text={"verbosity": "low"},
    )
    shown = response.to_dict()
    expected = {
        "instructions": "Be brief.",
        "metadata": {"case": "7"},
        "temperature": 0.2,
        "top_p": 0.9,
        "max_output_tokens": 16,
        "max_tool_calls": 2,
        "truncation": "auto",
        "user": "ada",
        "reasoning": {"effort": "low", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["tools"][0]["ranking_options"] == {"ranker": "auto", "score_threshold": 0.5}  # type: ignore[index]
    told = MODELS["counting"].told[-1].sampling  # type: ignore[union-attr]  # a Telling
    assert (told.temperature, told.top_p, told.max_tokens) == (0.2, 0.9, 16)


def test_a_response_that_is_not_stored_cannot_be_asked_for(client: OpenAI) -> None:
    response = client.responses.create(model="slow", input="Hi", store=False)
    assert response.output_text == "Done."
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{response.id}' not found"):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError, match="Previous response with id"):
        client.responses.create(model="slow", input="Hi", previous_response_id=response.id)


def test_a_deleted_response_is_gone(client: OpenAI, raw: httpx2.Client) -> None:
    response = client.responses.create(model="slow", input="Hi")
    said = message(response).id
    answer = raw.delete(f"/responses/{response.id}")
    assert answer.json() == {"id": response.id, "object": "response", "deleted": True}
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="slow", input=[{"type": "item_reference", "id": said}])


def test_an_input_is_weighed_in_tokens(client: OpenAI) -> None:
    first = client.responses.create(model="slow", input="x" * 40)
    alone = client.responses.input_tokens.count(model="slow", input="x" * 40)
    more = client.responses.input_tokens.count(
        model="slow", input="x" * 40, instructions="x" * 20, previous_response_id=first.id
    )
    assert alone.input_tokens == 10
    assert more.input_tokens == 10 + 5 + 10 + 2


@pytest.mark.parametrize("question", ["What is the code word?", "What is the name of the head librarian?"])
def test_both_protocols_answer_alike(client: OpenAI, question: str) -> None:
    text = b"The code word is heron. Members may borrow books for 28 days."
    tool = search_tool(client, text)
    instructions = 'Answer only from the documents. Otherwise reply "Sorry, I can\'t find that."'
    response = client.responses.create(
        model="extractive", input=question, instructions=instructions, tools=[tool], include=[RESULTS]
    )
    with without_sunset_warnings():
        assistant = client.beta.assistants.create(
            model="extractive",
            instructions=instructions,
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": tool["vector_store_ids"]}},
        )
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        said = client.beta.threads.messages.list(thread.id).data[0].content[0]
    assert said.type == "text"
    assert response.output_text == re.sub("【.*?】", "", said.text.value)
    part = message(response).content[0]
    assert part.type == "output_text"
    cited = [note.file_citation.file_id for note in said.text.annotations if note.type == "file_citation"]
    assert [note.file_id for note in part.annotations if note.type == "file_citation"] == cited
    assert [result.text for result in searched(response).results or []]


def test_attributes_of_a_file_are_shown_with_its_results(client: OpenAI) -> None:
    tool = search_tool(client)
    store = tool["vector_store_ids"][0]
    (file,) = client.vector_stores.files.list(store)
    client.vector_stores.files.update(file.id, vector_store_id=store, attributes={"year": 2024.0})
    response = client.responses.create(model="first-hit", input="code word", tools=[tool], include=[RESULTS])
    results = searched(response).results
    assert results is not None
    assert results[0].attributes == {"year": 2024.0}


def test_a_caller_is_told_its_own_calls(client: OpenAI) -> None:
    model = MODELS["caller"]
    assert isinstance(model, Caller)
    first = client.responses.create(model="caller", input="Weather?", tools=[WEATHER])
    output: Any = [{"type": "function_call_output", "call_id": call(first).call_id, "output": "1"}]
    client.responses.create(model="caller", input=output, tools=[WEATHER], previous_response_id=first.id)
    assert [type(item).__name__ for item in model.told[-1].messages] == ["Message", "FunctionCall", "FunctionOutput"]


def test_a_filter_leaves_files_out(client: OpenAI, raw: httpx2.Client) -> None:
    tool = search_tool(client)
    store = tool["vector_store_ids"][0]
    (file,) = client.vector_stores.files.list(store)
    client.vector_stores.files.update(file.id, vector_store_id=store, attributes={"year": 2024.0})
    for year, text in ((2024, "It says 🙂: The code word is heron. End."), (2023, "Nothing found.")):
        filters: Any = {"type": "eq", "key": "year", "value": year}
        response = client.responses.create(
            model="first-hit", input="code word", tools=[{**tool, "filters": filters, "max_num_results": 1}]
        )
        assert response.output_text == text
    wrong = {**tool, "filters": {"type": "and", "filters": [{"type": "like"}]}}
    answer = raw.post("/responses", json={"model": "slow", "input": "Hi", "tools": [wrong]})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("tools[0].filters")


def test_a_response_survives_the_server_and_one_under_way_comes_back_failed(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with serving(settings, models=MODELS) as url, client_of(url) as client:
        kept = client.responses.create(model="first-hit", input="One")
        under_way = client.responses.create(model="hanging", input="Hi", background=True)
    with serving(settings, models=MODELS) as url, client_of(url) as client:
        assert client.responses.retrieve(kept.id).to_dict() == kept.to_dict()
        failed = client.responses.retrieve(under_way.id)
        client.responses.create(model="first-hit", input="Two", previous_response_id=kept.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.code == "server_error"
    model = MODELS["first-hit"]
    assert isinstance(model, FirstHit)
    assert [item.text for item in model.told[-1].spoken] == ["One", "Nothing found.", "Two"]
