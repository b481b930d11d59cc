"""Function tools over real HTTP in both protocols: what the model is handed back, and how it comes to an end."""

import asyncio
import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from calling_server import calling_server
from conftest import write
from driving_support import driven, says
from planned_support import planned

from harness.errors import ConfigError, FunctionError
from harness.model.plan import Planned
from harness.model.prompt import HostedPrompt
from harness.model.suite import TargetName
from harness.model.tools import FunctionChoice, FunctionOutput, FunctionTool
from harness.model.transcript import FunctionStep, Transcript
from harness.run.ledger import Ledger
from harness.targets import functions as functions_module
from harness.targets.functions import Functions

SCHEMA = {
    "type": "object",
    "properties": {
        "item": {"type": "string"},
        "count": {"type": "integer", "minimum": 1},
        "size": {"enum": ["S", "M"]},
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
        "due": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["item"],
    "additionalProperties": False,
}
PRICE = FunctionTool(function="get_price", parameters=SCHEMA, output="12.50")
ASKED = [("get_price", '{"item": "lamp"}')]
both_protocols = pytest.mark.parametrize("target", ["assistants", "responses"])


def with_tools(target: TargetName, *tools: FunctionTool, **assistant: Any) -> Planned:
    return planned(target=target, sources=(), assistant={"model": "scripted", "tools": tools, **assistant})


def steps(transcript: Transcript) -> list[FunctionStep]:
    final = transcript.turns[-1].final
    assert final is not None
    return [step for step in final.steps if isinstance(step, FunctionStep)]


@both_protocols
def test_a_call_is_answered(target: TargetName) -> None:
    with calling_server(says("The lamp costs 12.50.", ASKED)) as server:
        transcript = driven(server, with_tools(target, PRICE))

        assert server.outputs == ["12.50"]
    assert steps(transcript) == [FunctionStep(name="get_price", arguments='{"item": "lamp"}', output="12.50")]
    assert (transcript.failure, [turn.prompt for turn in transcript.turns]) == (None, ["How long may I keep a book?"])
    assert transcript.turns[0].attempts[0].text == "The lamp costs 12.50."


@both_protocols
@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("get_prices", "{}"), "there is no function 'get_prices'; did you mean `get_price`? there are: get_price"),
        (("get_price", '{"item": lamp}'), "the arguments are no JSON: Expecting value: line 1 column 10 (char 9)"),
    ],
)
def test_the_model_is_told_of_its_mistakes_and_may_do_better(
    target: TargetName, call: tuple[str, str], told: str
) -> None:
    with calling_server(says("The lamp costs 12.50.", [call], ASKED)) as server:
        transcript = driven(server, with_tools(target, PRICE))

        assert [json.loads(server.outputs[0]), server.outputs[1]] == [{"error": told}, "12.50"]
    assert [step.output for step in steps(transcript)] == [json.dumps({"error": told}), "12.50"]
    assert transcript.failure is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('["lamp"]', "the arguments are no JSON object"),
        ("[" * 100_000, "the arguments are no JSON: maximum recursion depth exceeded*"),
        ("", "arguments lacks 'item'"),
        ('{"item": 7}', "arguments.item is 7, it must be of type string"),
        ('{"item": "a", "count": 0}', "arguments.count is 0, it must be at least 1"),
        ('{"item": "a", "count": 1.5}', "arguments.count is 1.5, it must be of type integer"),
        ('{"item": "a", "count": true}', "arguments.count is true, it must be of type integer"),
        ('{"item": "a", "size": "\\ud800"}', 'arguments.size is "[?]", it must be one of *'),
        ('{"item": ' + 900 * "[" + 900 * "]" + "}", "arguments.item is [[]*..., it must be of type string"),
        ('{"item": "a", "size": "XS"}', 'arguments.size is "XS", it must be one of [[]"S", "M"]'),
        ('{"item": "a", "tags": ["a", 1]}', "arguments.tags[[]1[]] is 1, it must be of type string"),
        ('{"item": "a", "due": 5}', "arguments.due is 5, which fits none of its schemas"),
        ('{"item": "a", "x": 1}', "arguments holds 'x', which is not known; known are item, *"),
        ('{"item": "a", "count": -1' + 400 * "0" + "}", "arguments.count is -1000*..., it must be at least 1"),
    ],
)
def test_arguments_that_do_not_fit_are_told(arguments: str, told: str) -> None:
    output = asyncio.run(Functions(with_tools("responses", PRICE), Path()).output("get_price", arguments))

    assert output.encode()
    assert fnmatchcase(json.loads(output)["error"], told)


