import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.cassettes.interaction import Interaction
from harness.cassettes.scrubbing import Scrubbing, load_scrubber
from harness.cassettes.secrets import Secrets, refuse_secrets
from harness.errors import CassetteError, ConfigError

SECRET = 'sk-höchst/gehe"im+1>>>???'
BASE64 = base64.b64encode(SECRET.encode()).decode()
ONE = Interaction(
    method="POST",
    uri="https://endpoint.invalid/v1/threads",
    request_type="application/json",
    request_body='{"metadata": {}}',
    status=200,
    response_type="application/json",
    response_body='{"id": "thread_1"}',
)
ENCODED = {
    "plain": SECRET,
    "json": json.dumps(SECRET)[1:-1],
    "json in json": json.dumps(json.dumps({"key": SECRET})),
    "json with other slashes": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "url": quote(SECRET, safe=""),
    "url in small letters": quote(SECRET, safe="").replace("%2F", "%2f"),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "user and password": base64.b64encode(f"me:{SECRET}".encode()).decode(),
    "one letter before": base64.b64encode(f"x{SECRET}y".encode()).decode(),
    "base64 in a URL": "https://x.example/?sig=" + quote(BASE64, safe=""),
    "base64 with other slashes": BASE64.replace("/", "\\/"),
    "base64 over several lines": base64.encodebytes(f"{SECRET:>65}".encode()).decode(),
    "base64 over several lines in json": json.dumps(base64.encodebytes(f"{SECRET:>65}".encode()).decode()),
    "url twice": quote(quote(SECRET, safe=""), safe=""),
    "base64 in a URL in a URL": quote("https://x.example/?sig=" + quote(BASE64, safe=""), safe=""),
}


def scrubbing(*secrets: str, names: tuple[str, ...] = (), root: Path = Path()) -> Scrubbing:
    return Scrubbing(frozenset(secrets), names, root)


def clean(one: Interaction, *secrets: str) -> Interaction:
    return scrubbing(*secrets).clean([one], "cases/a.yaml::b")[0]


@pytest.mark.parametrize("form", ENCODED.values(), ids=ENCODED)
def test_a_secret_is_found_in_any_encoding(form: str) -> None:
    assert Secrets([SECRET]).are_in(f"before {form} behind")
    with pytest.raises(CassetteError, match="would hold the value of a secret"):
        refuse_secrets(["harmless", f"key: {form}"], [SECRET], "x.yaml")


def test_a_secret_of_several_lines_is_found_where_they_are_escaped() -> None:
    secret = "-----BEGIN KEY-----\nabc\ndef\n-----END"
    body = {"metadata": {"a": secret, "b": json.dumps({"key": secret})}}

    cleaned = clean(replace(ONE, response_body=json.dumps(body)), secret)

    assert json.loads(cleaned.response_body) == {"metadata": {"a": "[secret]", "b": "[secret]"}}


def test_other_text_is_no_secret() -> None:
    other = base64.b64encode(b"sk-something-else-altogether").decode()

    assert not Secrets([SECRET, "EMPTY", ""]).are_in(f"EMPTY {other} sk-h")


@pytest.mark.parametrize("form", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("side", ["request_body", "response_body"])
def test_a_field_that_only_names_is_replaced_on_both_sides(side: str, form: str) -> None:
    body = {"name": "kept", "metadata": {"owner": f"x {form}", "tags": [form]}, "usage": {"total": 3}}

    cleaned = clean(replace(ONE, **{side: json.dumps(body)}), SECRET)  # type: ignore[arg-type]  # all are text

    read = json.loads(getattr(cleaned, side))
    assert read["metadata"] == {"owner": "[secret]", "tags": ["[secret]"]}
    assert (read["name"], read["usage"]) == ("kept", {"total": 3})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": [{"role": "user", "content": f"my key is {SECRET}"}]}, "messages[0].content"),
        ({"data": [{"content": [{"type": "text", "text": {"value": SECRET}}]}]}, "data[0].content[0].text.value"),
        ({"instructions": ENCODED["base64"]}, "instructions"),
        ({"additional_instructions": SECRET}, "additional_instructions"),
        ({"results": [{"content": [{"text": f"a passage: {SECRET}"}]}]}, "results[0].content[0].text"),
        ({"input": SECRET}, "input"),
        ({"tool_outputs": [{"output": f"it is {SECRET}"}]}, "tool_outputs[0].output"),
        ({"tools": [{"function": {"description": SECRET}}]}, "tools[0].function.description"),
        ({"function": {"arguments": json.dumps({"key": SECRET})}}, "function.arguments"),
    ],
)
@pytest.mark.parametrize("side", ["request_body", "response_body"])
def test_a_secret_in_what_is_said_refuses_the_write_by_name(side: str, body: dict[str, Any], field: str) -> None:
    with pytest.raises(CassetteError) as caught:
        clean(replace(ONE, **{side: json.dumps(body)}), SECRET)  # type: ignore[arg-type]  # all are text

    assert f"cases/a.yaml::b was not recorded: `{field}` of the" in str(caught.value)
    assert not Secrets([SECRET]).are_in(str(caught.value))


