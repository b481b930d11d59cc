from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planned_support import LIBRARY, planned

from harness.cassettes.file import Cassette
from harness.cassettes.fingerprint import changes, fingerprint
from harness.cassettes.identity import assistant_id, file_id, set_up_by, store_id
from harness.cassettes.interaction import Interaction
from harness.cassettes.library import Library, file_name
from harness.config import RecordMode
from harness.errors import CassetteBroken, CassetteError, CassetteMissing, CassetteStale
from harness.model.plan import Planned
from harness.model.suite import Case

ANSWER = Interaction(
    method="GET",
    uri="https://endpoint.invalid/v1/threads",
    request_type="",
    request_body="",
    status=200,
    response_type="application/json",
    response_body="{}",
)


def library(root: Path, mode: RecordMode) -> Library:
    return Library(root, root / "cassettes", mode)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A project with a fresh cassette of `planned()`."""
    one = planned()
    library(tmp_path, "once").record(one, Cassette(fingerprint=fingerprint(one), interactions=(ANSWER,)), hidden=())
    return tmp_path


def test_path_names_suite_case_variant_target_model_trial(tmp_path: Path) -> None:
    one = planned(suite="cases/shop/eu.yaml", variant="careful", trial=2, assistant={"model": "org/model:7b"})

    path = library(tmp_path, "once").path(one).relative_to(tmp_path).as_posix()

    assert path == f"cassettes/shop/eu/loan/careful.assistants.{file_name('org/model:7b')}.2.yaml"
    assert "/" not in file_name("org/model:7b")
    assert file_name("org/model:7b") != file_name("org-model-7b")


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes"])
def test_a_fresh_cassette_is_replayed(recorded: Path, mode: RecordMode) -> None:
    cassette = library(recorded, mode).replay(planned())

    assert cassette is not None
    assert cassette.interactions == (ANSWER,)


def test_mode_all_replays_nothing(recorded: Path) -> None:
    assert library(recorded, "all").replay(planned()) is None


@pytest.mark.parametrize("mode", ["once", "new_episodes"])
def test_a_missing_cassette_is_to_be_recorded(tmp_path: Path, mode: RecordMode) -> None:
    assert library(tmp_path, mode).replay(planned()) is None


def test_a_missing_cassette_is_an_error_where_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(CassetteMissing, match="--harness-record=once"):
        library(tmp_path, "none").replay(planned())


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"assistant": {"instructions": "Mainly from the documents."}}, 'instructions: "Answer only from the documents."'),
    ({"assistant": {"temperature": 0.5}}, 'temperature: nothing -> "0.5"'),
    ({"assistant": {"run_instructions": "Be brief."}}, 'run_instructions: nothing -> "Be brief."'),
    ({"assistant": {"additional_run_instructions": "Bye."}}, 'additional_run_instructions: nothing -> "Bye."'),
    ({"sources": (replace(LIBRARY, sha256="cd" * 32),)}, "documents.library.md"),
    ({"case": Case(id="loan", prompt="And a film?")}, 'prompts.1: "How long may I keep a book?" -> "And a film?"'),
    ({"vector_store": "vs_mine"}, 'vector_store: nothing -> "vs_mine"'),
]


@pytest.mark.parametrize(("changes", "cause"), CHANGES)
@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_changed_question_is_never_answered_by_an_old_recording(
    recorded: Path, mode: RecordMode, changes: dict[str, Any], cause: str
) -> None:
    with pytest.raises(CassetteStale) as caught:
        library(recorded, mode).replay(planned(**changes))

    assert cause in str(caught.value)
    assert "--harness-record=new_episodes" in str(caught.value)


@pytest.mark.parametrize(("changes", "_cause"), CHANGES)
def test_new_episodes_records_what_is_stale(recorded: Path, changes: dict[str, Any], _cause: str) -> None:
    assert library(recorded, "new_episodes").replay(planned(**changes)) is None


def test_expectations_are_no_part_of_the_question(recorded: Path) -> None:
    case = Case(id="loan", prompt="How long may I keep a book?", expect="refuse", tags=("new",))

    assert library(recorded, "once").replay(planned(case=case, min_groundedness=0.9, refusal=None)) is not None


def test_a_broken_cassette_is_kept_unless_new_ones_are_wanted(recorded: Path) -> None:
    path = library(recorded, "once").path(planned())
    path.write_text("version: 1\ninter", encoding="utf-8")

    with pytest.raises(CassetteBroken):
        library(recorded, "once").replay(planned())
    assert library(recorded, "new_episodes").replay(planned()) is None


def test_ids_of_shared_objects_follow_from_content() -> None:
    other = replace(LIBRARY, sha256="cd" * 32)

    assert file_id(LIBRARY) == file_id(replace(LIBRARY, path="elsewhere/library.md"))
    assert file_id(LIBRARY) != file_id(other)
    assert store_id((LIBRARY, other)) == store_id((other, LIBRARY))
    assert assistant_id(planned()) == assistant_id(planned(variant="same", suite="cases/other.yaml"))
    assert assistant_id(planned()) != assistant_id(planned(assistant={"instructions": "x"}))
    assert assistant_id(planned()) != assistant_id(planned(sources=(other,)))
    assert assistant_id(planned(assistant={"id": "asst_mine"})) == "asst_mine"


SECRET = 'sk-correct/horse"battery'


@pytest.mark.parametrize(
    "leak",
    [
        {"response_body": f"it is {SECRET}"},
        {"response_body": '{"text": "c2stY29ycmVjdC9ob3JzZSJiYXR0ZXJ5"}'},
        {"request_body": '{"text": "sk-correct/horse\\"battery"}', "request_type": "application/json"},
        {"uri": "https://x.invalid/?q=sk-correct%2Fhorse%22battery"},
        {"response_body": '{"results": [{"text": "' + "long " * 40 + 'c2stY29ycmVjdC9ob3JzZSJiYXR0ZXJ5"}]}'},
    ],
    ids=["plain", "base64", "json", "url", "shared text"],
)
def test_a_secret_in_any_encoding_refuses_the_write(recorded: Path, leak: dict[str, str]) -> None:
    before = {path: path.read_bytes() for path in recorded.rglob("*.yaml")}
    leaking = replace(ANSWER, **leak)  # type: ignore[arg-type]  # all are text

    with pytest.raises(CassetteError, match="would hold the value of a secret") as caught:
        library(recorded, "all").record(
            planned(), Cassette(fingerprint={}, interactions=(leaking,)), hidden={SECRET, "short"}
        )

    assert {path: path.read_bytes() for path in recorded.rglob("*.yaml")} == before
    assert "horse" not in str(caught.value)


def test_short_values_are_no_secrets_in_bodies(tmp_path: Path) -> None:
    plain = replace(ANSWER, response_body='{"text": "EMPTY"}')

    library(tmp_path, "once").record(planned(), Cassette(fingerprint={}, interactions=(plain,)), hidden={"EMPTY"})

    assert library(tmp_path, "once").path(planned()).exists()


@pytest.mark.parametrize(
    ("one", "made"),
    [
        (planned(), {file_id(LIBRARY), store_id((LIBRARY,)), assistant_id(planned())}),
        (planned(vector_store="vs_mine"), {assistant_id(planned(vector_store="vs_mine"))}),
        (planned(assistant={"id": "asst_mine"}), {file_id(LIBRARY), store_id((LIBRARY,))}),
        (planned(assistant={"id": "asst_mine"}, vector_store="vs_mine"), set()),
    ],
)
def test_a_fingerprint_tells_what_was_set_up(one: Planned, made: set[str]) -> None:
    assert set_up_by(fingerprint(one)) == (one.vector_store or store_id((LIBRARY,)), frozenset(made))


LONG = "word " * 30


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            f"{LONG}answer only this {LONG}",
            f"{LONG}answer mainly this {LONG}",
            '"... word word answer only this word word ..."',
        ),
        (f"{LONG}end", f"{LONG}end now", '"... word word end" -> "... word word end now"'),
        (f"start {LONG}", LONG, '"start word word word ..." -> "word word word ..."'),
        (LONG, None, f'"{LONG.strip()}" -> nothing'),
        (LONG, "x" * 300, "x" * 157 + '..."'),
    ],
    ids=["middle", "end", "start", "gone", "other"],
)
def test_of_long_texts_the_difference_is_shown(old: str, new: str | None, said: str) -> None:
    assert said in changes({"instructions": old}, {"instructions": new})


def _shared(recorded: Path) -> Path:
    """Record a case whose instructions are long enough to be shared, and return the file that shares them."""
    long = replace(
        ANSWER, response_body='{"object": "thread.run", "instructions": "' + "only the documents, " * 20 + '"}'
    )
    one = planned()
    cassette = Cassette(fingerprint=fingerprint(one), interactions=(long,))
    library(recorded, "all").record(one, cassette, hidden=())
    (path,) = recorded.glob("cassettes/_setup/*.texts.yaml")
    return path


def test_a_changed_document_is_told_as_such_although_its_shared_texts_lie_elsewhere(recorded: Path) -> None:
    _shared(recorded)

    with pytest.raises(CassetteStale, match=r"documents\.library\.md"):
        library(recorded, "once").replay(planned(sources=(replace(LIBRARY, sha256="cd" * 32),)))


@pytest.mark.parametrize(("old", "new"), [("only the", "mainly the"), ("documents, only", "")])
def test_an_edited_shared_text_is_no_longer_what_was_recorded(recorded: Path, old: str, new: str) -> None:
    path = _shared(recorded)
    path.write_text(path.read_text().replace(old, new), encoding="utf-8")

    with pytest.raises(CassetteBroken, match="is cut, or was edited by hand"):
        library(recorded, "once").replay(planned())


def test_a_folder_in_the_way_is_an_error_of_ours(tmp_path: Path) -> None:
    library(tmp_path, "once").path(planned()).mkdir(parents=True)

    with pytest.raises(CassetteError, match="cannot be written"):
        library(tmp_path, "all").record(planned(), Cassette(fingerprint={}, interactions=(ANSWER,)), hidden=())


def test_the_command_says_which_model(tmp_path: Path) -> None:
    asking = Library(tmp_path, tmp_path / "cassettes", "none", options=" --harness-model=x")

    with pytest.raises(CassetteMissing, match="--harness-model=x --harness-record=once"):
        asking.replay(planned())


def test_a_folder_in_the_way_of_a_judges_recording_is_an_error_of_ours(tmp_path: Path) -> None:
    library(tmp_path, "once").judge_path(planned()).mkdir(parents=True)

    with pytest.raises(CassetteError, match="cannot be written"):
        library(tmp_path, "all").record_judge(planned(), Cassette(fingerprint={}, interactions=(ANSWER,)), hidden=())


@pytest.mark.parametrize(
    ("folder", "command"),
    [("cassettes", "harness cassettes record --stale"), ("cassettes/_tests", "pytest 'cases/library.yaml' --harness-")],
)
def test_a_broken_recording_names_the_command_that_makes_it_again(tmp_path: Path, folder: str, command: str) -> None:
    asking = Library(tmp_path, tmp_path / folder, "once")
    asking.record(planned(), Cassette(fingerprint=fingerprint(planned()), interactions=(ANSWER,)), hidden=())
    asking.path(planned()).write_bytes(b"cut: [")

    with pytest.raises(CassetteBroken) as caught:
        asking.replay(planned())

    assert command in str(caught.value)
