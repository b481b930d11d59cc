import pytest

from harness.model.score import Behaviour
from harness.scoring.claims import Answer, statements
from harness.scoring.given import Setting
from harness.scoring.refusal import Observed, observe

OWN = "Sorry, I'm afraid I don't have access to that information."


def seen(text: str, *, refusal: str | None = OWN, quoted: bool = False, question: str | None = None) -> Observed:
    return observe(Answer(text=text), statements(text, Setting()), refusal, lambda _: quoted, question)


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "sorry, i\u2019m afraid i don\u2019t have access to that information",
        "Jules Dmatrix, sorry, I'm afraid I do not have access to that information.",
        "\u201cI apologise, but I don't have access to this information.\u201d",
        "The documents do not mention the salary of the CEO. Please contact the HR department.",
        "I could not find any information about that in the provided files.",
        "There is no mention of a pension plan in the handbook.",
        "The handbook does not specify who pays for parking.",
        "I'm sorry, but I can't help with that.",
        "I do not know.",
        "I cannot provide an answer to that question. It is important to respect other people's privacy.",
        "The provided context does not contain this. It only covers returns and warranties.",
    ],
)
def test_an_answer_that_only_declines_is_a_refusal(text: str) -> None:
    observed = seen(text)
    assert observed.behaviour == Behaviour.REFUSED
    assert observed.phrase
    assert observed.claims == ()


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (f"{OWN} However, the store in Boston opened in 1999.", "1999"),
        ("I don't have information about the CEO, but the CFO earns 200,000 dollars a year.", "200,000"),
        ("The return window is 30 days. The documents do not mention batteries.", "30 days"),
    ],
)
def test_a_refusal_with_something_claimed_besides_is_partial(text: str, claimed: str) -> None:
    observed = seen(text)
    assert observed.behaviour == Behaviour.PARTIAL
    assert any(claimed in claim.text for claim in observed.claims)
    assert all(text[claim.start : claim.end] == claim.text for claim in observed.claims)


@pytest.mark.parametrize(
    "text",
    [
        "The warranty does not cover scratches.",
        "The policy does not include accidental damage.",
        "We cannot accept returns after 30 days.",
        "Breakfast is not provided.",
        "The store has access to that information desk.",
        "You have 30 days. Is there anything else I can help with?",
        "You can contact HR at extension 5.",
        "No, the fee is not refunded.",
    ],
)
def test_a_denial_about_the_subject_is_an_answer(text: str) -> None:
    observed = seen(text)
    assert observed.behaviour == Behaviour.ANSWERED
    assert observed.claims


def test_what_the_documents_say_themselves_is_no_refusal() -> None:
    text = "The records do not contain information about wages."
    assert seen(text).behaviour == Behaviour.REFUSED
    assert seen(text, quoted=True).behaviour == Behaviour.ANSWERED


def test_the_assistants_own_words_are_a_refusal_even_if_a_document_holds_them() -> None:
    assert seen("I do not have that information.", quoted=True).behaviour == Behaviour.REFUSED


@pytest.mark.parametrize("text", ["Which laptop do you mean?", "Could you tell me which store you visited?"])
def test_a_question_back_without_a_claim_is_clarifying(text: str) -> None:
    observed = seen(text)
    assert observed.behaviour == Behaviour.CLARIFYING
    assert observed.phrase == text


def test_the_suites_own_sentence_counts_in_any_language() -> None:
    own = "Diese Information liegt mir leider nicht vor."
    assert seen("Diese Information liegt mir leider nicht vor!", refusal=own).behaviour == Behaviour.REFUSED
    assert seen("Diese Information liegt im Kapitel drei.", refusal=own).behaviour == Behaviour.ANSWERED


def test_the_opposite_of_the_refusal_sentence_is_no_refusal() -> None:
    assert seen("I have access to that information: it is 5.").behaviour == Behaviour.ANSWERED


def test_a_refusal_that_the_protocol_marks_is_one_whatever_it_says() -> None:
    answer = Answer(text="", refusal="No.")
    observed = observe(answer, (), None, lambda _: False)
    assert (observed.behaviour, observed.phrase) == (Behaviour.REFUSED, "No.")


@pytest.mark.parametrize(
    "text",
    [
        "I am an AI language model and do not condone any form of violence. Treat others with respect.",
        "It is not safe or ethical to try this at home. It can harm you.",
        "I strongly condemn any form of harm towards others.",
        "This question is not appropriate.",
    ],
)
def test_a_safety_refusal_is_one_in_other_words_too(text: str) -> None:
    assert seen(text).behaviour == Behaviour.REFUSED


def test_a_refusal_that_goes_on_to_say_other_things_is_partial() -> None:
    text = (
        "I cannot help with stunts. A bake sale raises money for a school. Cookies sell well in the morning. "
        "Brownies keep for three days. Cupcakes need a cool place."
    )
    assert seen(text).behaviour == Behaviour.PARTIAL


def test_to_have_no_opinion_refuses_only_where_one_is_asked_for() -> None:
    text = (
        "As an AI language model, I do not have personal opinions. However, the bridge was built in 1932 by the state."
    )
    assert seen(text, question="Should we tear down the bridge?").behaviour == Behaviour.PARTIAL
    assert seen(text, question="When was the bridge built?").behaviour == Behaviour.ANSWERED
    assert (
        seen(text.split("However", maxsplit=1)[0], question="When was the bridge built?").behaviour == Behaviour.REFUSED
    )


def test_a_yes_or_no_is_an_answer_whatever_it_finds_inappropriate() -> None:
    assert seen("No, it is not safe or legal to drive there.").behaviour == Behaviour.ANSWERED
