# ruff: noqa: E501  # in a table of bad suites each stays on one line
from pathlib import Path

import pytest
from casefile_support import SUITE, WHOLE, load, write_project

from harness.casefile import find_suites, is_suite, load_suite
from harness.errors import CaseFileError
from harness.model.facts import AnyOf, Not, Number, Regex, Sql, Text
from harness.model.prompt import CoStar
from harness.model.suite import Variant, Xfail


def test_every_feature_of_a_suite_is_read(tmp_path: Path) -> None:
    loaded = load(tmp_path, WHOLE, {"LIMIT": "0.25"}, advisor__md="Answer from the file.\n")
    suite = loaded.suite
    dearest, salary, talk, clusters = suite.cases
    assert (loaded.path, suite.documents) == ("cases/suite.yaml", ("products.json", "notes/terms.md"))
    assert suite.assistant.model == "extractive"
    assert suite.assistant.instructions == "Answer from the file.\n"
    assert suite.assistant.tools == ("file_search",)
    assert suite.min_groundedness == 0.25
    assert suite.variants == {"careful": Variant(run_instructions="Be careful.", temperature=0, tools=())}
    assert dearest.prompt == "What costs $5 or ${NOT_A_VARIABLE}?"
    assert dearest.expected_facts == (
        Text(text="Seattle"),
        AnyOf(any_of=(Text(text="laptop"), Regex(regex="note ?book"))),
        Number(number=12.5, tolerance=0.5, unit="USD"),
        Sql(sql="select max(price) from products"),
        Not(not_=Text(text="hypothe")),
    )
    assert dearest.xfail == Xfail(reason="too hard", variant="careful")
    assert (salary.expect, salary.tags, salary.skip) == ("refuse", ("absent",), "not today")
    assert [turn.expectation for turn in talk.turns] == [None, "answer"]
    assert isinstance(clusters.prompt, CoStar)
    assert "# OBJECTIVE #\nAnswer from the file." in str(clusters.prompt)


def test_lines_of_cases_and_documents_are_known(tmp_path: Path) -> None:
    loaded = load(tmp_path, WHOLE, advisor__md="x")
    assert loaded.lines == {"dearest": 14, "salary": 25, "talk": 30, "clusters": 35}
    assert loaded.document_lines == {"products.json": 2, "notes/terms.md": 2}


ONE = "cases:\n  - id: one\n    prompt: Hello?\n"


