from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from harness.cassettes.file import Cassette, ReadableYaml, dump, read_cassette, same_content, write_cassette
from harness.cassettes.interaction import Interaction
from harness.errors import CassetteBroken, CassetteError

SECRET = 'sk-correct/horse"battery'
ASKED = Interaction(
    method="POST",
    uri="https://endpoint.invalid/v1/threads",
    request_type="application/json",
    request_body='{\n "messages": []\n}',
    status=200,
    response_type="application/json",
    response_body='{\n "id": "thread_1",\n "text": "Grüße: «yes» — 5 €"\n}',
    started_s=0.0,
    duration_s=0.25,
)
CASSETTE = Cassette(fingerprint={"prompts": ["Hi"]}, interactions=(ASKED,), recorded={"at": "2026-11-23"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "case.yaml"

    write_cassette(path, CASSETTE, hidden=(), where="case.yaml")
    read = read_cassette(path, "case.yaml")

    assert read.interactions == CASSETTE.interactions
    assert read.fingerprint == CASSETTE.fingerprint
    assert read.recorded["at"] == "2026-11-23"
    assert [file.name for file in path.parent.iterdir()] == ["case.yaml"]


def test_bodies_stand_over_several_lines_as_they_are() -> None:
    assert '     "text": "Grüße: «yes» — 5 €"\n' in dump(CASSETTE)


@pytest.mark.parametrize("serializer", [yamlserializer, ReadableYaml])
def test_vcrpy_reads_it(serializer: object) -> None:
    requests, responses, metadata = deserialize(dump(CASSETTE), serializer)

    assert (requests[0].method, requests[0].uri) == ("POST", ASKED.uri)
    assert requests[0].body == ASKED.request_body.encode()
    assert responses[0]["body"]["string"] == ASKED.response_body.encode()
    assert metadata["fingerprint"] == {"prompts": ["Hi"]}


def _cut(text: str) -> bytes:
    return text[: len(text) // 2].encode()


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        lambda _: b"",
        lambda _: b"\xff\xfe not UTF-8",
        lambda text: text.replace("format: 1", "format: 99").encode(),
        lambda text: text.replace("interactions:", "interactions: []\nother:").encode(),
        lambda text: text.replace("method: POST", "").encode(),
        lambda _: b"just text",
        lambda _: b"- a\n- list",
        lambda _: b"!!python/object/apply:os.system [echo]",
        lambda text: text.replace("200", "!!python/name:os.system").encode(),
    ],
)
def test_a_broken_cassette_is_one_clear_error(tmp_path: Path, damage: Callable[[str], bytes]) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(damage(dump(CASSETTE)))

    with pytest.raises(CassetteBroken, match=r"^cassettes/case\.yaml: the cassette cannot be read: ") as caught:
        read_cassette(path, "cassettes/case.yaml")
    assert "record it again" in str(caught.value)


def test_a_directory_is_no_cassette(tmp_path: Path) -> None:
    with pytest.raises(CassetteBroken, match="cannot be read"):
        read_cassette(tmp_path, "case.yaml")


@pytest.mark.parametrize(
    "leak",
    [
        {"response_body": f"it is {SECRET}"},
        {"response_body": '{"text": "c2stY29ycmVjdC9ob3JzZSJiYXR0ZXJ5"}'},
        {"request_body": '{"text": "sk-correct/horse\\"battery"}'},
        {"uri": "https://x.invalid/?q=sk-correct%2Fhorse%22battery"},
    ],
    ids=["plain", "base64", "json", "url"],
)
def test_a_secret_in_any_encoding_refuses_the_write(tmp_path: Path, leak: dict[str, str]) -> None:
    path = tmp_path / "case.yaml"
    leaking = replace(CASSETTE, interactions=(replace(ASKED, **leak),))  # type: ignore[arg-type]  # all are text

    with pytest.raises(CassetteError, match="would hold the value of a secret") as caught:
        write_cassette(path, leaking, hidden={SECRET}, where="case.yaml")

    assert not path.exists()
    assert "horse" not in str(caught.value)


def test_short_values_are_no_secrets_in_bodies(tmp_path: Path) -> None:
    write_cassette(tmp_path / "case.yaml", CASSETTE, hidden={"yes", "messages"}, where="case.yaml")

    assert (tmp_path / "case.yaml").exists()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    write_cassette(path, CASSETTE, hidden=(), where="case.yaml")
    before = path.read_bytes()

    with pytest.raises(CassetteError):
        write_cassette(path, CASSETTE, hidden={"Grüße: «yes» — 5 €"}, where="case.yaml")

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["case.yaml"]


def test_timing_is_no_content() -> None:
    assert same_content([ASKED], [replace(ASKED, started_s=9.0, duration_s=9.0)])
    assert not same_content([ASKED], [replace(ASKED, response_body="{}")])
