import time

import pytest

from harness.documents import Document, read_document
from harness.model.score import Claim
from harness.scoring.claims import Statement
from harness.scoring.given import Setting, setting_of
from harness.scoring.grounding import Confirmed, ground, ground_in, is_quoted
from harness.scoring.index import build_index, index_of

POLICY = """# Returns

You have 30 days to return a purchase, 45 days as a member of Veldamar Plus.
For opened laptops we keep a restocking fee of 15 % of the price.
The label costs $6.95, which we take off the refund.

# Warranty

The warranty for laptops is 24 months. The warranty for phones is 12 months.
An extended plan can be bought within 60 days of the purchase.
We do not recover data from returns. Ada Moreau of Hong Kong wrote this policy in 2021.

# What the warranty does not cover

- Scratches and dents.
- Wear of straps and keycaps.
"""
SALES = b"""[
 {"product": "Laptop Aero 14", "price": 1234.5, "city": "Boston"},
 {"product": "Phone Lima 6", "price": 611.25, "city": "Seattle"},
 {"product": "Tablet Nova 9", "price": 388.0, "city": "Boston"}
]"""
LAW = read_document(POLICY.encode(), "policy.md")
ROWS = read_document(SALES, "sales.json")


def judge(
    text: str,
    *documents: Document,
    setting: Setting | None = None,
    confirmed: tuple[Confirmed, ...] = (),
) -> Claim:
    indexes = [index_of(document) for document in documents or (LAW, ROWS)]
    claim = ground(Statement(text=text, start=0, end=len(text), kind="claim"), indexes, setting or Setting(), confirmed)
    assert claim is not None
    return claim


@pytest.mark.parametrize(
    "text",
    [
        "You have 30 days to return a purchase.",
        "Members of Veldamar Plus have 45 days.",
        "A purchase can be returned within thirty days.",
        "There is a restocking fee of 15 percent for opened laptops.",
        "The label costs 6.95 dollars.",
        "Data is not recovered from returns.",
        "The policy was written by Ada Moreau of Hong Kong in 2021.",
        "The warranty does not cover scratches and dents.",
        "The Laptop Aero 14 costs $1,234.50.",
        "In Seattle, the Phone Lima 6 was sold for $611.",
        "The Tablet Nova 9 costs 388.",
    ],
)
def test_what_the_documents_hold_in_other_spellings_is_supported(text: str) -> None:
    claim = judge(text)
    assert claim.support == "supported", claim
    assert claim.score >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "You have 35 days to return a purchase.",
        "You have 60 days to return a purchase.",
        "The warranty for laptops is 12 months.",
        "There is a restocking fee of 25 percent for opened laptops.",
        "The label costs $9.95, which is taken off the refund.",
        "We recover data from returns.",
        "The warranty covers scratches and dents.",
        "The Laptop Aero 14 costs $1,300.",
    ],
)
def test_another_number_or_a_denial_of_the_same_thing_is_contradicted(text: str) -> None:
    claim = judge(text)
    assert claim.support == "contradicted", claim
    assert claim.score < 0.5
    assert claim.evidence is not None


@pytest.mark.parametrize(
    "text",
    [
        "The warranty for cameras is 36 years.",
        "The policy was written by Grace Moreau.",
        "The policy was written by Ada Moreau of Hong Seattle.",
        "The Phone Lima 6 was sold in Boston for $1,234.50.",
        "Employees bring their dogs on Fridays.",
        "Die Bibliothek schließt um neun Uhr.",
        "Gold coins are accepted in Paris.",
    ],
)
def test_what_no_passage_holds_together_is_not_supported(text: str) -> None:
    claim = judge(text)
    assert claim.support != "supported", claim
    assert claim.score < 0.5
    assert claim.unmatched or claim.support == "contradicted"


def test_evidence_names_the_place_in_the_document() -> None:
    evidence = judge("The label costs $6.95.").evidence
    assert evidence is not None
    assert evidence.document == "policy.md"
    assert "The label costs $6.95" in evidence.text
    assert LAW.text[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    ("text", "support"),
    [
        ("Store V001 in Boston was opened on 1999-03-16.", "supported"),
        ("Store V002 has 49 employees.", "supported"),
        ("Store V001 has 49 employees.", "contradicted"),
        ("There are 49 zebras.", "not_found"),
    ],
)
def test_the_values_of_a_record_are_kept_apart(text: str, support: str) -> None:
    csv = b"store,city,opened,employees,size\nV001,Boston,1999-03-16,37,14740\nV002,Austin,2002-06-02,49,9350\n"
    assert judge(text, read_document(csv, "stores.csv")).support == support


def test_the_passage_that_contradicts_is_the_evidence() -> None:
    claim = judge("You have 60 days to return a purchase.")
    assert claim.evidence is not None
    assert "30 days to return" in claim.evidence.text
    assert claim.unmatched == ("60 days",)


def test_matched_and_unmatched_words_are_the_claims_own() -> None:
    claim = judge("The label costs $6.95 in Wyoming.")
    assert "$6.95" in claim.matched
    assert "Wyoming" in claim.unmatched


def test_the_persona_and_the_users_own_statements_are_not_looked_for() -> None:
    setting = setting_of(
        ["I live in Wyoming and bought it 45 weeks ago. May I return it?"], ["Address the user as Jules Dmatrix."]
    )
    assert (
        judge("Jules Dmatrix, in Wyoming you have 30 days to return a purchase.", setting=setting).support
        == "supported"
    )


def test_a_number_of_the_question_contradicts_nothing_and_supports_nothing() -> None:
    setting = setting_of(["Can I return it after 50 days?"], [])
    assert judge("You have 50 days to return a purchase.", setting=setting).support == "not_found"