@pytest.mark.parametrize(
    ("suite", "place", "words"),
    [
        ("cases: [{id: a, prompt: b, expected_facts: [{regexp: x}]}]", 1, "cases[0].expected_facts[0].regexp: unknown key; did you mean `regex`? allowed: text, regex, number"),
        (ONE + "    promt: x\n", 4, "cases[0].promt: unknown key; did you mean `prompt`? allowed: id, prompt, turns"),
        (ONE + "assitant: {}\n", 4, "assitant: unknown key; did you mean `assistant`? allowed: documents, assistant"),
        (ONE + "assistant: {modle: x}\n", 4, "assistant.modle: unknown key; did you mean `model`? allowed: id, "),
        (ONE + "variants: {a: {modle: x}}\n", 4, "variants.a.modle: unknown key; did you mean `model`? allowed: model, "),
        (ONE + "    expected_facts: [{number: 1, tolerence: 2}]\n", 4, "tolerence: unknown key; did you mean `tolerance`?"),
        (ONE + "    expected_facts: [{not: {any_of: [{number: x}]}}]\n", 4, "cases[0].expected_facts[0].not.any_of[0].number: found the text 'x', a number is wanted"),
        (ONE + "    expected_facts: [12]\n", 4, "found the number 12, wanted is text or a mapping with one of the keys"),
        (ONE + "    expected_facts: [{number: yes}]\n", 4, "found the boolean true (YAML reads `yes` so), a number is wanted"),
        (ONE + "    expected_facts: [{number: .nan}]\n", 4, "found the number nan, a finite number is wanted"),
        (ONE + "    expected_facts: [{number: 1, tolerance: -1}]\n", 4, "a tolerance is 0 or more"),
        (ONE + "    expected_facts: Seattle\n", 4, "found the text 'Seattle', a list is wanted"),
        (ONE + "    expected_facts: ['']\n", 4, "cases[0].expected_facts[0]: `text` is empty"),
        (ONE + "    expected_facts: [{any_of: []}]\n", 4, "`any_of` is empty"),
        (ONE + "    expected_facts: [{regex: '('}]\n", 4, "`regex` is no regular expression: missing )"),
        (ONE + "    expect: refusal\n", 4, "cases[0].expect: found the text 'refusal'; did you mean `refuse`? allowed: answer, refuse"),
        (ONE + "    expect: refuse\n    expected_facts: [x]\n", 2, "expects a refusal can't demand facts"),
        (ONE + "    turns: [{prompt: x}]\n", 2, "either `prompt` or `turns`"),
        (ONE + "    xfail: {}\n", 4, "cases[0].xfail.reason: is missing"),
        (ONE + "    xfail: {reason: x, variant: carful}\nvariants: {careful: {}}\n", 4, "unknown variant 'carful'; did you mean `careful`? variants: default, careful"),
        (ONE + "    cites: [product.json]\ndocuments: [products.json]\n", 4, "cases[0].cites[0]: 'product.json' is no document of this case; did you mean `products.json`?"),
        (ONE + "    cites: [a.md]\n    documents: []\ndocuments: [a.md]\n", 4, "it has no documents"),
        (ONE + "documents: [../secret.txt]\n", 4, "documents[0]: '../secret.txt' is no path below the fixtures folder"),
        (ONE + "documents: [/etc/passwd]\n", 4, "is no path below the fixtures folder"),
        (ONE + "documents: [a.md, a.md]\n", 4, "documents[1]: the document 'a.md' is named twice"),
        (ONE + "    tags: [two words]\n", 2, "the tag 'two words' is no pytest mark"),
        (ONE + "    tags: [not]\n", 2, "the tag 'not' is no pytest mark"),
        (ONE + "    min_groundedness: 2\n", 2, "`min_groundedness` is a number from 0 to 1, not 2"),
        (ONE + "assistant: {temperature: 3}\n", 4, "`temperature` is a number from 0 to 2, not 3"),
        (ONE + "assistant: {max_num_results: 2.5}\n", 4, "found the number 2.5, a whole number is wanted"),
        (ONE + "assistant: {tools: [code]}\n", 4, "assistant.tools[0]: found the text 'code'; allowed: file_search"),
        (ONE + "variants: {default: {}}\n", 1, "`default` is the name of the `assistant` block"),
        (ONE + "variants: {careful-t2: {}}\n", 1, "the variant 'careful-t2' can't be named so"),
        (ONE + "  - id: One\n    prompt: x\n", 4, "cases[1].id: two cases have the id 'One' (lines 2 and 4)"),
        ("cases: [{id: a/b, prompt: x}]", 1, "`id` is 'a/b': up to 100 letters, digits"),
        ("cases: [{id: .., prompt: x}]", 1, "`id` is '..'"),
        ("cases: [{prompt: x}]", 1, "cases[0].id: is missing"),
        ("cases: [{id: a, prompt: ' '}]", 1, "`prompt` is empty"),
        ("cases: [{id: a, prompt: 3}]", 1, "cases[0].prompt: found the number 3, text is wanted: put it in quotes"),
        ("cases: [{id: no, prompt: x}]", 1, "cases[0].id: found the boolean false (YAML reads `no` so), text is wanted: put it in quotes"),
        ("cases: [{id: 2026-08-26, prompt: x}]", 1, "found a date (YAML reads `2026-08-26` so), text is wanted: put it in quotes"),
        ("cases: [{id: a, prompt: 12:30}]", 1, "found the number 750 (YAML reads `12:30` so)"),
        ("cases: [{id: a, prompt: {x: 1}}]", 1, "found a mapping, text, `{file: ...}` or `{costar: ...}` is wanted"),
        ("cases: [{id: a, prompt: {costar: {context: x}}}]", 1, "cases[0].prompt.costar.objective: is missing"),
        ("cases: []", 1, "a suite has at least one case"),
        ("cases: {}", 1, "cases: found a mapping, a list is wanted"),
        ("documents: []", 1, "cases: is missing"),
        ("- id: a", 1, "found a list, a mapping with `cases` is wanted"),
        ("", 1, "the file is empty"),
        (ONE + "refusal: ${NOPE}\n", 4, "refusal: the variable NOPE is not set"),
        (ONE + "refusal: ${NO PE}\n", 4, "found '${NO PE}', wanted is ${NAME}"),
        (ONE + "refusal: ${NOPE\n", 4, "found '${NOPE', wanted is ${NAME}"),
        (ONE + "refusal: {file: missing.md}\n", 4, "refusal: there is no file cases/missing.md"),
        (ONE + "refusal: {file: ../../x.md}\n", 4, "the file '../../x.md' is outside the project"),
        (ONE + "refusal: {file: ../.env}\n", 4, "the file '../.env' is hidden"),
    ],
)  # fmt: skip
def test_bad_suites_are_refused_with_line_field_and_what_is_allowed(
    tmp_path: Path, suite: str, place: int, words: str
) -> None:
    (tmp_path / ".env").write_text("A_KEY=secret", encoding="utf-8")
    with pytest.raises(CaseFileError) as caught:
        load(tmp_path, suite)
    lines = [line for line in str(caught.value).splitlines() if words in line]
    assert lines, caught.value
    assert lines[0].startswith(f"cases/suite.yaml:{place}: ")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    suite = "cases:\n- id: a\n  promt: x\n  expect: maybe\n- id: a\n  prompt: ${NOPE}\n  cites: [x.md]\n"
    with pytest.raises(CaseFileError) as caught:
        load(tmp_path, suite)
    found = [line.split(": ")[:2] for line in str(caught.value).splitlines()[1:]]
    assert found == [
        ["cases/suite.yaml:3", "cases[0].promt"],
        ["cases/suite.yaml:4", "cases[0].expect"],
        ["cases/suite.yaml:5", "cases[1].id"],
        ["cases/suite.yaml:6", "cases[1].prompt"],
        ["cases/suite.yaml:7", "cases[1].cites[0]"],
    ]


