"""Transcripts read from tapes: polled, streamed, cut, odd; and from recordings of the real API where they are there."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.interaction import Interaction, exchanges
from harness.model.tape import Event, Exchange
from harness.model.transcript import CodeStep, FileSearchStep, FunctionStep, RefusalPart, TextPart, Usage
from harness.targets.assistants.read import read

RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"
FILES = {"file-1": "policies/returns.pdf"}
THREAD, RUN = "/v1/threads/thread_1", "/v1/threads/thread_1/runs/run_1"


def run(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "run_1", "object": "thread.run", "status": status, "model": "m", "usage": None, **more}


def message(text: str, *, run_id: str = "run_1", annotations: Any = ()) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}]
    return {
        "id": f"msg_{run_id}",
        "object": "thread.message",
        "role": "assistant",
        "run_id": run_id,
        "content": content,
    }


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": False}


SEARCH = {
    "id": "step_1",
    "object": "thread.run.step",
    "run_id": "run_1",
    "created_at": 1,
    "step_details": {
        "type": "tool_calls",
        "tool_calls": [
            {
                "type": "file_search",
                "file_search": {
                    "results": [
                        {
                            "file_id": "file-1",
                            "file_name": "returns.pdf",
                            "score": 0.9,
                            "content": [{"type": "text", "text": "Within 30 days."}],
                        },
                        {"file_id": "file-9", "file_name": "stray.txt", "score": 0.1},
                    ]
                },
            }
        ],
    },
}
CITED = {
    "type": "file_citation",
    "text": "【4:0†source】",
    "start_index": 8,
    "end_index": 20,
    "file_citation": {"file_id": "file-1"},
}


def tape(final: dict[str, Any], *, answer: dict[str, Any] | None = None, steps: Any = (SEARCH,)) -> list[Exchange]:
    question = {"messages": [{"role": "user", "content": "How long?"}]}
    return [
        Exchange(method="POST", path="/v1/threads", request=question, response={"id": "thread_1", "object": "thread"}),
        Exchange(
            method="POST", path=f"{THREAD}/runs", request={}, response=run("queued"), started_s=1.0, duration_s=0.1
        ),
        Exchange(method="GET", path=RUN, response=final, started_s=2.0, duration_s=0.5),
        Exchange(method="GET", path=f"{RUN}/steps", response=listed(*steps)),
        Exchange(method="GET", path=f"{THREAD}/messages", response=listed(*([answer] if answer else []))),
    ]


def test_a_polled_run() -> None:
    final = run("completed", usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})

    transcript = read(tape(final, answer=message("30 days.【4:0†source】", annotations=[CITED])), FILES)

    assert transcript.failure is None
    assert transcript.reported_model == "m"
    (turn,) = transcript.turns
    assert turn.prompt == "How long?"
    attempt = turn.attempts[0]
    assert (attempt.status, attempt.usage) == ("completed", Usage(prompt_tokens=10, completion_tokens=5))
    assert attempt.timing is not None
    assert attempt.timing.duration_s == 1.5
    part = attempt.parts[0]
    assert isinstance(part, TextPart)
    citation = part.citations[0]
    assert (citation.document, citation.marker, citation.result_index) == ("policies/returns.pdf", "【4:0†source】", 0)
    assert part.text[citation.start : citation.end] == citation.marker
    assert [(one.document, one.rank, one.text) for one in attempt.retrieved] == [
        ("policies/returns.pdf", 0, "Within 30 days."),
        (None, 1, None),
    ]


def test_a_streamed_run_reads_the_same() -> None:
    final = run("completed", usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})
    answer = message("30 days.【4:0†source】", annotations=[CITED])
    polled = read(tape(final, answer=answer), FILES)
    stream = [
        Event(name="thread.run.created", data=run("queued"), at_s=0.1),
        Event(name="thread.run.step.completed", data=SEARCH, at_s=0.5),
        Event(name="thread.message.delta", data={"id": "msg_run_1", "object": "thread.message.delta"}, at_s=0.6),
        Event(name="thread.message.completed", data=answer, at_s=0.9),
        Event(name="thread.run.completed", data=final, at_s=1.0),
        Event(name="done", data="[DONE]", at_s=1.0),
    ]
    start = tape(final)[:1]

    streamed = read(
        [*start, Exchange(method="POST", path=f"{THREAD}/runs", request={}, events=tuple(stream), started_s=1.0)], FILES
    )

    attempt = streamed.turns[0].attempts[0]
    assert attempt.timing is not None
    assert (attempt.timing.duration_s, attempt.timing.first_text_s) == (1.0, 0.6)
    without_timing = replace(attempt, timing=polled.turns[0].attempts[0].timing)
    assert (streamed.turns[0].prompt, without_timing) == (polled.turns[0].prompt, polled.turns[0].attempts[0])


@pytest.mark.parametrize(
    ("final", "status", "kind", "reason"),
    [
        (run("failed", last_error={"code": "rate_limit_exceeded", "message": "Slow"}), "failed", "run_failed", "Slow"),
        (run("expired"), "expired", "run_expired", "ended expired"),
        (run("cancelled"), "cancelled", "run_cancelled", "ended cancelled"),
        (run("incomplete", incomplete_details={"reason": "max_tokens"}), "incomplete", "run_incomplete", "max_tokens"),
        (run("in_progress"), "unfinished", "run_unfinished", "in_progress"),
    ],
)
def test_a_run_that_did_not_complete_is_an_error(final: Any, status: str, kind: str, reason: str) -> None:
    transcript = read(tape(final, answer=message("Half an ans")), FILES)

    attempt = transcript.turns[0].attempts[0]
    assert attempt.status == status
    assert attempt.text == "Half an ans"
    assert transcript.failure is not None
    assert transcript.failure.kind == kind
    assert reason in transcript.failure.message


def test_a_run_stopped_for_a_function_says_so() -> None:
    exchanges = tape(run("cancelled"))
    exchanges.insert(2, Exchange(method="GET", path=RUN, response=run("requires_action")))

    failure = read(exchanges, FILES).failure

    assert failure is not None
    assert failure.kind == "run_requires_action"


def test_turns_follow_runs() -> None:
    second = {"id": "run_2", "object": "thread.run", "status": "completed", "model": "m"}
    more = [
        Exchange(method="POST", path=f"{THREAD}/messages", request={"role": "user", "content": "And if late?"}),
        Exchange(method="POST", path=f"{THREAD}/runs", request={}, response=second),
        Exchange(method="GET", path=f"{THREAD}/messages", response=listed(message("A fee.", run_id="run_2"))),
    ]

    transcript = read(tape(run("completed"), answer=message("30 days.")) + more, FILES)

    assert [(turn.prompt, turn.attempts[0].text) for turn in transcript.turns] == [
        ("How long?", "30 days."),
        ("And if late?", "A fee."),
    ]


def test_a_refusal_part_is_kept_as_one() -> None:
    answer = message("") | {"content": [{"type": "refusal", "refusal": "I can't."}]}

    parts = read(tape(run("completed"), answer=answer), FILES).turns[0].attempts[0].parts

    assert parts == (RefusalPart(text="I can't."),)


def test_found_text_outlives_a_later_version_without_it() -> None:
    bare = json.loads(json.dumps(SEARCH))
    for result in bare["step_details"]["tool_calls"][0]["file_search"]["results"]:
        result.pop("content", None)

    retrieved = read(tape(run("completed"), steps=(SEARCH, bare)), FILES).turns[0].attempts[0].retrieved

    assert retrieved[0].text == "Within 30 days."


@pytest.mark.parametrize(
    "exchanges",
    [
        [],
        [Exchange(method="POST", path="/v1/threads", request=None, response="<html>")],
        [Exchange(method="POST", path="/v1/threads", request={}, status=500, response={"error": {}})],
        [Exchange(method="GET", path="/v1/threads/t/messages", response={"data": ["odd", None, {"id": 3}]})],
    ],
)
def test_a_tape_without_a_run_is_an_error(exchanges: list[Exchange]) -> None:
    transcript = read(exchanges, {})

    assert transcript.turns == ()
    assert transcript.failure is not None


def _recorded(name: str) -> list[Exchange]:
    path = RECORDINGS / f"{name}.yaml"
    if not path.exists():
        pytest.skip(f"the recordings of the real API are not here: {path.name}")
    import yaml

    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return list(exchanges([_interaction(one["request"], one["response"]) for one in data["interactions"]]))


def _interaction(request: Mapping[str, Any], response: Mapping[str, Any]) -> Interaction:
    body = response["body"]["string"]
    raw = body if isinstance(body, bytes) else str(body).encode()
    text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()
    sent = request.get("body") or ""
    return Interaction(
        method=request["method"],
        uri=request["uri"],
        request_type="application/json",
        request_body=sent.decode() if isinstance(sent, bytes) else sent,
        status=response["status"]["code"],
        response_type="text/event-stream" if text.startswith("event:") else "application/json",
        response_body=text,
    )


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    [
        ("assistants_polling", "I need to solve the equation", "x = 1"),
        ("assistants_streaming", "I need to solve the equation", "x = 1"),
        ("assistants_function_call", "highest population", "Tokyo"),
    ],
)
def test_recordings_of_the_real_api(name: str, prompt: str, answer: str) -> None:
    transcript = read(_recorded(name), {})

    assert transcript.failure is None
    assert prompt in transcript.turns[0].prompt
    assert answer in transcript.turns[0].attempts[0].text


def test_function_calls_carry_their_outputs() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "size", "arguments": "{}", "output": None}}
    step = SEARCH | {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    exchanges = tape(run("completed"), steps=(step,))
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "42"}]}
    exchanges.insert(2, Exchange(method="GET", path=RUN, response=run("requires_action")))
    exchanges.insert(
        3, Exchange(method="POST", path=f"{RUN}/submit_tool_outputs", request=outputs, response=run("queued"))
    )

    transcript = read(exchanges, {})

    assert transcript.failure is None
    assert transcript.turns[0].attempts[0].steps == (FunctionStep(name="size", arguments="{}", output="42"),)
    assert not any(isinstance(one, FileSearchStep) for one in transcript.turns[0].attempts[0].steps)


def test_code_its_logs_and_the_files_it_made() -> None:
    image = {"type": "image", "image": {"file_id": "file-plot"}}
    code = {"input": "plot()", "outputs": [{"type": "logs", "logs": "done"}, image]}
    call = {"id": "call_1", "type": "code_interpreter", "code_interpreter": code}
    step = SEARCH | {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    path = {"type": "file_path", "text": "sandbox:/a.csv", "file_path": {"file_id": "file-table"}}
    answer = message("Here: sandbox:/a.csv", annotations=[path])
    answer["content"].append({"type": "image_file", "image_file": {"file_id": "file-plot"}})

    (step_read,) = read(tape(run("completed"), steps=(step,), answer=answer), {}).turns[0].attempts[0].steps

    assert step_read == CodeStep(code="plot()", logs="done", file_ids=("file-plot", "file-table"))


def test_a_file_that_the_user_uploaded_is_known_by_the_name_in_the_results() -> None:
    transcript = read(
        tape(run("completed"), answer=message("30 days.【4:0†source】", annotations=[CITED])), {"returns.pdf": "a.pdf"}
    )

    part = transcript.turns[0].attempts[0].parts[0]
    assert isinstance(part, TextPart)
    assert part.citations[0].document == "a.pdf"


@pytest.mark.parametrize(
    "odd",
    [
        {
            "object": "thread.message",
            "id": "m",
            "role": "assistant",
            "run_id": "run_1",
            "content": [None, {"type": "text", "text": None}],
        },
        {"object": "thread.run.step", "id": "s", "run_id": "run_1", "created_at": "yesterday", "step_details": None},
        {
            "object": "thread.run.step",
            "id": "s",
            "run_id": "run_1",
            "step_details": {
                "tool_calls": [
                    None,
                    {"type": "file_search", "file_search": {"results": [None, {"score": "high", "content": [None]}]}},
                ]
            },
        },
        run("completed", usage={"prompt_tokens": "many", "completion_tokens": None}),
    ],
)
def test_odd_objects_are_read_as_far_as_they_go(odd: dict[str, Any]) -> None:
    transcript = read(
        [*tape(run("completed"), answer=message("30 days.")), Exchange(method="GET", path="/x", response=odd)], FILES
    )

    assert transcript.turns[0].prompt == "How long?"


def test_function_calls_are_known_from_what_a_run_waits_for() -> None:
    transcript = read(_recorded("assistants_function_call"), {})

    (step,) = transcript.turns[0].attempts[0].steps
    assert isinstance(step, FunctionStep)
    assert step.name
    assert step.output