def test_streams_are_scrubbed_event_by_event() -> None:
    body = f'event: a\ndata: {{"name": "{ENCODED["url"]}"}}\n\nevent: done\ndata: [DONE]\n\n'
    one = replace(ONE, response_type="text/event-stream", response_body=body)

    assert clean(one, SECRET).response_body == 'event: a\ndata: {"name":"[secret]"}\n\nevent: done\ndata: [DONE]\n\n'

    said = replace(one, response_body=body.replace('"name"', '"value"'))
    with pytest.raises(CassetteError, match=r"`value` of the stream of POST /v1/threads"):
        clean(said, SECRET)


def test_a_body_that_is_no_json_keeps_the_rest_of_its_text() -> None:
    one = replace(ONE, response_type="text/plain", response_body=f"hello {SECRET}!")

    assert clean(one, SECRET).response_body == "hello [secret]!"


@pytest.mark.parametrize(
    ("uri", "cleaned"),
    [
        ("/threads?api_key=ollama&limit=5", "/threads?api_key=%5Bsecret%5D&limit=5"),
        (f"/threads?a={quote(SECRET, safe='')}", "/threads?a=%5Bsecret%5D"),
        (f"/{quote(SECRET, safe='')}/threads", "/%5Bsecret%5D/threads"),
        (f"/threads?sig={quote(BASE64, safe='')}&limit=5", "/threads?sig=%5Bsecret%5D&limit=5"),
        (f"/threads?a={quote(quote(SECRET, safe=''), safe='')}&limit=5", "/threads?a=%5Bsecret%5D&limit=5"),
        ("/ollama/threads?q=ollama-models", "/ollama/threads?q=ollama-models"),
    ],
)
def test_urls_are_scrubbed_of_short_values_too(uri: str, cleaned: str) -> None:
    base = "https://endpoint.invalid/v1"

    assert clean(replace(ONE, uri=base + uri), SECRET, "ollama").uri == base + cleaned


def test_what_holds_no_secret_stays_as_it_is() -> None:
    one = replace(ONE, uri=ONE.uri + "?order=asc&include[]=a[*].b", response_body='{ "text" :"EMPTY"}')

    assert clean(one, SECRET, "EMPTY", "asc-no") is one or clean(one, SECRET, "EMPTY", "asc-no") == one


SCRUBBERS = """\
from dataclasses import replace

class NoNames:
    def scrub(self, interaction):
        return replace(interaction, response_body=interaction.response_body.replace("Ada", "someone"))

class Failing:
    def scrub(self, interaction):
        raise KeyError(interaction.response_body)

class Odd:
    def scrub(self, interaction):
        return None

instance = NoNames()
text = "no scrubber"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "my_scrubbers.py").write_text(SCRUBBERS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["my_scrubbers:NoNames", "my_scrubbers:instance"])
def test_the_users_scrubbers_see_each_interaction(root: Path, name: str) -> None:
    one = replace(ONE, response_body='{"value": "Ada asks"}')

    cleaned = scrubbing(names=(name,), root=root).clean([one, ONE], "case")

    assert [item.response_body for item in cleaned] == ['{"value": "someone asks"}', ONE.response_body]


@pytest.mark.parametrize(
    ("name", "said"), [("Failing", "failed with KeyError"), ("Odd", "returned NoneType, not an Interaction")]
)
def test_a_scrubber_that_fails_is_the_cases_error_and_repeats_nothing(root: Path, name: str, said: str) -> None:
    one = replace(ONE, response_body="private")

    with pytest.raises(
        CassetteError, match=f"case was not recorded: the scrubber my_scrubbers:{name} {said}"
    ) as caught:
        scrubbing(names=(f"my_scrubbers:{name}",), root=root).clean([one], "case")
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my_scrubbers:Missing", "AttributeError"),
        ("no_such_module_here:x", "ModuleNotFoundError"),
        ("my_scrubbers:text", "is no scrubber"),
    ],
)
def test_a_scrubber_that_cannot_be_loaded_is_a_setting_that_is_wrong(root: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load_scrubber(name, root)
    assert f"[tool.harness] scrubbers: {name}" in str(caught.value)
