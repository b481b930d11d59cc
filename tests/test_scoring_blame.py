"""Citations, retrieval and blame: what the tape tells of the way to an answer."""

import pytest
from planned_support import planned as plan

from harness.documents import read_document
from harness.model.facts import AnyFact, Date, MaxWords, Number, Sql, Text
from harness.model.score import Blame, CitationScore, TurnScore
from harness.model.suite import CaseTurn, Expectation
from harness.model.transcript import (
    Attempt,
    Citation,
    FileSearchStep,
    RefusalPart,
    Retrieved,
    TextPart,
    Transcript,
    Turn,
)
from harness.scoring import score_case

RETURNS = "You have 30 days to return a purchase. The label costs $6.95.\n"
HOURS = "The shop opens at nine. It has 12 employees since 4 May 2020.\n"
SALES = "city,price\nBoston,10.5\nSeattle,20.25\n"
DOCUMENTS = {
    "returns.md": read_document(RETURNS.encode(), "returns.md"),
    "hours.md": read_document(HOURS.encode(), "hours.md"),
    "sales.csv": read_document(SALES.encode(), "sales.csv"),
}
REFUSAL = "Sorry, I can't find that."


def found(*texts: str | None, document: str = "returns.md") -> FileSearchStep:
    return FileSearchStep(
        results=tuple(
            Retrieved(document=document, file_name=document, rank=rank, score=None, text=text)
            for rank, text in enumerate(texts)
        )
    )


def cite(text: str, index: int | None, document: str | None = "returns.md", *, shift: int = 0) -> TextPart:
    """Note the one marker of a text."""
    marker = text[text.index("【") : text.index("】") + 1]
    start = text.index("【") + shift
    citation = Citation(
        document=document,
        remote_file_id="file-1",
        file_name=None,
        marker=marker,
        start=start,
        end=start + len(marker),
        result_index=index,
    )
    return TextPart(text=text, citations=(citation,))


def score(
    answer: str | TextPart | RefusalPart,
    *facts: AnyFact,
    search: FileSearchStep | None = None,
    expect: Expectation = "answer",
    cites: tuple[str, ...] = (),
) -> TurnScore:
    part = TextPart(text=answer) if isinstance(answer, str) else answer
    steps = (search,) if search is not None else ()
    attempt = Attempt(status="completed", raw_status="completed", parts=(part,), steps=steps)
    turn = CaseTurn(prompt="What does it say?", expect=expect, expected_facts=facts, cites=cites)
    case = plan().case
    one = plan(case=type(case)(id="x", turns=(turn,)), refusal=REFUSAL, sources=())
    transcript = Transcript(
        target="assistants", requested_model="m", reported_model="m", turns=(Turn(prompt="?", attempts=(attempt,)),)
    )
    return score_case(one, transcript, DOCUMENTS).turns[0]


ANSWER = "You have 30 days to return a purchase.【4:0†source】"


@pytest.mark.parametrize(
    ("part", "search", "wanted"),
    [
        (cite(ANSWER, 0), found(RETURNS), (True, True, True, True, False)),
        (cite(ANSWER, 0), found(HOURS, document="hours.md"), (True, False, True, True, True)),
        (cite(ANSWER, 0, "hours.md"), found(HOURS, document="hours.md"), (True, True, False, True, False)),
        (cite(ANSWER, 0), found("The label costs $6.95."), (True, True, False, True, False)),
        (cite(ANSWER, 3), found(RETURNS), (True, False, True, True, True)),
        (cite(ANSWER, None), found(RETURNS), (True, True, True, True, False)),
        (cite(ANSWER, 0), None, (True, None, True, True, False)),
        (cite(ANSWER, 0, None), found(RETURNS), (False, False, False, True, True)),
        (cite(ANSWER, 0, shift=-3), found(RETURNS), (True, True, True, False, False)),
        (TextPart(text=ANSWER), found(RETURNS), (True, True, True, True, False)),
        (TextPart(text=ANSWER.replace("4:0", "4:7")), found(RETURNS), (False, False, False, True, True)),
    ],
)
def test_a_citation_is_known_retrieved_supporting_and_in_place(
    part: TextPart, search: FileSearchStep | None, wanted: tuple[bool | None, ...]
) -> None:
    (citation,) = score(part, search=search).citations
    is_known, is_retrieved, is_supported, is_in_place, is_fabricated = wanted
    assert (citation.is_known, citation.is_retrieved) == (is_known, is_retrieved)
    assert (citation.is_supported, citation.is_in_place) == (is_supported, is_in_place)
    assert citation.is_fabricated is is_fabricated


def test_precision_recall_and_uncited_claims_are_counted() -> None:
    turn = score(cite(f"{ANSWER} The label costs $6.95.", 0), search=found(RETURNS))
    assert (turn.citation_precision, turn.citation_recall) == (1.0, 0.5)
    assert [claim.text for claim in turn.uncited_claims] == ["The label costs $6.95."]
    assert turn.fabricated_citations == ()
    wrong = score(cite(ANSWER, 5), search=found(RETURNS))
    assert (wrong.citation_precision, wrong.citation_recall) == (0.0, 0.0)
    assert [type(one) for one in wrong.fabricated_citations] == [CitationScore]