def test_more_problems_than_one_reads_are_counted(tmp_path: Path) -> None:
    cases = "".join(f"- {{id: c{number}, promt: x}}\n" for number in range(30))
    with pytest.raises(CaseFileError, match=r"30 problems(.|\n)*and 10 more$"):
        load(tmp_path, "cases:\n" + cases)


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("secret", encoding="utf-8")
    root = tmp_path / "project"
    write_project(root, {"cases/other.yaml": ONE})
    (root / "cases/link.md").symlink_to(outside)
    with pytest.raises(CaseFileError, match="outside the project"):
        load(root, ONE + "refusal: {file: link.md}\n")


def test_a_vector_store_of_ones_own_may_be_cited_without_documents(tmp_path: Path) -> None:
    assert load(tmp_path, ONE + "    cites: [theirs.pdf]\nvector_store: vs_1\n").suite.vector_store == "vs_1"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"cases: \xff\xfe", "is not UTF-8"), (b"# " + b"x" * 1_000_001, "larger than 1,000,000 bytes")],
)
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(CaseFileError, match=words):
        load(tmp_path, content)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + ONE.encode()).suite.cases[0].id == "one"


def test_suites_are_yaml_files_below_the_cases_folder_only(tmp_path: Path) -> None:
    names = ("b.yaml", "a.yaml", "deep/c.yaml", "variants.yaml", ".hidden/d.yaml", ".e.yaml", "f.yml", "g.csv")
    config = write_project(tmp_path, {f"cases/{name}": "" for name in names} | {"other.yaml": ""})
    found = [config.project.relative(path) for path in find_suites(config.project)]
    assert found == ["cases/a.yaml", "cases/b.yaml", "cases/deep/c.yaml"]
    assert not is_suite(tmp_path / "other.yaml", config.project)


def test_a_project_without_a_cases_folder_has_no_suites(tmp_path: Path) -> None:
    assert find_suites(write_project(tmp_path, {}).project) == []


def test_a_suite_has_one_name_however_the_project_is_reached(tmp_path: Path) -> None:
    config = write_project(tmp_path / "real", {SUITE: ONE})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load_suite(tmp_path / "link" / SUITE, config.project, {}).path == SUITE
