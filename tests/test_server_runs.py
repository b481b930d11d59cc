"""Assistants, threads, messages and runs over real HTTP, as the openai package sees them."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.beta.threads import Run
from openai.types.beta.threads.runs import RunStep, RunStepInclude
from server_support import FirstHit, Held, client_of, serving, small_models, without_sunset_warnings

from harness.server.models.interface import BuiltInModel
from harness.server.settings import Settings

CONTENT: RunStepInclude = "step_details.tool_calls[*].file_search.results[*].content"
POLICY = "# Returns\n\nGoods may be returned within 30 days.\n\n# Warranty\n\nThe warranty lasts two years.\n"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def models() -> dict[str, BuiltInModel]:
    return small_models()


@pytest.fixture(scope="module")
def base_url(models: dict[str, BuiltInModel]) -> Iterator[str]:
    with serving(models=models) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


def store_of(client: OpenAI, name: str = "policy.md", text: str = POLICY) -> str:
    file = client.files.create(file=(name, text.encode()), purpose="assistants")
    store = client.vector_stores.create(name="docs", file_ids=[file.id])
    client.vector_stores.files.poll(file.id, vector_store_id=store.id)
    return store.id


def assistant_of(client: OpenAI, model: str = "first-hit", store: str | None = None) -> str:
    resources = {"file_search": {"vector_store_ids": [store]}} if store else {}
    return client.beta.assistants.create(
        model=model,
        instructions="Be brief.",
        tools=[{"type": "file_search"}] if store else [],
        tool_resources=resources,  # type: ignore[arg-type]
    ).id


def asked(client: OpenAI, assistant_id: str, question: str = "How long is the warranty?") -> Run:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant_id)


def first_result(step: RunStep) -> dict[str, Any]:
    """The first search result of a step, as it came over the wire."""
    details: Any = step.to_dict()["step_details"]
    result: dict[str, Any] = details["tool_calls"][0]["file_search"]["results"][0]
    return result


def test_a_run_answers_and_cites_the_passage_it_found(client: OpenAI) -> None:
    run = asked(client, assistant_of(client, store=store_of(client)))
    assert (run.status, run.expires_at, run.last_error) == ("completed", None, None)
    assert run.started_at is not None
    assert run.completed_at is not None
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    block = message.content[0]
    assert block.type == "text"
    citation = block.text.annotations[0]
    assert citation.type == "file_citation"
    # Offsets count code points, and the emoji before the marker is one.
    assert block.text.value[citation.start_index : citation.end_index] == citation.text == "【4:0†source】"
    assert block.text.value == "It says 🙂: # Warranty\n\nThe warranty lasts two years.【4:0†source】 End."
    assert (message.role, message.run_id, message.status) == ("assistant", run.id, "completed")


def test_search_results_show_their_content_only_when_it_is_asked_for(client: OpenAI) -> None:
    run = asked(client, assistant_of(client, store=store_of(client)))
    steps = client.beta.threads.runs.steps
    bare = steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.type for step in bare] == ["tool_calls", "message_creation"]
    assert set(first_result(bare[0])) == {"file_id", "file_name", "score"}
    result = first_result(steps.retrieve(bare[0].id, thread_id=run.thread_id, run_id=run.id, include=[CONTENT]))
    assert result["content"] == [{"type": "text", "text": "# Warranty\n\nThe warranty lasts two years."}]
    assert result["file_name"] == "policy.md"
    assert 0 < result["score"] < 1


def test_usage_is_counted_once_the_run_is_complete(client: OpenAI) -> None:
    run = asked(client, assistant_of(client, store=store_of(client)))
    steps = client.beta.threads.runs.steps.list(thread_id=run.thread_id, run_id=run.id).data
    assert run.usage is not None
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    assert run.usage.total_tokens == sum(step.usage.total_tokens for step in steps if step.usage)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "Be brief."),
        ({"instructions": "Sing."}, "Sing."),
        ({"additional_instructions": "Say Jules."}, "Be brief.\nSay Jules."),
        ({"instructions": "Sing.", "additional_instructions": "Loudly."}, "Sing.\nLoudly."),
        ({"instructions": ""}, ""),
    ],
)
def test_run_instructions_replace_and_additional_ones_append(
    client: OpenAI, models: dict[str, BuiltInModel], options: dict[str, str], expected: str
) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant_of(client),
        **options,  # type: ignore[arg-type]
    )
    model = models["first-hit"]
    assert isinstance(model, FirstHit)
    assert run.instructions == model.told[-1].instructions == expected


def test_the_model_is_told_the_whole_thread_in_order(client: OpenAI, models: dict[str, BuiltInModel]) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "One"}])
    client.beta.threads.messages.create(thread.id, role="assistant", content="Two")
    client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant_of(client),
        additional_messages=[{"role": "user", "content": [{"type": "text", "text": "Three"}]}],
    )
    model = models["first-hit"]
    assert isinstance(model, FirstHit)
    assert [(m.role, m.text) for m in model.told[-1].spoken] == [
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]


def test_truncation_keeps_the_last_messages(client: OpenAI, models: dict[str, BuiltInModel]) -> None:
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": text} for text in ("One", "Two", "Three")]
    )
    client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant_of(client),
        truncation_strategy={"type": "last_messages", "last_messages": 2},
    )
    model = models["first-hit"]
    assert isinstance(model, FirstHit)
    assert [m.text for m in model.told[-1].spoken] == ["Two", "Three"]


@pytest.mark.parametrize(
    ("tools", "tool_choice", "expected"),
    [
        ([{"type": "file_search"}], "auto", ["policy.md", "prices.csv"]),
        ([], "auto", []),
        ([{"type": "file_search"}], "none", []),
    ],
)
def test_the_assistants_and_the_threads_files_are_searched_only_with_the_tool(
    client: OpenAI, models: dict[str, BuiltInModel], tools: list[object], tool_choice: str, expected: list[str]
) -> None:
    assistant = assistant_of(client, store=store_of(client))
    prices = store_of(client, "prices.csv", "item,price\nlamp,12\n")
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "lamp"}], tool_resources={"file_search": {"vector_store_ids": [prices]}}
    )
    client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant,
        tools=tools,  # type: ignore[arg-type]
        tool_choice=tool_choice,  # type: ignore[arg-type]
    )
    model = models["first-hit"]
    assert isinstance(model, FirstHit)
    assert model.files == expected


def test_an_attached_file_is_searchable_in_its_thread(client: OpenAI) -> None:
    file = client.files.create(file=("note.txt", b"The code word is heron."), purpose="assistants")
    thread = client.beta.threads.create(
        messages=[
            {
                "role": "user",
                "content": "code word",
                "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
            }
        ]
    )
    assert thread.tool_resources is not None
    assert thread.tool_resources.file_search is not None
    (store,) = thread.tool_resources.file_search.vector_store_ids or []
    client.vector_stores.files.poll(file.id, vector_store_id=store)
    assistant = client.beta.assistants.create(model="first-hit", tools=[{"type": "file_search"}])
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    block = client.beta.threads.messages.list(thread.id).data[0].content[0]
    assert block.type == "text"
    assert "heron" in block.text.value


def test_a_run_that_is_cancelled_ends_so_and_frees_the_thread(client: OpenAI, models: dict[str, BuiltInModel]) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant_of(client, "held"))
    with pytest.raises(openai.BadRequestError, match=f"already has an active run {run.id}"):
        client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant_of(client))
    with pytest.raises(openai.BadRequestError, match="while a run"):
        client.beta.threads.messages.create(thread.id, role="user", content="More")
    assert client.beta.threads.runs.cancel(run.id, thread_id=thread.id).status == "cancelling"
    ended = client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    assert ended.status == "cancelled"
    assert ended.cancelled_at is not None
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'cancelled'"):
        client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
    again = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant_of(client))
    assert again.status == "completed"
    held = models["held"]
    assert isinstance(held, Held)
    held.released.set()


def test_a_model_that_fails_ends_the_run_as_failed(client: OpenAI) -> None:
    run = asked(client, assistant_of(client, "broken"))
    assert run.status == "failed"
    assert run.last_error is not None
    assert run.last_error.code == "server_error"
    assert "a model's own mistake" in run.last_error.message


def test_a_run_that_outlives_its_time_expires() -> None:
    models = small_models()
    with serving(Settings(run_lifetime_s=0.02, poll_after_ms=2), models) as url, client_of(url) as client:
        run = asked(client, assistant_of(client, "held"))
        assert run.status == "expired"
        held = models["held"]
        assert isinstance(held, Held)
        held.released.set()


def test_tool_outputs_are_refused_for_a_run_that_waits_for_none(client: OpenAI) -> None:
    run = asked(client, assistant_of(client))
    with pytest.raises(openai.BadRequestError, match='Runs in status "completed" do not accept tool outputs'):
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": "call_x", "output": "1"}]
        )


def test_polling_a_run_takes_little_longer_than_its_model(client: OpenAI) -> None:
    assistant = assistant_of(client, "slow")
    asked(client, assistant)
    durations = []
    for _ in range(5):
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        started = time.perf_counter()
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant)
        durations.append(time.perf_counter() - started)
    # The model takes 10 ms. A server without poll hints would cost a second.
    assert min(durations) < 0.06


def test_runs_are_listed_changed_and_kept_apart_by_thread(client: OpenAI) -> None:
    run = asked(client, assistant_of(client))
    changed = client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"a": "b"})
    assert changed.metadata == {"a": "b"}
    assert [found.id for found in client.beta.threads.runs.list(run.thread_id)] == [run.id]
    other = client.beta.threads.create()
    with pytest.raises(openai.NotFoundError, match=f"No run found with id '{run.id}'"):
        client.beta.threads.runs.retrieve(run.id, thread_id=other.id)


def test_messages_of_one_run_can_be_listed(client: OpenAI) -> None:
    run = asked(client, assistant_of(client))
    listed = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
    assert [message.role for message in listed] == ["assistant"]


def test_a_message_can_be_changed_and_deleted(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    message = client.beta.threads.messages.create(thread.id, role="user", content="Hello", metadata={"a": "b"})
    changed = client.beta.threads.messages.update(message.id, thread_id=thread.id, metadata={"c": "d"})
    assert changed.metadata == {"c": "d"}
    assert client.beta.threads.messages.delete(message.id, thread_id=thread.id).deleted
    with pytest.raises(openai.NotFoundError, match="No message found"):
        client.beta.threads.messages.retrieve(message.id, thread_id=thread.id)


def test_deleting_a_thread_takes_its_messages_and_runs(client: OpenAI) -> None:
    run = asked(client, assistant_of(client))
    assert client.beta.threads.delete(run.thread_id).deleted
    with pytest.raises(openai.NotFoundError, match="No thread found"):
        client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.delete(run.thread_id)


def test_an_assistant_can_be_changed_listed_and_deleted(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="first-hit", name="A", temperature=0.5)
    changed = client.beta.assistants.update(assistant.id, name="B", instructions="Sing.", temperature=None)
    assert (changed.name, changed.instructions, changed.temperature, changed.model) == ("B", "Sing.", 1.0, "first-hit")
    assert assistant.id in {found.id for found in client.beta.assistants.list()}
    assert client.beta.assistants.delete(assistant.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{assistant.id}'."):
        client.beta.assistants.retrieve(assistant.id)


def test_an_unknown_model_is_refused_for_an_assistant_and_for_a_run(client: OpenAI) -> None:
    message = "The model `gpt-x` does not exist or you do not have access to it."
    with pytest.raises(openai.NotFoundError, match=message) as refused:
        client.beta.assistants.create(model="gpt-x")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    thread = client.beta.threads.create()
    with pytest.raises(openai.NotFoundError, match=message):
        client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant_of(client), model="gpt-x")


def test_thread_and_run_in_one_call(client: OpenAI) -> None:
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant_of(client),
        thread={"messages": [{"role": "user", "content": "Hello"}], "metadata": {"a": "b"}},
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store_of(client)]}},
    )
    thread = client.beta.threads.retrieve(run.thread_id)
    assert run.status == "completed"
    assert thread.metadata == {"a": "b"}
    assert thread.tool_resources is not None
    assert thread.tool_resources.file_search is not None


def test_many_runs_at_once_through_the_async_client(base_url: str) -> None:
    async def ask_all() -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="none", _strict_response_validation=True) as client:
            assistant = await client.beta.assistants.create(model="slow")
            runs = [
                client.beta.threads.create_and_run_poll(
                    assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": str(number)}]}
                )
                for number in range(20)
            ]
            return [run.status for run in await asyncio.gather(*runs)]

    assert asyncio.run(ask_all()) == ["completed"] * 20
