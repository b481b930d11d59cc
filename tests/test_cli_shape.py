"""One shape for all commands: exit codes, `--json`, variables, names, and the page made of them."""

import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SAID_BY_THE_ENVIRONMENT, SUITE, write
from typer.core import TyperArgument, TyperOption
from typer.main import get_command
from typer.testing import CliRunner

from harness.cli.app import app, main
from harness.cli.arguments import complete_run
from harness.cli.group import commands_of, longest, options_of, variable
from harness.cli.keys import SHAPES
from harness.cli.manual import PATH, manual

COMMANDS = {" ".join(words): command for words, command in commands_of(get_command(app))}
WORDS = {"RUN", "CASE", "SUITE", "NAME", "PATH", "PATH|NODE", "FILE", "FOLDER", "SQL"}
"""What arguments are called."""
HEAVY = {
    *("duckdb", "jinja2", "numpy", "openai", "pandas", "pydantic", "rich", "starlette", "uvicorn", "yaml"),
    *("harness.config", "harness.model", "harness.pipeline", "harness.results"),
}
"""What `harness --help` has no need of."""


def test_the_page_is_made_of_the_commands() -> None:
    assert PATH.read_text(encoding="utf-8") == manual(), "run `python -m harness.cli.manual`"


@pytest.mark.parametrize("name", COMMANDS)
def test_names_and_help_have_one_style(name: str) -> None:
    command = COMMANDS[name]
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    parameters: list[TyperArgument | TyperOption] = [*arguments, *options_of(command)]
    first = str(command.help).split(". ", maxsplit=1)[0]

    assert {one.metavar for one in arguments} <= WORDS
    assert first[0].isupper()
    assert not first.split()[0].endswith("s"), "an order: `List runs`, not `Lists runs`"
    assert [one.name for one in parameters if not str(one.help).partition("  [env var")[0].endswith(".")] == []
    assert [longest(one) for one in options_of(command) if not one.is_flag and not one.metavar] == []


def test_what_has_json_is_documented_and_nothing_else() -> None:
    having = {name for name, command in COMMANDS.items() if "--json" in map(longest, options_of(command))}

    assert having == set(SHAPES)


def test_every_option_has_a_variable_of_its_own() -> None:
    owners: dict[str, set[str]] = {}
    for name, command in COMMANDS.items():
        for option in options_of(command):
            said_by = option.envvar or variable(tuple(name.split()), longest(option))
            assert isinstance(said_by, str)
            owners.setdefault(said_by, set()).add(longest(option).removeprefix("--harness-").lstrip("-"))

    assert len(owners) > 60
    assert {said_by: names for said_by, names in owners.items() if len(names) > 1} == {}
    assert {"HARNESS_FILTER", "HARNESS_MODEL", "HARNESS_COMPARE_FAIL_ON", "HARNESS_CASSETTES_PRUNE_YES"} <= set(owners)


