"""Dates, lists, JSON, length, language, weights, and facts that an answer names only to turn them down."""

import pytest

from harness.answer import read_facts
from harness.documents import Cell
from harness.errors import CaseFileError
from harness.model.facts import AnyFact, Date, JsonPath, Language, Listed, MaxWords, Not, Number, Text
from harness.model.languages import LANGUAGES
from harness.model.score import FactScore
from harness.model.simple_facts import Plain
from harness.scoring.facts import QueryError, check_fact


def no_tables(_: str) -> tuple[Cell, ...]:
    raise QueryError("no tables")


def check(fact: AnyFact, answer: str) -> FactScore:
    return check_fact(fact, answer, no_tables)[0]


DAY = "2026-08-26"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("It ended on 2026-08-26.", "2026-08-26"),
        ("It ended on 26 August 2026.", "26 August 2026"),
        ("It ended on August 26, 2026.", "August 26, 2026"),
        ("on Aug. 26th, 2026, it ended", "Aug. 26th, 2026"),
        ("on the 26th of August", "26th of August"),
        ("on the twenty-sixth of August 2026", "twenty-sixth of August 2026"),
        ("August the 26th", "August the 26th"),
        ("am 26. August 2026", "26. August 2026"),
        ("le 26 août 2026", "26 août 2026"),
        ("el 26 de agosto de 2026", "26 de agosto de 2026"),
        ("26-Aug-2026", "26-Aug-2026"),
        ("26.08.2026", "26.08.2026"),
        ("8/26/2026", "8/26/2026"),
        ("26/8/26", "26/8/26"),
        ("2026/08/26", "2026/08/26"),
        ("on August 26, 2025", None),
        ("on August 25, 2026", None),
        ("26 boxes in 2026", None),
        ("August 26% of them", None),
        ("not on 26 August but on 27 August", None),
        ("version 26.08.2026.1-08-26", None),
        ("", None),
    ],
)
def test_a_day_is_found_in_any_spelling(answer: str, found: str | None) -> None:
    score = check(Date(date=DAY), answer)
    assert (score.is_met, score.found) == (found is not None, found)


@pytest.mark.parametrize(("order", "is_met"), [(None, False), ("day_first", True), ("month_first", False)])
def test_the_order_of_day_and_month_is_told_and_not_guessed(order: str | None, *, is_met: bool) -> None:
    assert check(Date(date="2026-04-03", order=order), "on 03/04/2026").is_met is is_met  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["03.04.2026", "3/4/2026"])
def test_points_mean_the_day_first_and_slashes_mean_nothing(answer: str) -> None:
    assert check(Date(date="2026-04-03"), answer).is_met is ("." in answer)


@pytest.mark.parametrize("written", ["26.8.2026", "2026-13-01", "August", ""])
def test_a_date_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a day is wanted as in 2026-08-26"):
        Date(date=written)


@pytest.mark.parametrize(
    ("written", "items"),
    [
        ("Boston, Dallas and Seattle", ("Boston", "Dallas", "Seattle")),
        ("Boston, Dallas, and Seattle", ("Boston", "Dallas", "Seattle")),
        ("a; b\nc", ("a", "b", "c")),
        ("1,234 and 5", ("1,234", "5")),
        ("Salz & Pfeffer", ("Salz", "Pfeffer")),
        (("Boston and Dallas", "Seattle"), ("Boston and Dallas", "Seattle")),
    ],
)
def test_a_list_is_read_as_people_write_it(written: str | tuple[str, ...], items: tuple[str, ...]) -> None:
    assert Listed(list_=written).items == items


def test_a_list_is_met_in_any_order_and_says_what_lacks() -> None:
    fact = Listed(list_="Boston, Dallas and Seattle")
    assert check(fact, "Seattle, then Dallas; Boston last").is_met
    score = check(fact, "Seattle and Boston, not Dallas")
    assert (score.is_met, score.missing) == (False, ("Dallas",))


@pytest.mark.parametrize("written", [(), ("a", " "), " "])
def test_an_empty_list_is_refused(written: str | tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="`list` is empty"):
        Listed(list_=written)


JSON = '{"items": [{"name": "a b", "n": 3}, {"name": "c", "n": null}], "ok": true}'


@pytest.mark.parametrize(
    ("path", "equals", "is_met"),
    [
        ("$.items[0].n", 3.0, True),
        ("$.items[-1].name", "c", True),
        ("$.items[*].name", "c", True),
        ("$['items'][0][\"name\"]", "a b", True),
        ("$.ok", "true", True),
        ("$.items[1].n", "null", True),
        ("$.items[0].n", "3", True),
        ("$.ok", 1.0, False),
        ("$.ok", True, True),
        ("$.ok", False, False),
        ("$.items[0].n", True, False),
        ("$.items[1].n", None, True),
        ("$.items[0].n", None, False),
        ("$.missing", None, False),
    ],
)
def test_a_place_in_json_is_compared(path: str, equals: Plain, *, is_met: bool) -> None:
    for answer in (JSON, f"Here it is:\n\n```json\n{JSON}\n```\nAnything else?"):
        assert check(JsonPath(json_path=path, equals=equals), answer).is_met is is_met


