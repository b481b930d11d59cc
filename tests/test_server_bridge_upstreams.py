"""Chat endpoints of all kinds behind the bridge, and all that goes wrong with them."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from bridge_support import KEY, TIME, Shelf, answer, answers, question, text_of
from chat_endpoint import (
    Answer,
    ChatEndpointServer,
    chat_endpoint,
    chunk,
    events,
    raw,
    refused,
    said,
    silent,
    streamed,
    usage,
    whole,
)

from harness.server.bridge.endpoint import ChatEndpoint
from harness.server.bridge.model import BridgedModel
from harness.server.bridge.upstream import Upstream
from harness.server.models.interface import (
    FunctionCall,
    ModelEvent,
    ModelFailed,
    Segment,
    Used,
)
from harness.server.workers import Workers


@pytest.fixture(scope="module")
def running() -> Iterator[ChatEndpointServer]:
    with chat_endpoint() as server:
        yield server


@pytest.fixture
def upstream(running: ChatEndpointServer) -> ChatEndpointServer:
    running.play(said("Yes."))
    return running


@pytest.mark.parametrize(
    "reply",
    [
        whole({"content": "Yes."}),
        streamed(b'data: {"choices":[{"delta":{"content":"Yes."},"finish_reason":"stop"}]}'),
        streamed(b": ping\r\n\r\nevent: x\r\n", b'data:{"choices":[{"delta":{"content":\r\n',
                 b'data: "Yes."}}]}\r\n\r\ndata: [DONE]\r\n\r\n'),
        raw(b'\n  {"choices": [{"message": {"content": "Yes."}}]}', "text/plain"),
    ],
    ids=["whole", "without-done", "pings-and-cuts", "wrong-media-type"],
)  # fmt: skip
def test_answers_are_read_however_they_are_sent(upstream: ChatEndpointServer, reply: Answer) -> None:
    upstream.play(reply)

    assert text_of(answer(upstream)) == "Yes."


def test_calls_in_an_answer_that_is_not_streamed_are_made(upstream: ChatEndpointServer) -> None:
    calls = [{"id": f"c{n}", "type": "function", "function": {"name": "time", "arguments": "{}"}} for n in (1, 2)]
    upstream.play(whole({"content": None, "tool_calls": calls}, "tool_calls"))

    told = answer(upstream, question(functions=(TIME,)))

    assert [event.id for event in told if isinstance(event, FunctionCall)] == ["c1", "c2"]
    assert Used(prompt_tokens=7, completion_tokens=3) in told


def test_what_has_the_wrong_type_is_passed_over(upstream: ChatEndpointServer) -> None:
    odd: list[dict[str, Any]] = [
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"delta": "x", "index": []}], "usage": {"prompt_tokens": "many", "completion_tokens": -1}},
        chunk({"content": 7, "tool_calls": [None, {"function": None}, {"function": {"name": 7, "arguments": 7}}]}),
        chunk({"tool_calls": {"a": 1}, "refusal": ["no"]}),
        {"error": None, "choices": [{"delta": {"content": "Ye\ud83d"}}]},
    ]
    upstream.play(events(*odd, chunk({"content": "s."}, "stop"), usage(True, 1)))

    assert text_of(answer(upstream)) == "Ye\ufffds."


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (streamed(b'data: {"choices":[{"delta":{"content":"Ye"}}]}\n\n'), "server_error", "in the middle"),
        (streamed(b'data: {"choices":[{"delta":{"con'), "server_error", "in the middle"),
        (streamed(b"data: {oops}\n\n"), "server_error", r"no JSON\Z"),
        (streamed(b"data: " + b"[" * 100_000 + b"\n\n"), "server_error", r"no JSON\Z"),
        (streamed(b"data: 7\n\n"), "server_error", "JSON that is no object"),
        (streamed(b"data: [DONE]\n\n"), "server_error", "gave no answer"),
        (raw(b""), "server_error", "in the middle"),
        (raw(b"{}"), "server_error", "no chat completion"),
        (raw(b"\n<!doctype html><p>Welcome", "text/html"), "server_error", "web page: does its base URL lack"),
        (events({"error": {"message": "out of memory", "code": 500}}), "server_error", "middle: out of memory"),
        (events({"error": {"message": "slow down", "code": 429}}), "rate_limit_exceeded", "slow down"),
        (events({"object": "error", "message": "too bad"}), "server_error", "too bad"),
        (events(chunk({"content": "A"}, "error")), "server_error", "ended its answer with an error"),
        (refused(400, "the prompt is too long"), "invalid_prompt", "the prompt is too long"),
        (refused(404, "no such model"), "server_error", "knows no model `m`.*404.*no such model"),
        (refused(500, "x" * 5000), "server_error", r"failed \(500\): x{500}…"),
        (raw(b"<html>Bad gateway", "text/html", 502), "server_error", r"failed \(502\)\Z"),
        (raw(b"", status=307), "server_error", "redirects"),
        (refused(429, "wait"), "rate_limit_exceeded", r"\(429\): wait"),
    ],
)
def test_failures_are_told_clearly(upstream: ChatEndpointServer, reply: Answer, code: str, message: str) -> None:
    upstream.play(reply)

    with pytest.raises(ModelFailed, match=message) as caught:
        answer(upstream)

    assert caught.value.code == code


@pytest.mark.parametrize(("value", "wait_s"), [("7", 7.0), ("1.5", 1.5), ("Fri, 31 Dec 1999", None), ("-1", None)])
def test_how_long_to_wait_is_passed_on(upstream: ChatEndpointServer, value: str, wait_s: float | None) -> None:
    upstream.play(refused(429, "wait", {"retry-after": value}))

    with pytest.raises(ModelFailed) as caught:
        answer(upstream)

    assert caught.value.retry_after_s == wait_s


@pytest.mark.parametrize("status", [401, 403, 400, 500])
def test_only_the_servers_own_key_goes_out_and_it_never_comes_back(upstream: ChatEndpointServer, status: int) -> None:
    upstream.play(refused(status, f"Bad key {KEY} \x1b[31m."))

    with pytest.raises(ModelFailed) as caught:
        answer(upstream)

    assert upstream.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert ("this server's own key" in str(caught.value)) == (status in {401, 403})


def test_a_line_without_end_is_not_kept(upstream: ChatEndpointServer) -> None:
    upstream.play(streamed(b"data: {", *[b" " * 1_000_000] * 5))

    with pytest.raises(ModelFailed, match="a line of more than 4194304 bytes"):
        answer(upstream)


def test_silence_is_a_failure_after_its_time(upstream: ChatEndpointServer) -> None:
    upstream.play(silent("Ye"))

    with pytest.raises(ModelFailed, match=r"was silent for 0\.1 s: timed out"):
        answer(upstream, timeout_s=0.1)

    assert upstream.closed.wait(5)


@pytest.mark.parametrize("reply", [said("Yes."), whole({"content": "Yes."})], ids=["streamed", "whole"])
def test_connections_are_used_again(upstream: ChatEndpointServer, reply: Answer) -> None:
    upstream.play(reply)

    answers(upstream, [question()] * 3)

    assert len(upstream.ports) == 3
    assert len(set(upstream.ports)) == 1


def test_a_proxy_does_not_stand_before_this_machine(
    upstream: ChatEndpointServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert text_of(answer(upstream)) == "Yes."


def test_an_upstream_that_is_not_there_is_told() -> None:
    nowhere = ChatEndpointServer(script=lambda _: said(""), url="http://127.0.0.1:9/v1")

    with pytest.raises(ModelFailed, match="cannot be reached"):
        answer(nowhere)


def test_closing_an_answer_closes_the_request(upstream: ChatEndpointServer) -> None:
    upstream.play(silent("Four"))

    async def leave() -> ModelEvent:
        endpoint = ChatEndpoint(Upstream(url=upstream.url))
        async with aclosing(BridgedModel("m", endpoint, Workers(1)).answer(question(), Shelf())) as told:
            first = await anext(told)
        assert await asyncio.to_thread(upstream.closed.wait, 5)
        await endpoint.close()
        return first

    assert asyncio.run(leave()) == Segment(text="Four")
