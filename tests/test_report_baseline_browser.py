"""A report beside a baseline in a real Chromium: found, read, and inert whatever the baseline says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_support import chromium, watched
from playwright.sync_api import Browser, Page, expect
from report_support import attempt, row, run_of, score, write_library

from harness.config import Prices
from harness.config.prices import Price
from harness.model.score import Outcome
from harness.report.page import Reference, report_page
from harness.results import RunFolder, row_data
from harness.results.baseline import baseline_of, read_baseline, write_baseline

pytestmark = pytest.mark.slow

OLD = "2026-11-22T10-00-00-aaaa"
OTHER = "You may keep a book for 14 days. Cats may borrow too."
PRICES = Prices(models={"extractive": Price(prompt=1.0, completion=2.0)})
PAYLOADS = (
    "<img src=x onerror=pwned(1)>",
    "</script><script>pwned(2)</script>",
    '"><svg onload=pwned(3)>',
    "javascript:pwned(4)",
    "__proto__",
    "constructor",
    "\u202egnp.exe\u2066",
    "half \ud800 a pair \x00",
    "a" * 300_000,
    "{{constructor.constructor('pwned(5)')()}}",
    "#case=</title><script>pwned(6)</script>",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _reference(folder: Path) -> Reference:
    run = RunFolder(path=folder / "results" / OLD)
    return Reference(baseline=read_baseline(folder / "results", "main"), run=run, gone=lambda places: places)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report in which a case broke, one was fixed, one reworded, two came and one went."""
    folder = tmp_path_factory.mktemp("beside")
    source = (write_library(folder),)
    bad = score(Outcome.UNGROUNDED, failed_checks=("cites: library.md",), groundedness=0.2)
    old = RunFolder(path=folder / "results" / OLD)
    for one in (
        row(sources=source),
        row("fine", sources=source),
        row("bad", Outcome.UNGROUNDED, attempt(OTHER), bad, sources=source),
        row("said", said=attempt("Keep it for 28 days. Ask the desk."), sources=source),
        row("gone", sources=source),
    ):
        old.append(row_data(one))
    write_baseline(baseline_of(old, "main"), folder / "results")
    now = (
        row("fine", sources=source),
        row("loan", Outcome.UNGROUNDED, attempt(OTHER), bad, sources=source),
        row("bad", sources=source),
        row("said", sources=source),
        row("new", Outcome.UNGROUNDED, attempt(OTHER), bad, sources=source, assistant={"model": "mystery"}),
        row("fresh", sources=source),
    )
    path = folder / "report.html"
    path.write_bytes(report_page([run_of(*now)], fixtures=folder, prices=PRICES, reference=_reference(folder)))
    return path


def _page(browser: Browser, file: Path, fragment: str = "", **options: Any) -> Iterator[Page]:
    with watched(browser, file.as_uri() + fragment, **options) as found:
        yield found.page
        assert found.misdeeds() == []


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    yield from _page(browser, file, viewport={"width": 1440, "height": 900})


def test_the_overview_counts_standings_what_broke_first(page: Page) -> None:
    assert page.locator(".standings").inner_text().split("\n") == [
        "1 ↓ broken",
        "2 + new",
        "1 ↑ fixed",
        "1 ≠ changed",
        "1 \u2212 gone",
        "1 = same",
    ]
    expect(page.locator(".beside")).to_contain_text("2 count as broken: what is new and fails does, too.")
    assert page.locator(".worst li").all_inner_texts() == [
        "↓ broken\ncases/library.yaml::loan\ngrounded → ungrounded",
        "+ new\ncases/library.yaml::new\nungrounded",
    ]
    page.get_by_text("1 case gone").click()
    expect(page.locator(".gone li")).to_have_text("cases/library.yaml::gone grounded")


def test_a_standing_filters_and_sorts(page: Page) -> None:
    page.select_option("#by-standing", "fixed")
    expect(page.locator("#rows .line")).to_have_count(1)
    expect(page.locator("#rows .line")).to_contain_text("↑ fixed")
    page.get_by_role("link", name="2 count as broken").click()
    expect(page.locator("#rows .line")).to_have_count(2)
    page.click("#clear")
    page.get_by_role("columnheader", name="baseline").get_by_role("button").click()

    expect(page.locator("#rows .line .c-standing").first).to_have_text("↓ broken")
    expect(page.locator("#rows .line .c-standing").last).to_have_text("= same")


def test_a_case_stands_beside_what_it_was_word_by_word(page: Page) -> None:
    page.get_by_role("link", name="cases/library.yaml::loan").click()
    card = page.locator(".before")

    expect(card.locator("summary")).to_have_text("Beside the baseline main: ↓ broken")
    for line in (
        "outcome✓ grounded✗ ungrounded",
        "groundedness0.500.20",
        "facts100% met100% met",
        "tokens1,0001,000",
        "time1.5 s1.5 s",
        "cost0.0011 USD0.0011 USD",
    ):
        expect(card.locator("table")).to_contain_text(line)
    expect(card.locator(".side-by-side .answer").first).to_contain_text("28 days")
    expect(card.locator(".side-by-side del")).to_have_text("28")
    expect(card.locator(".side-by-side ins")).to_have_text("14")


