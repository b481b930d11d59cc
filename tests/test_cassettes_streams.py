import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.canonical import Names, canonical
from harness.cassettes.file import Cassette, dump, read_cassette, write_atomically
from harness.cassettes.interaction import Interaction, exchanges
from harness.cassettes.streams import arrival_times, folded
from harness.cassettes.vcr import read_vcr
from harness.targets.assistants.read import read as read_assistants
from harness.targets.responses.read import read as read_responses

BASE = "https://endpoint.invalid/v1"
RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"


def stream(*events: tuple[str, Any], times: tuple[float, ...] = (), path: str = "/threads/t/runs") -> Interaction:
    blocks = [
        f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n" for name, data in events
    ]
    return Interaction(
        method="POST",
        uri=BASE + path,
        request_type="application/json",
        request_body='{"stream": true}',
        status=200,
        response_type="text/event-stream",
        response_body="".join(blocks),
        started_s=0.0,
        duration_s=9.0,
        event_times=times,
    )


def message_delta(value: str, **text: Any) -> tuple[str, dict[str, Any]]:
    block = {"index": 0, "type": "text", "text": {"value": value, **text}}
    data = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [block]}}
    return "thread.message.delta", data


def output_delta(value: str, number: int, **more: Any) -> tuple[str, dict[str, Any]]:
    data = {"type": "response.output_text.delta", "sequence_number": number, "item_id": "msg_1", "output_index": 0}
    return "response.output_text.delta", data | {"content_index": 0, "delta": value, "logprobs": [], **more}


RUN = {"id": "run_1", "object": "thread.run", "thread_id": "t", "model": "m"}
MARK = {"index": 0, "type": "file_citation", "text": "【4:0†source】", "file_citation": {"file_id": "file-1"}}
MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "role": "assistant",
    "run_id": "run_1",
    "content": [{"type": "text", "text": {"value": "It is 28 days.", "annotations": []}}],
}
ASSISTANTS = stream(
    ("thread.run.created", RUN | {"status": "queued"}),
    message_delta("It ", annotations=[]),
    message_delta("is "),
    message_delta("28"),
    message_delta("【4:0†source】", annotations=[MARK]),
    message_delta(" days"),
    message_delta("."),
    ("thread.message.completed", MESSAGE),
    ("thread.run.completed", RUN | {"status": "completed"}),
    ("done", "[DONE]"),
    times=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
RESPONSE = {"id": "resp_1", "object": "response", "model": "m", "output": []}
OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "It is 28 days.", "annotations": []}]}]
COMPLETED = {"type": "response.completed", "response": RESPONSE | {"status": "completed", "output": OUTPUT}}
CREATED = {"type": "response.created", "response": RESPONSE | {"status": "in_progress"}}
RESPONSES = stream(
    ("response.created", {"sequence_number": 0, **CREATED}),
    output_delta("It ", 1, obfuscation="x7Gq"),
    output_delta("is ", 2, obfuscation="p"),
    output_delta("28 days.", 3, obfuscation="kk"),
    ("response.completed", {"sequence_number": 4, **COMPLETED}),
    times=(0.1, 0.2, 0.3, 0.4, 0.5),
    path="/responses",
)


def values(interaction: Interaction) -> list[str]:
    data = [event.data for event in interaction.exchange().events if isinstance(event.data, dict)]
    return [
        one["delta"] if isinstance(one["delta"], str) else one["delta"]["content"][0]["text"]["value"]
        for one in data
        if "delta" in one
    ]


def cut(tape: Interaction, count: int) -> Interaction:
    """Return a stream that broke off after so many events."""
    blocks = tape.response_body.split("\n\n")[:count]
    return replace(tape, response_body="\n\n".join([*blocks, ""]), event_times=tape.event_times[:count])


def test_runs_of_text_deltas_become_one_event_with_first_and_last_time() -> None:
    one = folded(cut(ASSISTANTS, 7))

    assert values(one) == ["It is 28", "【4:0†source】", " days."]
    assert one.event_times == (0.1, (0.2, 0.4), 0.5, (0.6, 0.7))


def test_responses_deltas_fold_without_padding_or_gaps_in_numbers() -> None:
    one = folded(cut(RESPONSES, 4))

    assert values(one) == ["It is 28 days."]
    assert [event.data["sequence_number"] for event in one.exchange().events] == [0, 1]
    assert "obfuscation" not in one.response_body


@pytest.mark.parametrize(
    ("tape", "names", "times"),
    [
        (
            ASSISTANTS,
            ["run.created", "message.delta", "message.completed", "run.completed", "done"],
            (0.1, 0.2, 0.8, 0.9, 1.0),
        ),
        (RESPONSES, ["response.output_text.delta", "response.completed"], (0.2, 0.5)),
    ],
)
def test_what_the_end_tells_again_is_left_out_but_for_the_time_of_the_first_text(
    tape: Interaction, names: list[str], times: tuple[float, ...]
) -> None:
    one = folded(tape)

    assert [event.name.removeprefix("thread.") for event in one.exchange().events] == names
    assert one.event_times == times
    assert one.response_body.count("28") == 1


