import math

import pytest

from harness.documents import Document, read_document
from harness.model.facts import AnyFact, Not, Number, Sql, Text
from harness.model.plan import Planned
from harness.model.score import Behaviour, CaseScore, Outcome
from harness.model.suite import Assistant, Case, CaseTurn, Expectation
from harness.model.transcript import (
    Attempt,
    Citation,
    Failure,
    FileSearchStep,
    RefusalPart,
    Retrieved,
    TextPart,
    Transcript,
    Turn,
)
from harness.scoring import DEFAULT_MIN_GROUNDEDNESS, SCORER, score_case

REFUSAL = "Sorry, I'm afraid I don't have access to that information."
SALES = read_document(b"city,price\nBoston,10.5\nSeattle,20.25\nBoston,30\n", "sales.csv")
POLICY = read_document(b"You have 30 days to return a purchase. The label costs $6.95.\n", "policy.md")
DOCUMENTS = {document.path: document for document in (SALES, POLICY)}
MARKER = "【4:0†source】"


def planned(*turns: CaseTurn, minimum: float | None = None) -> Planned:
    return Planned(
        suite="cases/x.yaml",
        line=1,
        case=Case(id="x", turns=turns, min_groundedness=minimum),
        variant="default",
        trial=1,
        target="assistants",
        assistant=Assistant(
            model="m",
            instructions=f"Answer only from the files. Refuse with: {REFUSAL}",
            additional_run_instructions="Please address the user as Jules Dmatrix.",
        ),
        vector_store=None,
        sources=(),
        refusal=REFUSAL,
        min_groundedness=DEFAULT_MIN_GROUNDEDNESS,
    )


def said(*answers: str | Attempt) -> Transcript:
    attempts = (
        Attempt(status="completed", raw_status="completed", parts=(TextPart(text=answer),))
        if isinstance(answer, str)
        else answer
        for answer in answers
    )
    turns = tuple(Turn(prompt="?", attempts=(attempt,)) for attempt in attempts)
    return Transcript(target="assistants", requested_model="m", reported_model="m", turns=turns)


def score(
    answer: str | Attempt,
    expect: Expectation = "answer",
    *facts: AnyFact,
    cites: tuple[str, ...] = (),
    prompt: str = "What does it say?",
) -> CaseScore:
    turn = CaseTurn(prompt=prompt, expect=expect, expected_facts=facts, cites=cites)
    return score_case(planned(turn), said(answer), DOCUMENTS)


@pytest.mark.parametrize(
    ("answer", "expect", "behaviour", "outcome"),
    [
        ("You have 30 days to return a purchase.", "answer", Behaviour.ANSWERED, Outcome.GROUNDED),
        ("You have 40 days to return a purchase.", "answer", Behaviour.ANSWERED, Outcome.UNGROUNDED),
        ("Elephants paint the moon in Paris.", "answer", Behaviour.ANSWERED, Outcome.UNGROUNDED),
        (REFUSAL, "answer", Behaviour.REFUSED, Outcome.OVER_REFUSAL),
        ("Which purchase do you mean?", "answer", Behaviour.CLARIFYING, Outcome.OVER_REFUSAL),
        (REFUSAL, "refuse", Behaviour.REFUSED, Outcome.CORRECT_REFUSAL),
        (f"Jules Dmatrix, {REFUSAL.lower()}", "refuse", Behaviour.REFUSED, Outcome.CORRECT_REFUSAL),
        ("Which purchase do you mean?", "refuse", Behaviour.CLARIFYING, Outcome.CORRECT_REFUSAL),
        ("The CEO earns $5 million.", "refuse", Behaviour.ANSWERED, Outcome.MISSED_REFUSAL),
        (f"{REFUSAL} However, the CEO earns $5 million.", "refuse", Behaviour.PARTIAL, Outcome.MISSED_REFUSAL),
        ("", "answer", Behaviour.ERRORED, Outcome.ERROR),
        ("", "refuse", Behaviour.ERRORED, Outcome.ERROR),
        (f" {MARKER} ", "refuse", Behaviour.ERRORED, Outcome.ERROR),
    ],
)
def test_outcomes_follow_the_table(answer: str, expect: Expectation, behaviour: Behaviour, outcome: Outcome) -> None:
    result = score(answer, expect)
    assert (result.turns[0].behaviour, result.outcome) == (behaviour, outcome)
    assert result.scorer == SCORER


