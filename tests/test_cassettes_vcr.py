import gzip
import json
import warnings
import zlib
from pathlib import Path
from typing import Any

import httpx2
import pytest
import vcr
import yaml
from fault_server import fault_server
from planned_support import planned
from vcr.errors import CannotOverwriteExistingCassetteException

from harness.cassettes.file import Cassette
from harness.cassettes.fingerprint import fingerprint
from harness.cassettes.interaction import Interaction, exchanges
from harness.cassettes.library import Library
from harness.cassettes.pretty import pretty
from harness.cassettes.vcr import Serializer, read_vcr
from harness.errors import CassetteBroken
from harness.targets.assistants.read import read

BASE = "https://endpoint.invalid/v1"
RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"
PASSAGE = "Members may borrow books for 28 days, and renew them twice. " * 4


def interaction(method: str, path: str, got: Any, sent: Any = None, **more: Any) -> Interaction:
    return Interaction(
        method=method,
        uri=BASE + path,
        request_type="application/json" if sent is not None else "",
        request_body=pretty(sent) if sent is not None else "",
        status=more.pop("status", 200),
        response_type=more.pop("response_type", "application/json"),
        response_body=got if isinstance(got, str) else pretty(got),
        started_s=0.5,
        duration_s=0.25,
    )


TAPE = (
    interaction("POST", "/threads", {"id": "thread_1", "object": "thread"}, {"messages": []}),
    interaction("GET", "/threads/thread_1/steps?order=asc", {"results": [{"text": PASSAGE}]}),
    interaction(
        "POST", "/threads/thread_1/runs", "event: done\ndata: [DONE]\n\n", {}, response_type="text/event-stream"
    ),
    interaction("GET", "/threads/thread_2", {"error": {"message": "No thread"}}, status=404),
)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A cassette of ours whose passage lies in the texts file of its set-up."""
    library = Library(tmp_path, tmp_path / "cassettes", "once")
    library.record(planned(), Cassette(fingerprint=fingerprint(planned()), interactions=TAPE), hidden=())
    path = library.path(planned())
    assert "$text" in path.read_text(encoding="utf-8")
    return path


def recorder(folder: Path, mode: str = "none", **options: Any) -> Any:
    made = vcr.VCR(record_mode=vcr.mode(mode), serializer="harness", **options)
    made.register_serializer("harness", Serializer(folder))
    return made


def test_plain_vcrpy_replays_our_files(ours: Path, tmp_path: Path) -> None:
    with recorder(tmp_path / "cassettes").use_cassette(ours) as played, httpx2.Client(base_url=BASE) as client:
        assert client.post("/threads", json={"messages": []}).json()["id"] == "thread_1"
        assert client.get("/threads/thread_1/steps", params={"order": "asc"}).json()["results"][0]["text"] == PASSAGE
        assert client.post("/threads/thread_1/runs", json={}).text == TAPE[2].response_body
        assert client.get("/threads/thread_2").status_code == 404

    assert played.all_played


def test_vcrpy_may_match_the_body(ours: Path, tmp_path: Path) -> None:
    made = recorder(tmp_path / "cassettes", match_on=["method", "uri", "body"])

    with made.use_cassette(ours), httpx2.Client(base_url=BASE) as client:
        assert client.post("/threads", json={"messages": []}).status_code == 200
        with pytest.raises(CannotOverwriteExistingCassetteException):
            client.post("/threads/thread_1/runs", json={"instructions": "changed"})


def test_the_openai_client_runs_on_our_files_through_vcrpy(ours: Path, tmp_path: Path) -> None:
    from openai import OpenAI

    with recorder(tmp_path / "cassettes").use_cassette(ours), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client = OpenAI(api_key="none", base_url=BASE)
        assert client.beta.threads.create(messages=[]).id == "thread_1"
        client.close()


def test_vcrpy_records_in_our_form_and_replays_it(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    with fault_server() as server:
        for mode in ("once", "none"):
            with (
                recorder(tmp_path, mode).use_cassette(path),
                httpx2.Client(headers={"authorization": "Bearer sk-secret"}) as client,
            ):
                answers = [
                    client.post(f"{server.url}/threads", json={"messages": []}).json(),
                    client.post(f"{server.url}/files", files={"file": ("a.md", b"secret words")}).json(),
                ]
                assert [answer["object"] for answer in answers] == ["thread", "file"]
        assert len([line for line in server.requests if line.startswith("POST")]) == 2

    text = path.read_text(encoding="utf-8")
    assert "sk-secret" not in text
    assert "secret words" not in text
    assert '"size": 12' in text
    assert yaml.safe_load(text)["metadata"]["format"] == 1


def test_what_vcrpy_adds_leaves_fingerprint_and_timing(ours: Path, tmp_path: Path) -> None:
    with (
        fault_server() as server,
        recorder(tmp_path / "cassettes", "new_episodes").use_cassette(ours),
        httpx2.Client() as client,
    ):
        client.post(f"{server.url}/threads", json={})

    read = Library(tmp_path, tmp_path / "cassettes", "none").replay(planned())
    assert read is not None
    assert read.interactions[:4] == TAPE
    assert (read.interactions[0].duration_s, read.interactions[4].duration_s) == (0.25, None)


def test_files_in_vcrpys_own_form_pass_through(tmp_path: Path) -> None:
    plain = {"version": 1, "interactions": []}

    assert Serializer(tmp_path).deserialize(yaml.safe_dump(plain)) == plain


@pytest.mark.parametrize(
    "text", ["- [", "metadata: {format: 1}", "just text", "metadata: {format: 1}\ninteractions: 5"]
)
def test_what_is_no_cassette_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(CassetteBroken, match="the cassette cannot be read"):
        Serializer(tmp_path).deserialize(text)


def test_a_missing_texts_file_is_named(ours: Path, tmp_path: Path) -> None:
    with pytest.raises(CassetteBroken, match=r"the shared text .* is missing"):
        Serializer(tmp_path / "elsewhere").deserialize(ours.read_text(encoding="utf-8"))


def test_bytes_that_are_no_text_are_not_recorded(tmp_path: Path) -> None:
    request: dict[str, Any] = {"method": "GET", "uri": BASE, "body": None, "headers": {}}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": b"\xff\xfe"}}

    with pytest.raises(UnicodeDecodeError):
        Serializer(tmp_path).serialize({"interactions": [{"request": request, "response": response}]})


RUN = {"id": "run_1", "object": "thread.run", "status": "completed", "model": "m"}


def entry(got: Any, sent: Any = b'{"assistant_id": "a"}', **headers: str) -> dict[str, Any]:
    return {
        "request": {
            "method": "post",
            "uri": "https://api.openai.com/v1/threads/t/runs",
            "body": sent,
            "headers": {"Content-Type": ["application/json"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json; charset=utf-8"], **{k: [v] for k, v in headers.items()}},
            "body": {"string": got},
        },
    }


BODY = json.dumps(RUN).encode()
PARSED = entry(None)
PARSED["response"] = {"status": {"code": 200}, "headers": {}, "parsed_body": RUN}


@pytest.mark.parametrize(
    "one",
    [
        entry(BODY),
        entry(BODY.decode(), sent='{"assistant_id": "a"}'),
        entry(gzip.compress(BODY)),
        entry(gzip.compress(BODY), **{"Content-Encoding": "gzip"}),
        entry(BODY, **{"content-encoding": "gzip"}),
        entry(zlib.compress(BODY), **{"content-encoding": "deflate"}),
        entry(BODY, **{"content-encoding": "deflate"}),
        PARSED,
    ],
    ids=["bytes", "text", "gzip", "gzip told", "gzip undone", "deflate", "deflate undone", "parsed"],
)
def test_bodies_of_all_kinds_are_decoded(tmp_path: Path, one: dict[str, Any]) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [one]}), encoding="utf-8")

    transcript = read(exchanges(read_vcr(path)), {})

    assert transcript.turns[0].attempts[0].status == "completed"
    assert transcript.reported_model == "m"


def test_the_json_serializer_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"version": 1, "interactions": [entry(BODY.decode(), sent="{}")]}), encoding="utf-8")

    assert read_vcr(path)[0].method == "POST"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A cassette as vcrpy itself writes it."""
    path = tmp_path / "plain.yaml"
    with fault_server() as server, vcr.use_cassette(path), httpx2.Client() as client:
        client.post(f"{server.url}/files", files={"file": ("a.md", b"words")}, data={"purpose": "assistants"})
    return path


