"""Variants: matrices, `variants.yaml`, prompt templates, selection."""

# ruff: noqa: E501  # in a table of bad files each stays on one line
import json
import time
from pathlib import Path
from typing import Any

import pytest
from casefile_support import SUITE, load, write_project

from harness.casefile import find_suites, load_suite
from harness.casefile.prompt_template import check_template
from harness.casefile.schema import schema_of
from harness.casefile.yaml_reader import read_yaml
from harness.config import Flags, load_config
from harness.errors import CaseFileError, ConfigError
from harness.model.plan import Planned
from harness.model.suite import Variant
from harness.model.tools import FunctionTool
from harness.model.variants import SharedVariants
from harness.plan import check_variants, is_chosen, plan_suite

CASES = "cases:\n  - {id: one, prompt: What is it?, tags: [a, b]}\n  - id: talk\n    turns: [{prompt: First?}, {prompt: Second?, expect: answer}]\n"
MATRIX = """\
matrix:
  model: [extractive, eager]
  temperature: [0, 0.7]
  tone:
    plain: {}
    warm: {additional_run_instructions: {file: warm.md}}
  exclude:
    - {model: eager, temperature: 0.7}
    - {tone: plain, temperature: 0}
"""
SHARED = """\
variants:
  careful: {temperature: 0, model: "${OTHER:-eager}"}
  chatty: {additional_run_instructions: {file: sub/chatty.md}}
matrix:
  target: [assistants, responses]
"""


def planned(root: Path, suite: str, *variants: str, shared: str | None = None) -> list[Planned]:
    files = {SUITE: suite} | ({"cases/variants.yaml": shared} if shared is not None else {})
    write_project(root, files)
    config = load_config(root.resolve(), {}, Flags(variants=variants))
    return list(plan_suite(load_suite(root / SUITE, config.project, {}), config))


def test_a_matrix_makes_a_variant_of_each_combination_that_is_not_excluded(tmp_path: Path) -> None:
    loaded = load(tmp_path, f"variants: {{own: {{top_p: 0.5}}}}\n{MATRIX}{CASES}", warm__md="Be warm.")
    assert loaded.suite.variants == {
        "own": Variant(top_p=0.5),
        "extractive-0-warm": Variant(model="extractive", temperature=0, additional_run_instructions="Be warm."),
        "extractive-0.7-plain": Variant(model="extractive", temperature=0.7),
        "extractive-0.7-warm": Variant(model="extractive", temperature=0.7, additional_run_instructions="Be warm."),
        "eager-0-warm": Variant(model="eager", temperature=0, additional_run_instructions="Be warm."),
    }
    assert loaded.suite.matrix is None
    assert loaded.variant_places["own"] == "cases/suite.yaml:1"
    assert loaded.variant_places["eager-0-warm"] == "cases/suite.yaml:2"


