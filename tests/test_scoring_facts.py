import time
from collections.abc import Sequence

import pytest

from harness.documents import Cell
from harness.model.facts import AllOf, AnyFact, AnyOf, Not, Number, Regex, Sql, Text
from harness.model.score import FactScore
from harness.scoring.facts import QueryError, check_fact
from harness.scoring.patterns import PatternError, search


def no_tables(_: str) -> Sequence[Cell]:
    raise QueryError("the case's documents hold no tables")


def check(fact: AnyFact, answer: str, values: Sequence[Cell] | None = None) -> FactScore:
    return check_fact(fact, answer, no_tables if values is None else lambda _: values)[0]


@pytest.mark.parametrize(
    ("fact", "answer", "found"),
    [
        (Text(text="Boston"), "It opened in BOSTON.", "BOSTON"),
        (Text(text="laptop"), "Three Laptops were sold.", "Laptops"),
        (Text(text="café au lait"), "A Cafe  au\nlait, please", "Cafe  au\nlait"),
        (Text(text="30-day window"), "a 30 day window", "30 day window"),
        (Text(text="customer's receipt"), "the customer\u2019s receipt", "customer\u2019s receipt"),
        (Text(text="$1,234.50"), "It costs $1234.5.", None),
        (Text(text="C++"), "written in C++.", "C++"),
        (Text(text="東京"), "首都は東京です。", "東京"),
        (Text(text="proof of purchase"), "bring **proof** of purchase", "proof** of purchase"),
        (Text(text="art"), "a part of it", None),
        (Text(text="C++"), "written in C.", None),
        (Text(text="Boston"), "", None),
        (Text(text="91"), "It is not 91 but 92.", None),
        (Text(text="Seattle"), "Boston instead of Seattle", None),
        (Text(text="Seattle"), "It is not in Seattle.", "Seattle"),
        (Regex(regex=r"\b\d+ days\b"), "within 30 Days", "30 Days"),
        (Regex(regex=r"^x$"), "y", None),
        (AnyOf(any_of=(Text(text="laptop"), Text(text="notebook"))), "a notebook", "notebook"),
        (AnyOf(any_of=(Text(text="laptop"), Text(text="notebook"))), "a phone", None),
    ],
)
def test_words_are_found_in_any_spelling_and_nothing_else_is(fact: AnyFact, answer: str, found: str | None) -> None:
    score = check(fact, answer)
    assert (score.is_met, score.found) == (found is not None, found)


@pytest.mark.parametrize(
    ("fact", "answer", "is_met"),
    [
        (Number(number=1234.5), "It is 1,234.50.", True),
        (Number(number=1234.5), "It is $1.2k", True),
        (Number(number=1234.5), "about 1,235", True),
        (Number(number=1234.5), "about 1,236", False),
        (Number(number=1234.0), "1k", False),
        (Number(number=0.3), "0", False),
        (Number(number=940.92), "$940.9", True),
        (Number(number=940.92), "$940.8", False),
        (Number(number=12), "twelve of them", True),
        (Number(number=12), "12.4", False),
        (Number(number=12), "12. First of all", False),
        (Number(number=91), "not 91 but 92", False),
        (Number(number=91), "not 92 but 91", True),
        (Number(number=100, tolerance=5), "104", True),
        (Number(number=100, tolerance=5), "106", False),
        (Number(number=100, relative_tolerance=0.01), "101", True),
        (Number(number=100, relative_tolerance=0.01), "102", False),
        (Number(number=50, unit="%"), "50 percent", True),
        (Number(number=50, unit="percent"), "50%", True),
        (Number(number=50, unit="%"), "50 days", False),
        (Number(number=50, unit="USD"), "$50", True),
        (Number(number=50, unit="$"), "50 dollars", True),
        (Number(number=50, unit="dollars"), "50", False),
        (Number(number=30, unit="days"), "thirty days", True),
        (Number(number=30, unit="days"), "a 30-day window", True),
        (Number(number=3, unit="laptops"), "3 sold laptops", True),
        (Number(number=3, unit="laptops"), "3 phones", False),
        (Number(number=-5), "minus: -5", True),
    ],
)
def test_numbers_are_compared_by_value_precision_and_unit(fact: Number, answer: str, *, is_met: bool) -> None:
    assert check(fact, answer).is_met is is_met


