"""Runs as server-sent events, in the order of real traffic."""

from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI
from openai.types.beta.threads.runs import RunStepInclude
from server_support import client_of, serving, without_sunset_warnings

MESSAGE_EVENTS = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
]
SEARCH_EVENTS = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.run.step.delta",
    "thread.run.step.completed",
]
BEFORE = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


def once(names: list[str]) -> list[str]:
    """Leave out repetitions of the event before."""
    return [name for number, name in enumerate(names) if number == 0 or names[number - 1] != name]


def searching_assistant(client: OpenAI) -> str:
    file = client.files.create(file=("note.txt", b"The code word is heron."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    client.vector_stores.files.poll(file.id, vector_store_id=store.id)
    return client.beta.assistants.create(
        model="first-hit",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    ).id


def test_events_of_a_searching_run_come_in_the_order_of_real_traffic(client: OpenAI) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "code word"}])
    stream = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=searching_assistant(client), stream=True)
    events = list(stream)
    assert once([event.event for event in events]) == [*BEFORE, *SEARCH_EVENTS, *MESSAGE_EVENTS, "thread.run.completed"]
    deltas = [event.data.delta for event in events if event.event == "thread.message.delta"]
    texts = [delta.content[0].text for delta in deltas if delta.content and delta.content[0].type == "text"]
    assert texts[0] is not None
    assert texts[0].annotations == []
    assert [len(text.annotations or []) for text in texts if text and text.annotations] == [1]
    completed = next(event.data for event in events if event.event == "thread.message.completed")
    block = completed.content[0]
    assert block.type == "text"
    assert "".join(text.value or "" for text in texts if text) == block.text.value


def test_a_stream_ends_with_done(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="slow")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    answer = client.beta.threads.runs.with_raw_response.create(
        thread_id=thread.id, assistant_id=assistant.id, stream=True
    )
    text = answer.http_response.read().decode()
    assert text.endswith("event: done\ndata: [DONE]\n\n")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_the_packages_event_handler_follows_a_run(client: OpenAI) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "code word"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=searching_assistant(client)) as stream:
        text = "".join(stream.text_deltas)
        stream.until_done()
    assert text == "It says 🙂: The code word is heron.【4:0†source】 End."
    assert [step.type for step in stream.get_final_run_steps()] == ["tool_calls", "message_creation"]
    assert stream.get_final_messages()[0].status == "completed"


@pytest.mark.parametrize(
    ("include", "keys"),
    [
        ([], {"file_id", "file_name", "score"}),
        (
            ["step_details.tool_calls[*].file_search.results[*].content"],
            {"file_id", "file_name", "score", "content"},
        ),
    ],
)
def test_content_of_results_is_streamed_only_when_it_is_asked_for(
    client: OpenAI, include: list[RunStepInclude], keys: set[str]
) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "code word"}])
    events = client.beta.threads.runs.create(
        thread_id=thread.id, assistant_id=searching_assistant(client), stream=True, include=include
    )
    step = next(event.data for event in events if event.event == "thread.run.step.completed")
    (call,) = step.to_dict()["step_details"]["tool_calls"]  # type: ignore[index]  # plain JSON from here on
    assert set(call["file_search"]["results"][0]) == keys


def test_a_thread_created_with_its_run_is_told_first(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="slow")
    stream = client.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Hello"}]}, stream=True
    )
    names = once([event.event for event in stream])
    assert names == ["thread.created", *BEFORE, *MESSAGE_EVENTS, "thread.run.completed"]


def test_a_failed_run_ends_its_stream(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="broken")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    stream = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    assert [event.event for event in stream] == [*BEFORE, "thread.run.failed"]


def test_a_bad_request_for_a_stream_is_an_ordinary_error(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    with pytest.raises(openai.NotFoundError, match="No assistant found with id 'asst_x'"):
        client.beta.threads.runs.create(thread_id=thread.id, assistant_id="asst_x", stream=True)
