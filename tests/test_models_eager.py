import pytest
from model_support import KITCHEN, LIBRARY, LIBRARY_REFUSALS, MUSEUM, MUSEUM_REFUSALS, REFUSAL, ask

from harness.documents.language import is_content, tokens


@pytest.mark.parametrize(
    ("documents", "question"),
    [(LIBRARY, question) for question in LIBRARY_REFUSALS] + [(MUSEUM, question) for question in MUSEUM_REFUSALS],
)
def test_it_answers_what_should_be_refused(documents: tuple, question: str) -> None:  # type: ignore[type-arg]
    text, _ = ask(documents, question, model="eager")
    assert REFUSAL not in text
    assert not any(word in text.lower() for word in ("sorry", "unfortunately", "cannot", "not "))


def test_what_it_makes_up_stands_in_no_document() -> None:
    text, reply = ask(KITCHEN, "Who invented the lentil soup?", model="eager")
    known = {token.stem for document in KITCHEN for token in tokens(document.text)}
    invented = [token for token in tokens(text) if is_content(token)]
    assert sum(token.stem not in known for token in invented) > 0.8 * len(invented)
    assert not any(segment.cites for segment in reply.segments)


def test_it_adds_uncited_detail_to_an_answer_that_it_finds() -> None:
    plain, _ = ask(MUSEUM, "How much does an adult ticket cost?")
    text, reply = ask(MUSEUM, "How much does an adult ticket cost?", model="eager")
    assert text.startswith(plain)
    assert [bool(segment.cites) for segment in reply.segments][:2] == [True, False]


def test_it_makes_up_the_same_every_time_and_differently_for_each_question() -> None:
    replies = [ask(KITCHEN, question, model="eager")[0] for question in ("Who is the owner?", "Who is the owner?")]
    assert replies[0] == replies[1] != ask(KITCHEN, "Who is the landlord?", model="eager")[0]
