"""The report in a real Chromium: what a reader does with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_support import Watched, chromium, watched
from playwright.sync_api import Browser, Page, expect
from report_support import ANSWER, PASSAGE, attempt, evidence, row, run_of, score, source_of, viewing, write_library

from harness.model.score import Behaviour, Claim, Outcome
from harness.report.page import report_page
from harness.results import RunFolder, row_data

pytestmark = pytest.mark.slow

OTHER = "You may keep a book for 14 days. Cats may borrow too."
Open = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two runs: two variants, one case of which flips, a refusal, and many cases more."""
    folder = tmp_path_factory.mktemp("report")
    source = (write_library(folder),)
    refused = score(Outcome.CORRECT_REFUSAL, expect="refuse", behaviour=Behaviour.REFUSED, claims=(), groundedness=None)
    failed = score(Outcome.UNGROUNDED, failed_checks=("cites: library.md",), blame="embroidered")
    rows = [
        row(sources=source),
        row("librarian", Outcome.CORRECT_REFUSAL, attempt("Sorry, I can't find that."), refused, sources=source),
        row("loan", Outcome.UNGROUNDED, attempt(OTHER), failed, variant="terse", sources=source),
        *(row(f"case-{number:04}", sources=source, suite="cases/many.yaml") for number in range(1500)),
    ]
    path = folder / "report.html"
    path.write_bytes(report_page([run_of(*rows)], fixtures=folder))
    return path


@pytest.fixture
def open_page(browser: Browser, file: Path) -> Iterator[Open]:
    """Open the report; at the end nothing may have happened beside it."""
    opened: list[tuple[object, Watched]] = []

    def visit(fragment: str = "", **options: Any) -> Watched:
        manager = watched(browser, f"{file.as_uri()}{fragment}", **options)
        found = manager.__enter__()
        opened.append((manager, found))
        return found

    yield visit
    misdeeds = [misdeed for _, found in opened for misdeed in found.misdeeds()]
    for manager, _ in opened:
        manager.__exit__(None, None, None)  # type: ignore[attr-defined]
    assert misdeeds == []


def _fragment(page: Page) -> str:
    return page.evaluate("decodeURIComponent(location.hash)")  # type: ignore[no-any-return]


def test_the_overview_counts_the_rows(open_page: Open) -> None:
    page = open_page().page
    tiles = page.locator(".tiles")

    expect(tiles).to_contain_text("99.9%1,502 of 1,503")
    expect(page.locator(".matrix tbody tr").first).to_contain_text("1,5021,501 grounded1 ungrounded")
    expect(page.locator(".matrix tbody tr").last).to_contain_text("11 correct refusal")
    expect(page.locator("#overview .notice")).to_contain_text("extractive is a built-in model, not a language model")
    expect(page.locator(".histogram")).to_have_count(3)


def test_a_figure_leads_to_its_cases(open_page: Open) -> None:
    page = open_page().page
    page.get_by_role("link", name="1", exact=True).last.click()

    expect(page.locator("#count")).to_have_text("1 of 1,503 rows, 0 not passed")
    assert _fragment(page) == "#behaviour=refused&expect=refuse"


def test_typing_filters_and_the_address_keeps_it(open_page: Open) -> None:
    page = open_page().page
    page.keyboard.press("/")
    page.keyboard.type("LIBRARIAN find")
    expect(page.locator("#count")).to_have_text("1 of 1,503 rows, 0 not passed")
    page.wait_for_timeout(400)
    page.reload()

    expect(page.locator("#search")).to_have_value("LIBRARIAN find")
    expect(page.locator("#rows .line")).to_have_count(1)


def test_filters_narrow_each_other(open_page: Open) -> None:
    page = open_page().page
    page.select_option("#by-outcome", "flipped")
    page.select_option("#by-variant", "terse")
    expect(page.locator("#rows .line")).to_have_count(1)
    page.click("#clear")

    expect(page.locator("#count")).to_have_text("1,503 rows, 1 not passed")
    assert _fragment(page) == ""