def said(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Return how the command ended, and what it printed where."""
    result = CliRunner().invoke(app, list(arguments), env=variables)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("project")
def test_the_command_line_wins_over_the_variable() -> None:
    variables = {"HARNESS_VALIDATE_JSON": "1", "HARNESS_RUNS_LAST": "0"}

    assert json.loads(said("validate", **variables)[1])[0]["suite"] == "cases/library.yaml"
    code, _, complaint = said("runs", **variables)
    assert (code, "'--last' (env var: 'HARNESS_RUNS_LAST')" in complaint) == (2, True)
    assert said("runs", "--last", "1", **variables)[0] == 0


@pytest.mark.usefixtures("project")
def test_serve_hands_its_variables_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SERVE_UPSTREAM_TIMEOUT", "3")

    done = subprocess.run([sys.executable, "-m", "harness", "serve"], capture_output=True, text=True, check=False)

    assert done.returncode == 4
    assert "--upstream-timeout: there is no upstream" in done.stderr


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("shwo latest", "No such command 'shwo'. Did you mean 'show'?"),
        ("cassettes prun", "Did you mean 'prune'"),
        ("run --last-faild", "No such option: --last-faild (Possible options: --last-failed)"),
        ("sql 'select 1' --json --format csv", "--json and --format csv exclude each other"),
        ("history loan --format yaml", "found 'yaml', allowed are table, csv, json"),
        ("compare a b --format xml", "found 'xml', allowed are text, markdown, json"),
        ("compare a b --fail-on bad", "found 'bad', allowed are never, worse, any-broken"),
        ("run --watch --json", "--watch and --json exclude each other"),
        ("show latest~x loan", "found 'latest~x'; wanted is `latest~1`"),
        ("review latest --json", "there is nothing but the agreement to print as data"),
        ("score", "name a run, or say --cassettes"),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_wrong_call_ends_with_4_and_says_what_is_near(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: str, told: str
) -> None:
    code, out, complaint = ended(shlex.split(call), monkeypatch, capsys)

    assert (code, out) == (4, "")
    assert told in complaint


def ended(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str, str]:
    """Return how the program ended, and what it printed where."""
    monkeypatch.setattr(sys, "argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    captured = capsys.readouterr()
    return end.value.code, captured.out, captured.err


@pytest.mark.usefixtures("project")
def test_a_fault_of_ours_is_no_failed_case(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # A fault cannot be had otherwise.
    monkeypatch.setattr(importlib.import_module("harness.cli.validate"), "find_suites", lambda _: 1 / 0)

    code, out, complaint = ended(["validate"], monkeypatch, capsys)

    assert (code, out) == (3, "")
    assert complaint.rstrip().endswith("ZeroDivisionError: division by zero")


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "harness", "schema"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    script = "import sys, harness.cli.app; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) & HEAVY == set()


def test_cleaning_up_a_run_that_made_nothing_leaves_nothing(project: pytest.Pytester) -> None:
    write(project.path / "results" / "2026-01-01T00-00-00-aaaa" / "results.jsonl", "")

    assert said("cleanup", "latest") == (0, "nothing is left\n", "")
    assert json.loads(said("cleanup", "2026", "--json")[1])["left"] == 0


def test_runs_are_completed_newest_first(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.path)
    for name in ("2026-01-01T00-00-00-aaaa", "2026-01-02T00-00-00-bbbb"):
        write(project.path / "results" / name / "results.jsonl", "")

    assert complete_run("2026-01") == ["2026-01-02T00-00-00-bbbb", "2026-01-01T00-00-00-aaaa"]
    assert complete_run("la") == ["latest"]
    monkeypatch.chdir(project.path.parent)
    assert complete_run("") == []


INTERACTION = {
    "request": {
        "method": "POST",
        "uri": "https://a.test/v1/responses",
        "headers": {},
        "body": '{"input": "How long?"}',
    },
    "response": {
        "status": {"code": 200},
        "headers": {},
        "body": {"string": '{"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": []}'},
    },
}
"""What vcrpy writes of a response."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two runs, the second with a failure, a baseline, and things to import."""
    folder: Path = tmp_path_factory.mktemp("ready")
    write(folder / "pyproject.toml", "[tool.harness]\n")
    write(folder / "fixtures" / "library.md", "Members may borrow books for 28 days.\n")
    write(folder / "cases" / "library.yaml", SUITE)
    write(folder / "tape.yaml", json.dumps({"version": 1, "interactions": [INTERACTION]}))
    write(folder / "questions.csv", "question,expected\nFor how many days?,28 days\n")
    for call in ("run -q", "baseline set", "run -q --harness-model eager"):
        subprocess.run([sys.executable, "-m", "harness", *call.split()], cwd=folder, env=plain(), check=False)
    return folder


def plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in SAID_BY_THE_ENVIRONMENT}


CALLS = {
    "validate": "",
    "import": "questions.csv --documents library.md",
    "migrate": "cases/library.yaml",
    "run": "",
    "runs": "",
    "show": "latest~1 loan",
    "compare": "latest~1 latest",
    "score": "latest~1",
    "review": "--agreement",
    "sql": "'select 1 as one'",
    "history": "loan",
    "cleanup": "",
    "baseline diff": "latest~1",
    "baseline list": "",
    "cassettes status": "",
    "cassettes record": "",
    "cassettes verify": "",
    "cassettes import": "tape.yaml",
}
"""How each command is called, so that it has something to tell."""


def _values(data: Any, *, is_list: bool) -> Iterator[dict[str, Any]]:
    if is_list:
        assert isinstance(data, list)
        yield from data
    else:
        assert isinstance(data, dict)
        yield data


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_the_keys_are_those_that_are_documented(
    name: str, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable_name in SAID_BY_THE_ENVIRONMENT:
        monkeypatch.delenv(variable_name, raising=False)
    shutil.copytree(ready, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")

    _, out, complaint = said(*name.split(), *shlex.split(CALLS[name]), "--json")

    shape = SHAPES[name]
    found = list(_values(json.loads(out), is_list=shape.is_list))
    assert found, complaint
    assert out.isascii()
    if shape.keys:
        assert [set(one) for one in found] == [set(shape.keys)] * len(found)