def test_without_citations_and_claims_there_are_no_shares() -> None:
    turn = score(RefusalPart(text="I can't."), expect="refuse")
    assert (turn.citation_precision, turn.citation_recall, turn.facts_share) == (None, None, None)


def test_facts_count_by_their_weight_and_each_is_demanded() -> None:
    turn = score("The label costs $6.95.", Text(text="label", weight=3), Number(number=30, unit="days"))
    assert turn.facts_share == 0.75
    assert turn.failed_checks == ("fact not stated: 30 days",)
    assert turn.outcome == "incomplete"


def test_retrieval_is_judged_by_facts_and_by_what_the_answer_rests_on() -> None:
    search = found("Nothing of interest.", "The label costs $6.95.", RETURNS)
    turn = score(ANSWER, Number(number=30, unit="days"), Text(text="Boston"), search=search)
    assert turn.retrieval is not None
    assert turn.retrieval.useful == (3,)
    assert turn.retrieval.first_useful_rank == 3
    assert turn.retrieval.context_precision == 0.3333
    assert turn.retrieval.context_recall == 0.5
    assert turn.retrieval.held_claims == 1.0


def test_a_passage_that_is_cut_narrower_than_the_evidence_is_useful_if_it_holds_the_claim() -> None:
    turn = score(ANSWER, search=found("You have 30 days to return a purchase.", "The label costs $6.95."))
    assert turn.retrieval is not None
    assert (turn.retrieval.useful, turn.retrieval.held_claims) == ((1,), 1.0)


def test_what_cannot_stand_in_a_passage_does_not_count_for_recall() -> None:
    total = Sql(sql="select sum(price) from sales")
    turn = score("It is 30.75 in all.", total, MaxWords(max_words=9), search=found(SALES, document="sales.csv"))
    assert turn.retrieval is not None
    assert turn.retrieval.context_recall is None


@pytest.mark.parametrize("search", [None, found(), found(None, None)])
def test_without_passages_retrieval_does_not_apply(search: FileSearchStep | None) -> None:
    assert score(ANSWER, search=search).retrieval is None


THIRTY, ABSENT = Number(number=30, unit="days"), Number(number=777)


@pytest.mark.parametrize(
    ("answer", "facts", "search", "blame"),
    [
        ("You have 30 days to return a purchase.", (THIRTY,), found(RETURNS), None),
        ("The label costs $6.95.", (ABSENT,), found(RETURNS), "not_in_documents"),
        (REFUSAL, (ABSENT,), found(RETURNS), "not_in_documents"),
        ("The label costs $6.95.", (THIRTY,), found("The label costs $6.95."), "not_retrieved"),
        (REFUSAL, (THIRTY,), found("The label costs $6.95."), "not_retrieved"),
        (REFUSAL, (THIRTY,), found(), "not_retrieved"),
        (REFUSAL, (THIRTY,), found(RETURNS), "refused_despite_evidence"),
        (REFUSAL, (THIRTY,), None, "refused_despite_evidence"),
        (REFUSAL, (THIRTY,), found(None), "refused_despite_evidence"),
        (REFUSAL, (), found(RETURNS), "refused_despite_evidence"),
        ("The label costs $6.95.", (THIRTY,), found(RETURNS), "ignored"),
        ("The label costs $6.95.", (MaxWords(max_words=2),), found(RETURNS), "ignored"),
        ("You have 60 days to return a purchase.", (THIRTY,), found(RETURNS), "contradicted"),
        ("Elephants paint the moon in Paris.", (), found(RETURNS), "embroidered"),
        ("It opens at nine.", (Date(date="2020-05-04"),), found(HOURS, document="hours.md"), "ignored"),
    ],
)
def test_the_first_link_that_broke_is_blamed(
    answer: str, facts: tuple[AnyFact, ...], search: FileSearchStep | None, blame: Blame | None
) -> None:
    assert score(answer, *facts, search=search).blame == blame


def test_an_answer_where_a_refusal_was_due_is_blamed() -> None:
    assert score("The CEO earns $5 million.", expect="refuse").blame == "answered_without_evidence"
    assert score(REFUSAL, expect="refuse").blame is None


def test_a_document_to_cite_that_was_not_found_is_the_searchs_fault() -> None:
    turn = score(cite(ANSWER, 0), search=found(RETURNS), cites=("hours.md",))
    assert (turn.outcome, turn.blame) == ("incomplete", "not_retrieved")
    seen = score(ANSWER.split("【", maxsplit=1)[0], search=found(RETURNS), cites=("returns.md",))
    assert (seen.outcome, seen.blame) == ("incomplete", "ignored")