def test_arguments_without_bottom_are_told() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["item"] = schema
    tool = replace(PRICE, parameters=schema)
    arguments = 800 * '{"item": ' + "{}" + 800 * "}"

    output = asyncio.run(Functions(with_tools("responses", tool), Path()).output("get_price", arguments))

    assert json.loads(output) == {"error": "the arguments are nested too deeply"}


@pytest.mark.parametrize(
    "arguments",
    [
        '{"item": "a", "count": 2.0, "size": "S", "tags": [], "due": null}',
        '{"item":""}',
        '{"item": "a", "count": 1' + 400 * "0" + "}",  # no float is as large
    ],
)
def test_arguments_that_fit_are_taken(arguments: str) -> None:
    assert asyncio.run(Functions(with_tools("responses", PRICE), Path()).output("get_price", arguments)) == "12.50"


@both_protocols
def test_calls_at_once_are_answered_at_once(target: TargetName) -> None:
    calls = [*ASKED, ("get_price", '{"item": "chair"}')]
    with calling_server(says("Both cost 12.50.", calls)) as server:
        transcript = driven(server, with_tools(target, PRICE))

        bodies = server.sent("/submit_tool_outputs" if target == "assistants" else "/responses")
        assert len(bodies[-1]["tool_outputs" if target == "assistants" else "input"]) == 2
    assert [step.arguments for step in steps(transcript)] == [arguments for _, arguments in calls]


@both_protocols
def test_a_model_that_calls_for_ever_is_an_error(target: TargetName) -> None:
    with calling_server(lambda _outputs: ASKED) as server:
        with pytest.raises(FunctionError, match="still called functions after 20 rounds") as caught:
            driven(server, with_tools(target, PRICE))

        assert len(server.outputs) == 20
        assert len(server.sent("/cancel")) == (1 if target == "assistants" else 0)
    assert caught.value.hint is not None


@both_protocols
def test_a_case_has_outputs_of_its_own(target: TargetName) -> None:
    one = with_tools(target, PRICE)
    own = FunctionOutput(output={"price": 99, "on_sale": True, "said": "für 99 €"})
    one = replace(one, case=replace(one.case, functions={"get_price": own}))
    with calling_server(says("The lamp costs 99.", ASKED)) as server:
        driven(server, one)

        assert server.outputs == ['{"price": 99, "on_sale": true, "said": "für 99 €"}']


@both_protocols
def test_a_function_that_returns_nothing_is_an_error(target: TargetName) -> None:
    with (
        calling_server(says("Well.", ASKED)) as server,
        pytest.raises(FunctionError, match="the suite does not say what it returns"),
    ):
        driven(server, with_tools(target, replace(PRICE, output=None)))


@pytest.mark.parametrize(
    ("target", "exists"),
    [("assistants", {"id": "asst_mine"}), ("responses", {"prompt": HostedPrompt(id="pmpt_mine")})],
)
def test_what_exists_has_functions_that_the_suite_must_name(target: TargetName, exists: dict[str, Any]) -> None:
    with calling_server(says("Well.", ASKED)) as server:
        with pytest.raises(FunctionError, match="called 'get_price', and the suite does not say") as caught:
            driven(server, with_tools(target, **exists))
        assert "list it under" in str(caught.value.hint)

        assert driven(server, with_tools(target, PRICE, **exists)).failure is None
        bodies = server.sent("/runs" if target == "assistants" else "/responses")
        assert not any("tools" in body for body in bodies)


OWN = """\
import time

calls = []
def price(item):
    calls.append(item)
    if item == "moon":
        raise KeyError(item)
    return {"price": 12.5}

async def later(item):
    return f"{item} later"

def slow(item):
    time.sleep(0.4)

def odd(item):
    return object()

def endless(item):
    return {"price": float("inf")}

def torn(item):
    return item + " " + chr(0xD800)

def stopping(item):
    raise KeyboardInterrupt(item)

NUMBER = 7
"""