@pytest.mark.parametrize(
    ("path", "is_met"),
    [("$", True), ("$.*", True), ("$.items[1].n", True), ("$.items[2]", False), ("$.missing", False)],
)
def test_without_a_value_the_place_will_do(path: str, *, is_met: bool) -> None:
    assert check(JsonPath(json_path=path), JSON).is_met is is_met


@pytest.mark.parametrize(
    ("written", "found"), [(True, "true"), (None, "null"), (3, "3"), ("true", "true"), ("x", '"x"')]
)
def test_a_value_means_in_python_what_it_says(written: Plain, found: str) -> None:
    (fact,) = read_facts([{"json_path": "$.a", "equals": written}])
    assert check(fact, f'{{"a": {found}}}').is_met
    assert not check(fact, '{"a": 1}').is_met


def test_a_value_that_is_none_is_told() -> None:
    with pytest.raises(CaseFileError, match="found a list, a text, a number, true, false or null is wanted"):
        read_facts([{"json_path": "$.a", "equals": [1]}])


@pytest.mark.parametrize("answer", ["no JSON", "{broken", "[" * 100_000, "NaN", ""])
def test_an_answer_without_json_is_no_error(answer: str) -> None:
    score = check(JsonPath(json_path="$"), answer)
    assert (score.is_met, score.found, score.error) == (False, "no JSON", None)


@pytest.mark.parametrize("path", ["items", "$..a", "$[?(@.a)]", "$.", "$[a]", ""])
def test_a_path_that_is_not_read_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="wanted is `\\$`, then"):
        JsonPath(json_path=path)


@pytest.mark.parametrize(("answer", "count"), [("Three short words.", 3), ("a - b", 2), ("東京 is big", 4), ("", 0)])
def test_words_are_counted(answer: str, count: int) -> None:
    assert check(MaxWords(max_words=max(count, 1)), answer).is_met
    if count > 1:
        score = check(MaxWords(max_words=count - 1), answer)
        assert (score.is_met, score.found) == (False, f"{count} words")


@pytest.mark.parametrize(
    ("code", "answer", "is_met"),
    [
        ("en", "You have 30 days to return a purchase.", True),
        ("de", "Sie haben 30 Tage Zeit, einen Kauf zurückzugeben.", True),
        ("fr", "Vous avez 30 jours pour retourner un achat.", True),
        ("de", "You have 30 days to return a purchase.", False),
        ("en", "Sie haben 30 Tage Zeit. `return purchase within days`", False),
        ("zh", "您可以在三十天内退货。", True),
        ("de", "42", True),
        ("de", "$940.92", True),
    ],
)
def test_the_language_of_an_answer_is_told_where_it_can_be(code: str, answer: str, *, is_met: bool) -> None:
    assert check(Language(language=code), answer).is_met is is_met


@pytest.mark.parametrize("code", ["English", "", "EN", "e"])
def test_a_language_is_a_code(code: str) -> None:
    with pytest.raises(ValueError, match="a code such as `en`"):
        Language(language=code)


@pytest.mark.parametrize(
    ("answer", "is_met"),
    [
        ("It is 92, not 91.", False),
        ("It is 92 (not 91).", False),
        ("It is not 91; it is 92.", False),
        ("It isn't 91, it's 92.", False),
        ("It is no longer 91.", False),
        ("92 as opposed to 91", False),
        ("92 rather than 91", False),
        ("It is 91, not 92.", True),
        ("It is 91 instead of 92.", True),
        ("Not only that: it is 91.", True),
        ("It is not 91 but 92, said one; 91 said all others.", True),
        ("You do not pay more than 91.", True),
    ],
)
def test_what_is_named_to_be_turned_down_does_not_count(answer: str, *, is_met: bool) -> None:
    assert check(Number(number=91), answer).is_met is is_met
    assert check(Text(text="91"), answer).is_met is is_met
    assert check(Listed(list_=("91",)), answer).is_met is is_met
    assert check(Not(not_=Number(number=91)), answer).is_met is not is_met


@pytest.mark.parametrize(
    ("number", "answer", "is_met"),
    [
        (-5, "minus 5 degrees", True),
        (-5, "It fell to minus five.", True),
        (-5, "Negative 5 it is.", True),
        (-5, "a loss: minus $5", True),
        (5, "It is minus 5.", False),
        (5, "10 minus 5", True),
        (-5, "10 minus 5", False),
        (-5, "5", False),
    ],
)
def test_a_sign_may_be_a_word(number: float, answer: str, *, is_met: bool) -> None:
    assert check(Number(number=number), answer).is_met is is_met


@pytest.mark.parametrize(
    ("code", "near"),
    [("jp", "; did you mean `ja`?"), ("eng", "; did you mean `en`?"), ("enn", "; near it: nn, en"), ("qq", "")],
)
def test_a_language_that_nobody_knows_is_refused(code: str, near: str) -> None:
    with pytest.raises(ValueError, match="no language that can be told") as caught:
        Language(language=code)
    assert f"`language` is '{code}', which is no language that can be told{near}" in str(caught.value)


def test_the_languages_are_those_that_the_detector_knows() -> None:
    from py3langid import rank

    assert {str(code) for code, _ in rank("hello")} - {"zxx"} == LANGUAGES - {"nb"}


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_is_above_zero(weight: float) -> None:
    with pytest.raises(ValueError, match="`weight` is a number above 0"):
        Text(text="x", weight=weight)
