"""Functions in runs, and models that answer piece by piece, as the openai package sees them."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AssistantEventHandler, AsyncOpenAI, OpenAI
from openai.types.beta import FunctionToolParam
from openai.types.beta.threads import Run
from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput
from server_support import client_of, raw_client_of, serving, without_sunset_warnings

from harness.server.models import BUILT_IN
from harness.server.models.interface import (
    BuiltInModel,
    Chunk,
    Conversation,
    FunctionCall,
    FunctionOutput,
    Message,
    ModelEvent,
    ModelFailed,
    Refused,
    Searched,
    Segment,
    Sources,
    Stopped,
    StreamingModel,
    Used,
)
from harness.server.settings import Settings

Script = Callable[[Conversation], Sequence[ModelEvent | Exception]]
HIT = Chunk(file_id="file-1", file_name="a.txt", text="Herons wade.", score=0.9)
PLACE: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: FunctionToolParam = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Get the weather", "parameters": PLACE},
}
TIME: FunctionToolParam = {"type": "function", "function": {"name": "get_time", "parameters": PLACE}}
QUESTION = "What are the weather and the time in Paris?"


@dataclass
class Scripted:
    """Tell what a script says; hold on at a pause until released, and note when it is closed."""

    script: Script
    name: str = "scripted"
    description: str = "for tests"
    told: list[Conversation] = field(default_factory=list)
    paused: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    async def answer(self, conversation: Conversation, sources: Sources) -> AsyncIterator[ModelEvent]:  # noqa: ARG002  # the protocol's
        self.told.append(conversation)
        try:
            for event in self.script(conversation):
                if isinstance(event, TimeoutError):
                    self.paused.set()
                    await asyncio.sleep(10)
                elif isinstance(event, Exception):
                    raise event
                else:
                    yield event
        finally:
            self.closed.set()


PAUSE = TimeoutError()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def models() -> dict[str, BuiltInModel | StreamingModel]:
    return {**BUILT_IN, "scripted": Scripted(script=lambda _: [])}


@pytest.fixture(scope="module")
def base_url(models: dict[str, BuiltInModel | StreamingModel]) -> Iterator[str]:
    with serving(models=models) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


@pytest.fixture
def scripted(models: dict[str, BuiltInModel | StreamingModel]) -> Callable[[Script], Scripted]:
    def put(script: Script) -> Scripted:
        models["scripted"] = model = Scripted(script=script)
        return model

    return put


def started(client: OpenAI, model: str = "extractive", question: str = QUESTION, **options: Any) -> Run:
    assistant = client.beta.assistants.create(model=model, tools=options.pop("tools", [WEATHER, TIME]))
    thread = {"messages": [{"role": "user", "content": question}]}
    return client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread, **options)  # type: ignore[arg-type]


def calls_of(run: Run) -> list[tuple[str, str]]:
    assert run.required_action is not None
    return [
        (call.function.name, call.function.arguments) for call in run.required_action.submit_tool_outputs.tool_calls
    ]


def outputs_for(run: Run, output: str = "grey") -> list[ToolOutput]:
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def last_text(client: OpenAI, run: Run) -> str:
    block = client.beta.threads.messages.list(run.thread_id).data[0].content[0]
    assert block.type == "text"
    return block.text.value


def steps_of(client: OpenAI, run: Run) -> list[tuple[str, str]]:
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc")
    return [(step.type, step.status) for step in steps]


def test_a_run_waits_for_its_functions_and_states_what_they_gave_back(client: OpenAI) -> None:
    run = started(client)
    assert run.status == "requires_action"
    assert calls_of(run) == [("get_weather", '{"city": "Paris"}'), ("get_time", '{"city": "Paris"}')]
    assert steps_of(client, run) == [("tool_calls", "in_progress")]
    submitted = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
    )
    assert (submitted.status, submitted.required_action) == ("queued", None)
    ended = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert ended.status == "completed"
    assert last_text(client, run) == "get_weather says: grey. get_time says: grey."
    assert steps_of(client, run) == [("tool_calls", "completed"), ("message_creation", "completed")]
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    details = steps[0].step_details
    assert details.type == "tool_calls"
    assert [call.function.output for call in details.tool_calls if call.type == "function"] == ["grey", "grey"]
    assert ended.usage is not None
    assert ended.usage.total_tokens == sum(step.usage.total_tokens for step in steps if step.usage)


def test_without_parallel_calls_a_run_takes_several_rounds(client: OpenAI) -> None:
    run = started(client, parallel_tool_calls=False)
    for expected in ("get_weather", "get_time"):
        assert [name for name, _ in calls_of(run)] == [expected]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run, expected)
        )
    assert run.status == "completed"
    assert last_text(client, run) == "get_weather says: get_weather. get_time says: get_time."


@pytest.mark.parametrize(
    ("choice", "question", "expected"),
    [
        ("none", QUESTION, None),
        ("auto", "Who are you?", None),
        ("required", "Who are you?", ["get_weather"]),
        ({"type": "function", "function": {"name": "get_time"}}, "Who are you?", ["get_time"]),
        ({"type": "file_search"}, QUESTION, None),
    ],
)
def test_a_choice_of_tools_is_followed(client: OpenAI, choice: Any, question: str, expected: list[str] | None) -> None:
    tools = [WEATHER, TIME, {"type": "file_search"}]
    run = started(client, question=question, tool_choice=choice, tools=tools)
    if expected is None:
        assert run.status == "completed"
        return
    assert [name for name, _ in calls_of(run)] == expected
    ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
    )
    assert ended.status == "completed"


@pytest.mark.parametrize(
    ("tools", "choice", "said"),
    [
        ([], "required", "'tool_choice' is only allowed when 'tools' are specified"),
        ([WEATHER], {"type": "function", "function": {"name": "get_time"}}, "Tool choice 'get_time' not found"),
        ([WEATHER], {"type": "file_search"}, "Tool choice 'file_search' not found"),
        ([WEATHER], {"type": "code_interpreter"}, "Tool choice 'code_interpreter' not found"),
    ],
)
def test_a_choice_that_no_tool_meets_is_refused(client: OpenAI, tools: list[Any], choice: Any, said: str) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        started(client, tools=tools, tool_choice=choice)


def test_outputs_must_be_for_exactly_the_calls_that_a_run_waits_for(client: OpenAI, raw: httpx2.Client) -> None:
    run = started(client)
    right = outputs_for(run)
    ids = [output["tool_call_id"] for output in right]
    path = f"/threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
    other = {"tool_call_id": "call_x", "output": ""}
    for wrong in (right[:1], [], [*right, other], [right[0], other], [right[0], right[0]]):
        answer = raw.post(path, json={"tool_outputs": wrong})
        got = [output["tool_call_id"] for output in wrong]
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == f"Expected tool outputs for call_ids {ids}, got {got}"
    answer = raw.post(path, json={"tool_outputs": [{"output": "x"}]})
    assert answer.json()["error"]["param"] == "tool_outputs[0].tool_call_id"
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "requires_action"
    assert raw.post(path, json={"tool_outputs": right}).status_code == 200


def test_functions_are_streamed_in_the_order_of_real_traffic(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="extractive", tools=[WEATHER, TIME])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": QUESTION}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        events = list(stream)
        final = stream.get_final_run()
        (step,) = stream.get_final_run_steps()
    assert [event.event.removeprefix("thread.run.") for event in events] == [
        *("created", "queued", "in_progress", "step.created", "step.in_progress"),
        *["step.delta"] * 4,
        "requires_action",
    ]
    assert final.status == "requires_action"
    assert step.step_details.type == "tool_calls"
    accumulated = [call.function.arguments for call in step.step_details.tool_calls if call.type == "function"]
    assert accumulated == ['{"city": "Paris"}'] * 2
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=final.id, thread_id=thread.id, tool_outputs=outputs_for(final)
    ) as stream:
        names = [event.event.removeprefix("thread.") for event in stream]
    assert list(dict.fromkeys(names)) == [
        *("run.step.completed", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress"),
        *("message.created", "message.in_progress", "message.delta", "message.completed", "run.completed"),
    ]


def test_an_event_handler_submits_outputs_in_the_middle_of_a_run(client: OpenAI) -> None:
    said: list[str] = []

    class Handler(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            if event.event == "thread.run.requires_action":
                with client.beta.threads.runs.submit_tool_outputs_stream(
                    run_id=event.data.id,
                    thread_id=event.data.thread_id,
                    tool_outputs=outputs_for(event.data),
                    event_handler=Handler(),
                ) as stream:
                    stream.until_done()

        def on_text_delta(self, delta: Any, snapshot: Any) -> None:  # noqa: ARG002  # the package's
            said.append(delta.value)

    assistant = client.beta.assistants.create(model="extractive", tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "What is the weather in Oslo?"}])
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    ) as stream:
        stream.until_done()
    assert "".join(said) == "get_weather says: grey."


def test_the_async_client_streams_functions_too(base_url: str) -> None:
    async def ask() -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="none", _strict_response_validation=True) as client:
            assistant = await client.beta.assistants.create(model="extractive", tools=[WEATHER])
            thread: Any = {"messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}
            async with client.beta.threads.create_and_run_stream(assistant_id=assistant.id, thread=thread) as stream:
                names = [event.event async for event in stream]
                run = await stream.get_final_run()
            async with client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
            ) as stream:
                return [names[0], *[text async for text in stream.text_deltas]]

    assert asyncio.run(ask()) == ["thread.created", "get_weather says: grey."]


def test_a_waiting_run_can_be_cancelled(client: OpenAI) -> None:
    run = started(client)
    assert client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    ended = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert (ended.status, ended.required_action) == ("cancelled", None)
    assert steps_of(client, run) == [("tool_calls", "cancelled")]
    with pytest.raises(openai.BadRequestError, match='Runs in status "cancelled" do not accept tool outputs'):
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run))


def test_a_run_whose_outputs_never_come_expires() -> None:
    with serving(Settings(poll_after_ms=2, run_lifetime_s=0.3), BUILT_IN) as url, client_of(url) as client:
        run = started(client)
        assert run.status == "requires_action"
        while run.status == "requires_action":
            run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert run.status == "expired"
        assert steps_of(client, run) == [("tool_calls", "expired")]


def test_a_waiting_run_survives_the_server(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, poll_after_ms=2)
    with serving(settings, BUILT_IN) as url, client_of(url) as client:
        run = started(client)
    with serving(settings, BUILT_IN) as url, client_of(url) as client:
        ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
        )
        assert ended.status == "completed"
        assert last_text(client, run).startswith("get_weather says: grey.")


def test_text_is_streamed_as_the_model_says_it(client: OpenAI, scripted: Callable[[Script], Scripted]) -> None:
    model = scripted(lambda _: [Segment(text="One "), Segment(text="two"), PAUSE])
    assistant = client.beta.assistants.create(model="scripted")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "?"}])
    said = []
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        for event in stream:
            if event.event == "thread.message.delta":
                said.append(event.data.delta)
            if len(said) == 2:
                break
    run = client.beta.threads.runs.list(thread.id).data[0]
    # Who goes away leaves the run to itself; who cancels it ends the model's work.
    assert run.status == "in_progress"
    assert not model.closed.is_set()
    client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
    assert model.closed.wait(5)
    assert client.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "cancelled"
    message = client.beta.threads.messages.list(thread.id).data[0]
    assert message.incomplete_details is not None
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert last_text(client, run) == "One two"
    assert steps_of(client, run) == [("message_creation", "cancelled")]


def test_searches_calls_refusals_and_tokens_are_written_down_in_their_order(
    client: OpenAI, scripted: Callable[[Script], Scripted]
) -> None:
    def script(conversation: Conversation) -> list[ModelEvent]:
        if isinstance(conversation.messages[-1], FunctionOutput):
            return [
                Segment(text="So."),
                Refused(text="Not "),
                Refused(text="that."),
                Used(prompt_tokens=30, completion_tokens=4),
            ]
        return [
            Used(prompt_tokens=5, completion_tokens=1),
            Searched(queries=("herons",), results=(HIT,)),
            Segment(text="Herons wade", cites=(0,)),
            Segment(text="."),
            FunctionCall(id="call_1", name="get_weather", arguments="not json"),
            Used(prompt_tokens=20, completion_tokens=9),
        ]

    model = scripted(script)
    run = started(client, model="scripted", temperature=0.2, top_p=0.5, max_completion_tokens=300)
    assert calls_of(run) == [("get_weather", "not json")]
    ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": "call_1", "output": "42"}]
    )
    assert ended.status == "completed"
    assert ended.usage is not None
    assert (ended.usage.prompt_tokens, ended.usage.completion_tokens) == (55, 14)
    kinds = ["tool_calls", "message_creation", "tool_calls", "message_creation"]
    assert steps_of(client, run) == [(kind, "completed") for kind in kinds]
    last, first = client.beta.threads.messages.list(run.thread_id).data[:2]
    assert [part.type for part in last.content] == ["text", "refusal"]
    assert last.to_dict()["content"][1] == {"type": "refusal", "refusal": "Not that."}  # type: ignore[index]  # plain JSON
    block = first.content[0]
    assert block.type == "text"
    assert block.text.value == "Herons wade【4:0†source】."
    told = model.told[1]
    assert told.messages[-2:] == (
        FunctionCall(id="call_1", name="get_weather", arguments="not json"),
        FunctionOutput(call_id="call_1", output="42"),
    )
    assert told.messages[1] == Message(role="assistant", text="Herons wade【4:0†source】.")
    assert (told.sampling.temperature, told.sampling.top_p, told.sampling.max_tokens) == (0.2, 0.5, 290)


@pytest.mark.parametrize(
    ("reason", "details", "message_reason"),
    [
        ("max_completion_tokens", {"reason": "max_completion_tokens"}, "max_tokens"),
        ("content_filter", {}, "content_filter"),
    ],
)
def test_a_model_that_is_stopped_leaves_run_and_message_incomplete(
    client: OpenAI, scripted: Callable[[Script], Scripted], reason: Any, details: object, message_reason: str
) -> None:
    scripted(lambda _: [Segment(text="One"), Stopped(reason=reason), Used(prompt_tokens=3, completion_tokens=2)])
    run = started(client, model="scripted")
    assert (run.status, run.to_dict()["incomplete_details"]) == ("incomplete", details)
    assert run.usage is not None
    assert run.usage.total_tokens == 5
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    assert message.status == "incomplete"
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == message_reason


def test_a_model_that_fails_in_the_middle_says_why(client: OpenAI, scripted: Callable[[Script], Scripted]) -> None:
    scripted(lambda _: [Segment(text="One"), ModelFailed("rate_limit_exceeded", "Slow down.")])
    run = started(client, model="scripted")
    assert run.last_error is not None
    assert (run.status, run.last_error.code, run.last_error.message) == ("failed", "rate_limit_exceeded", "Slow down.")
    assert steps_of(client, run) == [("message_creation", "failed")]
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "run_failed"
    assert last_text(client, run) == "One"


def test_an_invalid_prompt_fails_a_run_whose_step_is_open(
    client: OpenAI, scripted: Callable[[Script], Scripted]
) -> None:
    scripted(lambda _: [Segment(text="One"), ModelFailed("invalid_prompt", "No.")])
    run = started(client, model="scripted")
    assert run.last_error is not None
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")
    assert steps_of(client, run) == [("message_creation", "failed")]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("auto", None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
        ),
    ],
)
def test_the_wanted_form_of_the_reply_is_passed_on(
    client: OpenAI, scripted: Callable[[Script], Scripted], wanted: Any, expected: object
) -> None:
    model = scripted(lambda _: [Segment(text="{}")])
    started(client, model="scripted", response_format=wanted)
    assert model.told[0].sampling.response_format == expected


def test_a_run_ends_incomplete_when_its_tokens_are_used_up(client: OpenAI) -> None:
    text = " ".join(f"The heron number {number} wades in the river every morning." for number in range(200))
    file = client.files.create(file=("note.txt", text.encode()), purpose="assistants")
    attachments = [{"file_id": file.id, "tools": [{"type": "file_search"}]}]
    thread: Any = {"messages": [{"role": "user", "content": "Where do herons wade?", "attachments": attachments}]}
    assistant = client.beta.assistants.create(model="extractive", tools=[{"type": "file_search"}])
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread, max_prompt_tokens=256)
    assert run.incomplete_details is not None
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread, max_prompt_tokens=100_000)
    assert run.status == "completed"


def test_a_reply_is_cut_where_the_tokens_of_a_run_end(client: OpenAI) -> None:
    run = started(client, question="What is the weather in Oslo?", tools=[WEATHER], max_completion_tokens=256)
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run, "grey " * 400)
    )
    assert run.incomplete_details is not None
    assert run.usage is not None
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_completion_tokens")
    assert run.usage.completion_tokens == 256


def test_automatic_truncation_drops_the_oldest_messages_that_the_prompt_has_no_room_for(
    client: OpenAI, scripted: Callable[[Script], Scripted]
) -> None:
    model = scripted(lambda _: [Segment(text="Fine.")])
    assistant = client.beta.assistants.create(model="scripted")
    texts = [f"{number} {'x' * 400}" for number in range(4)]
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text} for text in texts])
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, max_prompt_tokens=256)
    assert [message.text for message in model.told[0].spoken] == texts[2:]


def test_deleting_the_thread_of_a_waiting_run_leaves_nothing_behind(client: OpenAI) -> None:
    run = started(client)
    client.beta.threads.delete(run.thread_id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


def test_a_stream_that_is_left_lets_the_run_go_on(client: OpenAI, raw: httpx2.Client) -> None:
    assistant = client.beta.assistants.create(model="extractive", tools=[WEATHER])
    body = {
        "assistant_id": assistant.id,
        "thread": {"messages": [{"role": "user", "content": "What is the weather in Oslo?"}]},
        "stream": True,
    }
    with raw.stream("POST", "/threads/runs", json=body) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        thread_id = json.loads(next(lines).removeprefix("data: "))["id"]
    run = client.beta.threads.runs.list(thread_id).data[0]
    assert client.beta.threads.runs.poll(run.id, thread_id=thread_id).status == "requires_action"
