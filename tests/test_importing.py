"""Suites made of promptfoo configurations, OpenAI Evals and tables."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from conftest import harness, write

from harness.config import Project, find_project
from harness.errors import HarnessError
from harness.importing import Imported, Wanted, import_suite
from harness.importing.reading import parse_yaml
from harness.model.facts import AnyOf, JsonPath, MaxWords, Not, Number, Regex, Text
from harness.model.suite import Case

CONFIGURATIONS = Path(__file__).parent / "importing"

ARRIVALS = [
    # folder, cases, facts, variants, documents, what is left (types or settings, by name)
    ("01-first-steps", 2, 3, 0, 0, []),
    ("02-several-prompts", 2, 2, 4, 0, []),
    ("03-context-in-vars", 3, 2, 0, 2, ["answer-relevance (all tests)", "context-recall (Kettles may be returned"]),
    ("04-csv-tests", 5, 4, 0, 0, ["metric", "similar (You can call", "llm-rubric (is friendly)"]),
    ("05-scenarios", 6, 6, 0, 0, []),
    ("06-templates-and-references", 2, 4, 0, 0, ["{{unset_by_all}}", "{{premium}}"]),
    ("07-sets-and-thresholds", 4, 5, 0, 0, ["threshold 0.6", "cost", "latency", "contains"]),
    (
        "08-json-answers",
        2,
        4,
        0,
        0,
        [
            "provider openai:gpt-5-mini: response_format",
            "is-json with",
            "javascript (JSON",
            "equals ({",
            "python (file",
        ],
    ),
    (
        "09-documents-as-files",
        6,
        1,
        0,
        1,
        ["tests generate.js", "tests huggingface:", "vars.picture", "vars.document"],
    ),
    (
        "10-assistants-and-tools",
        1,
        1,
        1,
        0,
        [
            "provider openai:chat:gpt-5-mini: tool code_interpreter",
            "provider python:",
            "provider http:",
            "provider openai:assistant:",
            "is-valid-openai-tools-call",
        ],
    ),
    ("11-conversation", 2, 2, 0, 0, ["answers of the assistant"]),
    (
        "12-model-graded",
        2,
        0,
        0,
        0,
        [
            *("prompt file://make_prompt.py", "prompt langfuse:", "evaluateOptions.repeat", "evaluateOptions.max"),
            *("outputPath", "derivedMetrics", "factuality (Yes, companies can.)", "llm-rubric (Is polite)", "g-eval"),
            *("similar", "moderation", "some-new-type", "contains", "regex", "options.transform", "model-graded-close"),
        ],
    ),
]


@pytest.fixture
def home(tmp_path: Path) -> Project:
    write(tmp_path / "pyproject.toml", "[tool.harness]\n")
    return find_project(tmp_path)


def imported(home: Project, file: Path, **options: object) -> Imported:
    return import_suite(Wanted(file=file, to=home.cases / "new.yaml", **options), home, {})  # type: ignore[arg-type]


def of_text(home: Project, text: str, name: str = "promptfooconfig.yaml") -> Imported:
    write(home.root / "old" / name, text)
    return imported(home, home.root / "old" / name)


def one_case(home: Project, assertions: str) -> tuple[Case, Imported]:
    done = of_text(home, f"prompts: ['{{{{q}}}}']\ntests:\n  - vars: {{q: Why?}}\n    assert: {assertions}\n")
    return done.suite.suite.cases[0], done


@pytest.mark.parametrize(
    ("folder", "cases", "facts", "variants", "documents", "left"), ARRIVALS, ids=[one[0] for one in ARRIVALS]
)
def test_a_promptfoo_configuration_arrives_and_what_cannot_is_listed(  # noqa: PLR0917 - the columns of a table
    home: Project, folder: str, cases: int, facts: int, variants: int, documents: int, left: list[str]
) -> None:
    (file,) = (CONFIGURATIONS / folder).glob("promptfooconfig.*")

    done = imported(home, file)

    suite = done.suite.suite
    assert len(suite.cases) == cases
    assert sum(len(turn.expected_facts) for case in suite.cases for turn in case.conversation) == facts
    assert (len(suite.variants), len(done.documents)) == (variants, documents)
    assert all((home.fixtures / name).is_file() for name in done.documents)
    told = [one.what for one in done.left]
    unlisted = [name for name in left if not any(what.startswith(name) for what in told)]
    unexpected = [what for what in told if not any(what.startswith(name) for name in left)]
    assert (unlisted, unexpected) == ([], [])
    assert done.path.read_text().count("# not carried over") >= len(left)


def test_every_configuration_is_tried() -> None:
    assert sorted(path.name for path in CONFIGURATIONS.iterdir()) == [one[0] for one in ARRIVALS]
    assert len(ARRIVALS) >= 10


@pytest.mark.parametrize(
    ("assertion", "fact"),
    [
        ("{type: contains, value: Paris}", Text(text="Paris")),
        ("{type: contains, value: 0}", Text(text="0")),
        ("{type: icontains, value: a, weight: 2}", Text(text="a", weight=2)),
        ("{type: not-contains, value: Rome}", Not(not_=Text(text="Rome"))),
        ("{type: contains-any, value: 'a, \"b, c\"'}", AnyOf(any_of=(Text(text="a"), Text(text="b, c")))),
        ("{type: regex, value: '(?<year>20\\d\\d)'}", Regex(regex=r"(?P<year>20\d\d)")),
        ("{type: is-json}", JsonPath(json_path="$")),
        ("{type: contains-json, value: {required: [a b]}}", JsonPath(json_path="$['a b']")),
        ("{type: word-count, value: {max: 9}}", MaxWords(max_words=9)),
        ("{type: contains, value: 'because of {{q}}'}", Text(text="because of Why?")),
    ],
)
def test_an_assertion_with_an_equal_becomes_a_fact(home: Project, assertion: str, fact: object) -> None:
    case, done = one_case(home, f"[{assertion}]")

    assert case.expected_facts == (fact,)
    assert done.left == ()


def test_refusals_and_faithfulness_become_what_a_case_expects(home: Project) -> None:
    refusing, _ = one_case(home, "[{type: is-refusal}]")
    assert refusing.expect == "refuse"
    (home.cases / "new.yaml").unlink()

    answering, done = one_case(home, "[{type: not-is-refusal}, {type: context-faithfulness, threshold: 0.9}]")

    assert (answering.expect, answering.min_groundedness, done.left) == (None, 0.9, ())


def test_texts_survive_as_they_were_meant(home: Project) -> None:
    texts = ["yes", "2026-08-26", "12:30", "010", "${HOME}", "$${x}", "{ x }", "- a: b", "über 日本", "a\n  b\n\n# c"]
    tests = [{"vars": {"q": text}, "assert": [{"type": "contains", "value": text}]} for text in texts]

    done = of_text(home, json.dumps({"prompts": ["{{q}}"], "tests": tests}), "promptfooconfig.json")

    cases = done.suite.suite.cases
    assert [case.prompt for case in cases] == texts
    assert [case.expected_facts for case in cases] == [(Text(text=text),) for text in texts]


def test_yaml_is_read_as_javascript_reads_it(home: Project) -> None:
    text = "prompts: ['{{q}}']\nx: &d {assert: [{type: contains, value: yes}]}\ntests: [{<<: *d, vars: {q: 010}}]\n"

    (case,) = of_text(home, text).suite.suite.cases

    assert (case.prompt, case.expected_facts) == ("010", (Text(text="yes"),))


def test_prompts_that_are_one_question_in_several_wordings_are_variants(home: Project) -> None:
    done = imported(home, CONFIGURATIONS / "02-several-prompts" / "promptfooconfig.yaml")

    suite = done.suite.suite
    assert suite.cases[0].prompt == "How many books may I borrow?"
    assert set(suite.variants) == {f"{a}-{b}" for a in ("in-one-sentence", "chat") for b in ("gpt-5-mini", "gpt-5")}
    chat = suite.variants["chat-gpt-5"]
    assert (chat.prompt_template, chat.target) == ("A visitor asks: {{ prompt }}", "responses")
    assert chat.instructions == "You are a librarian who never guesses."


def test_what_stands_around_documents_and_question_is_told_to_the_assistant(home: Project) -> None:
    done = imported(home, CONFIGURATIONS / "03-context-in-vars" / "promptfooconfig.yaml")

    suite = done.suite.suite
    assert suite.assistant.instructions == "Answer the customer from this policy only:\n(see the documents)"
    assert suite.cases[0].prompt == "How many days do I have to return a kettle?"


@pytest.mark.parametrize(
    ("prompt", "instructions", "asked"),
    [
        ("Context: {{context}}\nQuestion: {{q}}\nAnswer:", "", "Why?"),
        ("{{context}}\n\nQ: {{q}}\nBe brief.", "(see the documents)\n\nBe brief.", "Why?"),
        ("{{context}}\nPlease tell me: is it so, {{q}}", "", "(see the documents)\nPlease tell me: is it so, Why?"),
        (
            [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{context}}\n{{q}}"}],
            "Be kind.",
            "Why?",
        ),
    ],
)
def test_nothing_that_stands_around_a_question_is_lost(
    home: Project, prompt: object, instructions: str, asked: str
) -> None:
    text = prompt if isinstance(prompt, str) else json.dumps(prompt)
    tests = [{"vars": {"context": "Because.", "q": "Why?"}}]

    suite = of_text(home, json.dumps({"prompts": [text], "tests": tests}), "x.json").suite.suite

    assert (suite.assistant.instructions, suite.cases[0].prompt) == (instructions, asked)


def test_samples_of_a_registry_are_compared_as_their_class_says(home: Project) -> None:
    folder = home.root / "registry"
    sample = {"input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Closed when?"}]}
    write(folder / "data" / "lib" / "samples.jsonl", json.dumps({**sample, "ideal": ["Monday", "Mondays"]}) + "\n")
    entries = {
        f"lib-{name}.v0": {"class": f"evals.x:{name}", "args": {"samples_jsonl": "lib/samples.jsonl"}}
        for name in ("Match", "Includes", "ModelBasedClassify")
    }
    write(folder / "evals" / "lib.yaml", yaml.safe_dump({"lib": {"id": "lib-Match.v0"}, **entries}))

    done = imported(home, folder / "evals" / "lib.yaml")

    suite = done.suite.suite
    includes, match, graded = sorted(suite.cases, key=lambda case: -len(str(case.expected_facts)))[1::-1] + [
        case for case in suite.cases if not case.expected_facts
    ]
    assert suite.assistant.instructions == "Be brief."
    assert match.expected_facts[0] == AnyOf(
        any_of=tuple(Regex(regex=rf"\A\s*(?-i:{x})") for x in ("Monday", "Mondays"))
    )
    assert includes.expected_facts[0] == AnyOf(any_of=(Text(text="Monday"), Text(text="Mondays")))
    assert graded.expected_facts == ()
    assert any("Monday" in one.why for one in done.left)


def test_items_of_the_hosted_service_arrive(home: Project) -> None:
    write(home.root / "old" / "rules.md", "Loans last 28 days.\n")
    items = [
        {"item": {"question": "How long?", "ground_truth": "28", "document": "rules.md", "level": 2}},
        {"item": {"input": "Who decides?", "expected": "The head librarian decides, after asking everybody."}},
    ]

    done = of_text(home, "".join(json.dumps(one) + "\n" for one in items), "items.jsonl")

    first, second = done.suite.suite.cases
    assert first.expected_facts == (Number(number=28),)
    assert (done.documents, second.expected_facts) == (("rules.md",), ())
    assert [one.what for one in done.left] == ["column 'level'", "reference answer"]


def test_a_table_is_read_by_the_names_of_its_columns(home: Project) -> None:
    table = (
        "\ufeffId;Question;Expected Answer;Tags;Behaviour\nlong;How long?;28;a, b;\n;Who?;;;refuse\n;Hi?;hello|hi;;\n"
    )

    done = of_text(home, table, "table.csv")

    first, second, third = done.suite.suite.cases
    assert (first.id, first.prompt, first.tags) == ("long", "How long?", ("a", "b"))
    assert (second.id, second.expect) == ("who", "refuse")
    assert third.expected_facts == (AnyOf(any_of=(Text(text="hello"), Text(text="hi"))),)
    assert done.left == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "prompts: [", "is no YAML"),
        ("a.yaml", "x: 1\n", "nothing that can be imported"),
        ("a.yaml", "tests: !!python/object:os.system {}\n", "is no YAML"),
        ("a.yaml", "prompts: [x]\ntests: " + "[" * 60 + "]" * 60, "nested more than"),
        ("a.yaml", "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
            f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ) + "tests: *h\n", "holds more than"),
        ("a.jsonl", '{"input": "x", "ideal": "y"}\n{"cut', "a.jsonl:2: is no JSON"),
        ("a.jsonl", '{"colour": "red"}\n', "its lines hold colour"),
        ("a.jsonl", "", "is empty"),
        ("a.csv", "question,answer\na,b,c\n", "found 3 cells for 2 columns"),
        ("a.csv", 'question,answer\nA?,a\n"B?,b\nC?,c\n', "a.csv:3: is no CSV: unexpected end of data"),
        ("a.csv", "question, question,answer\nA?,B?,c\n", "two columns are named 'question'"),
        ("a.csv", "colour\nred\n", "there is no case in it"),
        ("a.xlsx", "x", "found a file .xlsx"),
        ("a.csv", "question\n" + "x\n" * 10_001, "more than 10,000 tests"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_an_error_that_says_why(home: Project, name: str, text: str, said: str) -> None:
    with pytest.raises(HarnessError) as raised:
        of_text(home, text, name)

    assert said in str(raised.value)
    assert not home.cases.exists() or list(home.cases.iterdir()) == []


@pytest.mark.parametrize(
    "template", ["{% for a in 'x' * 999999 %}y{% endfor %}", "{{ q.__class__.__mro__ }}", "{{ q |"]
)
def test_a_template_that_cannot_be_filled_in_costs_one_test(home: Project, template: str) -> None:
    tests = [{"vars": {"q": template + " {{r}}", "r": "x"}}, {"vars": {"q": "fine", "r": ""}}]

    done = of_text(home, json.dumps({"prompts": ["{{q}}"], "tests": tests}), "promptfooconfig.json")

    assert [case.prompt for case in done.suite.suite.cases] == ["fine"]
    assert [one.test for one in done.left] == ["test 1"]


def test_links_lead_nowhere_else(home: Project, tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "secret")
    write(home.root / "old" / ".env", "KEY=secret")
    (home.root / "old" / "link.txt").symlink_to(tmp_path / "secret.txt")
    vars_ = {"a": "file://link.txt", "b": "file://.env", "c": "file:///etc/hostname", "q": "Why?"}

    done = of_text(home, json.dumps({"prompts": ["{{q}}{{a}}{{b}}{{c}}"], "tests": [{"vars": vars_}]}), "x.json")

    assert [case.prompt for case in done.suite.suite.cases] == ["Why?"]
    assert [one.what for one in done.left] == ["vars.a", "vars.b", "vars.c"]


def _places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from _places(value, (*path, key))


def _mutated(data: Any, random: Random) -> Any:
    values: list[Any] = [
        None,
        3,
        -1.5,
        True,
        "x",
        "",
        "{{x}}",
        "file://x",
        "file://*",
        "a: b\n# c",
        "\x1b[2J",
        [],
        {},
        [[]],
    ]
    *path, last = random.choice(list(_places(data))[1:])
    holder = data
    for key in path:
        holder = holder[key]
    holder[last] = copy.deepcopy(random.choice(values))
    return data


@pytest.mark.slow
@pytest.mark.parametrize("folder", [one[0] for one in ARRIVALS])
def test_whatever_stands_anywhere_it_is_a_suite_or_an_error_of_ours(home: Project, folder: str) -> None:
    random = Random(folder)
    (file,) = (CONFIGURATIONS / folder).glob("promptfooconfig.*")
    shutil.copytree(file.parent, home.root / "old")
    for _ in range(30):
        data = _mutated(parse_yaml(file.read_text(), "x"), random)
        data = _mutated(data, random) if random.random() < 0.3 else data
        write(home.root / "old" / file.name, json.dumps(data))
        try:
            done = imported(home, home.root / "old" / file.name, is_forced=True)
        except HarnessError as error:
            assert "makes no valid suite" not in str(error), data  # noqa: PT017 - others are right
        else:
            assert "\x1b" not in done.path.read_text()


def test_nothing_is_overwritten_without_force(home: Project) -> None:
    text = "prompts: ['{{q}}']\ntests: [{vars: {q: Why?, context: Because.}}]\n"
    of_text(home, text)
    before = (home.cases / "new.yaml").read_text()

    with pytest.raises(HarnessError, match="is there already"):
        of_text(home, text.replace("Why", "How"))
    assert (home.cases / "new.yaml").read_text() == before

    imported(home, home.root / "old" / "promptfooconfig.yaml", is_forced=True)
    assert "How?" in (home.cases / "new.yaml").read_text()
    assert sorted(path.name for path in home.cases.iterdir()) == ["new.yaml"]


def test_the_command_lists_what_is_left_and_strict_fails(project: pytest.Pytester) -> None:
    write(project.path / "conf" / "promptfooconfig.yaml", "tests: [{vars: {q: Why?}, assert: [{type: cost}]}]\n")

    result = harness(project, "import", "conf/promptfooconfig.yaml", "--documents", "library.md", "--strict")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["wrote cases/conf.yaml: 1 cases, 0 facts", "next: pytest cases/conf.yaml"])
    result.stderr.fnmatch_lines(["not carried over: promptfooconfig.yaml: test 1: cost: *max_cost*"])
    assert "documents: [library.md]" in (project.path / "cases" / "conf.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "elsewhere.yaml"], "below the cases folder"),
        (["--to", "cases/x.txt"], "below the cases folder"),
        (["--documents", "nothing.md"], "there is no document 'nothing.md'"),
    ],
)
@pytest.mark.slow
def test_a_wrong_call_is_a_message(project: pytest.Pytester, arguments: list[str], said: str) -> None:
    write(project.path / "a.csv", "question\nWhy?\n")

    result = harness(project, "import", "a.csv", *arguments)

    assert result.ret == 4
    assert said in result.stderr.str()
