"""Assertions in the spelling of promptfoo."""

from pathlib import Path
from typing import Any

import pytest
from casefile_support import load
from pydantic import TypeAdapter

from harness.casefile.schema import schema_of
from harness.errors import CaseFileError
from harness.model.facts import AllOf, AnyFact, AnyOf, Fact, JsonPath, Not, Regex, Text
from harness.model.suite import Suite
from harness.scoring.facts import check_fact

ADAPTER: TypeAdapter[AnyFact] = TypeAdapter(Fact)


@pytest.mark.parametrize(
    ("written", "fact"),
    [
        ({"type": "contains", "value": "Boston"}, Text(text="Boston")),
        ({"contains": "Boston"}, Text(text="Boston")),
        ({"icontains": "Boston", "weight": 2}, Text(text="Boston", weight=2)),
        ({"type": "regex", "value": "x+", "weight": 3}, Regex(regex="x+", weight=3)),
        ({"not-contains": "guess"}, Not(not_=Text(text="guess"))),
        ({"type": "not-contains", "value": "guess", "weight": 2}, Not(not_=Text(text="guess"), weight=2)),
        ({"contains-any": ["a", "b"]}, AnyOf(any_of=(Text(text="a"), Text(text="b")))),
        ({"type": "contains-all", "value": "a, b"}, AllOf(all_of=(Text(text="a"), Text(text="b")))),
        ({"type": "is-json"}, JsonPath(json_path="$")),
        ({"is-json": None}, JsonPath(json_path="$")),
        ({"not-is-json": None}, Not(not_=JsonPath(json_path="$"))),
    ],
)
def test_an_assertion_becomes_a_fact_of_ours(written: Any, fact: AnyFact) -> None:
    assert ADAPTER.validate_python(written) == fact


@pytest.mark.parametrize(
    ("written", "answer", "is_met"),
    [
        ({"equals": "It is 5 (five)."}, "It is 5 (five).\n", True),
        ({"equals": "It is 5."}, "it is 5.", False),
        ({"equals": "It is 5."}, "It is 5. Or 6.", False),
        ({"starts-with": "It is $5."}, "It is $5. Or 6.", True),
        ({"starts-with": "is"}, "It is 5.", False),
        ({"not-starts-with": "Sorry"}, "It is 5.", True),
        ({"not-equals": "It is 5."}, "It is 5.", False),
    ],
)
def test_whole_answers_and_beginnings_are_compared_to_the_letter(written: Any, answer: str, *, is_met: bool) -> None:
    assert check_fact(ADAPTER.validate_python(written), answer, lambda _: ())[0].is_met is is_met


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{type: llm-rubric, value: x}", "expected_facts[0].type: found the text 'llm-rubric'; of promptfoo's"),
        ("{contains: 12}", "found the number 12, text is wanted: put it in quotes"),
        ("{contains: ' '}", "`text` is empty"),
        ("{contains-any: []}", "`any_of` is empty"),
        ("{equals: [a]}", "found a list, text is wanted"),
        ("{icontain: x}", "unknown key; did you mean `icontains`? allowed: text, regex"),
        ("{not-contans: x}", "unknown key; did you mean `not-contains`?"),
        ("{type: not-contans, value: x}", "found the text 'not-contans'; did you mean `not-contains`? of promptfoo's"),
        ("{type: contains}", "`contains` has no value: what should be looked for?"),
        ("{contains: }", "`contains` has no value: what should be looked for?"),
        ("{type: not-equals}", "`not-equals` has no value"),
        ("{type: contains, value: x, threshold: 1}", "threshold: unknown key; allowed: text, weight"),
        ("{contains: x, weight: 0}", "`weight` is a number above 0, not 0"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, written: str, words: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        load(tmp_path, f"cases:\n  - id: one\n    prompt: Hello?\n    expected_facts: [{written}]\n")
    assert words in str(caught.value)


WHOLE = """
cases:
  - id: one
    prompt: Hello?
    expected_facts:
      - {type: contains, value: Boston, weight: 2}
      - {not-icontains: guess}
      - {date: 2026-08-26, order: day_first}
      - {list: "a, b and c"}
      - {json_path: '$.items[0]', equals: true}
      - {json_path: $.a, equals: null}
      - {max_words: 40}
      - {language: en}
"""


def test_all_of_it_is_read_and_fits_the_schema(tmp_path: Path) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    import yaml

    (case,) = load(tmp_path, WHOLE).suite.cases
    assert [str(fact) for fact in case.expected_facts] == [
        "Boston",
        "not: guess",
        "2026-08-26",
        "list: a, b, c",
        "json: $.items[0] = true",
        "json: $.a = null",
        "at most 40 words",
        "language: en",
    ]
    data = yaml.safe_load(WHOLE.replace("2026-08-26", "'2026-08-26'"))
    jsonschema.Draft202012Validator(schema_of(Suite)).validate(data)