def test_columns_sort_both_ways(open_page: Open) -> None:
    page = open_page().page
    head = page.get_by_role("columnheader", name="outcome", exact=True)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#rows .line").first).to_contain_text("ungrounded")


def test_only_rows_in_sight_are_elements(open_page: Open) -> None:
    page = open_page().page
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")

    expect(page.locator("#rows .line").last).to_contain_text("case-1499")
    assert page.locator("#rows .line").count() < 60


def test_keys_move_open_and_close(open_page: Open) -> None:
    page = open_page("#sort=case").page
    for _ in range(40):
        page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".line.selected")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#case-title")).to_have_text("case-0039")
    page.keyboard.press("j")
    expect(page.locator("#case-title")).to_have_text("case-0040")
    page.keyboard.press("Escape")
    expect(page.locator(".line.selected")).to_contain_text("case-0040")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next and previous")


def test_a_claim_opens_the_document_at_its_passage(open_page: Open) -> None:
    page = open_page("#case=cases/library.yaml::loan", viewport={"width": 800, "height": 800}).page
    expect(page.locator("#panel")).to_be_hidden()
    page.locator(".claim.s-supported").click()

    expect(page.locator("#panel mark")).to_have_text(PASSAGE)
    expect(page.locator("#panel mark")).to_be_in_viewport()
    expect(page.locator("#panel")).to_contain_text("A late book costs 0.20 USD a day.")
    expect(page.locator("#panel-title")).to_contain_text("library.md")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_beside_the_conversation_there_is_room_for_the_document(open_page: Open) -> None:
    page = open_page("#case=cases/library.yaml::loan", viewport={"width": 1440, "height": 900}).page

    expect(page.locator("#panel mark")).to_have_text(PASSAGE)


def test_a_case_shows_each_part_of_its_score(open_page: Open) -> None:
    page = open_page("#case=cases/library.yaml::loan[terse]").page
    view = page.locator("#case-view")
    for text in (
        "expected answer, observed answered",
        "Blame: embroidered: the documents do not say so",
        "cites: library.md",
        "1 of 2 supported · groundedness 0.50",
        "✓ met",
        "number: 28",
        "Retrieved passages 1 in 1 search · precision 1.00",
        "1 step · completed · 1.5 s · 900 + 100 tokens",
    ):
        expect(view).to_contain_text(text)


def test_variants_stand_side_by_side_with_the_words_that_differ(open_page: Open) -> None:
    page = open_page("#case=cases/library.yaml::loan").page
    page.get_by_role("link", name="Compare").click()

    expect(page.locator(".side-by-side .card")).to_have_count(2)
    expect(page.locator(".side-by-side del")).to_have_text("28")
    expect(page.locator(".side-by-side ins")).to_have_text("14")
    assert "with=cases/library.yaml::loan[terse]" in _fragment(page)


def test_an_unknown_case_is_said(open_page: Open) -> None:
    page = open_page("#case=nothing").page

    expect(page.locator("#case-view")).to_contain_text("This report has no case nothing.")


def test_a_cut_file_is_said(browser: Browser, tmp_path: Path) -> None:
    page = report_page([run_of(row())]).decode()
    at = page.index('id="index">') + 200
    broken = tmp_path / "cut.html"
    broken.write_text(page[:at] + page[at + 40 :], encoding="utf-8")

    with watched(browser, broken.as_uri(), wait="#loading") as found:
        expect(found.page.locator("#loading")).to_contain_text("cannot be read")