def test_values_are_named_as_they_are_written_and_variables_filled_in(tmp_path: Path) -> None:
    matrix = (
        'matrix: {temperature: [0, 1.0, "${T:-0.50}"], tone: {plain: {}}, parallel_tool_calls: [true], model: [m]}\n'
    )
    variants = load(tmp_path, matrix + CASES).suite.variants
    assert list(variants) == ["0-plain-true-m", "1-plain-true-m", "0.50-plain-true-m"]
    assert variants["0.50-plain-true-m"] == Variant(temperature=0.5, parallel_tool_calls=True, model="m")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("matrix: {}", 1, "matrix: a matrix has at least one dimension"),
        ("matrix:\n  exclude: [{a: b}]", 1, "at least one dimension"),
        ("matrix: [a]", 1, "found a list, a mapping is wanted"),
        ("matrix:\n  model: []", 2, "matrix.model: a dimension has at least one value"),
        ("matrix:\n  model: one", 2, "matrix.model: found the text 'one', a mapping is wanted"),
        ("matrix:\n  tone: [warm]", 2, "matrix.tone: a list of values is for a field of a variant (model, target"),
        ("matrix:\n  modell: [x]", 2, "matrix.modell: a list of values is for a field of a variant"),
        ("matrix:\n  model: [a/b]", 2, "'a/b' can't stand in a variant's name (letters, digits, `-`, `_`, `.`); give it one: `model: {a-name: {model: ...}}`"),
        ("matrix:\n  tone:\n    a b: {}", 2, "'a b' can't stand in a variant's name"),
        ("matrix:\n  model: [a, b, a]", 2, "the value 'a' stands twice"),
        ("matrix:\n  temperature: [1, 1.0]", 2, "the value '1' stands twice"),
        ("matrix:\n  model: [yes]", 2, "the value yes is neither text nor a number: put it in quotes"),
        ("matrix:\n  tools: [[file_search]]", 2, "text or a number; name anything else"),
        ("matrix:\n  temperature: [hot]", 2, "found the text 'hot', a number is wanted"),
        ("matrix:\n  temperature: [3]", 2, "`temperature` is a number from 0 to 2, not 3"),
        ("matrix:\n  target: [assistant]", 2, "did you mean `assistants`?"),
        ("matrix:\n  tone:\n    warm:\n      instructoins: x", 4, "matrix.tone.warm.instructoins: unknown key; did you mean `instructions`?"),
        ("matrix:\n  a: {x: {model: m}}\n  b: {y: {model: n}}", 3, "matrix.b: changes `model`, and so does `a`"),
        ("matrix:\n  model: [m]\n  a: {x: {model: n}}", 3, "matrix.a: changes `model`, and so does `model`"),
        ("matrix:\n  model: [m]\n  exclude:\n    - {modle: m}", 4, "matrix.exclude[0].modle: there is no such dimension; did you mean `model`?"),
        ("matrix:\n  model: [eager]\n  exclude:\n    - {model: eagr}", 4, "there is no value 'eagr'; did you mean `eager`?"),
        ("matrix:\n  model: [m]\n  exclude:\n    - {}", 4, "matrix.exclude[0]: names no value"),
        ("matrix:\n  model: [m]\n  exclude: [{model: m}]", 3, "leaves nothing of the matrix"),
        ("matrix:\n  model: [m]\n  exclude: m", 3, "found the text 'm', a list is wanted"),
        ("matrix:\n  model: [a-b, a]\n  tone: {c: {}, b-c: {}}", 1, "two combinations are named 'a-b-c'"),
        ("matrix:\n  model: [m, M]", 1, "two combinations are named 'M'"),
        ("matrix:\n  model: [default]", 1, "is the name of the `assistant` block itself"),
        ("matrix:\n  model: [m]\n  tone: {t2: {}}", 1, "'m-t2' can't be named so"),
        ("matrix:\n  model: [m]\nvariants: {m: {}}", 1, "a combination is named 'm', and so is a variant of its own"),
        ("matrix:\n  max_num_results: [" + ", ".join(map(str, range(1, 41))) + "]\n  model: [" + ", ".join(f"m{n}" for n in range(40)) + "]", 1, "makes 1,600 variants, allowed are 1,000"),
        ("matrix:\n  tone:\n    bare: {prompt_template: hello}", 3, "matrix.tone.bare.prompt_template: never uses `prompt`"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_bad_matrix_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, words: str, *, is_shared: bool
) -> None:
    file = "cases/variants.yaml" if is_shared else SUITE
    with pytest.raises(CaseFileError) as caught:
        planned(tmp_path, CASES if is_shared else f"{text}\n{CASES}", shared=text if is_shared else None)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{file}:{line}: ")


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        ("", "cases/variants.yaml:1: the file is empty"),
        ("[a]", "cases/variants.yaml:1: found a list, a mapping with `variants` or `matrix` is wanted"),
        ("\nvariant: {}", "cases/variants.yaml:2: variant: unknown key; did you mean `variants`? allowed: variants, matrix"),
        ("variants:\n  a: {modle: x}", "cases/variants.yaml:2: variants.a.modle: unknown key; did you mean `model`?"),
        ("variants:\n  a-t2: {}", "nothing that ends like a trial"),
        ("variants:\n  a: {model: '${GONE}'}", "cases/variants.yaml:2: variants.a.model: the variable GONE is not set"),
        ("variants:\n  a: {temperature: '${GONE}'}", "cases/variants.yaml:2: variants.a.temperature: the variable GONE is not set"),
        ("variants:\n  a: {instructions: {file: gone.md}}", "cases/variants.yaml:2: variants.a.instructions: there is no file cases/gone.md"),
        ("variants:\n  a: {}\n  a: {}", "cases/variants.yaml:3: variants.a: the key stands twice"),
    ],
)  # fmt: skip
def test_a_bad_variants_file_is_refused_with_its_line(tmp_path: Path, shared: str, words: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        planned(tmp_path, CASES, shared=shared)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shared_variants_belong_to_every_suite_and_its_own_win(tmp_path: Path) -> None:
    own = "variants: {chatty: {temperature: 1}}\n"
    files = {"cases/variants.yaml": SHARED, "cases/sub/chatty.md": "Chat.", "cases/sub/deep.yaml": CASES}
    config = write_project(tmp_path, {**files, SUITE: own + CASES})
    suites = [load_suite(path, config.project, {"OTHER": "third"}) for path in find_suites(config.project)]
    assert [one.path for one in suites] == ["cases/sub/deep.yaml", SUITE]
    deep, suite = suites
    assert list(deep.suite.variants) == ["careful", "chatty", "assistants", "responses"]
    assert deep.suite.variants["careful"] == Variant(temperature=0, model="third")
    assert deep.suite.variants["chatty"] == Variant(additional_run_instructions="Chat.")
    assert suite.suite.variants["chatty"] == Variant(temperature=1)
    assert suite.variant_places["chatty"] == "cases/suite.yaml:1"
    assert suite.variant_places["careful"] == "cases/variants.yaml:2"


def test_cases_may_name_variants_and_functions_that_are_shared_or_made(tmp_path: Path) -> None:
    case = "cases: [{id: one, prompt: x, xfail: {reason: r, variant: %s}, functions: {look: {output: 1}}}]\n"
    shared = "variants: {tooled: {tools: [{function: look}]}}"
    matrix = "matrix: {model: [m], tone: {t: {}}}\n"
    assert len(planned(tmp_path, matrix + case % "tooled", "m-*", shared=shared)) == 1
    (one,) = planned(tmp_path, matrix + case % "m-t", "tooled", shared=shared)
    assert one.assistant.tools == (FunctionTool(function="look"),)
    with pytest.raises(CaseFileError, match=r"unknown variant 'm-x'; did you mean `m-t`\?"):
        planned(tmp_path, matrix + case % "m-x", shared=shared)


def test_a_matrix_that_cannot_be_read_is_the_only_problem(tmp_path: Path) -> None:
    suite = "matrix: {model: []}\ncases: [{id: one, prompt: x, xfail: {reason: r, variant: m}}]"
    with pytest.raises(CaseFileError, match=r"suite.yaml:1: matrix.model: a dimension has at least one value$"):
        planned(tmp_path, suite)


def test_a_variants_file_of_every_feature_fits_its_schema(tmp_path: Path) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema_of(SharedVariants))
    validator.validate(read_yaml(SHARED + MATRIX.partition("\n")[2], str(tmp_path)).data)
    for bad in ("matrix: {model: []}", "matrix: {tone: [warm]}", "matrix: {tone: {warm: {modle: x}}}", "variant: {}"):
        assert not validator.is_valid(read_yaml(bad, str(tmp_path)).data), bad


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["!careful"], ["default", "careless", "eager-0"]),
        (["*", "!care*"], ["default", "eager-0"]),
        (["!careless", "care*"], ["careful"]),
        (["!careful", "!default"], ["careless", "eager-0"]),
        (["default", "!default"], []),
        (["[!d]*"], ["careful", "careless", "eager-0"]),
    ],
)
def test_patterns_may_say_what_is_not_to_be_run(patterns: list[str], names: list[str]) -> None:
    known = ("default", "careful", "careless", "eager-0")
    assert [name for name in known if is_chosen(name, patterns)] == names