def test_a_confirmed_aggregate_is_supported() -> None:
    text = "Together the 3 purchases cost $2,233.75."
    start = text.index("$")
    confirmed = (Confirmed(start=start, end=len(text) - 1, fact="sql: select sum(price) from sales"),)
    assert judge(text).support != "supported"
    claim = judge(text, confirmed=confirmed)
    assert (claim.support, claim.score, claim.confirmed_by) == ("supported", 1.0, confirmed[0].fact)


def test_a_confirmed_number_does_not_carry_an_invented_one() -> None:
    text = "Together they cost $2,233.75, which 77 people paid."
    confirmed = (Confirmed(start=text.index("$"), end=text.index(","), fact="sql: ..."),)
    assert judge(text, confirmed=confirmed).support != "supported"


def test_a_statement_of_nothing_but_given_words_cannot_be_judged() -> None:
    setting = setting_of(["I am in Wyoming."], [])
    statement = Statement(text="Wyoming", start=0, end=7, kind="claim")
    assert ground(statement, [index_of(LAW)], setting, ()) is None


def test_without_documents_nothing_is_found() -> None:
    text = "The fee is $5."
    claim = ground(Statement(text=text, start=0, end=len(text), kind="claim"), [], Setting(), ())
    assert claim is not None
    assert (claim.support, claim.score, claim.evidence) == ("not_found", 0.0, None)


def test_a_large_document_is_searched_quickly() -> None:
    lines = (
        f"Rule {at}: the widget number {at} is kept in hall {at % 97} for {at % 31 + 2} days." for at in range(8000)
    )
    document = read_document("\n".join(lines).encode(), "large.txt")
    index = build_index(document)
    statement = Statement(text="The widget number 5123 is kept in hall 79.", start=0, end=42, kind="claim")
    before = time.monotonic()
    claims = [ground(statement, [index], Setting(), ()) for _ in range(10)]
    assert (time.monotonic() - before) / 10 < 0.05
    assert claims[0] is not None
    assert claims[0].support == "supported"


def test_one_endless_line_is_indexed_in_time() -> None:
    document = read_document(("word 12 " * 60_000).encode(), "line.txt")
    before = time.monotonic()
    build_index(document)
    assert time.monotonic() - before < 10


FILM = read_document(
    b"The band reached fame with their 2000 album Harbour, and a wider public with their 2001 album Silver Lining. "
    b"The drummer Ada Moreau left in 2003. The tour went through Denmark and Norway for 16 weeks.",
    "band.txt",
)


@pytest.mark.parametrize(
    "text",
    [
        "The band reached fame with their 2001 album Harbour.",
        "A wider public followed with their 2000 album Silver Lining.",
        "The drummer Ada Moreau left in 2001.",
        "The band reached fame with their 16 album Harbour.",
        "The band reached fame with their 2000 album Denmark.",
    ],
)
def test_a_number_or_name_from_elsewhere_in_the_passage_is_not_supported(text: str) -> None:
    assert judge(text, FILM).support != "supported"


@pytest.mark.parametrize(
    "text",
    [
        "The band reached fame with their 2000 album Harbour.",
        "Their 2001 album Silver Lining brought a wider public.",
        "The drummer Ada Moreau left the band in 2003.",
        "For 16 weeks the tour went through Denmark and Norway.",
    ],
)
def test_the_same_in_its_place_is_supported(text: str) -> None:
    claim = judge(text, FILM)
    assert claim.support == "supported", claim


@pytest.mark.parametrize(
    ("text", "is_supported"),
    [
        ("The shop was opened on 16 March 1999.", True),
        ("The shop was opened on March 16th, 1999.", True),
        ("The shop was opened on 16 Mar. 1999.", True),
        ("The shop was opened on 17 March 1999.", False),
        ("The shop was opened on 16 April 1999.", False),
    ],
)
def test_dates_are_compared_in_any_spelling(text: str, *, is_supported: bool) -> None:
    claim = judge(text, read_document(b"The shop was opened on 1999-03-16 in Boston.", "shop.txt"))
    assert (claim.support == "supported") is is_supported, claim


def test_what_was_retrieved_is_judged_apart_from_the_documents() -> None:
    claims = (judge("You have 30 days to return a purchase."), judge("The label costs $6.95."))
    retrieved = ground_in(claims, ["The label costs $6.95, which we take off the refund."], Setting())
    assert [claim.support for claim in claims] == ["supported", "supported"]
    assert [claim.support for claim in retrieved] == ["not_found", "supported"]
    assert retrieved[1].evidence is not None
    assert retrieved[1].evidence.document == "retrieved-1"


def test_where_nothing_was_retrieved_nothing_is_supported() -> None:
    assert [one.support for one in ground_in((judge("The label costs $6.95."),), [" "], Setting())] == ["not_found"]


@pytest.mark.parametrize(
    ("text", "expected"), [("The label costs $6.95.", True), ("The label is free.", False), ("", False)]
)
def test_only_what_stands_there_nearly_word_for_word_is_quoted(text: str, *, expected: bool) -> None:
    assert is_quoted(text, [index_of(LAW)]) is expected


def test_a_claim_in_another_language_is_matched_by_its_words() -> None:
    german = read_document("Die Bibliothek schließt um 21 Uhr. Der Eintritt kostet 5 Euro.".encode(), "haus.txt")
    assert judge("Die Bibliothek schließt um 21 Uhr.", german).support == "supported"
    assert judge("Die Bibliothek schließt um 20 Uhr.", german).support != "supported"
