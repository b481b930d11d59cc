from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.interaction import exchanges
from harness.cassettes.vcr import read_vcr
from harness.model.tape import Event, Exchange
from harness.model.transcript import CodeStep, FileSearchStep, FunctionStep, RefusalPart, TextPart, Transcript, Usage
from harness.targets.responses.read import read

RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="NO RECORDINGS OF REAL TRAFFIC HERE: ../shared/wire is missing"
)


def text(words: str, *notes: Mapping[str, Any]) -> dict[str, Any]:
    content = [{"type": "output_text", "text": words, "annotations": list(notes)}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def response(number: int, *output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    tokens = {"input_tokens": 10, "output_tokens": number}
    base = {"id": f"resp_{number}", "object": "response", "status": status, "model": "m-2026"}
    return base | {"output": list(output), "usage": tokens, **more}


def create(asked: Any, answered: Any, **more: Any) -> Exchange:
    body = {"model": "m", "input": asked, **more.pop("body", {})}
    return Exchange(method="POST", path="/v1/responses", request=body, response=answered, **more)


def user(words: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": words}]}


SEARCH = {
    "type": "file_search_call",
    "queries": ["loan period"],
    "results": [
        {"file_id": "file-1", "filename": "library.md", "score": 0.9, "text": "28 days", "attributes": {}},
        {"file_id": "file-2", "filename": "other.md", "score": 0.2, "text": "no"},
        {"file_id": "file-2", "filename": "other.md", "score": 0.1, "text": "nothing"},
    ],
}
CALL = {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "3"}


def final(transcript: Transcript, turn: int = 0) -> Any:
    return transcript.turns[turn].final


def test_a_plain_answer_with_its_search_and_citations() -> None:
    note = {"type": "file_citation", "file_id": "file-1", "filename": "library.md", "index": 7}
    often = {"type": "file_citation", "file_id": "file-2", "filename": "other.md", "index": 7}
    web = {"type": "url_citation", "url": "https://x.invalid", "start_index": 0, "end_index": 2}
    tape = [create("How long?", response(1, SEARCH, text("28 days", note, often, web)))]

    transcript = read(tape, {"file-1": "docs/library.md"})

    attempt = final(transcript)
    assert (transcript.target, transcript.requested_model, transcript.reported_model) == ("responses", "m", "m-2026")
    assert transcript.turns[0].prompt == "How long?"
    assert (attempt.status, attempt.text, attempt.error) == ("completed", "28 days", None)
    assert attempt.usage == Usage(prompt_tokens=10, completion_tokens=1)
    (part,) = attempt.parts
    known, unknown = part.citations
    assert (known.document, known.file_name, known.start, known.end) == ("docs/library.md", "library.md", 7, 7)
    assert (known.result_index, known.marker) == (0, None)
    assert (unknown.document, unknown.result_index) == (None, None)
    (search,) = attempt.steps
    assert isinstance(search, FileSearchStep)
    assert search.queries == ("loan period",)
    assert [(one.document, one.rank, one.text) for one in search.results] == [
        ("docs/library.md", 0, "28 days"),
        (None, 1, "no"),
        (None, 2, "nothing"),
    ]


def test_a_refusal_part_and_code() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "I can't help."}]}
    code = {
        "type": "code_interpreter_call",
        "code": "1+1",
        "outputs": [{"type": "logs", "logs": "2"}, {"type": "image"}],
    }

    attempt = final(read([create("x", response(1, code, refusal))], {}))

    assert attempt.parts == (RefusalPart(text="I can't help."),)
    assert attempt.steps == (CodeStep(code="1+1", logs="2"),)


def test_files_that_code_has_made() -> None:
    code = {"type": "code_interpreter_call", "code": "plot()", "container_id": "cntr_1", "outputs": None}
    made = {"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1", "filename": "a.png"}
    tape = [create("x", response(1, code, {**code, "code": "save()"}, text("Here.", made, made)))]

    attempt = final(read(tape, {}))

    assert attempt.steps == (CodeStep(code="plot()"), CodeStep(code="save()", file_ids=("cfile_1",)))
    assert attempt.parts == (TextPart(text="Here."),)


@pytest.mark.parametrize(
    "second",
    [
        create([RESULT], response(2, text("3")), body={"previous_response_id": "resp_1"}),
        create([user("add"), CALL, RESULT], response(2, text("3"))),
        create([user("add"), {"type": "reasoning"}, CALL, RESULT], response(2, text("3"))),
    ],
    ids=["chained", "sent again", "with reasoning"],
)
def test_handing_back_a_result_goes_on_with_the_turn(second: Exchange) -> None:
    transcript = read([create([user("add")], response(1, CALL)), second], {})

    assert [turn.prompt for turn in transcript.turns] == ["add"]
    attempt = final(transcript)
    assert attempt.steps == (FunctionStep(name="add", arguments='{"a": 1}', output="3"),)
    assert (attempt.text, attempt.error) == ("3", None)
    assert attempt.usage == Usage(prompt_tokens=20, completion_tokens=3)


def test_a_function_that_nobody_answers_is_no_answer() -> None:
    transcript = read([create("add", response(1, CALL))], {})

    assert transcript.failure is not None
    assert transcript.failure.kind == "run_requires_action"