def test_a_pattern_of_what_is_not_to_be_run_must_fit_something_too(tmp_path: Path) -> None:
    loaded = load(tmp_path, "variants: {careful: {}}\n" + CASES)
    check_variants([loaded], ["!careful"])
    with pytest.raises(ConfigError, match=r"'carefull'; did you mean `careful`\?"):
        check_variants([loaded], ["!carefull"])


TEMPLATE = """\
variants:
  asked:
    prompt_template: |
      {%% if turn == 1 %%}
      Be brief. Tags: {{ case.tags | join(", ") }}.
      {%% endif %%}
      %s
tags: [all]
"""


def test_each_prompt_is_put_through_the_template_and_the_case_stays_as_it_is(tmp_path: Path) -> None:
    suite = TEMPLATE % "{{ case.id | upper }} {{ turn }}/{{ turns }}: {{ prompt }}" + CASES
    one, talk = planned(tmp_path, suite, "asked")
    assert one.asked == ("Be brief. Tags: all, a, b.\nONE 1/1: What is it?",)
    assert talk.asked == ("Be brief. Tags: all.\nTALK 1/2: First?", "TALK 2/2: Second?")
    assert [turn.text for turn in talk.conversation] == list(talk.asked)
    assert [turn.expectation for turn in talk.conversation] == [None, "answer"]
    assert [turn.text for turn in talk.case.conversation] == ["First?", "Second?"]
    assert one.prompt_template is not None
    assert "{{ prompt }}" in one.prompt_template
    (default, _) = planned(tmp_path, suite, "default")
    assert (default.prompt_template, default.prompts, default.asked) == (None, (), ("What is it?",))


