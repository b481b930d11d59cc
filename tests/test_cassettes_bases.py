import json
from dataclasses import replace
from typing import Any

import pytest

from harness.cassettes.bases import off_base, on_base
from harness.cassettes.canonical import DATE
from harness.cassettes.file import Cassette as Recording
from harness.cassettes.file import cassette_of, dump, load_yaml, same_content
from harness.cassettes.interaction import Interaction
from harness.cassettes.pretty import pretty

STEP = {
    "id": "step_1",
    "object": "thread.run.step",
    "created_at": DATE,
    "cancelled_at": None,
    "metadata": {},
    "thread_id": "thread_1",
    "status": "completed",
    "last_error": None,
    "usage": {"total_tokens": 3},
}
RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "content": [{"type": "text", "text": "short"}]}


@pytest.mark.parametrize(
    ("item", "is_result"),
    [
        (STEP, False),
        (STEP | {"temperature": "$"}, False),
        (STEP | {"instructions": {"$text": "abc"}}, False),
        (RESULT, True),
    ],
)
def test_what_is_taken_apart_is_put_together_in_its_order(item: dict[str, Any], *, is_result: bool) -> None:
    texts: dict[str, str] = {}

    short = on_base(item, texts, is_result=is_result)

    assert "$base" in short
    assert len(texts) == 1
    assert list(off_base(short, texts).items()) == list(item.items())


def test_objects_that_differ_in_what_they_did_share_a_base() -> None:
    texts: dict[str, str] = {}

    first = on_base(STEP, texts, is_result=False)
    second = on_base(STEP | {"id": "step_2", "status": "failed", "usage": None}, {}, is_result=False)
    third = on_base(STEP | {"id": "step_2", "status": "failed"}, texts, is_result=False)

    assert first["$base"] == third["$base"] != second["$base"]
    assert len(texts) == 1
    assert third == {"$base": first["$base"], "id": "step_2", "object": "thread.run.step"} | {
        "thread_id": "thread_1",
        "status": "failed",
        "usage": {"total_tokens": 3},
    }


@pytest.mark.parametrize(
    "item",
    [
        {"id": "x", "object": "thing", "size": 3},
        {"a": None, "b": None, "c": None, "d": None},
        {"id": None, "object": "list", "data": [], "has_more": False, "url": None},
        {"file_id": "file-1", "file_name": "a.txt", "quote": None},
    ],
)
def test_what_is_no_object_or_too_small_stays(item: dict[str, Any]) -> None:
    texts: dict[str, str] = {}

    assert on_base(item, texts, is_result=False) == item
    assert texts == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "the shared base b is missing"),
        ({"b": '{"id": "$", "usage": "$"}'}, "an object on the base b lacks usage"),
    ],
)
def test_a_base_that_does_not_fit_is_an_error(texts: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        off_base({"$base": "b", "id": "x"}, texts)


def test_a_base_that_is_no_object_is_an_error() -> None:
    with pytest.raises(TypeError, match="no object"):
        off_base({"$base": "b"}, {"b": "[]"})


def test_in_a_file_each_object_says_only_what_is_its_own() -> None:
    listed = {"object": "list", "data": [STEP, STEP | {"id": "step_2", "step_details": {"results": [RESULT, RESULT]}}]}
    one = Interaction(
        method="GET",
        uri="https://endpoint.invalid/v1/threads/thread_1/runs/run_1/steps",
        request_type="",
        request_body="",
        status=200,
        response_type="application/json",
        response_body=pretty(listed),
    )
    alone = replace(one, uri=f"{one.uri}/step_3", response_body=pretty(STEP | {"id": "step_3"}))
    texts: dict[str, str] = {}

    text = dump(Recording(fingerprint={}, interactions=(one, alone)), texts)

    assert "last_error" not in text
    assert "a.txt" not in text
    assert same_content(cassette_of(load_yaml(text), texts).interactions, (one, alone))
    assert all(json.loads(base) for base in texts.values())


def asked(body: dict[str, Any]) -> Interaction:
    answer = pretty({"id": "resp_1", "object": "response"})
    return Interaction(
        method="POST",
        uri="https://endpoint.invalid/v1/responses",
        request_type="application/json",
        request_body=pretty(body),
        status=200,
        response_type="application/json",
        response_body=answer,
    )


LONG = "Answer only from the documents. " * 10
REQUEST = {
    "model": "m",
    "instructions": LONG,
    "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}],
    "include": ["file_search_call.results"],
    "input": "How long?",
}


@pytest.mark.parametrize(
    ("body", "is_shared"),
    [
        (REQUEST, True),
        (REQUEST | {"input": {"$text": "made up"}}, False),
        (REQUEST | {"metadata": {"$base": "made up"}}, False),
        ({"model": "m", "messages": []}, False),
    ],
)
def test_what_each_request_repeats_stands_once(body: dict[str, Any], *, is_shared: bool) -> None:
    recording = Recording(fingerprint={}, interactions=(asked(body),))
    texts: dict[str, str] = {}

    written = dump(recording, texts)

    read = cassette_of(load_yaml(written), texts)
    assert same_content(read.interactions, recording.interactions)
    assert (LONG in texts.values()) is is_shared
    assert same_content(cassette_of(load_yaml(dump(recording)), {}).interactions, recording.interactions)
