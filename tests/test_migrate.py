"""`harness migrate`: what becomes of a suite's fields, the variant it writes, and the proof that it names."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx2
import pytest
from casefile_support import SUITE, write_project
from conftest import harness

from harness.casefile import load_suite
from harness.cli.migrate import Request, move_suite
from harness.config import Config
from harness.embedded import start_embedded
from harness.errors import CaseFileError, ConfigError, HarnessError
from harness.migrating import migration, write_variant
from harness.migrating.existing import existing_of
from harness.migrating.moves import MOVES
from harness.migrating.writing import insert_variant
from harness.model.suite import Assistant, Case, Suite, Variant
from harness.model.tools import FunctionTool

ROOT = Path(__file__).parents[1]
ON_RESPONSES = Variant(target="responses")
CASES = "cases:\n  - {id: one, prompt: One?}\n"
ASSISTANT: dict[str, Any] = {
    "id": "asst_1",
    "name": "Desk",
    "model": "extractive",
    "instructions": "Be brief.\n# Not ${HOME}",
    "temperature": 0.2,
    "top_p": 1.0,
    "metadata": {"team": "a"},
    "response_format": "auto",
    "tools": [
        {"type": "file_search", "file_search": {"max_num_results": 7}},
        {"type": "function", "function": {"name": "get_fee", "parameters": {"type": "object", "required": ["on"]}}},
        {"type": "code_interpreter"},
    ],
    "tool_resources": {"file_search": {"vector_store_ids": ["vs_9"]}},
}


def config_of(root: Path, suite: str) -> Config:
    return write_project(root, {SUITE: suite})


def moved(root: Path, suite: str, name: str = "on-responses") -> str:
    """Write the variant into a suite, and return the suite's text."""
    config = config_of(root, suite)
    write_variant(migration(root / SUITE, config, name), config)
    return (root / SUITE).read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "assistant: {}\n\n# The cases.\n" + CASES,
            "assistant: {}\nvariants:\n  on-responses: {target: responses}\n\n# The cases.\n" + CASES,
            id="new block before the cases",
        ),
        pytest.param(CASES, CASES + "variants:\n  on-responses: {target: responses}\n", id="cases come first"),
        pytest.param(
            CASES.rstrip("\n"),
            CASES + "variants:\n  on-responses: {target: responses}\n",
            id="no line break at the end",
        ),
        pytest.param(
            "variants:\n    # Why.\n    bare: {tools: []}  # so\n\n" + CASES,
            "variants:\n    # Why.\n    bare: {tools: []}  # so\n    on-responses: {target: responses}\n\n" + CASES,
            id="beside others, with their indent",
        ),
        pytest.param(
            "variants:\n  bare:\n    instructions: |\n      # A heading\n      text\n\n# Below.\n" + CASES,
            "variants:\n  bare:\n    instructions: |\n      # A heading\n      text\n"
            "  on-responses: {target: responses}\n\n# Below.\n" + CASES,
            id="after a block of text",
        ),
        pytest.param(
            "variants:\n  bare:\n    tools:\n      - file_search\n\n      # - more\n  # Below.\n" + CASES,
            "variants:\n  bare:\n    tools:\n      - file_search\n\n      # - more\n"
            "  on-responses: {target: responses}\n  # Below.\n" + CASES,
            id="after a comment of the one above",
        ),
        pytest.param(
            "variants:\n  bare:\n    instructions: |+\n      text\n\n" + CASES,
            "variants:\n  bare:\n    instructions: |+\n      text\n\n  on-responses: {target: responses}\n" + CASES,
            id="after a block that keeps its blank lines",
        ),
        pytest.param(
            "refusal: &no No.\nvariants:\n  bare:\n    instructions: *no\n" + CASES,
            "refusal: &no No.\nvariants:\n  bare:\n    instructions: *no\n  on-responses: {target: responses}\n"
            + CASES,
            id="after an alias",
        ),
        pytest.param(
            "variants: {bare: {tools: []}, # so\n}\n" + CASES,
            "variants: {bare: {tools: []}, on-responses: {target: responses}, # so\n}\n" + CASES,
            id="on one line, with a comma to spare",
        ),
        pytest.param(
            "variants: {}\n" + CASES, "variants: {on-responses: {target: responses}}\n" + CASES, id="empty braces"
        ),
        pytest.param(
            '{"cases": [{"id": "one", "prompt": "One?"}]}',
            '{"cases": [{"id": "one", "prompt": "One?"}], variants: {on-responses: {target: responses}}}',
            id="JSON",
        ),
        pytest.param(
            "refusal: No.\r\n" + CASES.replace("\n", "\r\n"),
            "refusal: No.\r\nvariants:\r\n  on-responses: {target: responses}\r\n" + CASES.replace("\n", "\r\n"),
            id="line breaks of Windows",
        ),
        pytest.param(
            "\ufeffrefusal: No.\n" + CASES,
            "\ufeffrefusal: No.\nvariants:\n  on-responses: {target: responses}\n" + CASES,
            id="byte order mark",
        ),
    ],
)
def test_nothing_but_the_variant_is_added_to_a_suite(tmp_path: Path, before: str, after: str) -> None:
    assert moved(tmp_path, before) == after


