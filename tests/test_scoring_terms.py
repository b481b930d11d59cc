"""A text as keys: what is read quickly is what is read word by word."""

import pytest

from harness.scoring.terms import keys_of, terms


@pytest.mark.parametrize(
    "text",
    [
        "In Graz, branch 1 sold 137 carpets last year.",
        "It takes 5 days, 6 nights; or 7",
        "It costs $ 5 or USD 7 million",
        "5 thousand of 12 dozen",
        "two of 5",
        "1. First of 3 steps",
        "2) of 3",
        "from 3 to 5 business days",
        "-5 degrees, 5-6 degrees, top-8, the 16th",
        "1,234 and 1 234 and 12,5",
        "at 9:30 on 2026-01-31 of version 1.2.3",
        "a half and 5",
        "5m, 5 m, $5m",
        "no numbers at all",
        "",
    ],
)
def test_the_keys_of_a_text_are_those_of_its_terms(text: str) -> None:
    assert keys_of(text).content == tuple(term.key for term in terms(text))


def test_a_plain_number_is_read_by_its_value() -> None:
    assert keys_of("branch 137.").content == ("branch", "#137.0")
    assert keys_of("branch 137 million.").content == ("branch", "#137000000.0")
