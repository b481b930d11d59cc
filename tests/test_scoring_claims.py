import pytest

from harness.model.transcript import Attempt, Citation, RefusalPart, TextPart
from harness.scoring.claims import language_note, read_answer, statements
from harness.scoring.given import Setting, setting_of

MARKER = "【4:0†source】"


def kinds(text: str, setting: Setting | None = None) -> list[str]:
    return [statement.kind for statement in statements(text, setting or Setting())]


def attempt(*parts: TextPart | RefusalPart) -> Attempt:
    return Attempt(status="completed", raw_status="completed", parts=parts)


def cited(text: str, marker: str = MARKER) -> TextPart:
    start = text.index(marker)
    citation = Citation(
        document="a.md",
        remote_file_id="f",
        file_name="a.md",
        marker=marker,
        start=start,
        end=start + len(marker),
        result_index=None,
    )
    return TextPart(text=text, citations=(citation,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fee is $5. It is due today.", ["claim", "claim"]),
        ("- Laptops: 24 months\n- Phones: 12 months", ["claim", "claim"]),
        ("# Fees\nThe fee is $5.", ["heading", "claim"]),
        ("**Fees**\n\nThe fee is $5.", ["heading", "claim"]),
        ("Here are the fees:\n- Label: $6.95", ["heading", "claim"]),
        ("Sure! The fee is $5. I hope this helps.", ["filler", "claim", "filler"]),
        ("Hello Jules Dmatrix,\n\nThe fee is $5.", ["filler", "claim"]),
        ("Yes, the warranty lasts 5 years.", ["claim"]),
        ("Sure, the warranty lasts 5 years.", ["claim"]),
        ("Is that all you need?", ["question"]),
        ("Category | Months\n--- | ---\nLaptops | 24", ["heading", "claim"]),
        ("There are 3 stores:", ["claim"]),
        ("", []),
        ("   \n ", []),
        ("日本の首都は東京です。", ["claim"]),
    ],
)
def test_statements_are_told_apart(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_statements_carry_their_place_in_the_answer() -> None:
    text = "Sure! The fee is $5.\n- It is due on 3 May."
    for statement in statements(text, Setting()):
        assert text[statement.start : statement.end] == statement.text


def test_what_the_user_or_the_persona_states_is_an_echo() -> None:
    setting = setting_of(["I bought a laptop 45 days ago. Can I return it?"], ["Address the user as Jules Dmatrix."])
    assert kinds("Jules Dmatrix: you bought a laptop 45 days ago.", setting) == ["claim"]
    assert kinds("You bought a laptop 45 days ago.", setting) == ["echo"]
    assert kinds("Jules Dmatrix,", setting) == ["echo"]


def test_to_state_what_was_asked_is_a_claim() -> None:
    setting = setting_of(["Does the warranty cover water damage?"], [])
    assert kinds("The warranty covers water damage.", setting) == ["claim"]


def test_an_affirmed_premise_is_a_claim() -> None:
    setting = setting_of(["The warranty lasts 5 years."], [])
    assert kinds("Yes, the warranty lasts 5 years.", setting) == ["claim"]


def test_markers_are_taken_off_and_their_places_kept() -> None:
    answer = read_answer(attempt(cited(f"The fee is $5{MARKER}. It is due.")))
    assert answer.text == "The fee is $5. It is due."
    assert [placed.position for placed in answer.citations] == [len("The fee is $5")]


def test_places_of_later_parts_count_from_the_start_of_the_answer() -> None:
    answer = read_answer(attempt(TextPart(text="One."), cited(f"Two {MARKER}")))
    assert answer.text == "One.\n\nTwo"
    assert answer.citations[0].position == len("One.\n\nTwo")


def test_a_marker_of_another_form_is_taken_off_where_the_citation_says_it_is() -> None:
    assert read_answer(attempt(cited("The fee is $5 [1].", "[1]"))).text == "The fee is $5 ."


def test_an_answer_of_markers_only_is_empty() -> None:
    assert not read_answer(attempt(cited(MARKER))).text.strip()


def test_a_marked_refusal_is_no_text() -> None:
    answer = read_answer(attempt(RefusalPart(text="I can't."), TextPart(text="")))
    assert (answer.text, answer.refusal) == ("", "I can't.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fee is approx. $1.5k, i.e. 1,500 dollars. Dr. Moreau of U.S. Steel pays it.", 2),
        ("See https://example.org/a.b?c=1.2&d=3. It opens at 9.30 a.m. on Fri. 3 May.", 2),
        ("The **fee** is [five dollars](https://example.org/fees.html). *It* is due.", 2),
        ("1. The fee is $5.\n2. The label is $6.95.", 2),
        ("Run `pip install x==1.2.3` first. Then restart.", 2),
    ],
)
def test_abbreviations_numbers_links_and_marks_do_not_break_a_claim(text: str, expected: int) -> None:
    assert kinds(text) == ["claim"] * expected


@pytest.mark.parametrize(
    "text",
    [
        "Die Rückgabe ist innerhalb von 30 Tagen möglich und die Kosten werden nicht erstattet.",
        "Le retour est possible dans les 30 jours et les frais ne sont pas remboursés.",
        "El plazo de devolución es de 30 días y los gastos no se reembolsan.",
        "返品は30日以内に可能です。",
        "Возврат возможен в течение 30 дней.",
    ],
)
def test_an_answer_in_another_language_is_said_to_be_one(text: str) -> None:
    note = language_note(text)
    assert note is not None
    assert "not in English" in note


@pytest.mark.parametrize(
    "text", ["", "30 %", "You have 30 days to return it.", "Laptops: 24 months", "Ask Ana de la Cruz in El Paso."]
)
def test_an_answer_in_english_needs_no_note(text: str) -> None:
    assert language_note(text) is None