def test_of_an_object_the_last_version_stays_and_of_a_run_the_first_too() -> None:
    step = {"id": "step_1", "object": "thread.run.step", "run_id": "run_1"}
    delta = {"id": "step_1", "object": "thread.run.step.delta", "delta": {}}
    one = folded(
        stream(
            ("thread.run.created", RUN | {"status": "queued"}),
            ("thread.run.in_progress", RUN | {"status": "in_progress"}),
            ("thread.run.step.created", step),
            ("thread.run.step.delta", delta),
            ("thread.run.step.completed", step | {"step_details": {}}),
            ("thread.run.requires_action", RUN | {"status": "requires_action"}),
        )
    )

    names = [event.name for event in one.exchange().events]
    assert names == ["thread.run.created", "thread.run.step.completed", "thread.run.requires_action"]


@pytest.mark.parametrize(
    "other",
    [
        {"output_index": 1},
        {"content_index": 1},
        {"item_id": "msg_2"},
        {"type": "response.refusal.delta"},
        {"delta": {"not": "text"}},
    ],
)
def test_deltas_of_different_texts_stay_apart(other: dict[str, Any]) -> None:
    name, data = output_delta("b", 1)
    one = stream(output_delta("a", 0), (name, data | other))

    assert len(folded(one).exchange().events) == 2


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ([{"index": 1, "type": "text", "text": {"value": "b"}}], 2),
        ([{"index": 0, "type": "image_file", "image_file": {}}], 2),
        ([{"index": 0, "type": "text", "text": {"value": "b"}}, {"index": 1, "type": "text"}], 2),
        ("odd", 2),
        ([{"index": 0, "type": "text", "text": {"value": "b"}}], 1),
    ],
)
def test_only_plain_text_of_one_block_is_folded(content: Any, count: int) -> None:
    data = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": content}}

    assert len(folded(stream(message_delta("a"), ("thread.message.delta", data))).exchange().events) == count


@pytest.mark.parametrize(("tape", "reader"), [(ASSISTANTS, read_assistants), (RESPONSES, read_responses)])
def test_a_folded_stream_reads_the_same(tape: Interaction, reader: Any) -> None:
    plain, short = reader(exchanges([tape]), {}), reader(exchanges([folded(tape)]), {})

    assert plain == short
    assert plain.turns[0].attempts[0].text == "It is 28 days."
    assert plain.turns[0].attempts[0].timing.first_text_s == 0.2


@pytest.mark.parametrize("times", [(), (0.1, 0.2)])
def test_without_a_time_for_each_event_there_are_none(times: tuple[float, ...]) -> None:
    assert folded(replace(ASSISTANTS, event_times=times)).event_times == ()


def test_folding_twice_changes_nothing_more() -> None:
    assert folded(folded(RESPONSES)).response_body == folded(RESPONSES).response_body


def test_canonical_streams_survive_the_file_and_end_with_a_blank_line(tmp_path: Path) -> None:
    (one,) = canonical([ASSISTANTS], BASE, Names(scope="case"))
    write_atomically(tmp_path / "x.yaml", dump(Cassette(fingerprint={"a": 1}, interactions=(one,))))

    read = read_cassette(tmp_path / "x.yaml", {}, "x.yaml").interactions
    assert read == (one,)
    assert one.response_body.endswith("data: [DONE]\n\n"), "clients hand out an event at the blank line behind it"


@pytest.mark.parametrize(
    ("chunks", "times"),
    [
        ([(0.1, b"data: a\n\n"), (0.2, b"data: b\n\n")], (0.1, 0.2)),
        ([(0.1, b"data: a\n"), (0.2, b"\ndata: b\n\n")], (0.2, 0.2)),
        ([(0.1, b"data: a\r\n\r"), (0.3, b"\ndata: b")], (0.3, 0.3)),
        ([(0.1, b""), (0.2, b"data: a\n\n\n\n")], (0.2,)),
        ([], ()),
        ([(0.1, b": keep-alive\n\ndata: a\n\n")], (0.1, 0.1)),
    ],
)
def test_an_event_arrives_with_the_chunk_that_ends_it(
    chunks: list[tuple[float, bytes]], times: tuple[float, ...]
) -> None:
    assert arrival_times(chunks) == times


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="NO RECORDINGS OF REAL TRAFFIC HERE: ../shared/wire is missing")
@pytest.mark.parametrize("name", ["assistants_streaming.yaml", "responses_file_search_stream.yaml"])
def test_real_streams_read_the_same_when_folded(name: str) -> None:
    tape = read_vcr(RECORDINGS / name)
    reader = read_responses if name.startswith("responses") else read_assistants
    short = [folded(one) for one in tape]

    assert reader(exchanges(short), {}) == reader(exchanges(tape), {})
    assert sum(len(one.response_body) for one in short) < 0.9 * sum(len(one.response_body) for one in tape)