@pytest.mark.parametrize("path", sorted((ROOT / "cases").glob("[!v]*.yaml")), ids=lambda path: path.name)
def test_the_committed_suites_can_be_moved(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    changed = insert_variant(text, "moved", ON_RESPONSES).splitlines()

    added = [line for line in changed if line not in text.splitlines()]
    assert [line for line in changed if line not in added] == [line for line in text.splitlines() if line not in added]
    assert added[-1] == "  moved: {target: responses}"


def test_only_the_suite_is_touched(tmp_path: Path) -> None:
    config = write_project(tmp_path, {SUITE: CASES, "cassettes/suite/one/default.yaml": "old"})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / SUITE).chmod(0o640)

    place = write_variant(migration(tmp_path / SUITE, config, "on-responses"), config)

    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert place == f"{SUITE}:4"
    assert {path for path in after if after[path] != before.get(path)} == {tmp_path / SUITE}
    assert after.keys() == before.keys()
    assert (tmp_path / SUITE).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("suite", "name", "error", "said"),
    [
        ("variants: {moved: {tools: []}}\n" + CASES, "moved", ConfigError, "there is a variant 'moved' already"),
        ("assistant: {id: asst_1}\n" + CASES, "moved", ConfigError, "no endpoint is named"),
        ("assistant: {prompt: {id: pmpt_1}}\n" + CASES, "moved", ConfigError, "through the Responses API already"),
        (CASES, "default", ConfigError, "is the name of the `assistant` block"),
        (CASES, "t2", ConfigError, "can't be named so"),
        ("nothing: 1\n" + CASES, "moved", CaseFileError, "unknown key"),
    ],
)
def test_what_cannot_be_moved_is_refused_and_stays(
    tmp_path: Path, suite: str, name: str, error: type[HarnessError], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)):
        moved(tmp_path, suite, name)

    assert (tmp_path / SUITE).read_text() == suite


def test_a_block_that_is_used_twice_is_left_to_the_user(tmp_path: Path) -> None:
    suite = "assistant: {tools: [{function: f, output: &both {bare: {tools: []}}}]}\nvariants: *both\n" + CASES

    with pytest.raises(CaseFileError) as caught:
        moved(tmp_path, suite)

    assert (tmp_path / SUITE).read_text() == suite
    assert "write it yourself:\nvariants:\n  on-responses: {target: responses}" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("cases/suit.yaml", "did you mean `suite.yaml`"),
        ("cases/variants.yaml", "this is no suite"),
        ("other.yaml", "this is no suite"),
        ("cases", "this is a folder"),
    ],
)
def test_what_is_no_suite_is_refused(tmp_path: Path, path: str, said: str) -> None:
    config = write_project(tmp_path, {SUITE: CASES, "cases/variants.yaml": "variants: {}\n", "other.yaml": CASES})

    with pytest.raises(ConfigError, match=said):
        migration(tmp_path / path, config, "on-responses")


def test_fields_are_told_with_the_parts_that_use_them(tmp_path: Path) -> None:
    suite = (
        "documents: [a.md]\n"
        "assistant: {name: Desk, instructions: Be brief., tools: [retrieval, {function: get_fee}], top_p: 0.5}\n"
        'variants: {careful: {instructions: "", run_instructions: Take care.}}\n'
        "matrix: {temperature: [0, 1]}\n"
        "cases:\n"
        "  - {id: one, prompt: One?, cites: [a.md]}\n"
        "  - {id: two, turns: [{prompt: A?}, {prompt: B?, expect: refuse}]}\n"
    )

    move = migration(tmp_path / SUITE, config_of(tmp_path, suite), "on-responses")

    assert {one.field: places for one, places in move.moves if places} == {
        "name": ("assistant",),
        "instructions": ("assistant", "variant careful"),
        "run_instructions": ("variant careful",),
        "tools: file_search": ("assistant",),
        "tools: retrieval": ("assistant",),
        "tools: functions": ("assistant",),
        "temperature": ("variant 0", "variant 1"),
        "top_p": ("assistant",),
        "documents": ("suite",),
        "threads": ("case two",),
        "annotations": ("case one",),
        "runs": ("every case",),
        "run steps": ("every case",),
        "usage": ("every case",),
    }


