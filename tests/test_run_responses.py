"""Cases through the Responses protocol: what is sent, what is recorded, what is deleted."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from calling_server import calling_server
from conftest import SUITE, harness, write
from driving_support import driven, says
from planned_support import planned

from harness.cassettes.fingerprint import fingerprint
from harness.errors import ConfigError, DriveError
from harness.model.plan import Handles, Planned
from harness.model.prompt import HostedPrompt
from harness.model.suite import Assistant, Case, CaseTurn
from harness.model.tools import FunctionTool
from harness.run.ledger import Ledger
from harness.targets.known import check_assistant
from harness.targets.responses.request import instructions_of, settings_of

ROOT = Path(__file__).parents[1]
TALK = Case(id="talk", turns=(CaseTurn(prompt="One?", expect="answer"), CaseTurn(prompt="Two?", expect="answer")))
PRICE = FunctionTool(function="get_price", description="A price.", output="12.50")


def through_responses(**changes: Any) -> Planned:
    return planned(target="responses", **changes)


@pytest.mark.parametrize(
    ("assistant", "told"),
    [
        ({"instructions": "A"}, "A"),
        ({"instructions": "A", "additional_run_instructions": "B"}, "A\nB"),
        ({"instructions": "A", "run_instructions": "R"}, "R"),
        ({"instructions": "A", "run_instructions": "R", "additional_run_instructions": "B"}, "R\nB"),
        ({"additional_run_instructions": "B"}, "B"),
        ({}, ""),
    ],
)
def test_the_model_is_told_what_the_older_protocol_tells_it(assistant: dict[str, Any], told: str) -> None:
    assert instructions_of(Assistant(**assistant)) == told


@pytest.mark.parametrize(
    ("assistant", "store", "sent"),
    [
        (
            {"instructions": "", "temperature": 0.0, "top_p": 0.5, "max_num_results": 3},
            "vs_1",
            {
                "model": "extractive",
                "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3}],
                "include": ["file_search_call.results"],
                "temperature": 0.0,
                "top_p": 0.5,
            },
        ),
        ({"instructions": ""}, None, {"model": "extractive"}),
        (
            {"instructions": "", "tools": (PRICE,), "parallel_tool_calls": False},
            None,
            {
                "model": "extractive",
                "tools": [
                    {
                        "type": "function",
                        "name": "get_price",
                        "description": "A price.",
                        "parameters": {"type": "object", "properties": {}},
                        "strict": False,
                    }
                ],
                "parallel_tool_calls": False,
            },
        ),
        (
            {
                "instructions": "",
                "model": None,
                "tools": ("file_search", PRICE),
                "prompt": HostedPrompt(id="pmpt_1", version="3", variables={"city": "Boston"}),
            },
            None,
            {
                "prompt": {"id": "pmpt_1", "version": "3", "variables": {"city": "Boston"}},
                "include": ["file_search_call.results", "code_interpreter_call.outputs"],
            },
        ),
    ],
    ids=["search", "nothing to search in", "functions", "a prompt that exists"],
)
def test_a_request_says_what_an_assistant_holds(
    assistant: dict[str, Any], store: str | None, sent: dict[str, Any]
) -> None:
    assert settings_of(through_responses(assistant=assistant), Handles(store_id=store)) == sent


def test_each_turn_goes_on_from_the_response_before_it() -> None:
    with calling_server(says("Yes.")) as server:
        transcript = driven(server, through_responses(case=TALK))

        first, second = server.sent("/responses")
        (first_id, _) = sorted(server.made)
    assert [turn.prompt for turn in transcript.turns] == ["One?", "Two?"]
    assert "previous_response_id" not in first
    assert second["previous_response_id"] == first_id
    assert first["instructions"] == second["instructions"]


def test_turns_may_be_held_together_by_a_conversation() -> None:
    with calling_server(says("Yes.")) as server:
        transcript = driven(server, through_responses(case=TALK, assistant={"linked_by": "conversation"}))

        bodies = server.sent("/responses")
    assert [turn.prompt for turn in transcript.turns] == ["One?", "Two?"]
    (link,) = {json.dumps(body["conversation"]) for body in bodies}
    assert "conv_" in link
    assert not any("previous_response_id" in body for body in bodies)


def test_a_response_that_is_still_made_is_waited_for() -> None:
    with calling_server(says("Yes.")) as server:
        server.statuses = ["queued", "in_progress"]
        transcript = driven(server, through_responses())

    assert (transcript.failure, len(transcript.turns)) == (None, 1)


@pytest.mark.parametrize("status", ["incomplete", "failed", "cancelled"])
def test_later_turns_of_a_broken_conversation_are_not_asked(status: str) -> None:
    with calling_server(says("Yes.")) as server:
        server.statuses = [status] * 9
        transcript = driven(server, through_responses(case=TALK))

        assert {body["input"] for body in server.sent("/responses")} == {"One?"}
    assert transcript.failure is not None
    assert transcript.failure.kind == f"run_{status}"


def test_a_status_that_nobody_knows_is_an_error() -> None:
    with calling_server(says("Yes.")) as server:
        server.statuses = ["dreaming"]
        with pytest.raises(DriveError, match="the response status 'dreaming'"):
            driven(server, through_responses())


@pytest.mark.parametrize(
    ("target", "assistant", "said"),
    [
        ("responses", {"id": "asst_1"}, "`assistant.id` is asst_1, and the Responses API has no assistants"),
        (
            "assistants",
            {"prompt": HostedPrompt(id="pmpt_1")},
            "`prompt` is pmpt_1, and the Assistants API has no prompts",
        ),
    ],
)
def test_what_exists_elsewhere_is_refused(target: str, assistant: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        check_assistant(planned(target=target, assistant=assistant))
    assert "harness" in str(caught.value.hint)


def test_the_protocol_is_part_of_the_fingerprint() -> None:
    older, newer = fingerprint(planned()), fingerprint(through_responses())

    assert {name for name in older if older[name] != newer[name]} == {"protocol"}
    hosted = fingerprint(through_responses(assistant={"prompt": HostedPrompt(id="pmpt_1", version="3")}))
    assert hosted["assistant"]["prompt"] == {"id": "pmpt_1", "version": "3", "variables": {}}


HOSTED = """\
assistant: {prompt: {id: pmpt_mine, version: "3"}, linked_by: conversation}
cases:
  - {id: lamp, prompt: What does a lamp cost?, expect: answer, min_groundedness: 0}
