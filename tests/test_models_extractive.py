import re
import time

import pytest
from model_support import (
    INSTRUCTIONS,
    KITCHEN,
    KITCHEN_ANSWERS,
    KITCHEN_REFUSALS,
    LIBRARY,
    LIBRARY_ANSWERS,
    LIBRARY_REFUSALS,
    MUSEUM,
    MUSEUM_ANSWERS,
    MUSEUM_REFUSALS,
    REFUSAL,
    InMemorySources,
    ask,
)

from harness.documents.load import read_document
from harness.server.models import BUILT_IN
from harness.server.models.interface import Conversation, Message

SETS = {"library": LIBRARY, "museum": MUSEUM, "kitchen": KITCHEN}
ANSWERS = [("library", *case) for case in LIBRARY_ANSWERS]
ANSWERS += [("museum", *case) for case in MUSEUM_ANSWERS]
ANSWERS += [("kitchen", *case) for case in KITCHEN_ANSWERS]
REFUSALS = [("library", question) for question in LIBRARY_REFUSALS]
REFUSALS += [("museum", question) for question in MUSEUM_REFUSALS]
REFUSALS += [("kitchen", question) for question in KITCHEN_REFUSALS]


@pytest.mark.parametrize(("name", "turns", "facts"), ANSWERS)
def test_a_question_that_the_documents_answer_gets_its_facts(
    name: str, turns: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    text, reply = ask(SETS[name], *turns)
    assert [fact for fact in facts if not re.search(fact, text)] == [], text
    assert any(segment.cites for segment in reply.segments)


@pytest.mark.parametrize(("name", "question"), REFUSALS)
def test_a_question_that_the_documents_do_not_answer_is_refused_in_the_words_of_the_instructions(
    name: str, question: str
) -> None:
    assert ask(SETS[name], question)[0] == REFUSAL


def test_results_that_stand_in_a_file_are_its_very_characters() -> None:
    _, reply = ask(LIBRARY, "What is the average number of pages of novels?")
    documents = dict(InMemorySources(LIBRARY).files())
    placed = [chunk for chunk in reply.results if chunk.start is not None]
    assert placed
    assert all(documents[chunk.file_id].text[chunk.start : chunk.end] == chunk.text for chunk in placed)


def test_an_aggregate_cites_its_rows_and_a_total_that_stands_nowhere() -> None:
    _, reply = ask(LIBRARY, "How many loans did the Harbour branch make?")
    cited = [reply.results[number] for segment in reply.segments for number in segment.cites]
    assert [chunk.start is None for chunk in cited] == [False] * 4 + [True]
    assert cited[-1].text.startswith("Total: 4 of 10 records match")


def test_a_message_with_two_questions_gets_two_answers() -> None:
    text, _ = ask(LIBRARY, "Who wrote Garden Calendar, and how many loans did Tom Reed have?")
    assert "Otto Finn" in text
    assert re.search(r"\b3\b", text)


def test_a_half_answerable_message_is_answered_and_refused_by_halves() -> None:
    text, _ = ask(LIBRARY, "Who wrote Garden Calendar, and how old is Tom Reed?")
    assert "Otto Finn" in text
    assert text.endswith(REFUSAL)


def test_the_user_is_addressed_as_the_instructions_say_except_in_a_refusal() -> None:
    instructions = f"{INSTRUCTIONS} Please address the user as Jules Dmatrix."
    assert ask(LIBRARY, "What is the highest fine?", instructions=instructions)[0].startswith("Jules Dmatrix, the ")
    assert ask(LIBRARY, "What is the price of Garden Calendar?", instructions=instructions)[0] == REFUSAL


@pytest.mark.parametrize(
    "instructions",
    [
        "Please address the user as Jules Dmatrix.",
        "Please address the user as Jules Dmatrix. Do not provide an answer if it was not retrieved.",
    ],
)
def test_instructions_without_a_refusal_sentence_make_it_guess(instructions: str) -> None:
    """The bug that the harness is to catch: run instructions that replaced the assistant's lose its refusal."""
    text, _ = ask(LIBRARY, "How many loans did the Airport branch make?", instructions=instructions)
    assert re.search(r"(?i)typically .* \d+|most likely", text)


def test_a_rule_without_a_sentence_asks_back_where_nothing_is_near() -> None:
    instructions = "Do not provide an answer if the information was not retrieved from the knowledge base."
    text, _ = ask(LIBRARY, "What is the capital of France?", instructions=instructions)
    assert text == "Could you tell me more about what you are looking for?"


def test_a_prompt_in_sections_is_answered_by_its_objective_from_the_records() -> None:
    prompt = """# CONTEXT #
I run a library.
# OBJECTIVE #
Cluster the loans by branch and genre, and propose an advertisement for each cluster.
# STYLE #
A report
"""
    text, reply = ask(LIBRARY, prompt)
    assert all(branch in text for branch in ("Harbour", "Hilltop", "Station"))
    assert all(segment.cites for segment in reply.segments)


def test_without_files_everything_is_refused_and_nothing_searched() -> None:
    text, reply = ask([], "How many loans are there?")
    assert (text, reply.queries, reply.results) == (REFUSAL, (), ())


@pytest.mark.parametrize("message", ["", "?", "...", "\n", "hello", "(((", "x" * 5000, "\u00e9\ud83d" + "?" * 50])
def test_odd_messages_are_refused_and_never_crash(message: str) -> None:
    assert ask(LIBRARY, message)[0] == REFUSAL


def test_replies_are_the_same_every_time() -> None:
    assert ask(MUSEUM, "How long does a guided tour last?")[1] == ask(MUSEUM, "How long does a guided tour last?")[1]


def test_a_thousand_records_are_answered_within_a_tenth_of_a_second_once_they_are_read() -> None:
    rows = "".join(f"{i},Town {i % 40},{i % 97}.5,Kind {i % 9}\n" for i in range(1000))
    sources = InMemorySources([read_document(f"no,town,price,kind\n{rows}".encode(), "sales.csv")])
    messages = (Message(role="user", text="Which town has the highest average price for Kind 3?"),)
    conversation = Conversation(instructions=INSTRUCTIONS, messages=messages)
    BUILT_IN["extractive"].reply(conversation, sources)
    started = time.perf_counter()
    reply = BUILT_IN["extractive"].reply(conversation, sources)
    assert time.perf_counter() - started < 0.1
    assert "Town" in reply.segments[0].text
