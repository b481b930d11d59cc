import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.file import Cassette, dump, read_cassette, same_content, write_atomically
from harness.cassettes.interaction import Interaction
from harness.cassettes.pretty import pretty
from harness.errors import CassetteBroken

INSTRUCTIONS = "Answer only from the documents. " * 10
PASSAGE = "A long passage of a document, quoted by many answers. " * 5


def interaction(call: str, got: Any, *, sent: Any = None, **more: Any) -> Interaction:
    method, _, path = call.partition(" ")
    one = Interaction(
        method=method,
        uri=f"https://endpoint.invalid/v1{path}",
        request_type="application/json" if sent is not None else "",
        request_body=pretty(sent) if sent is not None else "",
        status=200,
        response_type="application/json",
        response_body=pretty(got),
        started_s=0.0,
        duration_s=0.25,
    )
    return replace(one, **more)


RUN = {"id": "run_1", "object": "thread.run", "instructions": INSTRUCTIONS, "status": "queued", "usage": None}
STEP = {"object": "list", "data": [{"results": [{"content": [{"type": "text", "text": PASSAGE}]}]}]}
TAPE = (
    interaction("POST /threads", {"id": "thread_1", "text": "Grüße: «yes» — 5 €"}, sent={"messages": []}),
    interaction("POST /threads/thread_1/runs", RUN, sent={"assistant_id": "asst_1"}),
    interaction("GET /threads/thread_1/runs/run_1", RUN | {"status": "completed", "usage": {"total_tokens": 3}}),
    interaction("GET /threads/thread_1/runs/run_1/steps?order=asc", STEP),
)
NESTED = f"""\
version: 1
metadata: {{format: 1, fingerprint: {{}}, recorded: {{}}}}
interactions:
- call: GET /x
  got: '{"[" * 200_000}"$like"'
"""
CASSETTE = Cassette(fingerprint={"prompts": ["Hi"]}, interactions=TAPE, recorded={"at": "2026-11-23"})


@pytest.fixture
def texts() -> dict[str, str]:
    return {}


@pytest.fixture
def path(tmp_path: Path, texts: dict[str, str]) -> Path:
    path = tmp_path / "deep" / "case.yaml"
    write_atomically(path, dump(CASSETTE, texts))
    return path


def test_what_is_written_is_read(path: Path, texts: dict[str, str]) -> None:
    read = read_cassette(path, texts, "case.yaml")

    assert same_content(read.interactions, TAPE)
    assert [one.event_times for one in read.interactions] == [one.event_times for one in TAPE]
    assert [one.started_s for one in read.interactions] == [one.started_s for one in TAPE]
    assert read.fingerprint == CASSETTE.fingerprint
    assert read.recorded["at"] == "2026-11-23"
    assert [file.name for file in path.parent.iterdir()] == ["case.yaml"]


def test_without_shared_texts_it_stands_alone(tmp_path: Path) -> None:
    write_atomically(tmp_path / "case.yaml", dump(CASSETTE))

    assert same_content(read_cassette(tmp_path / "case.yaml", {}, "case.yaml").interactions, TAPE)


def test_nothing_is_said_twice(path: Path, texts: dict[str, str]) -> None:
    text = path.read_text(encoding="utf-8")

    assert sorted(texts.values()) == sorted([INSTRUCTIONS, PASSAGE])
    assert INSTRUCTIONS not in text
    assert PASSAGE not in text
    assert text.count('"object": "thread.run"') == 1
    assert '"$like": 1' in text
    assert '"text": "Grüße: «yes» — 5 €"' in text


@pytest.mark.parametrize("body", [{"$like": 0}, {"$text": "abc"}, {"schema": {"$ref": "#/x"}, "a": {"$like": "you"}}])
def test_a_body_that_looks_like_our_signs_survives(tmp_path: Path, body: dict[str, Any]) -> None:
    tape = (TAPE[0], interaction("GET /x", body))
    write_atomically(tmp_path / "x.yaml", dump(replace(CASSETTE, interactions=tape), {}))

    read = read_cassette(tmp_path / "x.yaml", {}, "x.yaml").interactions

    assert json.loads(read[1].response_body) == body