def test_a_megabyte_on_a_line_is_cut_until_asked_for(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "long.html"
    long = score(claims=(), citations=())
    path.write_bytes(report_page([run_of(row(said=attempt("x" * 1_000_000), judged=long))]))

    with watched(browser, f"{path.as_uri()}#case=cases/library.yaml::loan") as found:
        answer = found.page.locator(".answer")
        assert len(answer.inner_text()) < 25_000
        found.page.get_by_role("button", name="Show all 1,000,000 characters").click()
        assert len(answer.inner_text()) >= 1_000_000
        assert found.misdeeds() == []


@pytest.mark.parametrize(
    "fragment",
    ["", "#case=cases/library.yaml::loan", "#case=cases/library.yaml::loan[terse]&with=cases/library.yaml::loan"],
)
def test_a_phone_needs_no_sideways_scrolling(open_page: Open, fragment: str) -> None:
    page = open_page(fragment, viewport={"width": 390, "height": 844}).page

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_paper_holds_what_the_screen_scrolls(open_page: Open) -> None:
    page = open_page("#suite=cases/library.yaml").page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.locator("#rows .line")).to_have_count(3)
    expect(page.locator("#tools")).to_be_hidden()
    tops = page.locator("#rows .line").evaluate_all("lines => lines.map(line => line.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))


def test_the_theme_is_the_systems_until_it_is_chosen(open_page: Open) -> None:
    page = open_page(color_scheme="dark").page
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert (dark, light) == ("rgb(20, 23, 28)", "rgb(255, 255, 255)")


AXE_PAGES = {
    "overview": "",
    "filtered": "#outcome=failed",
    "case": "#case=cases/library.yaml::loan[terse]",
    "refusal": "#case=cases/library.yaml::librarian",
    "compared": "#case=cases/library.yaml::loan&with=cases/library.yaml::loan[terse]",
    "unknown": "#case=nothing",
}


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fragment", AXE_PAGES.values(), ids=AXE_PAGES)
def test_axe_finds_nothing_findings(browser: Browser, file: Path, fragment: str, theme: str, width: int) -> None:
    size = {"width": width, "height": 1000}
    with watched(browser, file.as_uri() + fragment, color_scheme=theme, viewport=size, bypass_csp=True) as found:
        found.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        if width == 390 and found.page.locator(".claim").count():
            found.page.locator(".claim.s-supported").first.click()
        assert _findings(found.page) == []


def test_axe_finds_nothing_in_the_help(open_page: Open) -> None:
    page = open_page(bypass_csp=True).page
    page.keyboard.press("?")

    assert _findings(page) == []


def _findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in {"moderate", "serious", "critical"}
        for node in one["nodes"]
    ]


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<html><body style='background:#fff'><p style='color:#ccc'>pale</p><button></button></body></html>"
    )

    assert {found.split(":")[0] for found in _findings(page)} >= {"color-contrast", "button-name"}
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_site_leads_to_each_run_and_to_several(
    browser: Browser, tmp_path: Path, theme: Literal["light", "dark"]
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    for name in ("2026-11-23T10-00-00-aaaa", "2026-11-24T10-00-00-bbbb"):
        RunFolder(path=tmp_path / "results" / name).append(row_data(row()))
    with viewing(tmp_path) as (_, address), browser.new_context(color_scheme=theme, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(address)
        assert _findings(page) == []
        page.get_by_role("link", name="2026-11-24").click()
        expect(page.locator("#count")).to_have_text("1 row, 0 not passed")
        page.go_back()
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#count")).to_have_text("2 rows, 0 not passed")


def test_answers_are_told_from_each_other(open_page: Open) -> None:
    page = open_page("#case=cases/library.yaml::loan[terse]").page

    expect(page.locator(".siblings li")).to_have_count(2)
    expect(page.locator(".siblings li[aria-current]")).to_contain_text("terse")
    assert ANSWER not in page.locator(".answer").inner_text()


def test_what_a_link_filters_stands_in_sight(open_page: Open) -> None:
    page = open_page("#outcome=failed", viewport={"width": 1000, "height": 700}).page

    expect(page.locator("#rows .line")).to_have_count(1)
    expect(page.locator("#rows .line")).to_be_in_viewport(ratio=1)
    assert page.locator("#cases-title").bounding_box()["y"] < 200  # type: ignore[index]  # it is there


def test_a_filter_for_what_the_report_has_not_is_shown_and_can_be_cleared(open_page: Open) -> None:
    page = open_page("#suite=cases/gone.yaml").page

    expect(page.locator("#by-suite option:checked")).to_have_text("cases/gone.yaml")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#count")).to_have_text("1,503 rows, 1 not passed")


def test_errors_are_counted_apart_in_each_suite_too(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "errors.html"
    judged = score(Outcome.ERROR, behaviour=Behaviour.ERRORED, claims=(), citations=(), groundedness=None)
    error = row("broken", Outcome.ERROR, judged=judged, suite="cases/other.yaml")
    path.write_bytes(report_page([run_of(row(), error)]))

    with watched(browser, path.as_uri()) as found:
        figures = found.page.locator(".card", has_text="Outcomes by suite").locator(".figures")
        expect(figures).to_have_text(["1/1100%", "0/0n/a"])
        expect(found.page.locator(".tile", has_text="failed").locator("a")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_the_heading_says_when_without_covering_its_buttons(browser: Browser, tmp_path: Path, width: int) -> None:
    path = tmp_path / "long.html"
    run = run_of(row(), name="2026-11-23T10-00-00-" + "abcd" * 60)
    path.write_bytes(report_page([run]))

    with watched(browser, path.as_uri(), viewport={"width": width, "height": 700}) as found:
        about, tools = (found.page.locator(name).bounding_box() for name in ("#about", ".bar-tools"))
        assert about is not None
        assert tools is not None
        assert about["x"] + about["width"] <= tools["x"]
        assert (
            found.page.evaluate(
                "document.querySelector('#about').scrollWidth - document.querySelector('#about').clientWidth"
            )
            <= 0
        )
        assert found.page.locator(".made").is_visible() == (width > 760)


def test_on_upright_paper_rows_take_the_narrow_form(open_page: Open) -> None:
    from pypdfium2 import PdfDocument

    page = open_page("#suite=cases/library.yaml", viewport={"width": 1440, "height": 900}).page
    margins = {"top": "0", "right": "0", "bottom": "0", "left": "0"}
    paper = PdfDocument(page.pdf(format="A4", margin=margins))  # type: ignore[arg-type]  # as Playwright takes them
    text = "\n".join(sheet.get_textpage().get_text_bounded() for sheet in paper)

    assert "librarian" in text
    assert "made 20" in text
    assert "prompt and answer" not in text


@pytest.mark.parametrize(
    ("query", "heading", "marked"),
    [
        (None, "claim 1: supported · page 2", "s-supported"),
        ("sql: select max(days)", "claim 1: supported, confirmed by a query; one record of its table", "s-found"),
    ],
)
def test_a_document_says_where_a_page_ends_and_what_a_passage_is(
    browser: Browser, tmp_path: Path, query: str | None, heading: str, marked: str
) -> None:
    text = f"First page.\f\n{PASSAGE}\n"
    (tmp_path / "library.md").write_text(text, encoding="utf-8")
    claim = Claim(
        text=PASSAGE, start=0, end=len(PASSAGE), support="supported", score=1.0, evidence=evidence(text=text),
        confirmed_by=query,
    )  # fmt: skip
    judged = score(claims=(claim,), citations=())
    path = tmp_path / "report.html"
    one = row(said=attempt(PASSAGE), judged=judged, sources=(source_of(tmp_path / "library.md"),))
    path.write_bytes(report_page([run_of(one)], fixtures=tmp_path))

    with watched(browser, f"{path.as_uri()}#case=cases/library.yaml::loan") as found:
        expect(found.page.locator("#panel-title")).to_contain_text(heading)
        expect(found.page.locator("#panel-body")).to_contain_text("First page. [next page] Members may borrow")
        expect(found.page.locator("#panel-body mark")).to_have_class(marked)
