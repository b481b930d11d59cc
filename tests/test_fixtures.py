"""The committed fixtures are what their generator makes, and hold what the cases ask about."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from documents_support import assert_places_are_exact

from harness.documents import load_document

FIXTURES = Path(__file__).parent.parent / "fixtures"
NAMES = (
    "employee-handbook.pdf",
    "products.json",
    "store-locations.csv",
    "support-guide.md",
    "warranty-and-returns.pdf",
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("reportlab", reason="fixtures/generate.py needs reportlab: nothing was compared")
    folder = tmp_path_factory.mktemp("fixtures")
    subprocess.run([sys.executable, FIXTURES / "generate.py", folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_makes_the_committed_bytes(generated: Path, name: str) -> None:
    assert (generated / name).read_bytes() == (FIXTURES / name).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_every_fixture_reads_with_exact_places(name: str) -> None:
    document = load_document(FIXTURES, name)
    assert_places_are_exact(document)
    assert document.tables


def test_the_purchases_have_the_agreed_shape() -> None:
    rows = json.loads((FIXTURES / "products.json").read_text())
    keys = ["category", "description", "price", "number_purchased", "consumer_rating", "gender", "location"]
    assert len(rows) == 1000
    assert all(list(row) == keys for row in rows)
    assert {row["gender"] for row in rows} == {"Female", "Male"}
    assert all(1 <= row["consumer_rating"] <= 5 for row in rows)


@pytest.mark.parametrize(
    ("name", "ordinal", "row"),
    [
        ("warranty-and-returns.pdf", 0, ("Monitors", "36 months", "no battery", "24 months", "$69.00")),
        ("employee-handbook.pdf", 0, ("6 to 9", 22, "20 days")),
        ("employee-handbook.pdf", 1, ("Hotel in Boston and Seattle", "$240.00 a night", "always")),
        ("support-guide.md", 0, ("P2", "A business cannot work", "1 hour", "8 hours", "2 business days")),
    ],
)
def test_facts_that_stand_only_in_tables_are_found(name: str, ordinal: int, row: tuple[object, ...]) -> None:
    assert row in load_document(FIXTURES, name).tables[ordinal].rows


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("warranty-and-returns.pdf", "printer"),
        ("warranty-and-returns.pdf", "accidental"),
        ("employee-handbook.pdf", "dental"),
        ("employee-handbook.pdf", "salary"),
        ("products.json", "drone"),
        ("products.json", "Dallas"),
        ("store-locations.csv", "Dallas"),
        ("support-guide.md", "P5"),
    ],
)
def test_what_is_absent_on_purpose_stays_absent(name: str, absent: str) -> None:
    assert absent.lower() not in load_document(FIXTURES, name).text.lower()
