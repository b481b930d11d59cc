"""Each command's `--help` ends with an example, and the example works."""

import json
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import SAID_BY_THE_ENVIRONMENT, write
from docs_support import environment, prepared
from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from harness.cli.app import app
from harness.embedded import start_embedded

PREPARED = {
    "promptfooconfig.yaml": """\
prompts: ["Answer from the documents: {{question}}"]
tests:
  - vars: {question: What is the highest price paid for a laptop?}
    assert: [{type: icontains, value: laptop}]
""",
}
"""Texts that examples name, and that the suites do not have."""
UNTIL_STOPPED = ("serve", "view")
"""Commands that run until Ctrl-C."""
SAYS = {"show": "outcome:", "sql": "grounded", "history": "grounded", "compare": "no difference shown"}
"""What some examples must print, so that it is seen to be more than an exit code."""

_EXAMPLE = re.compile(r"Example: (harness .+)")


def _commands(typer_app: Typer) -> Iterator[tuple[str, str]]:
    """Return each command's name, with that of its group before it, and its epilog."""

    def walk(command: object, name: str) -> Iterator[tuple[str, str]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, getattr(command, "epilog", None) or ""
        for key, one in (inner or {}).items():
            yield from walk(one, f"{name} {key}".strip())

    return walk(get_command(typer_app), "")


EXAMPLES = dict(_commands(app))


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_command_has_an_example_of_itself(command: str) -> None:
    found = _EXAMPLE.fullmatch(EXAMPLES[command])

    assert found is not None
    assert found[1].startswith(f"harness {command}")


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every example finds what it names."""
    folder: Path = tmp_path_factory.mktemp("examples") / "project"
    shutil.copytree(prepared("suites", tmp_path_factory.getbasetemp()), folder)
    for name, text in PREPARED.items():
        write(folder / name, text)
    shutil.copy(folder / "fixtures" / "warranty-and-returns.pdf", folder / "fixtures" / "policy.pdf")
    write(folder / "old" / "tape.yaml", yaml.safe_dump(_tape()))
    return folder


def _tape() -> dict[str, object]:
    """Return a cassette of one response, as vcrpy writes it."""
    content = [{"type": "output_text", "text": "Within 30 days.", "annotations": []}]
    output = [{"type": "message", "content": content}]
    got = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output}
    request = {"method": "POST", "uri": "https://api.openai.com/v1/responses", "headers": {}}
    request |= {"body": json.dumps({"input": "How long?"})}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": json.dumps(got)}}
    return {"version": 1, "interactions": [{"request": request, "response": response}]}


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(set(EXAMPLES) - set(UNTIL_STOPPED) - {"cleanup"}))
def test_the_example_works(command: str, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SAID_BY_THE_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    shutil.copytree(suites, folder)
    monkeypatch.chdir(folder)
    arguments = shlex.split(_example(command))[1:]
    kept = arguments[: arguments.index(">")] if ">" in arguments else arguments

    result = CliRunner().invoke(app, kept)

    assert result.exception is None, f"{result.exception!r}\n{result.output}"
    assert result.exit_code == 0, result.output
    assert SAYS.get(command, "") in result.output


@pytest.mark.slow
@pytest.mark.parametrize("command", UNTIL_STOPPED)
def test_the_example_runs_until_it_is_stopped(command: str, suites: Path) -> None:
    example = re.sub(r"--port \d+", "--port 0", _example(command))  # the port that the example names may be taken
    process = subprocess.Popen(
        shlex.split(example),
        cwd=suites,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert "http://127.0.0.1:" in line


@pytest.mark.slow
def test_the_example_of_cleanup_works_where_a_server_listens(suites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(suites)
    with start_embedded() as server:
        kept = f"run cases/products.yaml::dearest-laptop -q --harness-endpoint={server.base_url} --harness-keep"
        live = CliRunner().invoke(app, [*shlex.split(kept), "--harness-record=all"])
        example = _example("cleanup").replace("http://localhost:8000/v1", server.base_url)

        result = CliRunner().invoke(app, shlex.split(example)[1:])

    assert live.exit_code == 0, live.output
    assert result.exit_code == 0, f"{result.exception!r}\n{result.output}"
    assert "nothing is left" in result.output


def _example(command: str) -> str:
    found = _EXAMPLE.fullmatch(EXAMPLES[command])
    assert found is not None, command
    return found[1]