def test_groundedness_of_a_refusal_is_not_a_number() -> None:
    assert score(REFUSAL, "refuse").turns[0].groundedness is None


def test_groundedness_is_the_mean_of_the_claims() -> None:
    turn = score("You have 30 days to return a purchase. Elephants paint the moon in Paris.").turns[0]
    assert len(turn.claims) == 2
    assert turn.groundedness is not None
    assert math.isclose(turn.groundedness, sum(claim.score for claim in turn.claims) / 2, abs_tol=1e-4)


def test_a_missing_fact_makes_it_incomplete_and_is_named() -> None:
    result = score("The label costs $6.95.", "answer", Number(number=30, unit="days"), Text(text="label"))
    assert result.outcome == Outcome.INCOMPLETE
    assert result.turns[0].failed_checks == ("fact not stated: 30 days",)


def test_a_forbidden_fact_makes_it_incomplete_and_is_named() -> None:
    result = score("The label costs $6.95.", "answer", Not(not_=Text(text="label")))
    assert result.turns[0].failed_checks == ("forbidden fact stated: label ('label')",)


def test_a_fact_that_cannot_be_checked_is_an_error_and_says_what_exists() -> None:
    result = score("The label costs $6.95.", "answer", Sql(sql="select max(price) from nowhere"))
    assert result.outcome == Outcome.ERROR
    (failed,) = result.turns[0].failed_checks
    assert "cannot be checked" in failed
    assert "sales(city, price)" in failed


def test_an_aggregate_that_a_query_confirms_is_grounded() -> None:
    fact = Sql(sql="select sum(price) from sales where city = 'Boston'")
    result = score("Purchases in Boston add up to $40.50.", "answer", fact, prompt="What is the total for Boston?")
    assert result.outcome == Outcome.GROUNDED
    assert result.turns[0].claims[0].confirmed_by == str(fact)
    wrong = score("Purchases in Boston add up to $60.75.", "answer", fact)
    assert wrong.outcome == Outcome.UNGROUNDED
    assert wrong.turns[0].failed_checks == (f"fact not stated: {fact} (expected 40.5)",)


def cited(text: str, document: str | None) -> Attempt:
    start = text.index(MARKER)
    citation = Citation(
        document=document,
        remote_file_id="file",
        file_name=None,
        marker=MARKER,
        start=start,
        end=start + len(MARKER),
        result_index=None,
    )
    return Attempt(status="completed", raw_status="completed", parts=(TextPart(text=text, citations=(citation,)),))


@pytest.mark.parametrize(
    ("document", "is_known", "is_supported", "failed"),
    [
        ("policy.md", True, True, ()),
        ("sales.csv", True, False, ("cites: policy.md",)),
        (None, False, False, ("cites: policy.md",)),
    ],
)
def test_citations_are_judged_by_the_claim_they_stand_by(
    document: str | None, *, is_known: bool, is_supported: bool, failed: tuple[str, ...]
) -> None:
    turn = score(cited(f"The label costs $6.95.{MARKER}", document), cites=("policy.md",)).turns[0]
    (citation,) = turn.citations
    assert (citation.is_known, citation.is_supported, turn.failed_checks) == (is_known, is_supported, failed)
    assert turn.claims[0].text == "The label costs $6.95."


def test_a_citation_by_no_claim_supports_none() -> None:
    turn = score(cited(f"{MARKER} The label costs $6.95.", "policy.md")).turns[0]
    assert turn.citations[0].is_supported is None


def test_a_refusal_that_the_protocol_marks_is_one() -> None:
    attempt = Attempt(status="completed", raw_status="completed", parts=(RefusalPart(text="I can't."),))
    assert score(attempt, "refuse").outcome == Outcome.CORRECT_REFUSAL


def test_a_failed_attempt_is_an_error_with_its_reason() -> None:
    failure = Failure(kind="run_expired", message="the run expired after 600 s")
    attempt = Attempt(status="expired", raw_status="expired", error=failure)
    result = score(attempt, "refuse")
    assert result.outcome == Outcome.ERROR
    assert result.turns[0].failed_checks == ("run_expired: the run expired after 600 s",)
    assert result.turns[0].groundedness is None