"""


@pytest.mark.slow
def test_what_exists_is_used_and_what_is_made_is_deleted(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", HOSTED)
    with calling_server(says("A lamp.")) as server:
        endpoint = f"--harness-endpoint={server.url}"
        project.runpytest("cases", endpoint, "--harness-keep").assert_outcomes(passed=1)
        (run,) = project.path.glob("results/*")
        kinds = [remote.kind for remote in Ledger(run / "remote.jsonl").left()]
        assert kinds == ["response", "conversation"]
        assert server.left == server.made

        result = harness(project, "cleanup", "latest", "--kept", "--harness-endpoint", server.url)

        assert result.ret == 0
        assert server.left == set()
        assert "pmpt_mine" not in server.deleted
    (recording,) = project.path.glob("cassettes/library/**/*.yaml")
    assert recording.name == "default.responses.pmpt_mine.1.yaml"
    assert "pmpt_mine" in recording.read_text().partition("interactions:")[2]
    project.runpytest("cases", "--harness-record=none").assert_outcomes(passed=1)


@pytest.mark.slow
def test_both_protocols_side_by_side(project: pytest.Pytester) -> None:
    suite = SUITE.replace("chatty: {", "moved: {target: responses, ").replace("Address the user as Ada", "Be kind")
    write(project.path / "cases" / "library.yaml", suite)

    project.runpytest("cases", "--harness-variant=*").assert_outcomes(passed=4)

    names = sorted(path.name for path in project.path.glob("cassettes/library/*/*.yaml"))
    assert names == ["default.assistants.extractive.1.yaml"] * 2 + ["moved.responses.extractive.1.yaml"] * 2
    assert len(list(project.path.glob("cassettes/_setup/asst_*"))) == 1  # the other protocol has none
    (run,) = project.path.glob("results/*")
    assert Ledger(run / "remote.jsonl").left() == []
    assert harness(project, "cassettes", "status", "--harness-variant=*").ret == 0
    result = harness(project, "cassettes", "verify")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["ok * cases/library.yaml::loan[[]moved[]]  extractive  responses"])
    # Without the older protocol nothing needs its assistant any more.
    write(project.path / "pyproject.toml", "[tool.harness]\ntarget = 'responses'\n")
    for path in project.path.glob("cassettes/library/*/default.*"):
        path.unlink()
    result = harness(project, "cassettes", "status")
    result.stdout.fnmatch_lines(["missing (2)", "orphaned (1): *", "*asst_*"])
    assert harness(project, "cassettes", "record", "loan", "librarian").ret == 0
    assert harness(project, "cassettes", "prune", "--yes").ret == 0
    result = harness(project, "cassettes", "status", "--harness-variant=*")
    result.stdout.fnmatch_lines(["cassettes: 4 fresh, 0 stale, 0 missing, 0 unreadable, 0 orphaned"])


@pytest.mark.slow
def test_our_own_suites_come_to_the_same_in_both_protocols(project: pytest.Pytester) -> None:
    for folder in ("cases", "fixtures"):
        shutil.rmtree(project.path / folder)
        shutil.copytree(ROOT / folder, project.path / folder)
    outcomes = []
    for target in ("assistants", "responses"):
        project.runpytest("cases", f"--harness-target={target}")
        *_, run = sorted(project.path.glob("results/*"), key=lambda path: path.stat().st_mtime)
        rows = [json.loads(line) for line in (run / "results.jsonl").read_text().splitlines()]
        assert {row["transcript"]["target"] for row in rows} == {target}
        outcomes.append({row["planned"]["case"]["id"]: row["score"]["outcome"] for row in rows})

    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) >= 80