@pytest.mark.parametrize(
    ("case", "is_open", "said"),
    [
        ("fine", False, "The answer has the same words as in the baseline."),
        ("new", True, "The baseline does not hold this case in this variant."),
    ],
)
def test_what_has_no_other_answer_says_so(browser: Browser, file: Path, case: str, is_open: bool, said: str) -> None:  # noqa: FBT001 - a parameter of the test
    for page in _page(browser, file, f"#case=cases/library.yaml::{case}"):
        expect(page.locator(".before")).to_contain_text(said)
        assert page.locator(".before").evaluate("one => one.open") is is_open


def test_without_the_baselines_run_the_page_says_what_is_missing(browser: Browser, tmp_path: Path) -> None:
    old = RunFolder(path=tmp_path / "results" / OLD)
    old.append(row_data(row(said=attempt(OTHER))))
    write_baseline(baseline_of(old, "main"), tmp_path / "results")
    reference = Reference(baseline=read_baseline(tmp_path / "results", "main"), run=None, gone=lambda places: places)
    path = tmp_path / "r.html"
    path.write_bytes(report_page([run_of(row())], reference=reference))

    for page in _page(browser, path):
        expect(page.locator(".beside")).to_contain_text("its answers can't be shown")
        page.evaluate("go(caseHash(rows[0]))")
        expect(page.locator(".before")).to_contain_text("whose own are not at hand")


def test_costs_are_summed_and_what_has_no_price_is_named(page: Page) -> None:
    tile = page.locator(".tile", has_text="cost")

    expect(tile).to_contain_text("0.0055 USD")
    expect(tile).to_contain_text("0.0011 USD a row, by today's prices · no price is known of mystery")
    expect(page.locator(".histogram")).to_have_count(4)
    page.get_by_role("columnheader", name="cost", exact=True).get_by_role("button").click()
    expect(page.locator("#rows .line .c-cost").last).to_have_text("\u2013")


@pytest.mark.parametrize("fragment", ["", "#case=cases/library.yaml::loan", "#case=cases/library.yaml::new"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, file: Path, fragment: str, theme: str, width: int
) -> None:
    size = {"width": width, "height": 1000}
    with watched(browser, file.as_uri() + fragment, color_scheme=theme, viewport=size, bypass_csp=True) as found:
        found.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert found.page.evaluate("document.documentElement.scrollWidth") == width
        violations = Axe().run(found.page).response["violations"]
        assert [one["id"] for one in violations if one["impact"] in {"moderate", "serious", "critical"}] == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report beside a baseline in which every text is an attack."""
    folder = tmp_path_factory.mktemp("hostile")
    old = RunFolder(path=folder / "results" / OLD)
    for number, payload in enumerate(PAYLOADS):
        old.append(row_data(row(f"case-{number}", said=attempt(f"{payload[:5000]} before."))))
    path = write_baseline(baseline_of(old, "main"), folder / "results")
    data = json.loads(path.read_text(encoding="utf-8"))
    (group,) = data["groups"]
    lines = group["results"]
    for number, payload in enumerate(PAYLOADS):
        gone = {**group, "suite": f"cases/{payload}", "variant": payload, "model": payload, "target": payload}
        data["groups"].append({**gone, "results": [{**lines[number], "case": payload, "answer": payload}]})
    group["model"] = PAYLOADS[0]
    path.write_text(json.dumps({**data, "run": PAYLOADS[1] + PAYLOADS[8], "at": PAYLOADS[2]}), encoding="utf-8")
    now = [row(f"case-{number}", said=attempt(f"{one[:5000]} now.")) for number, one in enumerate(PAYLOADS)]
    prices = Prices(currency=PAYLOADS[0], models={"*": Price(prompt=1.0, completion=1.0)})
    page = folder / "report.html"
    page.write_bytes(report_page([run_of(*now)], prices=prices, reference=_reference(folder)))
    return page


def test_nothing_of_a_hostile_baseline_runs(browser: Browser, hostile: Path) -> None:
    assert b"pwned" not in hostile.read_bytes()
    with watched(browser, hostile.as_uri(), viewport={"width": 390, "height": 844}) as found:
        page = found.page
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        expect(page.locator(".gone li")).to_have_count(len(PAYLOADS))
        expect(page.locator(".gone li", has_text="<img src=x onerror=pwned(1)>")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for number in range(len(PAYLOADS)):
            page.evaluate(f"go(caseHash(rows[{number}]))")
            expect(page.locator("#case-title")).to_have_text(f"case-{number}")
            expect(page.locator(".before ins").first).to_be_attached()
            assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert found.misdeeds() == []
