"""`harness.score_answer`: one answer against documents."""

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.answer import FactLike
from harness.errors import CaseFileError, DocumentError
from harness.model.facts import Text
from harness.model.score import Behaviour

POLICY = "You have 30 days to return a purchase. The label costs $6.95."


def test_a_grounded_answer_shows_claims_facts_and_evidence() -> None:
    scored = harness.score_answer(
        "You have 30 days to return a purchase.【4:0†source】",
        [POLICY],
        question="How long can I return it?",
        expected_facts=[30, "purchase", {"number": 30, "unit": "days"}, Text(text="return"), {"not": "forty"}],
    )
    assert scored.behaviour is Behaviour.ANSWERED
    assert scored.groundedness is not None
    assert scored.groundedness > 0.5
    assert scored.is_grounded is True
    assert scored.facts_met
    (claim,) = scored.claims
    assert claim.evidence is not None
    assert POLICY[claim.evidence.start : claim.evidence.end].startswith("You have 30 days")


@pytest.mark.parametrize(
    ("answer", "behaviour", "is_grounded"),
    [
        ("Elephants paint the moon in Paris.", Behaviour.ANSWERED, False),
        ("Sorry, that is beyond my files.", Behaviour.REFUSED, None),
        ("Which purchase do you mean?", Behaviour.CLARIFYING, None),
        ("", Behaviour.ERRORED, None),
    ],
)
def test_other_answers(answer: str, behaviour: Behaviour, *, is_grounded: bool | None) -> None:
    scored = harness.score_answer(answer, [POLICY], refusal="Sorry, that is beyond my files.")
    assert (scored.behaviour, scored.is_grounded) == (behaviour, is_grounded)


@pytest.mark.parametrize("answer", ["", " \n"])
def test_an_empty_answer_meets_no_fact(answer: str) -> None:
    scored = harness.score_answer(answer, [POLICY], expected_facts=[91, {"not": "forty", "weight": 2}])
    assert [(fact.fact, fact.is_met, fact.weight) for fact in scored.facts] == [
        ("91", False, 1),
        ("not: forty", False, 2),
    ]
    assert not scored.facts_met


def test_files_are_read_in_every_format(tmp_path: Path) -> None:
    table = tmp_path / "sales.csv"
    table.write_text("city,price\nBoston,10.5\nSeattle,20.25\n", encoding="utf-8")
    facts: list[FactLike] = [{"sql": "select sum(price) from sales"}, "Boston"]
    scored = harness.score_answer("Boston and Seattle add up to 30.75.", [POLICY, table], expected_facts=facts)
    assert [fact.is_met for fact in scored.facts] == [True, True]
    assert harness.score_answer("You have 30 days to return a purchase.", POLICY).is_grounded


def test_without_documents_nothing_is_grounded() -> None:
    assert harness.score_answer("It costs $5.", []).is_grounded is False


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"numbr": 3}, r"expected_facts\[0\]: numbr: unknown key; did you mean `number`"),
        ({"regex": "("}, "`regex` is no regular expression"),
        (None, "found nothing, wanted is text"),
        (True, "wanted is text or a mapping"),
    ],
)
def test_a_fact_that_is_none_is_told(fact: object, words: str) -> None:
    with pytest.raises(harness.HarnessError, match=words):
        harness.score_answer("It is 5.", [POLICY], expected_facts=[fact])  # type: ignore[list-item]


def test_a_document_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(harness.HarnessError, match="cannot be read: No such file"):
        harness.score_answer("It is 5.", [tmp_path / "none.md"])
    (tmp_path / "a.md").write_text("It is 5.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(harness.HarnessError, match="this text is the name of a file"):
        harness.score_answer("It is 5.", ["a.md"])


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (None, "documents: found None, a list is wanted"),
        (3, "documents: found int 3, a list is wanted"),
        (b"It is 5.", "documents: found bytes b'It is 5.', a list is wanted"),
        ({"a.md": "It is 5."}, "documents: found dict"),
        (["It is 5.", b"It is 5."], r"documents\[1\]: found bytes b'It is 5.'"),
        ([None], r"documents\[0\]: found None"),
        ("policy.pdf", "'policy.pdf': this text is the name of a file"),
        (["docs/none.MD"], "'docs/none.MD': this text is the name of a file"),
    ],
)
def test_what_holds_no_documents_is_told(documents: Any, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        harness.score_answer("It is 5.", documents)
    assert "a text is a str, a file is a pathlib.Path" in str(caught.value)


@pytest.mark.parametrize("facts", ["Boston", b"Boston", {"number": 5}, None, 5])
def test_facts_that_are_no_list_are_told(facts: Any) -> None:
    with pytest.raises(CaseFileError, match=r"expected_facts: found .*, a list of facts is wanted"):
        harness.score_answer("It is 5.", [POLICY], expected_facts=facts)


@pytest.mark.parametrize(
    "arguments", [{"answer": None}, {"answer": 5}, {"question": None}, {"refusal": 3}, {"answer": b"x"}]
)
def test_what_should_be_text_and_is_not_is_told(arguments: Any) -> None:
    (name,) = arguments
    with pytest.raises(TypeError, match=f"{name}: found .*, a text"):
        harness.score_answer(**{"answer": "It is 5.", "documents": [POLICY], **arguments})


def test_the_same_arguments_give_the_same_result() -> None:
    assert harness.score_answer("It costs $5.", [POLICY]) == harness.score_answer("It costs $5.", [POLICY])


@pytest.mark.parametrize("text", ["a" * 290 + ".txt", "Refunds take 30 days\0.md", "\ud800 days.md"])
def test_odd_texts_are_texts(text: str) -> None:
    assert harness.score_answer("Refunds take 30 days.", text).claims
