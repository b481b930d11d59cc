"""Results as tables and as SQL: the same lines, and no way out of them."""

from pathlib import Path

import pytest
from conftest import harness
from planned_support import planned

import harness as package
from harness.documents.load import read_document
from harness.errors import ResultsError
from harness.model.row import Row
from harness.model.score import CaseScore, Outcome
from harness.model.simple_facts import Number
from harness.model.suite import Case
from harness.model.transcript import Attempt, Citation, Failure, FileSearchStep, Retrieved, TextPart, Transcript, Turn
from harness.results import RunFolder, row_data
from harness.results.database import HISTORY, query
from harness.results.tidy import KEYS
from harness.scoring import score_case

TEXT = "Members may borrow books for 28 days. A late book costs 0.20 USD a day.\n"
ANSWER = "Books may be borrowed for 28 days.【4:0†source】 Dogs are welcome."


def scored() -> Row:
    case = Case(
        id="loan", prompt="For how long?", expected_facts=(Number(number=28, unit="days"),), cites=("library.md",)
    )
    one = planned(case=case)
    citation = Citation(
        document="library.md", remote_file_id="file-1", file_name=None, marker="【4:0†source】",
        start=34, end=46, result_index=0,
    )  # fmt: skip
    found = Retrieved(document="library.md", file_name="library.md", rank=0, score=0.5, text=TEXT.strip())
    attempt = Attempt(
        status="completed",
        raw_status="completed",
        parts=(TextPart(text=ANSWER, citations=(citation,)),),
        steps=(FileSearchStep(results=(found, found)),),
    )
    transcript = Transcript(
        target="assistants",
        requested_model="extractive",
        reported_model="extractive",
        turns=(Turn(prompt="For how long?", attempts=(attempt,)),),
    )
    document = read_document(TEXT.encode(), "library.md")
    return Row(planned=one, transcript=transcript, score=score_case(one, transcript, {"library.md": document}))


def errored() -> Row:
    failure = Failure(kind="endpoint", message="nothing answers")
    transcript = Transcript(
        target="assistants", requested_model="extractive", reported_model=None, turns=(), error=failure
    )
    score = CaseScore(turns=(), deciding_turn=None, outcome=Outcome.ERROR, scorer="lexical-2")
    return Row(planned=planned(case=Case(id="other", prompt="Why?")), transcript=transcript, score=score)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(path=tmp_path / "results" / "2026-11-23T08-00-00-aaaa")
    for row in (scored(), errored()):
        folder.append(row_data(row))
    return folder


def test_each_claim_fact_citation_and_passage_is_a_line(run: RunFolder) -> None:
    claims = package.load_claims(run.path)
    assert list(claims[["case", "turn", "claim", "support"]].itertuples(index=False, name=None)) == [
        ("loan", 1, 1, "supported"),
        ("loan", 1, 2, "not_found"),
    ]
    assert claims["passage"][0] == TEXT.strip()
    assert list(package.load_facts(run.path)["is_met"]) == [True]
    (citation,) = package.load_citations(run.path).to_dict("records")
    assert (citation["claim"], citation["is_true"], citation["is_fabricated"]) == (1, True, False)
    retrieved = package.load_retrieved(run.path / "results.jsonl")
    assert list(retrieved["rank"]) == [1, 2]
    assert list(retrieved.columns[: len(KEYS)]) == list(KEYS)


def test_a_run_without_claims_is_an_empty_table_with_columns(tmp_path: Path) -> None:
    folder = RunFolder(path=tmp_path / "run")
    folder.append(row_data(errored()))
    frame = package.load_claims(folder.path)
    assert (len(frame), "support" in frame.columns) == (0, True)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select outcome, count(*) from rows group by all order by all", [("error", 1), ("ungrounded", 1)]),
        ("select run from rows limit 1", [("2026-11-23T08-00-00-aaaa",)]),
        ('select count(*) from rows join claims using (run, suite, "case", variant, trial)', [(2,)]),
        ("select avg(duration_s), max(blame) is null from rows where outcome = 'error'", [(None, True)]),
        ("select rank from retrieved where is_useful order by rank", [(1,), (2,)]),
        ("select is_met from facts where error is null", [(True,)]),
    ],
)
def test_sql_sees_the_same(run: RunFolder, sql: str, rows: list[tuple[object, ...]]) -> None:
    answer = query([run], sql)
    assert answer.rows == rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from nothing", "Table with name nothing does not exist"),
        ("select", "syntax error|SELECT clause without selection list"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration|Permission Error"),
        ("copy rows to 'out.csv'", "disabled by configuration|Permission Error"),
        ("attach 'other.db'", "disabled by configuration|Permission Error|Cannot"),
        ("set enable_external_access = true", "locked|Cannot"),
        ("select * from run", "does not exist"),
    ],
)
def test_sql_reaches_nothing_else(run: RunFolder, sql: str, message: str) -> None:
    with pytest.raises(ResultsError, match=message):
        query([run], sql)


def test_without_runs_there_is_nothing_to_ask() -> None:
    with pytest.raises(ResultsError, match="no run yet"):
        query([], "select 1")


def test_history_goes_over_runs_newest_first(run: RunFolder, tmp_path: Path) -> None:
    later = RunFolder(path=tmp_path / "results" / "2026-11-24T08-00-00-bbbb")
    later.append(row_data(scored()))
    found = query([run, later], HISTORY, ["cases/library.yaml::loan", "default"])
    assert [row[0] for row in found.rows] == [later.id, run.id]


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        (["sql", 'select "case", groundedness g from rows order by 1'], 0, ["case *g", "loan*", "other", "(2 lines)"]),
        (["sql", 'select "case" from rows order by 1', "--format", "csv"], 0, ["case", "loan", "other"]),
        (["sql", "select 1 as one", "--format", "json"], 0, ['*"one": 1*']),
        (["sql", "select 1", "--format", "xml"], 4, ["*found 'xml', allowed are table, csv, json"]),
        (["sql", "selec 1"], 4, ["harness: the query: Parser Error*"]),
        (["sql", "select 1", "--run", "2020"], 4, ["*there is no run '2020'*"]),
        (["history", "loan"], 0, ["run*outcome*", "*", "2026-11-23T08-00-00-aaaa*", "(1 line)"]),
        (["history", "loan[t2]"], 0, ["run*outcome*", "*", "2026-11-23T08-00-00-aaaa*", "(1 line)"]),
        (["history", "nobody"], 4, ["*no run has a case 'nobody'*"]),
        (["history", "loan[nobody]"], 4, ["*in the variant 'nobody'", "  hint: runs have: default;*"]),
        (["sql", ""], 4, ["harness: the query: there is no statement in it"]),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_the_command_line(
    project: pytest.Pytester, run: RunFolder, args: list[str], code: int, expected: list[str]
) -> None:
    run.path.parent.rename(project.path / "results")
    result = harness(project, *args)
    assert result.ret == code
    (result.stderr if code else result.stdout).fnmatch_lines(expected)