@pytest.mark.parametrize(
    ("name", "item", "output"),
    [
        ("price", "lamp", '{"price": 12.5}'),
        ("price", "moon", '{"error": "KeyError: \'moon\'"}'),
        ("later", "lamp", "lamp later"),
        ("slow", "lamp", '{"error": "the function did not return within 0.05 s"}'),
        ("odd", "lamp", '{"error": "TypeError: Object of type object is not JSON serializable"}'),
        ("endless", "lamp", '{"error": "ValueError: Out of range float values are not JSON compliant"}'),
        ("torn", "lamp", "lamp ?"),
        ("stopping", "lamp", '{"error": "KeyboardInterrupt: lamp"}'),
    ],
)
def test_code_of_the_project_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, item: str, output: str
) -> None:
    write(tmp_path / f"own_of_{name}_{item}.py", OWN)
    monkeypatch.setattr(functions_module, "LONGEST_S", 0.05 if name == "slow" else 10.0)
    tool = replace(PRICE, output=None, call=f"own_of_{name}_{item}:{name}")

    functions = Functions(with_tools("responses", tool), tmp_path)

    assert asyncio.run(functions.output("get_price", json.dumps({"item": item}))) == output


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("os:system", "the project has no such module"),
        ("os.path:join", "the project has no such module"),
        ("subprocess:run", "the project has no such module"),
        ("absent_module:f", "the project has no such module"),
        ("own_code_here:absent", "cannot be loaded: AttributeError"),
        ("own_code_here.inner:f", "cannot be loaded: ModuleNotFoundError"),
        ("own_code_numbers:NUMBER", "is no function"),
        ("own_code_broken:f", "cannot be loaded: ZeroDivisionError"),
        ("json:dumps", "another module of this name is loaded already"),
    ],
)
def test_nothing_but_the_project_is_called(tmp_path: Path, call: str, said: str) -> None:
    write(tmp_path / "own_code_here.py", OWN)
    write(tmp_path / "own_code_numbers.py", OWN)
    write(tmp_path / "own_code_broken.py", "1 / 0\n")
    write(tmp_path / "json.py", "def dumps(**_): ...\n")

    with pytest.raises(ConfigError, match=said) as caught:
        Functions(with_tools("assistants", replace(PRICE, output=None, call=call)), tmp_path)
    assert caught.value.where == f"call: {call}"


@pytest.mark.parametrize(
    ("choice", "assistants", "responses"),
    [
        ("required", "required", "required"),
        (
            FunctionChoice(function="get_price"),
            {"type": "function", "function": {"name": "get_price"}},
            {"type": "function", "name": "get_price"},
        ),
        ("file_search", {"type": "file_search"}, {"type": "file_search"}),
    ],
)
def test_a_choice_is_spelled_as_each_protocol_does(choice: Any, assistants: Any, responses: Any) -> None:
    told = {"tool_choice": choice, "parallel_tool_calls": False}
    with calling_server(says("The lamp costs 12.50.", ASKED, ASKED)) as server:
        driven(server, with_tools("assistants", PRICE, **told))

        (body,) = server.sent("/runs")
        assert (body["tool_choice"], body["parallel_tool_calls"]) == (assistants, False)
    with calling_server(says("The lamp costs 12.50.", ASKED, ASKED)) as server:
        driven(server, with_tools("responses", PRICE, **told))

        first, *later = server.sent("/responses")
        assert (first["tool_choice"], first["parallel_tool_calls"]) == (responses, False)
        assert ["tool_choice" in body for body in later] == [False, False]  # or it would go on for ever


SUITE = """\
assistant:
  model: scripted
  instructions: Say what functions say.
  tools: [{function: get_price, description: The price of an item., output: "12.50"}]
cases:
  - id: price
    prompt: What does a lamp cost?
    expected_facts: [{number: 12.5}]
    expected_calls: [{function: get_price, arguments: {item: LAMP}}]
"""


@pytest.mark.slow
@both_protocols
def test_a_suite_with_a_function(project: pytest.Pytester, target: str) -> None:
    write(project.path / "cases" / "library.yaml", SUITE)
    with calling_server(says("The lamp costs 12.50.", ASKED)) as server:
        args = ("cases", f"--harness-endpoint={server.url}", f"--harness-target={target}")
        project.runpytest(*args).assert_outcomes(passed=1)

        assert server.left == set()
    (run,) = project.path.glob("results/*")
    assert Ledger(run / "remote.jsonl").left() == []
    project.runpytest(*args, "--harness-record=none").assert_outcomes(passed=1)
    write(project.path / "cases" / "library.yaml", SUITE.replace("LAMP", "chair"))
    result = project.runpytest(*args)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['*calls: get_price(item="chair") missing, called get_price(item="lamp")*'])
    write(project.path / "cases" / "library.yaml", SUITE.replace("12.50", "13.50"))
    result = project.runpytest(*args)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*functions.get_price.output: "12.50" -> "13.50"*', f"*--harness-target={target}*"])


@pytest.mark.slow
@both_protocols
def test_a_run_without_end_leaves_nothing_behind(project: pytest.Pytester, target: str) -> None:
    write(project.path / "cases" / "library.yaml", SUITE)
    with calling_server(lambda _outputs: ASKED) as server:
        result = project.runpytest("cases", f"--harness-endpoint={server.url}", f"--harness-target={target}")

        assert server.left == set()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the model still called functions after 20 rounds of outputs*", "*hint: *"])
    assert not list(project.path.glob("cassettes/library/**/*.yaml"))
