"""Baselines as files: small, readable in a diff, never half written, never misread."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from record_support import MADE_OF, record

from harness.errors import ResultsError
from harness.model.record import Record
from harness.results.baseline import Baseline, Group, Held, baseline_of, merged, read_baseline, without, write_baseline
from harness.results.folder import RunFolder
from harness.results.records import digest

CONFIGURATION = {"target": "assistants", "model": "extractive", "instructions": "Answer."}
DOCUMENTS = {"library.md": "ab" * 32}


def held(one: Record, instructions: str = "Answer.") -> Held:
    configuration = {**CONFIGURATION, "instructions": instructions}
    made_of = replace(MADE_OF, configuration=digest(configuration), documents=digest(DOCUMENTS))
    group = Group(
        suite=one.suite,
        variant=one.variant,
        target=one.target,
        model=one.model,
        configuration=configuration,
        documents=DOCUMENTS,
        scorer=made_of.scorer,
        scorer_code="f" * 16,
        server=made_of.server,
    )
    return Held(record=replace(one, made_of=made_of), group=group)


def baseline(*some: Held) -> Baseline:
    return Baseline(name="main", run="2026-11-23T07-00-00-abcd", at="2026-11-23T07:00:00+00:00", held=some)


LOAN = held(record(groundedness=0.5, claims=2, supported_claims=1, prompt_tokens=7, duration_s=0.25))
LIBRARIAN = held(record("missed_refusal", case="librarian", trial=2, is_xfail=True, answer=""))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    other = held(record(variant="careful"), "Answer carefully: „ja“.")
    path = write_baseline(baseline(LOAN, LIBRARIAN, other), tmp_path)
    again = read_baseline(tmp_path, "main")
    assert set(again.records) == {LOAN.record, LIBRARIAN.record, other.record}
    assert again.configuration(other.record) == other.group.configuration
    assert (again.run, again.at) == (baseline().run, baseline().at)
    assert path == tmp_path / "baselines" / "main.json"
    assert [one.name for one in path.parent.iterdir()] == ["main.json"]


def test_one_changed_result_is_one_changed_line(tmp_path: Path) -> None:
    changed = held(replace(LOAN.record, groundedness=0.25))
    texts = [
        write_baseline(baseline(*some), tmp_path).read_text().splitlines()
        for some in ((LOAN, LIBRARIAN), (LIBRARIAN, changed))
    ]
    assert sum(before != after for before, after in zip(*texts, strict=True)) == 1


def test_accepting_replaces_whole_cases_and_keeps_the_others() -> None:
    new = held(record("ungrounded"), "Answer briefly.")
    both = merged(baseline(LOAN, LIBRARIAN), baseline(new, held(record(case="fine"))), [LOAN.place])
    assert {(one.record.case, one.record.outcome) for one in both.held} == {
        ("librarian", "missed_refusal"),
        ("loan", "ungrounded"),
    }
    assert without(both, [new.place]).records == (LIBRARIAN.record,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no baseline"),
        ("[]", "is no baseline"),
        ("{}", "its format is None"),
        ('{"format": 99}', "its format is 99, 1 is wanted"),
        ('{"format": 1}', "is no baseline .KeyError"),
        ('{"format": 1, "run": "", "at": "", "groups": [7]}', "is no baseline"),
        ("<<<<<<< HEAD\n{}", "is no baseline"),
        ("[" * 100_000, "is no baseline .RecursionError"),
        ('{"format": 1, "run": "", "at": "", "groups": {}}', "groups is {}"),
        ("\ud83d".encode("utf-16", "surrogatepass").decode("latin-1"), "is no baseline"),
    ],
)
def test_a_file_that_is_no_baseline_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "baselines").mkdir()
    (tmp_path / "baselines" / "main.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=message):
        read_baseline(tmp_path, "main")


def test_an_outcome_that_does_not_exist_is_told(tmp_path: Path) -> None:
    path = write_baseline(baseline(LOAN), tmp_path)
    path.write_text(path.read_text().replace('"grounded"', '"fine"'))
    with pytest.raises(ResultsError, match="'fine' is not a valid Outcome"):
        read_baseline(tmp_path, "main")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("case", ["loan"], "case of .'loan'. is"),
        ("case", None, "case of None is None"),
        ("answer", 7, "answer of 'loan' is 7"),
        ("groundedness", "0.5", "groundedness of 'loan' is '0.5'"),
        ("groundedness", float("nan"), "groundedness of 'loan' is nan"),
        ("duration_s", 10**400, "duration_s of 'loan' is 1000"),
        ("trial", None, "trial of 'loan' is None"),
        ("is_xfail", "yes", "is_xfail of 'loan' is 'yes'"),
    ],
)
def test_a_value_that_no_result_has_is_told(tmp_path: Path, name: str, value: object, message: str) -> None:
    path = write_baseline(baseline(LOAN), tmp_path)
    data = json.loads(path.read_text())
    data["groups"][0]["results"][0][name] = value
    path.write_text(json.dumps(data))
    with pytest.raises(ResultsError, match=message):
        read_baseline(tmp_path, "main")


@pytest.mark.parametrize("name", ["configuration", "documents", "model", "scorer", "scorer_code", "server", "results"])
def test_a_group_that_no_run_has_made_is_told(tmp_path: Path, name: str) -> None:
    path = write_baseline(baseline(LOAN), tmp_path)
    data = json.loads(path.read_text())
    data["groups"][0][name] = 7
    path.write_text(json.dumps(data))
    with pytest.raises(ResultsError, match=f"{name} .*is 7"):
        read_baseline(tmp_path, "main")


def test_a_result_that_a_merge_has_left_twice_is_told(tmp_path: Path) -> None:
    path = write_baseline(baseline(LOAN), tmp_path)
    data = json.loads(path.read_text())
    data["groups"].append(data["groups"][0])
    path.write_text(json.dumps(data))
    with pytest.raises(ResultsError, match="holds 'loan' twice"):
        read_baseline(tmp_path, "main")


@pytest.mark.parametrize("line", ["[1]", "{}", '{"planned": 1, "transcript": 2, "score": 3}'])
def test_a_run_whose_lines_are_no_rows_makes_no_baseline(tmp_path: Path, line: str) -> None:
    folder = RunFolder(path=tmp_path / "2026-11-23T07-00-00-abcd")
    folder.make()
    (folder.path / "results.jsonl").write_text(f"{line}\n")
    with pytest.raises(ResultsError, match="no row"):
        baseline_of(folder, "main")


def test_an_unknown_baseline_names_those_that_exist(tmp_path: Path) -> None:
    write_baseline(baseline(LOAN), tmp_path)
    with pytest.raises(ResultsError, match=r"no baseline 'mian'(.|\n)*baselines: main"):
        read_baseline(tmp_path, "mian")


@pytest.mark.parametrize("name", ["../main", "", ".hidden", "a/b", "x" * 101])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResultsError, match="can't be named"):
        read_baseline(tmp_path, name)


def test_the_file_is_json_that_others_can_read(tmp_path: Path) -> None:
    data = json.loads(write_baseline(baseline(LOAN), tmp_path).read_text())
    assert data["groups"][0]["results"][0] == {
        "case": "loan",
        "outcome": "grounded",
        "behaviour": "answered",
        "answer": "a0",
        "groundedness": 0.5,
        "claims": 2,
        "supported_claims": 1,
        "prompt_tokens": 7,
        "duration_s": 0.25,
        "case_digest": "e0",
    }