@pytest.mark.parametrize(
    "odd",
    [
        {"status": 404, "response_type": "text/html", "response_body": "<p>\n no</p> \n"},
        {"response_type": "text/event-stream", "response_body": "event: done\ndata: [DONE]\n\n", "event_times": (0.5,)},
        {"request_type": "multipart/form-data", "request_body": '{"file": {"name": "x"}}'},
        {"uri": "https://elsewhere.example/other/path?x=1"},
        {"response_body": "", "response_type": ""},
        {"response_body": "no JSON at all"},
    ],
)
def test_odd_exchanges_survive(tmp_path: Path, odd: dict[str, Any]) -> None:
    one = replace(TAPE[0], **odd)
    write_atomically(tmp_path / "x.yaml", dump(replace(CASSETTE, interactions=(one,))))

    assert read_cassette(tmp_path / "x.yaml", {}, "x.yaml").interactions == (one,)


def _cut(text: str) -> bytes:
    return text[: len(text) // 2].encode()


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        lambda _: b"",
        lambda _: b"\xff\xfe not UTF-8",
        lambda text: text.replace("format: 1", "format: 99").encode(),
        lambda text: text.replace("version: 1", "version: 2").encode(),
        lambda text: text.replace("version: 1", "").encode(),
        lambda text: text.replace("interactions:", "interactions: []\nother:").encode(),
        lambda text: text.replace("seconds: [[0.0", "seconds: [[x").encode(),
        lambda text: text.replace("seconds: [[0.0", "seconds: [[.nan").encode(),
        lambda text: text.replace("seconds: [[0.0", "seconds: [[[0.0, x]").encode(),
        lambda text: text.replace("seconds: [[0.0, 0.25]", "seconds: [x").encode(),
        lambda text: text.replace("seconds: [[0.0, 0.25]", "seconds: [[0.0]").encode(),
        lambda text: text.replace("seconds: [", "seconds: x\n    other: [").encode(),
        lambda _: b"{" * 5000,
        lambda _: NESTED.encode(),
        lambda text: text.replace("- call: POST /threads\n", "- \n").encode(),
        lambda text: text.replace('"$like": 1', '"$like": 9').encode(),
        lambda text: text.replace('"$text": "', '"$text": "0').encode(),
        lambda _: b"just text",
        lambda _: b"- a\n- list",
        lambda _: b"!!python/object/apply:os.system [echo]",
        lambda text: text.replace("version: 1", "version: !!python/name:os.system").encode(),
    ],
)
def test_a_broken_cassette_is_one_clear_error(
    path: Path, texts: dict[str, str], damage: Callable[[str], bytes]
) -> None:
    path.write_bytes(damage(path.read_text(encoding="utf-8")))

    with pytest.raises(CassetteBroken, match=r"^cassettes/case\.yaml: the cassette cannot be read: ") as caught:
        read_cassette(path, texts, "cassettes/case.yaml")
    assert "record it again" in str(caught.value)


@pytest.mark.parametrize("line", ["version: 1", "    seconds: [", "- call: GET", "    {"])
def test_marks_of_a_merge_conflict_are_told_wherever_they_stand(path: Path, texts: dict[str, str], line: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert line in text
    path.write_text(text.replace(line, f"<<<<<<< ours\n{line}", 1), encoding="utf-8")

    with pytest.raises(CassetteBroken, match="marks of a merge conflict"):
        read_cassette(path, texts, "case.yaml")


def test_a_directory_is_no_cassette(tmp_path: Path) -> None:
    with pytest.raises(CassetteBroken, match="cannot be read"):
        read_cassette(tmp_path, {}, "case.yaml")


def test_a_failed_write_leaves_the_old_file(path: Path) -> None:
    before = path.read_bytes()

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half of it \ud800")

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["case.yaml"]


def test_timing_is_no_content() -> None:
    assert same_content(TAPE, [replace(one, started_s=9.0, duration_s=9.0) for one in TAPE])
    assert not same_content(TAPE, TAPE[:-1])