def test_the_table_knows_every_setting_of_an_assistant() -> None:
    known = [move.field for move in MOVES]

    assert len(set(known)) == len(known)
    assert {one.name for one in fields(Assistant)} - set(known) == {"prompt", "tools", "linked_by"}


def test_an_expected_failure_of_the_default_variant_is_pointed_out(tmp_path: Path) -> None:
    suite = CASES.replace("One?", "One?, xfail: {reason: too hard, variant: default}")

    move = migration(tmp_path / SUITE, config_of(tmp_path, suite), "on-responses")

    assert any(sentence.startswith("one is expected to fail") for sentence in move.left)


def suite_of(**changes: Any) -> Suite:
    suite: dict[str, Any] = {"vector_store": "vs_9", **changes.pop("suite", {})}
    one = Case(id="one", prompt="One?")
    return Suite(cases=(one,), assistant=Assistant(id="asst_1", **changes), **suite)


def test_an_assistant_that_exists_becomes_a_variant() -> None:
    existing = existing_of(ASSISTANT, suite_of(tools=("file_search", FunctionTool(function="get_fee", output=0))))

    assert existing.variant == Variant(
        target="responses",
        model="extractive",
        instructions="Be brief.\n# Not ${HOME}",
        tools=(
            "file_search",
            FunctionTool(function="get_fee", parameters={"type": "object", "required": ["on"]}, output=0),
        ),
        temperature=0.2,
        max_num_results=7,
    )
    assert set(existing.fields) == {
        "name",
        "model",
        "instructions",
        "temperature",
        "metadata",
        "max_num_results",
        "tools: file_search",
        "tools: functions",
        "tools: code_interpreter",
    }
    assert existing.left == ("the tool code_interpreter is not in the variant: a suite cannot give it",)


@pytest.mark.parametrize(
    ("data", "suite", "changes"),
    [
        ({"instructions": None, "tools": []}, {}, {"instructions": "", "tools": ()}),
        ({"model": "old"}, {"model": "new"}, {"instructions": "", "tools": ()}),  # the suite's own stays
        # The suite's number was never sent, for the assistant exists: it must not count now.
        ({"temperature": 1.0}, {"temperature": 0}, {"instructions": "", "tools": (), "temperature": 1}),
    ],
)
def test_only_what_differs_is_said(data: dict[str, Any], suite: dict[str, Any], changes: dict[str, Any]) -> None:
    variant = existing_of({**data, "id": "asst_1"}, suite_of(**suite)).variant

    assert variant.changes() == {"target": "responses", **changes}


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ({"vector_store": None}, "add `vector_store: vs_9` to the suite"),
        ({"vector_store": "vs_1"}, "besides what the suite names"),
        ({"vector_store": None, "documents": ("a.md",)}, "besides what the suite names"),
    ],
)
def test_a_store_of_the_assistant_itself_is_pointed_out(suite: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in existing_of(ASSISTANT, suite_of(suite=suite)).left)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ({"name": "get_fee"}, "say what the function get_fee returns"),
        ({"name": "no good"}, "the function no good is not in the variant"),
        ({"name": "get_fee", "parameters": {"type": "array"}}, "is not in the variant: `parameters` is a JSON schema"),
    ],
)
def test_functions_are_left_to_the_user_where_something_is_missing(function: dict[str, Any], said: str) -> None:
    data = {"tools": [{"type": "function", "function": function}]}

    assert said in existing_of(data, suite_of()).left[0]


def test_texts_of_an_assistant_are_no_variables(tmp_path: Path) -> None:
    config = config_of(tmp_path, "assistant: {}\n" + CASES)
    said = "Use ${NAME}, # no comment\n  - and 'quotes': \"both\"\n\ttabs \n"
    tool = FunctionTool(function="f", parameters={"type": "object", "properties": {"${x}": {"enum": ["${y}", True]}}})
    variant = Variant(target="responses", instructions=said, tools=(tool,))

    text = insert_variant((tmp_path / SUITE).read_text(), "moved", variant, "From elsewhere.")
    (tmp_path / SUITE).write_text(text)

    assert load_suite(tmp_path / SUITE, config.project, {}).suite.variants == {"moved": variant}


