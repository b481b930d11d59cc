import subprocess
import sys
from pathlib import Path

import pytest
from casefile_support import settings, write_project

from harness.config import Flags, find_root, load_config, secrets
from harness.config.endpoint import check_target, resolve_endpoint
from harness.config.project import Table
from harness.errors import ConfigError

HOST = "https://{}.example/v1"


def test_without_any_setting_the_embedded_server_is_used(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert (config.endpoint.name, config.endpoint.base_url, config.endpoint.source) == ("embedded", None, "default")
    assert config.endpoint.is_embedded
    assert config.endpoint.is_loopback
    assert (config.target, config.record, config.record_is_explicit) == ("assistants", "once", False)
    assert (config.variants, config.concurrency, config.keep) == (("default",), 8, False)
    assert config.project.max_document_bytes == 64_000_000
    assert config.model_for(None, where="s") == "extractive"


ALL = {
    "HARNESS_ENDPOINT": HOST.format("harness"),
    "HARNESS_API_KEY": "harness-key",
    "OPENAI_BASE_URL": HOST.format("base-url"),
    "OPENAI_API_BASE": HOST.format("api-base"),
    "OPENAI_API_KEY": "openai-key",
    "ANYSCALE_API_BASE": HOST.format("anyscale"),
    "ANYSCALE_API_KEY": "anyscale-key",
    "GATEWAY_KEY": "gateway-key",
}
TABLE = f'endpoint = "{HOST.format("pyproject")}"\napi_key_env = "GATEWAY_KEY"'


@pytest.mark.parametrize(
    ("flag", "unset", "host", "key", "source"),
    [
        (HOST.format("flag"), (), "flag", "harness-key", "--harness-endpoint"),
        (None, (), "harness", "harness-key", "HARNESS_ENDPOINT"),
        (None, ("HARNESS",), "base-url", "openai-key", "OPENAI_BASE_URL"),
        (None, ("HARNESS", "OPENAI_BASE"), "api-base", "openai-key", "OPENAI_API_BASE"),
        (None, ("HARNESS", "OPENAI"), "anyscale", "anyscale-key", "ANYSCALE_API_BASE"),
        (
            None,
            ("HARNESS", "OPENAI", "ANYSCALE"),
            "pyproject",
            "gateway-key",
            "pyproject.toml: [tool.harness] endpoint",
        ),
    ],
)
def test_the_nearest_setting_names_the_endpoint_and_only_its_own_key_goes_there(
    tmp_path: Path, *, flag: str | None, unset: tuple[str, ...], host: str, key: str, source: str
) -> None:
    environ = {name: value for name, value in ALL.items() if not name.startswith(unset or ("-",))}
    endpoint = settings(tmp_path, TABLE, environ, Flags(endpoint=flag)).endpoint
    assert (endpoint.base_url, endpoint.api_key, endpoint.source) == (HOST.format(host), key, source)


@pytest.mark.parametrize(
    ("named_by", "keys"),
    [
        ("HARNESS_ENDPOINT", {"OPENAI_API_KEY": "o", "ANYSCALE_API_KEY": "a"}),
        ("OPENAI_BASE_URL", {"HARNESS_API_KEY": "h", "ANYSCALE_API_KEY": "a"}),
        ("ANYSCALE_API_BASE", {"HARNESS_API_KEY": "h", "OPENAI_API_KEY": "o"}),
    ],
)
def test_no_key_goes_to_another_pairs_host(tmp_path: Path, named_by: str, keys: dict[str, str]) -> None:
    assert settings(tmp_path, "", {named_by: HOST.format("x"), **keys}).endpoint.api_key is None


def test_a_pyproject_endpoint_takes_no_key_that_it_does_not_name(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "o", "HARNESS_API_KEY": "h", "ANYSCALE_API_KEY": "a"}
    assert settings(tmp_path, f'endpoint = "{HOST.format("x")}"', environ).endpoint.api_key is None


def test_a_key_alone_sends_nothing_anywhere(tmp_path: Path) -> None:
    endpoint = settings(tmp_path, "", {"OPENAI_API_KEY": "sk-1", "HARNESS_API_KEY": "h"}).endpoint
    assert endpoint.is_embedded
    assert endpoint.api_key is None


@pytest.mark.parametrize(
    ("flag", "environ", "source"),
    [
        ("openai", {}, "--harness-endpoint"),
        (None, {"HARNESS_ENDPOINT": "openai"}, "HARNESS_ENDPOINT"),
        (None, {"OPENAI_BASE_URL": "https://api.openai.com/v1"}, "OPENAI_BASE_URL"),
        (None, {"OPENAI_API_BASE": "https://API.openai.com./v1"}, "OPENAI_API_BASE"),
        (None, {"OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}, "OPENAI_BASE_URL"),
    ],
)
def test_the_hosted_assistants_api_is_refused_with_what_happened(
    tmp_path: Path, flag: str | None, environ: dict[str, str], source: str
) -> None:
    with pytest.raises(ConfigError, match=r"on 2026-08-26(.|\n)*embedded") as caught:
        check_target(settings(tmp_path, "", environ, Flags(endpoint=flag)).endpoint, "assistants")
    assert caught.value.where == source


@pytest.mark.parametrize(
    ("flags", "environ", "target"),
    [
        (Flags(endpoint="openai"), {}, "responses"),
        (Flags(), {"OPENAI_BASE_URL": "https://api.openai.com/v1"}, "responses"),
        (Flags(), {"OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}, "responses"),
        (Flags(), {"OPENAI_BASE_URL": "https://api.openai.com.example/v1"}, "assistants"),
        (Flags(), {}, "assistants"),
        (Flags(target="responses"), {}, "responses"),
        (Flags(endpoint="openai", target="assistants"), {}, "assistants"),  # refused when something is to be run
        (Flags(), {"HARNESS_TARGET": "responses"}, "responses"),
    ],
)
def test_the_hosted_api_is_spoken_to_in_the_newer_protocol(
    tmp_path: Path, flags: Flags, environ: dict[str, str], target: str
) -> None:
    assert settings(tmp_path, "", environ, flags).target_for(None) == target


def test_openai_named_by_flag_takes_the_openai_key_and_serves_the_responses_target(tmp_path: Path) -> None:
    endpoint = resolve_endpoint("openai", {"OPENAI_API_KEY": "sk-1"}, Table(), tmp_path)
    assert (endpoint.name, endpoint.base_url, endpoint.api_key) == ("openai", "https://api.openai.com/v1", "sk-1")
    check_target(endpoint, "responses")


@pytest.mark.parametrize(
    ("environ", "table"),
    [
        ({"HARNESS_ENDPOINT": "openai"}, ""),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1", "HARNESS_API_KEY": "sk-of-another"}, ""),
        ({"OPENAI_API_KEY": "sk-1"}, 'endpoint = "openai"'),  # a key goes there only if `api_key_env` names it
    ],
)
def test_the_hosted_api_is_not_asked_without_a_key(tmp_path: Path, environ: dict[str, str], table: str) -> None:
    endpoint = settings(tmp_path, table, environ).endpoint

    with pytest.raises(ConfigError, match="no key is set") as caught:
        check_target(endpoint, "responses")
    assert caught.value.where == endpoint.source


def test_a_header_may_stand_for_the_key_of_the_hosted_api(tmp_path: Path) -> None:
    table = 'endpoint = "openai"\nheaders = {authorization = "Bearer ${PASS}"}'
    check_target(settings(tmp_path, table, {"PASS": "sk-1"}).endpoint, "responses")


@pytest.mark.parametrize("host", ["http://localhost:8000/v1/", "http://127.0.0.5:1", "http://[::1]:9/v1"])
def test_loopback_is_known_and_may_have_a_key_without_encryption(tmp_path: Path, host: str) -> None:
    endpoint = settings(tmp_path, "", {"HARNESS_ENDPOINT": host, "HARNESS_API_KEY": "k"}).endpoint
    assert endpoint.is_loopback
    assert not endpoint.is_embedded
    assert endpoint.base_url == host.rstrip("/")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"HARNESS_ENDPOINT": "localhost:8000"}, "wanted is a URL such as https://host/v1, `embedded` or `openai`"),
        ({"OPENAI_BASE_URL": "embedded"}, "wanted is a URL such as https://host/v1"),
        ({"HARNESS_ENDPOINT": "ftp://host/v1"}, "wanted is a URL"),
        ({"HARNESS_ENDPOINT": "https://host:port/v1"}, "found no URL"),
        ({"HARNESS_ENDPOINT": "https://host/v1?key=1"}, "no query"),
        ({"HARNESS_ENDPOINT": "https://ho st/v1"}, "blank"),
        ({"HARNESS_ENDPOINT": "http://far.example/v1", "HARNESS_API_KEY": "k"}, "a key would go to .* unencrypted"),
        ({"HARNESS_ENDPOINT": HOST.format("x"), "HARNESS_API_KEY": "a\nb"}, "the key holds spaces"),
        ({"HARNESS_RECORD": "always"}, "HARNESS_RECORD: found 'always'.*\n.*none, once, new_episodes, all"),
        ({"HARNESS_RECORD": "new_episode"}, "did you mean `new_episodes`"),
        ({"HARNESS_CONCURRENCY": "0"}, "HARNESS_CONCURRENCY: found '0', wanted is a whole number from 1"),
        ({"HARNESS_CONCURRENCY": "many"}, "found 'many'"),
        ({"HARNESS_KEEP": "maybe"}, "HARNESS_KEEP: found 'maybe', wanted is 1 or 0"),
    ],
)
def test_wrong_values_of_the_environment_are_refused(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings(tmp_path, "", environ)


def test_credentials_in_a_url_are_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds credentials") as caught:
        settings(tmp_path, "", {"HARNESS_ENDPOINT": "https://jules:hunter2@host/v1"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (
            "endpiont = 'x'",
            r"\[tool.harness\] endpiont: unknown key; did you mean `endpoint`\?\n  hint: allowed: cases,",
        ),
        ("cases = 3", "cases: found 3, wanted is text"),
        ("cases = '../other'", "wanted is a folder inside the project"),
        ("fixtures = '/srv'", "wanted is a folder inside the project"),
        ("results = '.'", "wanted is a folder inside the project"),
        ("model = ''", "model: found '', wanted is text"),
        ("timeout_s = 0", "timeout_s: found 0, wanted is a number above 0"),
        ("timeout_s = inf", "wanted is a number above 0"),
        ("max_document_mb = true", "wanted is a number above 0"),
        ("concurrency = 1.5", "wanted is a whole number from 1"),
        ("min_groundedness = 2", "wanted is a number from 0 to 1"),
        ("record = 'always'", "record: found 'always'"),
        ("headers = 'x'", "wanted is a table of texts"),
        ("endpoint = 'https://h'\nheaders = {X = '${NOPE}'}", "headers.X: the variable NOPE is not set"),
        ("endpoint = 'https://h'\nheaders = {X = '${'}", "headers.X: found"),
        ("endpoint = 'https://h'\nheaders = {'X Y' = 'a'}", "characters that no header can carry"),
        ("endpoint = 'https://h'\nheaders = {X = \"a\\nb\"}", "characters that no header can carry"),
        ("endpoint = 'https://h'\nca_file = 'gone.pem'", "ca_file: there is no file gone.pem"),
        ("endpoint = 'http://h'\nheaders = {X = '${A:-b}'}", "unencrypted"),
        ("scrubbers = 'a:b'", 'scrubbers: found .*, wanted is a list of "package.module:name"'),
        ("scrubbers = ['a.b']", 'wanted is a list of "package.module:name"'),
        ("scrubbers = [3]", 'wanted is a list of "package.module:name"'),
        ("cases = ", "is no TOML"),
    ],
)
def test_wrong_values_of_pyproject_are_refused_by_key(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings(tmp_path, toml)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nharness = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="found 3, a table is wanted"):
        load_config(tmp_path, {})


GATEWAY = "timeout_s = 5\nca_file = 'ca.pem'\nheaders = {X-Team = 'docs', Authorization = 'Bearer ${GATEWAY_TOKEN}'}\n"


def test_a_gateway_gets_headers_timeout_and_certificates(tmp_path: Path) -> None:
    write_project(tmp_path, {"ca.pem": "certificate"})
    config = settings(tmp_path, GATEWAY + "endpoint = 'https://g/v1'", {"GATEWAY_TOKEN": "t0p"})
    assert config.endpoint.headers == {"X-Team": "docs", "Authorization": "Bearer t0p"}
    assert (config.endpoint.timeout_s, config.endpoint.ca_file) == (5, config.project.root / "ca.pem")
    assert "t0p" in config.secrets
    assert "t0p" not in repr(config)


@pytest.mark.parametrize(
    ("toml", "is_sent"), [("", True), ("endpoint = 'https://g/v1'\n", False)], ids=["alone", "beside an endpoint"]
)
def test_headers_belong_to_the_endpoint_beside_them(tmp_path: Path, toml: str, *, is_sent: bool) -> None:
    write_project(tmp_path, {"ca.pem": "certificate"})
    environ = {"GATEWAY_TOKEN": "t0p", "HARNESS_ENDPOINT": "https://other/v1"}
    assert bool(settings(tmp_path, toml + GATEWAY, environ).endpoint.headers) == is_sent


@pytest.mark.parametrize(
    ("flag", "environ", "toml", "mode", "is_explicit"),
    [
        (None, {}, "", "once", False),
        (None, {"CI": "true"}, "record = 'all'", "none", False),
        (None, {"CI": "false"}, "", "once", False),
        (None, {"CI": ""}, "record = 'all'", "all", False),
        (None, {"CI": "1", "HARNESS_RECORD": "new_episodes"}, "", "new_episodes", True),
        ("all", {"CI": "1", "HARNESS_RECORD": "none"}, "", "all", True),
    ],
)
def test_recording_is_chosen_by_flag_then_environment_then_ci_then_project(
    tmp_path: Path, flag: str | None, environ: dict[str, str], toml: str, mode: str, *, is_explicit: bool
) -> None:
    config = settings(tmp_path, toml, environ, Flags(record=flag))
    assert (config.record, config.record_is_explicit) == (mode, is_explicit)


REMOTE = {"HARNESS_ENDPOINT": "https://h/v1"}


@pytest.mark.parametrize(
    ("flag", "environ", "toml", "own", "model"),
    [
        ("f", {"HARNESS_MODEL": "h", "MODEL": "m"}, "model = 'p'", "own", "f"),
        (None, {"HARNESS_MODEL": "h", "MODEL": "m"}, "model = 'p'", "own", "h"),
        (None, {"MODEL": "m"}, "model = 'p'", "own", "own"),
        (None, {"MODEL": "m"}, "model = 'p'", None, "m"),
        (None, {}, "model = 'p'", None, "p"),
        (None, {"MODEL": ""}, "", None, "extractive"),
        (None, {**REMOTE, "MODEL": "m"}, "", None, "m"),
    ],
)
def test_the_model_is_chosen_by_the_nearest_setting(
    tmp_path: Path, *, flag: str | None, environ: dict[str, str], toml: str, own: str | None, model: str
) -> None:
    assert settings(tmp_path, toml, environ, Flags(model=flag)).model_for(own, where="s") == model


def test_a_remote_endpoint_has_no_default_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cases/a\.yaml: no model is named(.|\n)*--harness-model"):
        settings(tmp_path, "", REMOTE).model_for(None, where="cases/a.yaml")


def test_dotenv_adds_to_the_environment_which_wins(tmp_path: Path) -> None:
    dotenv = "MODEL=from-dotenv\nHARNESS_KEEP=yes\nOTHER_KEY='a b'\nRAW=${HOME}\n# comment\nbare\n"
    config = settings(tmp_path, "", {"HARNESS_KEEP": "0"}, dotenv=dotenv)
    assert config.default_model == "from-dotenv"
    assert config.keep is False
    assert config.environ == {
        "MODEL": "from-dotenv",
        "HARNESS_KEEP": "0",
        "OTHER_KEY": "a b",
        "RAW": "${HOME}",
    }
    assert config.secrets == {"a b"}


def test_a_dotenv_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.env: is not UTF-8"):
        write_project(tmp_path, {".env": b"A=\xff\n"})


def test_flags_win_over_the_environment(tmp_path: Path) -> None:
    environ = {"HARNESS_VARIANT": "e", "HARNESS_CONCURRENCY": "3", "HARNESS_KEEP": "1"}
    config = settings(tmp_path, "concurrency = 2", environ)
    assert (config.variants, config.concurrency, config.keep) == (("e",), 3, True)
    flags = Flags(variants=("a, b*", "a"), concurrency=4, keep=False)
    config = settings(tmp_path, "concurrency = 2", environ, flags)
    assert (config.variants, config.concurrency, config.keep) == (("a", "b*"), 4, False)


def test_secrets_are_known_by_the_end_of_their_names() -> None:
    environ = {
        "A_KEY": "1",
        "b_token": "2",
        "SECRET": "3",
        "DbPassword": "4",
        "KEYS": "5",
        "EMPTY_KEY": "",
        "PATH": "6",
        "OPENAI_ORG_ID": "8",
        "OPENAI_PROJECT_ID": "9",
    }
    assert secrets(environ, {"A_KEY": "7"}) == {"1", "2", "3", "4", "7", "8", "9"}


def test_scrubbers_are_named_in_pyproject(tmp_path: Path) -> None:
    assert settings(tmp_path, "scrubbers = ['mine.clean:Names', 'other:x']").scrubbers == (
        "mine.clean:Names",
        "other:x",
    )


def test_a_key_is_secret_whatever_its_variable_is_called(tmp_path: Path) -> None:
    config = settings(tmp_path, "endpoint = 'https://g'\napi_key_env = 'PASSPORT'", {"PASSPORT": "abc"})
    assert config.endpoint.api_key == "abc"
    assert config.secrets == {"abc"}


def test_the_root_is_the_nearest_folder_with_our_table(tmp_path: Path) -> None:
    write_project(
        tmp_path, {"a/pyproject.toml": "[tool.other]\n# harness\n", "a/b/c.txt": "", "broken/pyproject.toml": "["}
    )
    assert find_root(tmp_path / "a/b") == tmp_path.resolve()
    assert find_root(tmp_path / "broken") == tmp_path.resolve()
    (tmp_path / "pyproject.toml").write_text("[tool]\nother = {}\n", encoding="utf-8")
    assert find_root(tmp_path / "a/b") is None


def test_importing_the_settings_and_suites_loads_nothing_heavy() -> None:
    heavy = "{'openai', 'pandas', 'duckdb', 'pydantic', 'jinja2', 'httpx2'}"
    code = f"import sys, harness.config, harness.casefile, harness.plan; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
