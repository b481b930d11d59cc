import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.cassettes.canonical import DATE, Names, canonical, last_polls
from harness.cassettes.interaction import Interaction

BASE = "http://127.0.0.1:8000/v1"


def interaction(method: str, path: str, *, request: Any = None, response: Any = None, **more: Any) -> Interaction:
    return Interaction(
        method=method,
        uri=BASE + path,
        request_type="application/json" if request is not None else "",
        request_body=json.dumps(request) if request is not None else "",
        status=200,
        response_type="application/json",
        response_body=json.dumps(response),
        **more,
    )


def conversation(thread: str, run: str, created_at: int) -> list[Interaction]:
    run_data = {"id": run, "object": "thread.run", "thread_id": thread, "created_at": created_at}
    return [
        interaction("POST", "/threads", request={"messages": []}, response={"id": thread, "object": "thread"}),
        interaction("POST", f"/threads/{thread}/runs", request={}, response={**run_data, "status": "queued"}),
        interaction("GET", f"/threads/{thread}/runs/{run}", response={**run_data, "status": "in_progress"}),
        interaction("GET", f"/threads/{thread}/runs/{run}", response={**run_data, "status": "completed"}),
        interaction("GET", f"/threads/{thread}/messages?run_id={run}", response={"object": "list", "data": []}),
    ]


def test_two_recordings_of_one_conversation_are_equal() -> None:
    first = canonical(conversation("thread_abcdefgh", "run_12345678", 1_790_000_000), BASE, Names(scope="case"))
    second = canonical(conversation("thread_ijklmnop", "run_87654321", 1_790_000_999), BASE, Names(scope="case"))

    assert first == second
    assert json.loads(first[1].response_body)["created_at"] == DATE


def test_recordings_of_two_cases_share_no_id() -> None:
    tapes = [canonical(conversation("thread_abcdefgh", "run_1", 1), BASE, Names(scope=scope)) for scope in ("a", "b")]

    assert {one.uri for one in tapes[0][1:]} & {one.uri for one in tapes[1][1:]} == set()


def test_ids_agree_between_paths_queries_and_bodies() -> None:
    tape = canonical(conversation("thread_abcdefgh", "run_12345678", 1), BASE, Names(scope="case"))
    thread = json.loads(tape[0].response_body)["id"]
    run = json.loads(tape[1].response_body)["id"]

    assert tape[1].uri == f"https://endpoint.invalid/v1/threads/{thread}/runs"
    assert tape[-1].uri == f"https://endpoint.invalid/v1/threads/{thread}/messages?run_id={run}"
    assert "abcdefgh" not in repr(tape)
    assert "12345678" not in repr(tape)


def test_known_ids_keep_their_names() -> None:
    names = Names(scope="case", known={"asst_given": "asst_given", "file-live": "file-canonical"})
    body = {"assistant_id": "asst_given", "file_ids": ["file-live"]}

    tape = canonical([interaction("POST", "/threads", request=body, response={})], BASE, names)

    assert json.loads(tape[0].request_body) == {"assistant_id": "asst_given", "file_ids": ["file-canonical"]}


def test_text_that_looks_like_an_id_is_left_alone() -> None:
    answer = {"id": "msg_live1234", "content": "see msg_live1234 and 【4:0†source】", "expires_at": None}

    tape = canonical([interaction("GET", "/x", response=answer)], BASE, Names(scope="case"))

    assert json.loads(tape[0].response_body)["content"] == answer["content"]
    assert json.loads(tape[0].response_body)["expires_at"] is None


def test_polls_end_at_the_last_of_them() -> None:
    kept = last_polls(conversation("t", "r", 1))

    assert [one.method for one in kept] == ["POST", "POST", "GET", "GET"]
    assert '"completed"' in kept[2].response_body


def test_a_read_after_a_write_is_no_repetition() -> None:
    read = interaction("GET", "/threads/t/messages", response={"data": []})
    write = interaction("POST", "/threads/t/messages", request={}, response={})

    assert len(last_polls([read, write, read])) == 3


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\ufeff", "\x07", "\ud800", "tab\there", "dos\r\nline"])
def test_odd_characters_survive_as_escapes(odd: str, round_trip: Callable[[str], str]) -> None:
    tape = canonical([interaction("GET", "/x", response={"text": f"a{odd}b"})], BASE, Names(scope="case"))

    assert json.loads(round_trip(tape[0].response_body)) == {"text": f"a{odd}b"}


@pytest.fixture
def round_trip() -> Callable[[str], str]:
    import yaml

    return lambda body: str(yaml.safe_load(yaml.safe_dump({"body": body}, allow_unicode=True))["body"])


def test_streams_keep_their_events() -> None:
    data = {"id": "run_live1234", "object": "thread.run", "created_at": 5}
    body = f"event: thread.run.created\ndata: {json.dumps(data)}\n\nevent: done\ndata: [DONE]\n\n"
    stream = Interaction(
        method="POST",
        uri=BASE + "/threads/t/runs",
        request_type="",
        request_body="",
        status=200,
        response_type="text/event-stream",
        response_body=body,
        event_times=(0.1, 0.2),
    )

    events = canonical([stream], BASE, Names(scope="case"))[0].exchange().events

    assert [event.name for event in events] == ["thread.run.created", "done"]
    assert events[0].data["created_at"] == DATE
    assert events[0].data["id"] != "run_live1234"
    assert events[1].data == "[DONE]"
    assert [event.at_s for event in events] == [0.1, 0.2]
