import threading

import pytest

from harness.documents.language import is_content, numbers, sentences, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prices were $1,234.50 (up 12%).", ["Prices", "were", "1,234.50", "up", "12%"]),
        ("a 30-day, well-known rule", ["a", "30", "day", "well", "known", "rule"]),
        ("Don't use the customer\u2019s Café", ["Don't", "use", "the", "customer\u2019s", "Café"]),
        ("Model X200 at 9:30, 2nd floor", ["Model", "X200", "at", "9:30", "2nd", "floor"]),
        ("number_purchased", ["number", "purchased"]),
        ("  ...  ", []),
    ],
)
def test_words_and_numbers_are_split_where_a_reader_would(text: str, expected: list[str]) -> None:
    found = tokens(text)
    assert [token.text for token in found] == expected
    assert [text[token.start : token.end] for token in found] == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Laptops", "laptop"),
        ("Café", "CAFES"),
        ("customer\u2019s", "customers"),
        ("returned", "returning"),
        ("1,234", "1234"),
    ],
)
def test_spellings_of_one_word_share_a_stem(left: str, right: str) -> None:
    assert tokens(left)[0].stem == tokens(right)[0].stem


def test_numbers_and_topic_words_are_content_and_function_words_are_not() -> None:
    kept = [token.text for token in tokens("What is the price of 3 laptops? Don\u2019t say it.") if is_content(token)]
    assert kept == ["price", "3", "laptops"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Ito paid 3.50. He left.", ["Mr. Ito paid 3.50.", "He left."]),
        ("Ask e.g. Dr. No. No. 7 is open.", ["Ask e.g. Dr. No.", "No. 7 is open."]),
        ("U.S. Government rules apply. So do J. Smith's.", ["U.S. Government rules apply.", "So do J. Smith's."]),
        ("Doors close at 5 p.m. The bar stays open.", ["Doors close at 5 p.m.", "The bar stays open."]),
        ("See https://a.example/x.y?z=1. Then call!", ["See https://a.example/x.y?z=1.", "Then call!"]),
        ("No. The fee is due.", ["No.", "The fee is due."]),
        ("It is 5.【4:0†source】 Next one.", ["It is 5.【4:0†source】", "Next one."]),
        ('He said "Stop." Then he left', ['He said "Stop."', "Then he left"]),
        ("the rule that\nholds for all\nof us", ["the rule that\nholds for all\nof us"]),
        ("# Returns\nBring a receipt.\n- one\n- two words\n1. Three. Four", None),
        ("A | B | C\n1 | 2 | 3", ["A | B | C", "1 | 2 | 3"]),
        ("First part\n\nSecond part\fThird", ["First part", "Second part", "Third"]),
        ("Name: Ada\nCity: Turin", ["Name: Ada", "City: Turin"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Returns", "Bring a receipt.", "one", "two words", "1. Three.", "Four"]
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_short_lines_of_a_page_stay_apart_and_wrapped_prose_stays_together() -> None:
    page = (
        "4. Warranty periods\nThe periods below start on the day of delivery and are counted in months from that\n"
        "Monday on.\nProduct Period\nKettles 18 months\nToasters 24 months\n"
    )
    found = [page[start:end] for start, end in sentences(page)]
    assert found[0] == "4. Warranty periods"
    assert found[1].endswith("that\nMonday on.")
    assert found[2:] == ["Product Period", "Kettles 18 months", "Toasters 24 months"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,234.50", [(1234.5, "$")]),
        ("about $1.2k or €3 million", [(1200.0, "$"), (3_000_000.0, "€")]),
        ("12% and 3.5 percent", [(12.0, "%"), (3.5, "%")]),
        ("within 30 days, or ten business days", [(30.0, "day"), (10.0, "business day")]),
        ("a 24-month term", [(24.0, "month")]),
        ("3 to 5 days", [(3.0, "day"), (5.0, "day")]),
        ("between two and three hundred and fifty", [(2.0, None), (350.0, None)]),
        ("twenty-four hours", [(24.0, "hour")]),
        ("two thousand five hundred and six", [(2506.0, None)]),
        ("half a dozen eggs, a dozen", [(6.0, None), (12.0, None)]),
        ("the 3rd floor, third on X200, COVID-19", []),
        ("no one and this one, one of them", []),
        ("one year", [(1.0, "year")]),
        ("it fell to -4.5 kg", [(-4.5, "kg")]),
        ("at 9:30 on 2024-01-05, version 1.2.3", []),
        ("10-15 hours", [(10.0, "hour"), (15.0, "hour")]),
        ("1.234,50 EUR", [(1234.5, "€")]),
        ("a pole of 5m costs $5m", [(5.0, "metre"), (5_000_000.0, "$")]),
        ("4.8/5 stars", [(4.8, None), (5.0, "star")]),
        ("20 USD", [(20.0, "$")]),
        ("no digits", []),
    ],
)
def test_numbers_are_read_with_their_units(text: str, expected: list[tuple[float, str | None]]) -> None:
    assert [(number.value, number.unit) for number in numbers(text)] == expected


def test_a_number_knows_where_it_stands() -> None:
    text = "Pay US$20 or 30 days later."
    assert [text[number.start : number.end] for number in numbers(text)] == ["US$20", "30 days"]


def test_stems_are_right_when_many_threads_ask_at_once() -> None:
    words = [f"running{'abcdefghij'[i % 10]} jumping{i} relational" for i in range(300)]
    expected = [tokens(word)[2].stem for word in words[:1]] * len(words)
    found: dict[int, str] = {}

    def work(index: int) -> None:
        found[index] = tokens(words[index])[2].stem

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(words))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[index] for index in range(len(words))] == expected