@pytest.mark.parametrize(
    "second",
    [
        create("And then?", response(2, text("b")), body={"previous_response_id": "resp_1"}),
        create([user("First?"), text("a"), user("And then?")], response(2, text("b"))),
        create([{"type": "message", **user("And then?")}], response(2, text("b")), body={"conversation": "conv_1"}),
    ],
    ids=["chained", "sent again", "conversation"],
)
def test_each_thing_the_user_says_is_a_turn(second: Exchange) -> None:
    transcript = read([create("First?", response(1, text("a"))), second], {})

    assert [(turn.prompt, turn.attempts[0].text) for turn in transcript.turns] == [("First?", "a"), ("And then?", "b")]


def test_a_conversation_may_bring_the_prompt() -> None:
    tape = [
        Exchange(method="POST", path="/v1/conversations", request={"items": [user("Set the scene.")]}),
        Exchange(method="POST", path="/v1/conversations/conv_1/items", request={"items": [user("Ask.")]}),
        create([], response(1, text("a")), body={"conversation": "conv_1"}),
    ]

    assert read(tape, {}).turns[0].prompt == "Set the scene.\n\nAsk."


def test_polling_a_background_response_ends_with_its_last_version() -> None:
    poll = Exchange(
        method="GET", path="/v1/responses/resp_1", response=response(1, text("a")), started_s=2.0, duration_s=1.0
    )
    tape = [create("x", response(1, status="queued"), started_s=0.5, duration_s=0.1), poll]

    attempt = final(read(tape, {}))

    assert (attempt.status, attempt.text) == ("completed", "a")
    assert attempt.timing.duration_s == 2.5


def stream(*events: dict[str, Any]) -> Exchange:
    told = tuple(Event(name=str(one.get("type")), data=one, at_s=at / 10) for at, one in enumerate(events))
    return create("x", None, events=told, started_s=1.0, duration_s=5.0)


CREATED = {"type": "response.created", "response": response(1, status="in_progress")}
ITEM = {"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "content": []}}
DELTAS = [
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": words}
    for words in ("28 ", "days")
]


def test_a_stream_reads_like_its_last_event() -> None:
    done = {"type": "response.completed", "response": response(1, SEARCH, text("28 days"))}
    searched = {"type": "response.output_item.done", "output_index": 0, "item": SEARCH}

    attempt = final(read([stream(CREATED, searched, ITEM, *DELTAS, done)], {}))

    assert attempt.parts == (TextPart(text="28 days"),)
    assert len(attempt.retrieved) == 3
    assert (attempt.timing.first_text_s, attempt.timing.duration_s) == (0.3, 5.0)


def test_a_stream_that_breaks_off_keeps_what_had_arrived() -> None:
    attempt = final(read([stream(CREATED, ITEM, *DELTAS)], {}))

    assert (attempt.status, attempt.raw_status, attempt.text) == ("unfinished", "in_progress", "28 days")
    assert attempt.error.kind == "run_unfinished"


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        ("failed", {"error": {"code": "server_error", "message": "sorry"}}, "ended failed (server_error: sorry)"),
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "ended incomplete (max_output_tokens)"),
        ("cancelled", {}, "ended cancelled"),
        ("queued", {}, "ended queued"),
        ("something new", {}, "ended something new"),
    ],
)
def test_other_endings_are_errors_with_their_reason(status: str, more: dict[str, Any], said: str) -> None:
    attempt = final(read([create("x", response(1, text("par"), status=status, **more))], {}))

    assert said in attempt.error.message
    assert attempt.text == "par"


@pytest.mark.parametrize(
    ("tape", "said"),
    [
        ([], "no response"),
        ([Exchange(method="GET", path="/v1/models", response={"object": "list"})], "no response"),
        ([create("x", {"error": {}}, status=429)], "POST /v1/responses was answered 429"),
        ([create("x", "<html>")], "no response"),
        ([create("x", {"object": "response"})], "no response"),
    ],
)
def test_a_tape_without_a_response_is_an_error(tape: list[Exchange], said: str) -> None:
    transcript = read(tape, {})

    assert transcript.turns == ()
    assert transcript.error is not None
    assert said in transcript.error.message


ODD: list[Any] = [None, 5, "text", [], {}, [None], {"type": "message", "content": "text"}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_shapes_are_passed_over(odd: Any) -> None:
    note = {"type": "file_citation", "file_id": None, "index": "7"}
    tape = [
        create([odd, user("x")], response(1, odd, text("a", note), {"type": "file_search_call", "results": odd})),
        create(odd, response(2, usage=odd, error=None)),
        Exchange(method="POST", path="/v1/conversations", request={"items": odd}),
        create("x", None, events=(Event(name="", data=odd), Event(name="", data={"output_index": 0, "item": odd}))),
    ]

    assert read(tape, {}).turns[0].attempts[0].text.startswith("a")


@needs_recordings
@pytest.mark.parametrize(("name", "found"), [("results", 1), ("stream", 0)])
def test_real_recordings(name: str, found: int) -> None:
    tape = exchanges(read_vcr(RECORDINGS / f"responses_file_search_{name}.yaml"))

    transcript = read(tape, {})

    attempt = final(transcript)
    assert transcript.turns[0].prompt == "What is the capital of France?"
    assert attempt.text == "The capital of France is Paris."
    assert attempt.parts[0].citations[0].start == 30
    assert len(attempt.retrieved) == found
    assert attempt.usage is not None
    assert attempt.error is None