def printed(root: Path, **wanted: Any) -> str:
    lines: list[str] = []
    chosen: dict[str, Any] = {"is_writing": False, "is_all": False, "is_json": False, **wanted}
    move_suite(Request(suite=Path(SUITE), name="on-responses", endpoint=None, **chosen), root, lines.append)
    return "\n".join(lines)


@pytest.mark.usefixtures("project")
def test_only_used_fields_are_printed_unless_all_are_wanted(tmp_path: Path) -> None:
    config_of(tmp_path, CASES)

    few, all_of_them = printed(tmp_path), printed(tmp_path, is_all=True)

    assert "max_prompt_tokens" not in few
    assert "nothing is written" in few
    assert all(f"\n  {move.field} (" in all_of_them for move in MOVES)
    assert "\n  max_prompt_tokens (not used)\n" in all_of_them
    assert "pytest cases/suite.yaml --harness-variant default,on-responses" in few


@pytest.mark.usefixtures("project")
def test_json_holds_the_variant_and_the_proof(tmp_path: Path) -> None:
    config_of(tmp_path, CASES)

    told = json.loads(printed(tmp_path, is_json=True, is_writing=True))

    assert told["variant"] == {
        "name": "on-responses",
        "changes": {"target": "responses"},
        "place": "cases/suite.yaml:4",
        "is_new": True,
    }
    assert told["proof"][1] == "harness compare latest --targets assistants,responses"
    assert {field["kind"] for field in told["fields"]} <= {"carries over", "changes", "is lost"}


@pytest.mark.slow
def test_a_moved_suite_proves_that_it_kept_its_outcomes(project: pytest.Pytester) -> None:
    wrote = harness(project, "migrate", "cases/library.yaml", "--write")
    assert wrote.ret == 0

    runs, compares = (line.split() for line in wrote.outlines[-2:])
    project.runpytest(*runs[1:]).assert_outcomes(passed=4)
    compared = harness(project, *compares[1:])

    assert compared.ret == 0
    compared.stdout.fnmatch_lines(["no difference shown*over 2 cases*", "2 cases on both sides: 0 broken, 0 fixed*"])


@pytest.fixture
def library() -> Iterator[httpx2.Client]:
    """A server that has an assistant and the store it searches, as somebody else made them."""
    with start_embedded() as server, httpx2.Client(base_url=f"{server.base_url}/", timeout=30) as client:
        yield client


def made(client: httpx2.Client, path: str, **body: Any) -> str:
    answer = client.post(path, headers={"OpenAI-Beta": "assistants=v2"}, **body)
    return str(answer.raise_for_status().json()["id"])


@pytest.mark.slow
def test_an_assistant_of_a_server_is_moved_with_what_it_says(project: pytest.Pytester, library: httpx2.Client) -> None:
    document = (project.path / "fixtures" / "library.md").read_bytes()
    file = made(library, "files", files={"file": ("library.md", document)}, data={"purpose": "assistants"})
    store = made(library, "vector_stores", json={"name": "books", "file_ids": [file]})
    told = {**ASSISTANT, "instructions": 'Answer from the documents. Otherwise reply "Sorry, I can\'t find that."'}
    told |= {"tools": [{"type": "file_search"}], "tool_resources": {"file_search": {"vector_store_ids": [store]}}}
    assistant = made(library, "assistants", json={name: value for name, value in told.items() if name != "id"})
    suite = project.path / "cases" / "library.yaml"
    cases = suite.read_text().partition("cases:\n")[2]
    named = f"documents: [library.md]\nvector_store: {store}\nassistant: {{id: {assistant}}}\n"
    suite.write_text(f"{named}refusal: Sorry, I can't find that.\ncases:\n{cases}")
    url = str(library.base_url).rstrip("/")

    wrote = harness(project, "migrate", "cases/library.yaml", "--write", "--harness-endpoint", url)
    assert wrote.ret == 0
    runs, compares = (line.split() for line in wrote.outlines[-2:])
    project.runpytest(*runs[1:]).assert_outcomes(passed=4)
    compared = harness(project, *compares[1:])

    assert f"# What {assistant} said when it was moved." in suite.read_text()
    compared.stdout.fnmatch_lines(["no difference shown*", "2 cases on both sides: 0 broken, 0 fixed*"])