def test_a_prompt_is_no_template_itself(tmp_path: Path) -> None:
    suite = "variants: {asked: {prompt_template: '<{{ prompt }}>'}}\ncases: [{id: one, prompt: 'What is {{ 7 * 7 }} {% if %}?'}]"
    (one,) = planned(tmp_path, suite, "asked")
    assert one.asked == ("<What is {{ 7 * 7 }} {% if %}?>",)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ prompt", "is no template: unexpected end of template"),
        ("a\n{% if %}{{ prompt }}", "(line 2 of it)"),
        ("{prompt}", "never uses `prompt`, so all cases would ask the same: write {{ prompt }}"),
        ("{{ promt }}", "there is no `promt`; did you mean `prompt`? names: prompt, case, turn, turns"),
        ("{{ prompt }}{{ case.tag }}", "`.tag` is not known; did you mean `tags`? allowed: case.id, case.tags"),
        ("{{ prompt.__class__ }}", "`.__class__` is not known"),
        ("{{ prompt.upper() }}", "a call is not allowed"),
        ("{{ prompt | replace('a', prompt) }}", "the filter `replace` is not allowed; allowed: capitalize"),
        ("{{ prompt | uper }}", "did you mean `upper`?"),
        ("{% for a in prompt %}{{ prompt }}{% endfor %}", "`for` is not allowed in a prompt template"),
        ("{% set a = prompt ~ prompt %}{{ prompt }}", "`set` is not allowed"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ prompt }}", "macro is not allowed"),
        ("{% include 'x' %}{{ prompt }}", "include is not allowed"),
        ("{{ prompt }}{{ 'x' * 1000000000 }}", "`*` is not allowed"),
        ("{{ prompt }}{{ '%1000000000d' % 1 }}", "`%` is not allowed"),
        ("{{ prompt }}{{ 10 ** 1000000 }}", "pow is not allowed"),
        ("{{ prompt[0] }}", "getitem is not allowed"),
        ("{{ range(9) }}{{ prompt }}", "a call is not allowed"),
        ("{{ " + "(" * 5_000 + "prompt" + ")" * 5_000 + " }}", "is no template: "),
        ("{{ prompt" + " ~ 'a'" * 1_001 + " }}", "has more than 1,000 parts"),
        ("{{ " + "not " * 900 + "prompt }}", "is no template: "),
        ("{{ prompt }}" * 101, "uses names more than 100 times"),
        ("{{ prompt }}" + "x" * 100_000, "has more than 100,000 characters"),
    ],
)
def test_a_template_that_could_do_harm_or_makes_no_sense_is_refused_where_it_stands(
    tmp_path: Path, template: str, words: str
) -> None:
    shared = json.dumps({"variants": {"asked": {"prompt_template": template}}})
    with pytest.raises(CaseFileError) as caught:
        planned(tmp_path, CASES, shared=shared)
    assert words in str(caught.value)
    assert str(caught.value).startswith("cases/variants.yaml:1: variants.asked.prompt_template: ")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% if turn == 1 %}{{ prompt }}{% endif %}", "case 'talk': turn 2: the prompt comes out empty"),
        ("{{ prompt | join(', ') }}", "`join` is for a list, such as `case.tags`"),
        ("{{ prompt + 1 }}", "can't be filled in: "),
        ("{{ case.tags | first }}{{ prompt }}", "case 'talk': turn 1: can't be filled in"),
        ("{{ prompt }}" + "x" * 99_980, "the prompt comes out longer than 100,000 characters"),
    ],
)
def test_a_template_that_fails_on_a_case_names_the_variant_its_line_and_the_case(
    tmp_path: Path, template: str, words: str
) -> None:
    suite = "variants:\n  asked:\n    prompt_template: " + json.dumps(template) + f"\n{CASES}".replace("What", "W" * 50)
    with pytest.raises(CaseFileError) as caught:
        planned(tmp_path, suite, "asked")
    assert str(caught.value).startswith("cases/suite.yaml:2: `prompt_template` of the variant 'asked', case '")
    assert words in str(caught.value)
    assert planned(tmp_path, suite, "default"), "what is not run breaks nothing"


def test_the_largest_template_takes_no_time(tmp_path: Path) -> None:
    template = "{{ " + " ~ ".join(["prompt | upper | lower | title"] * 100) + " }}"
    assert check_template(template) is None
    suite = f"variants: {{asked: {{prompt_template: '{template}'}}}}\ncases: [{{id: one, prompt: {'a' * 90_000}}}]"
    before = time.process_time()
    with pytest.raises(CaseFileError, match="longer than 100,000"):
        planned(tmp_path, suite, "asked")
    assert time.process_time() - before < 3
