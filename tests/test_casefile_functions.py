from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from casefile_support import SUITE, write_project

from harness.casefile import load_suite
from harness.errors import CaseFileError
from harness.model.row import Row
from harness.model.suite import LoadedSuite
from harness.model.tools import ExpectedCall, FunctionChoice, FunctionOutput, FunctionTool
from harness.model.transcript import Failure
from harness.plan import plan_suite
from harness.results import row_data, row_from_data
from harness.scoring import score_case
from harness.targets.failures import errored

TEXT = """\
assistant:
  tools:
    - retrieval
    - function: get_price
      description: A price.
      parameters:
        type: object
        properties: {item: {type: string, enum: [on, lamp]}, since: {const: 2026-01-01}}
        additionalProperties: false
      output: {price: 12.50, is_new: yes, seen: 2026-01-02, colours: [red, null]}
    - {function: stock, call: "shop.stock:count", strict: true}
  tool_choice: {function: stock}
  parallel_tool_calls: off
  prompt: {id: pmpt_1, version: "3", variables: {is_kind: true}}
variants:
  free: {tool_choice: auto, parallel_tool_calls: true, tools: [{function: other, output: 1}]}
cases:
  - id: price
    prompt: What does it cost?
    functions: {get_price: {output: 7}}
    expected_calls: [{function: get_price, arguments: {item: lamp, is_new: true}}, {function: other}]
  - id: talk
    turns:
      - {prompt: And?, expected_calls: []}
"""


def loaded(root: Path, text: str) -> LoadedSuite:
    config = write_project(root, {SUITE: text})
    return load_suite(config.project.root / SUITE, config.project, {})


def test_functions_choices_and_demands_are_read(tmp_path: Path) -> None:
    suite = loaded(tmp_path, TEXT).suite

    search, price, stock = suite.assistant.tools
    assert search == "file_search"
    assert isinstance(price, FunctionTool)
    assert price.parameters == {
        "type": "object",
        "properties": {"item": {"type": "string", "enum": [True, "lamp"]}, "since": {"const": "2026-01-01"}},
        "additionalProperties": False,
    }
    assert price.output == {"price": 12.5, "is_new": True, "seen": "2026-01-02", "colours": ["red", None]}
    assert stock == FunctionTool(function="stock", call="shop.stock:count", strict=True)
    assert suite.assistant.tool_names == ("file_search", "get_price", "stock")
    assert (suite.assistant.tool_choice, suite.assistant.parallel_tool_calls) == (
        FunctionChoice(function="stock"),
        False,
    )
    assert suite.assistant.prompt is not None
    assert suite.assistant.prompt.variables == {"is_kind": True}
    assert suite.variants["free"].tool_choice == "auto"
    one, talk = suite.cases
    assert one.functions == {"get_price": FunctionOutput(output=7)}
    assert one.conversation[0].expected_calls == (
        ExpectedCall(function="get_price", arguments={"item": "lamp", "is_new": True}),
        ExpectedCall(function="other"),
    )
    (turn,) = talk.conversation
    assert (turn.expected_calls, turn.expectation) == ((), "answer")


def test_rows_keep_functions(tmp_path: Path) -> None:
    config = write_project(tmp_path, {SUITE: TEXT})
    suite = load_suite(config.project.root / SUITE, config.project, {})
    for planned in plan_suite(suite, config):
        assert planned.target == "responses"  # the only protocol that knows prompts
        transcript = errored(planned, Failure(kind="x", message="y"))
        row = Row(planned=planned, transcript=transcript, score=score_case(planned, transcript, {}))

        assert row_from_data(row_data(row)) == row


TOOL = "assistant: {tools: [{function: get_price, output: 1%s}]%s}\n"
CASE = "cases:\n  - {id: a, prompt: b%s}\n"


def suite_of(tool: str = "", assistant: str = "", case: str = "") -> str:
    return TOOL % (tool, assistant) + CASE % case


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (suite_of(", call: 'a:b'"), "a function has `output` or `call`, not both"),
        (suite_of(", description: [a]"), "description: found a list, text is wanted"),
        (suite_of(", parameter: {}"), "unknown key; did you mean `parameters`?"),
        (suite_of(", parameters: {type: string}"), "`parameters` is a JSON schema of type `object`"),
        (suite_of(", parameters: {type: object, properties: [a]}"), "`properties` of `parameters`"),
        (suite_of(", parameters: {type: object, required: a}"), "`required` of `parameters`"),
        (suite_of(", parameters: {type: object, required: [1]}"), "`required` of `parameters`"),
        (suite_of(", strict: maybe"), "true or false is wanted"),
        ("assistant: {tools: [{function: get price, output: 1}]}\n" + CASE % "", "up to 64 letters"),
        ("assistant: {tools: [{function: f, call: os.system}]}\n" + CASE % "", "wanted is `package.module:name`"),
        ("assistant: {tools: [file_serach]}\n" + CASE % "", "did you mean `file_search`?"),
        ("assistant: {tools: [{output: 1}]}\n" + CASE % "", "tools[0].function: is missing"),
        (
            "assistant: {tools: [{function: f, output: 1}, {function: f, output: 2}]}\n" + CASE % "",
            "`tools` names a function twice: f, f",
        ),
        (
            suite_of(assistant=", tool_choice: {function: get_prize}"),
            "did you mean `get_price`? its functions",
        ),
        (suite_of(assistant=", tool_choice: maybe"), "allowed: auto, none, required, file_search"),
        (suite_of(assistant=", parallel_tool_calls: 3"), "found the number 3, true or false is wanted"),
        (suite_of(assistant=", id: asst_1, prompt: {id: pmpt_1}"), "by `id` or by `prompt`, not by both"),
        (
            suite_of(assistant=", prompt: {id: pmpt_1, versoin: '1'}"),
            "did you mean `version`? allowed: id, version",
        ),
        (suite_of(case=", functions: {get_prices: {output: 1}}"), "'get_prices' is no function of this assistant; did"),
        (suite_of(case=", functions: {get_price: {}}"), "given by either `output` or `call`"),
        (suite_of(case=", expected_calls: [{function: absent}]"), "its functions: get_price"),
        (suite_of(case=", expected_calls: [{function: get_price, argument: {}}]"), "did you mean `arguments`?"),
        (suite_of(case=", expect: refuse, expected_calls: []"), "can't demand facts, citations or calls"),
        (CASE % ", expected_calls: [{function: absent}]", "it has no function tools"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        loaded(tmp_path, text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("variant", "target", "changed"),
    [
        ("{target: responses, instructions: Be kind.}", "responses", {"id": None, "instructions": "Be kind."}),
        ("{prompt: {id: pmpt_1}}", "responses", {"id": None}),
        ("{temperature: 0}", "assistants", {"id": "asst_1"}),
        ("{target: responses}", "responses", {"id": "asst_1"}),  # refused when it is run: nothing says what it was told
    ],
)
def test_a_variant_may_move_what_exists_to_the_other_protocol(
    tmp_path: Path, variant: str, target: str, changed: dict[str, Any]
) -> None:
    text = f"assistant: {{id: asst_1}}\nvariants: {{moved: {variant}}}\n" + CASE % ""
    config = write_project(tmp_path, {SUITE: text, "pyproject.toml": "[tool.harness]\n"})
    suite = load_suite(config.project.root / SUITE, config.project, {})

    (planned,) = plan_suite(suite, replace(config, variants=("moved",)))

    assert planned.target == target
    assert {name: getattr(planned.assistant, name) for name in changed} == changed