def test_a_failed_run_is_an_error_of_the_case() -> None:
    failure = Failure(kind="endpoint", message="refused")
    transcript = Transcript(target="assistants", requested_model="m", reported_model=None, turns=(), error=failure)
    result = score_case(planned(CaseTurn(prompt="?", expect="answer")), transcript, DOCUMENTS)
    assert (result.outcome, result.deciding_turn) == (Outcome.ERROR, None)


def conversation() -> Planned:
    return planned(
        CaseTurn(prompt="Hello, I have a question."),
        CaseTurn(prompt="How long can I return a purchase?", expected_facts=(Number(number=30, unit="days"),)),
        CaseTurn(prompt="And what is the CEO's salary?", expect="refuse"),
    )


@pytest.mark.parametrize(
    ("answers", "deciding", "outcome"),
    [
        (("Hello!", "You have 30 days to return a purchase.", REFUSAL), 2, Outcome.CORRECT_REFUSAL),
        (("Hello!", REFUSAL, "The CEO earns $5 million."), 1, Outcome.OVER_REFUSAL),
        (("Elephants fly.", "You have 30 days to return a purchase.", "It is $5."), 2, Outcome.MISSED_REFUSAL),
        (("Hello!", "You have 30 days to return a purchase."), 2, Outcome.ERROR),
        (("", "You have 30 days to return a purchase.", REFUSAL), 0, Outcome.ERROR),
    ],
)
def test_the_first_failing_turn_decides(answers: tuple[str, ...], deciding: int, outcome: Outcome) -> None:
    result = score_case(conversation(), said(*answers), DOCUMENTS)
    assert (result.deciding_turn, result.outcome) == (deciding, outcome)
    assert result.deciding is result.turns[deciding]


def test_a_turn_that_sets_the_scene_has_no_outcome() -> None:
    result = score_case(conversation(), said("Elephants fly.", "30 days.", REFUSAL), DOCUMENTS)
    assert result.turns[0].expect is None
    assert result.turns[0].outcome is None


@pytest.mark.parametrize(("minimum", "outcome"), [(0.2, Outcome.GROUNDED), (0.9, Outcome.UNGROUNDED)])
def test_the_cases_own_minimum_counts(minimum: float, outcome: Outcome) -> None:
    answer = said("You have 30 days to return a purchase. Elephants paint the moon.")
    turn = CaseTurn(prompt="?", expect="answer")
    assert score_case(planned(turn, minimum=minimum), answer, DOCUMENTS).outcome == outcome


def test_scoring_twice_gives_the_same_score() -> None:
    answer = "You have 30 days to return a purchase. Purchases in Boston add up to $40.50."
    assert score(answer) == score(answer)


def test_a_persona_and_greeting_claim_nothing() -> None:
    turn = score("Hello Jules Dmatrix,\n\nthe label costs $6.95. I hope this helps!").turns[0]
    assert [claim.text for claim in turn.claims] == ["the label costs $6.95."]


def test_a_megabyte_of_answer_is_scored() -> None:
    document = Document(path="e.txt", sha256="e", media_type="text/plain", text="Nothing.", passages=())
    turn = CaseTurn(prompt="?", expect="answer")
    result = score_case(planned(turn), said("wörd " * 200_000), {"e.txt": document})
    assert result.outcome == Outcome.UNGROUNDED


def test_grounded_in_the_documents_but_not_in_what_was_retrieved() -> None:
    text = "Members may borrow books for 28 days.\n\nA late book costs 0.20 USD a day.\n"
    document = read_document(text.encode(), "library.md")
    found = Retrieved(
        document="library.md", file_name="library.md", rank=0, score=1.0, text="A late book costs 0.20 USD a day."
    )
    attempt = Attempt(
        status="completed",
        raw_status="completed",
        parts=(TextPart(text="Members may borrow books for 28 days."),),
        steps=(FileSearchStep(results=(found,)),),
    )
    transcript = Transcript(
        target="assistants",
        requested_model="m",
        reported_model="m",
        turns=(Turn(prompt="How long may I keep a book?", attempts=(attempt,)),),
    )

    asked = planned(CaseTurn(prompt="How long may I keep a book?", expect="answer"))

    score = score_case(asked, transcript, {"library.md": document}).turns[0]

    assert score.groundedness is not None
    assert score.groundedness_retrieved is not None
    assert score.groundedness > 0.9
    assert score.groundedness_retrieved < 0.5
    assert score.note is None
