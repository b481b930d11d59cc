"""Rows as they are written."""

import json
from typing import Any

import pytest
from planned_support import planned
from pydantic import TypeAdapter

from harness.model.facts import AllOf, AnyOf, Not
from harness.model.row import Row
from harness.model.score import CaseScore, Outcome
from harness.model.simple_facts import Date, JsonPath, Language, Listed, MaxWords, Number, Regex, Sql, Text
from harness.model.suite import Case, CaseTurn
from harness.model.transcript import Provenance, Transcript
from harness.results import row_data, row_from_data

SIMPLE = (
    Text(text="28 days"),
    Regex(regex=r"\d+"),
    Number(number=28, unit="days", tolerance=0.5),
    Sql(sql="select 1"),
    Date(date="2026-01-31"),
    Listed(list_=("books", "maps")),
    MaxWords(max_words=40),
    Language(language="en"),
    JsonPath(json_path="$.days", equals="not_"),
)
NESTED = (Not(not_=Listed(list_=("maps",))), AllOf(all_of=(AnyOf(any_of=SIMPLE), Not(not_=Text(text="free")))))


def _row(case: Case) -> Row:
    one = planned(case=case)
    transcript = Transcript(
        target="assistants",
        requested_model="extractive",
        reported_model=None,
        turns=(),
        provenance=Provenance(origin="replayed", cassette="cassettes/library/loan.yaml"),
    )
    return Row(
        planned=one,
        transcript=transcript,
        score=CaseScore(turns=(), deciding_turn=None, outcome=Outcome.ERROR, scorer="none"),
    )


@pytest.mark.parametrize(
    "case",
    [
        Case(id="plain", prompt="How long?"),
        Case(id="simple", prompt="How long?", expected_facts=SIMPLE),
        Case(id="nested", prompt="How long?", expected_facts=NESTED),
        Case(id="turns", turns=(CaseTurn(prompt="How long?"), CaseTurn(prompt="And maps?", expected_facts=NESTED))),
    ],
    ids=lambda case: case.id,
)
def test_a_row_is_written_as_its_types_say(case: Case) -> None:
    row = _row(case)

    data: dict[str, Any] = row_data(row)

    assert data == TypeAdapter(Row).dump_python(row, mode="json", by_alias=True)
    assert row_from_data(json.loads(json.dumps(data))) == row