def test_not_turns_a_fact_round() -> None:
    assert check(Not(not_=Text(text="guess")), "It is 5.").is_met
    stated = check(Not(not_=Text(text="guess")), "I guess it is 5.")
    assert (stated.is_met, stated.found) == (False, "guess")


def test_all_of_needs_every_fact_and_shows_each_place() -> None:
    fact = AllOf(all_of=(Text(text="Boston"), Number(number=5)))
    assert check(fact, "Boston has 5").found == "Boston … 5"
    assert not check(fact, "Boston has 6").is_met


@pytest.mark.parametrize("pattern", ["(", "[a-", "(?P<x>a)(?P<x>b)", "*a"])
def test_a_pattern_that_is_none_is_an_error(pattern: str) -> None:
    with pytest.raises(PatternError, match="not a regular expression"):
        search(pattern, "aaa")


def test_a_pattern_that_never_ends_is_an_error_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scoring.patterns._TIME_LIMIT_S", 0.3)
    before = time.monotonic()
    score = check(Regex(regex=r"(a+)+$"), "a" * 60 + "b")
    assert "longer than" in (score.error or "")
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|a)" * 30 + "c", "a" * 60),
        ("a?" * 28 + "a" * 28, "a" * 28),
        ("(?x)(a|a) # of\n{30} c", "a" * 60),
    ],
)
def test_alternatives_and_optional_parts_are_open_too(pattern: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scoring.patterns._TIME_LIMIT_S", 0.3)
    with pytest.raises(PatternError, match="took longer than"):
        search(pattern, text)


def test_a_pattern_that_runs_apart_finds_the_same_place() -> None:
    score = check(Regex(regex=r"(?:fr[eé]e|gratis)+.*ship\w+"), "We offer frée shipping.")
    assert score.found == "frée shipping"


def test_a_broken_fact_stays_an_error_inside_others() -> None:
    broken = Sql(sql="select 1")
    for fact in (Not(not_=broken), AnyOf(any_of=(broken, Text(text="x"))), AllOf(all_of=(broken, Text(text="a")))):
        score = check(fact, "a")
        assert not score.is_met
        assert score.error


@pytest.mark.parametrize(
    ("values", "answer", "is_met"),
    [
        ((940.92,), "It was $940.92.", True),
        ((940.92,), "It was $1,200.", False),
        ((431.27384,), "431.27 on average", True),
        (("Boston",), "in Boston", True),
        (("Boston", 12, "Seattle", 9), "Boston 12, Seattle 9", True),
        (("Boston", 12, "Seattle", 9), "Boston 12, Seattle", False),
        ((True,), "Yes, it does.", True),
    ],
)
def test_every_value_of_a_query_must_be_stated(values: Sequence[Cell], answer: str, *, is_met: bool) -> None:
    score = check(Sql(sql="select 1"), answer, values)
    assert score.is_met is is_met
    assert score.expected == ", ".join(map(str, values))


def test_a_query_that_fails_is_an_error_of_the_fact() -> None:
    assert check(Sql(sql="select 1"), "1").error == "the case's documents hold no tables"


@pytest.mark.slow
def test_a_megabyte_of_answer_is_checked_in_time() -> None:
    answer = "There are 12 laptops in Boston " * 32_000 + "and 77 phones"
    before = time.monotonic()
    assert check(Number(number=77), answer).is_met
    assert not check(Text(text="Chicago store"), answer).is_met
    assert check(Regex(regex="p.ones"), answer).is_met
    assert time.monotonic() - before < 8