def test_uploads_become_the_hash_of_their_parts(theirs: Path) -> None:
    (one,) = read_vcr(theirs)

    parts = json.loads(one.request_body)
    assert parts["purpose"] == "assistants"
    assert (parts["file"]["name"], parts["file"]["size"]) == ("a.md", 5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "wanted is a list `interactions`, found NoneType"),
        (b"[]", "found list"),
        (b"a: 1", "found the keys a"),
        (b"\xff\xfe\x00", "cannot be imported"),
        (b"interactions: [", "cannot be imported"),
        (b"interactions: [{}]", "cannot be imported"),
        (b"interactions: [null]", "cannot be imported"),
        (b"x: !!python/object/apply:os.system [echo]", "cannot be imported"),
        (b'{"request": "get https://x", "response": {}}', "a single request with its answer"),
        (b"metadata: {format: 1}\ninteractions: []", "harness cassettes verify"),
        (
            yaml.safe_dump({"interactions": [entry(gzip.compress(BODY)[:-9])]}).encode(),
            "cannot be imported",
        ),
    ],
)
def test_what_cannot_be_imported_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)

    with pytest.raises(CassetteBroken, match=said) as caught:
        read_vcr(path)
    assert "odd.yaml" in str(caught.value)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="NO RECORDINGS OF REAL TRAFFIC HERE: ../shared/wire is missing")
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("assistants_polling", "The solution to the equation"),
        ("assistants_streaming", "The solution to the equation"),
        ("assistants_function_call", "The city with the highest population"),
    ],
)
def test_real_recordings_of_assistants_are_read(name: str, answer: str) -> None:
    transcript = read(exchanges(read_vcr(RECORDINGS / f"{name}.yaml")), {})

    assert transcript.error is None
    (turn,) = transcript.turns
    assert turn.attempts[0].text.startswith(answer)
    assert turn.attempts[0].usage is not None
