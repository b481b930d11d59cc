"""A model behind the bridge, as clients of either protocol see it, and the server's own options for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chat_endpoint import ChatEndpointServer, called, chat_endpoint, raw, refused, said, searched, silent
from openai import NotFoundError, OpenAI
from server_support import client_of, serving, without_sunset_warnings

from harness.errors import ConfigError
from harness.server.__main__ import EXIT_USAGE, main
from harness.server.bridge.upstream import Upstream, upstream_of
from harness.server.settings import Settings

KEY = "sk-the-servers-own-key"
CLIENT_KEY = "sk-the-clients-key"
TEXT = b"Members may borrow books for 28 days.\n\nA late book costs 0.20 USD a day.\n"
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[ChatEndpointServer, str]]:
    with chat_endpoint() as upstream:
        settings = Settings(poll_after_ms=2, upstream=Upstream(url=upstream.url, api_key=KEY, timeout_s=5))
        with serving(settings) as base_url:
            yield upstream, base_url


@pytest.fixture
def upstream(running: tuple[ChatEndpointServer, str]) -> ChatEndpointServer:
    running[0].play(said("Yes."))
    return running[0]


@pytest.fixture
def client(running: tuple[ChatEndpointServer, str]) -> Iterator[OpenAI]:
    with without_sunset_warnings(), client_of(running[1], api_key=CLIENT_KEY) as opened:
        yield opened


@pytest.fixture(scope="module")
def store(running: tuple[ChatEndpointServer, str]) -> str:
    with client_of(running[1]) as opened:
        made = opened.vector_stores.create(name="library")
        opened.vector_stores.files.upload_and_poll(vector_store_id=made.id, file=("library.md", TEXT))
        return made.id


def run_of(client: OpenAI, store: str, prompt: str = "How long is a loan?", **fields: Any) -> Any:
    assistant = client.beta.assistants.create(
        model="some/model:7b",
        instructions="Be brief.",
        tools=fields.pop("tools", [{"type": "file_search"}]),
        tool_resources={"file_search": {"vector_store_ids": [store]}},
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": prompt}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, **fields)


def message_of(client: OpenAI, run: Any) -> Any:
    return client.beta.threads.messages.list(run.thread_id).data[0].content[0]


# Assistants


@pytest.mark.parametrize(("given", "sent"), [({}, None), ({"temperature": 0.2}, 0.2)])
def test_sampling_that_nobody_asked_for_is_left_to_the_model(
    upstream: ChatEndpointServer, client: OpenAI, store: str, given: dict[str, Any], sent: float | None
) -> None:
    assert run_of(client, store, **given).status == "completed"
    assert (upstream.bodies[-1].get("temperature"), upstream.bodies[-1].get("top_p")) == (sent, None)


def test_a_run_searches_cites_and_counts(upstream: ChatEndpointServer, client: OpenAI, store: str) -> None:
    upstream.play(searched("loan books days"), said("For 28 days ", "【1", "】. Or 【17】 more."))

    run = run_of(client, store)

    assert run.status == "completed"
    text = message_of(client, run).text
    (note,) = text.annotations
    assert text.value == f"For 28 days{note.text}. Or more."
    assert text.value[note.start_index : note.end_index] == note.text
    newest, search = client.beta.threads.runs.steps.list(
        run.id, thread_id=run.thread_id, include=["step_details.tool_calls[*].file_search.results[*].content"]
    ).data
    assert newest.type == "message_creation"
    result: Any = search.step_details.tool_calls[0].file_search.results[0]  # type: ignore[union-attr,index]  # a search
    assert "28 days" in result.content[0].text
    assert note.file_citation.file_id == result.file_id
    assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (20, 10)
    assert all(headers["authorization"] == f"Bearer {KEY}" for headers in upstream.headers)
    assert CLIENT_KEY not in json.dumps(upstream.headers)


def test_a_streamed_run_tells_words_as_they_come(upstream: ChatEndpointServer, client: OpenAI, store: str) -> None:
    upstream.play(searched("loan"), said("For ", "28 ", "days【1】", "."))
    assistant = client.beta.assistants.create(
        model="m",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store]}},
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How long is a loan?"}])

    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        deltas = [delta for delta in stream.text_deltas if delta]
        run = stream.get_final_run()

    assert "".join(deltas[:2]).startswith("For")
    assert len(deltas) >= 4
    assert run.status == "completed"


def test_functions_are_handed_out_and_their_outputs_handed_in(
    upstream: ChatEndpointServer, client: OpenAI, store: str
) -> None:
    upstream.play(
        called(("weather", '{"city": "Bern"}'), ("file_search", '{"query": "loan"}')),
        searched("borrow"),
        said("Sunny, and 28 days【1】."),
    )

    waiting = run_of(client, store, tools=[{"type": "file_search"}, WEATHER])
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=waiting.id, thread_id=waiting.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}]
    )

    assert call.function.arguments == '{"city": "Bern"}'
    assert run.status == "completed"
    assert len(message_of(client, run).text.annotations) == 1
    asked, output = upstream.bodies[1]["messages"][-2:]
    assert [one["id"] for one in asked["tool_calls"]] == [output["tool_call_id"]] == [call.id]
    assert output["content"] == "sunny"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(429, "slow down", {"retry-after": "7"}), ("rate_limit_exceeded", "slow down")),
        (refused(401, f"bad key {KEY}"), ("server_error", "refuses this server's own key")),
        (refused(404, "no such model"), ("server_error", "knows no model `some/model:7b`")),
    ],
)
def test_failures_fail_the_run(
    upstream: ChatEndpointServer, client: OpenAI, store: str, answer: Any, told: tuple[str, str]
) -> None:
    upstream.play(answer)

    run = run_of(client, store)

    assert run.status == "failed"
    assert run.last_error.code == told[0]
    assert told[1] in run.last_error.message
    assert KEY not in run.model_dump_json()


def test_cancelling_a_run_closes_the_request(upstream: ChatEndpointServer, client: OpenAI) -> None:
    upstream.play(silent("Four"))
    assistant = client.beta.assistants.create(model="m")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How long?"}])

    run_id = ""
    with client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True) as stream:
        for event in stream:
            if event.event == "thread.run.created":
                run_id = event.data.id
            if event.event == "thread.message.delta":
                client.beta.threads.runs.cancel(run_id, thread_id=thread.id)

    assert upstream.closed.wait(5)
    assert client.beta.threads.runs.retrieve(run_id, thread_id=thread.id).status == "cancelled"


# Responses


def test_a_response_searches_cites_and_counts(upstream: ChatEndpointServer, client: OpenAI, store: str) -> None:
    upstream.play(searched("loan books days"), said("For 28 days 【1】."))

    response = client.responses.create(
        model="m",
        input="How long is a loan?",
        tools=[{"type": "file_search", "vector_store_ids": [store]}],
        include=["file_search_call.results"],
    )

    search, message = response.output
    assert search.type == "file_search_call"
    assert search.queries == ["loan books days"]
    assert response.output_text == "For 28 days."
    assert message.type == "message"
    (note,) = message.content[0].annotations  # type: ignore[union-attr]  # a text
    assert (note.filename, note.index) == ("library.md", len("For 28 days"))  # type: ignore[union-attr]  # of a file
    assert response.usage is not None
    assert response.usage.total_tokens == 30


# Models


def test_the_upstreams_models_are_listed_behind_the_built_in_ones(upstream: ChatEndpointServer, client: OpenAI) -> None:
    listed = [{"id": "a/b", "created": 7, "owned_by": "me"}, {"id": "slow"}, {"id": ""}, {"id": 3}, None]
    upstream.models = raw(json.dumps({"data": listed}).encode())

    models = client.models.list().data

    assert [model.id for model in models] == ["first-hit", "held", "broken", "slow", "a/b"]
    assert models[-1].owned_by == "me"
    assert client.models.retrieve("a/b").created == 7
    with pytest.raises(NotFoundError):
        client.models.retrieve("c")


@pytest.mark.parametrize("answer", [None, raw(b"<html>"), raw(b'{"data": 7}'), raw(b"", status=500)])
def test_an_upstream_that_lists_no_models_is_no_failure(
    upstream: ChatEndpointServer, client: OpenAI, answer: Any
) -> None:
    upstream.models = answer

    assert [model.id for model in client.models.list()] == ["first-hit", "held", "broken", "slow"]
    assert client.models.retrieve("anything").owned_by == "upstream"


def test_without_an_upstream_other_models_do_not_exist() -> None:
    with serving() as base_url, client_of(base_url) as client, pytest.raises(NotFoundError, match="`m` does not exist"):
        client.models.retrieve("m")


# Options


def test_an_upstream_is_read_from_options_and_environment() -> None:
    assert upstream_of("http://127.0.0.1:1/v1/", environ={}) == Upstream(url="http://127.0.0.1:1/v1")
    read = upstream_of("https://a.example/v1", environ={"HARNESS_UPSTREAM_API_KEY": f" {KEY}\n"}, timeout_s=5)
    assert read == Upstream(url="https://a.example/v1", api_key=KEY, timeout_s=5)
    assert upstream_of("http://a/v1", key_variable="MINE", environ={"MINE": "k"}).api_key == "k"
    assert KEY not in repr(read)


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("localhost:11434/v1", {}, "not an HTTP URL"),
        ("http://", {}, "not an HTTP URL"),
        ("http://[::1/v1", {}, "not an HTTP URL"),
        ("http://a:99999/v1", {}, "not an HTTP URL"),
        ("http://user:secret@a/v1", {}, "has a user, a password"),
        ("http://a/v1?key=secret", {}, "has a user, a password"),
        ("http://a/v1/chat/completions", {}, "the URL of one route"),
        ("http://a/v1", {"timeout_s": 0}, "0 is no number of seconds"),
        ("http://a/v1", {"timeout_s": float("nan")}, "nan is no number of seconds"),
        ("http://a/v1", {"key_variable": "ABSENT"}, "ABSENT is not set"),
        ("http://a/v1", {"environ": {"HARNESS_UPSTREAM_API_KEY": "secret\nx"}}, "no HTTP header can bear"),
    ],
)
def test_bad_options_are_told_without_secrets(url: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        upstream_of(url, **{"environ": {}, **options})

    assert "secret" not in str(caught.value)


def test_the_command_line_refuses_bad_options_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--upstream", "ftp://a"]) == EXIT_USAGE
    assert main(["--upstream-timeout", "5"]) == EXIT_USAGE
    assert main(["--upstream", "http://a/v1", "--upstream-timeout", "soon"]) == EXIT_USAGE

    first, _, second, _, third, *_ = capsys.readouterr().err.splitlines()
    assert "--upstream: not an HTTP URL: ftp://a" in first
    assert "--upstream-timeout: there is no upstream" in second
    assert "--upstream-timeout" in third
