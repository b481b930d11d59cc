"""PDF pages become paragraphs, headings, lists and rows; what cannot be read says why."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from documents_support import assert_places_are_exact

from harness.documents import Document, pdf, read_document
from harness.errors import DocumentError

pytest.importorskip("reportlab", reason="the PDF tests draw their documents with reportlab")

Story = list[Any]


def styles() -> Any:
    from reportlab.lib.styles import getSampleStyleSheet

    return getSampleStyleSheet()


def paragraph(text: str, style: str = "BodyText") -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(text, styles()[style])


def table(rows: list[list[Any]], widths: list[float], *, ruled: bool = True) -> Any:
    from reportlab.platypus import Table

    return Table(rows, colWidths=widths, repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 1, "black")] if ruled else [])


def page_break() -> Any:
    from reportlab.platypus import PageBreak

    return PageBreak()


def drawn(story: Story) -> bytes:
    from reportlab.platypus import SimpleDocTemplate

    target = io.BytesIO()
    SimpleDocTemplate(target, invariant=1).build(story)
    return target.getvalue()


def on_canvas(draw: Callable[[Any], None], **options: Any) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    target = io.BytesIO()
    canvas = Canvas(target, invariant=1, **options)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def read(data: bytes) -> Document:
    document = read_document(data, "guide.pdf")
    assert_places_are_exact(document)
    return document


def test_lines_become_paragraphs_under_headings() -> None:
    sentence = "A return is free of charge in every store of the chain. " * 6
    document = read(drawn([paragraph("Returns", "Heading1"), paragraph(sentence), paragraph("Second paragraph.")]))
    assert document.text == f"Returns\n\n{sentence.strip()}\n\nSecond paragraph."
    assert [passage.heading for passage in document.passages] == ["Returns", "Returns"]
    assert document.media_type == "application/pdf"


def test_pages_are_parted_by_form_feeds_and_numbered() -> None:
    document = read(drawn([paragraph("First page."), page_break(), paragraph("Second page.")]))
    assert document.text == "First page.\fSecond page."
    assert [passage.page for passage in document.passages] == [1, 2]


def test_a_sentence_that_crosses_a_page_stays_whole() -> None:
    document = read(drawn([paragraph("The refund arrives"), page_break(), paragraph("within five days.")]))
    assert [(passage.page, passage.text) for passage in document.passages] == [
        (1, "The refund arrives\fwithin five days.")
    ]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_is_a_table(*, ruled: bool) -> None:
    rows = [["Category", "Months", "Fee"], ["Laptops", "24", "$ 15.00"], ["Phones", "", "none"], ["TVs", "6", "$ 2.00"]]
    document = read(
        drawn([paragraph("See the table."), table(rows, [110, 90, 70], ruled=ruled), paragraph("That is all.")])
    )
    (found,) = document.tables
    assert found.columns == ("Category", "Months", "Fee")
    assert found.rows == (("Laptops", 24, "$ 15.00"), ("Phones", None, "none"), ("TVs", 6, "$ 2.00"))
    assert document.text[slice(*found.spans[0])] == "Laptops | 24 | $ 15.00"
    assert [passage.text for passage in document.passages][-1] == "That is all."


def test_cells_of_several_lines_stay_in_their_row() -> None:
    rows = [
        [paragraph("What"), paragraph("When")],
        [paragraph("Returning a purchase that was opened"), paragraph("within 30 days")],
        [paragraph("Repair"), paragraph("within 24 months of the day of delivery")],
    ]
    (found,) = read(drawn([table(rows, [110, 110])])).tables
    assert found.rows == (
        ("Returning a purchase that was opened", "within 30 days"),
        ("Repair", "within 24 months of the day of delivery"),
    )


def test_a_table_goes_on_over_pages() -> None:
    rows = [["Code", "Meaning"], *([f"C{number}", f"Meaning of {number}"] for number in range(70))]
    document = read(drawn([table(rows, [80, 160])]))
    (found,) = document.tables
    assert len(found.rows) == 70
    assert document.text.count("\f") == 1


def test_words_divided_at_a_line_end_are_joined_and_compounds_kept() -> None:
    def draw(canvas: Any) -> None:
        for row, line in enumerate(["The war-", "ranty covers on-", "site repair.", "We like on-site work."]):
            canvas.drawString(72, 700 - 14 * row, line)

    text = " ".join(read(on_canvas(draw)).text.split())
    assert text == "The warranty covers on-site repair. We like on-site work."


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    def draw(canvas: Any) -> None:
        for column, word in enumerate(("left", "right")):
            for row in range(30):
                canvas.drawString(72 + 250 * column, 750 - 14 * row, f"{word} line {row} and more")

    text = read(on_canvas(draw)).text
    assert text.index("left line 29") < text.index("right line 0")


def test_a_running_head_stands_once() -> None:
    from reportlab.platypus import SimpleDocTemplate

    def margin(canvas: Any, document: Any) -> None:
        canvas.drawString(72, 800, f"Company guide, page {document.page}")

    target = io.BytesIO()
    story = [paragraph("One."), page_break(), paragraph("Two."), page_break(), paragraph("Three.")]
    SimpleDocTemplate(target).build(story, onFirstPage=margin, onLaterPages=margin)
    assert read(target.getvalue()).text == "Company guide, page 1\n\nOne.\fTwo.\fThree."


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("rotation", [0, 90])
def test_lines_stay_whole_at_every_angle(rotation: int, angle: int) -> None:
    def draw(canvas: Any) -> None:
        canvas.setPageRotation(rotation)
        canvas.translate(300, 400)
        canvas.rotate(angle)
        canvas.drawString(0, 0, "First line of the text.")
        canvas.drawString(0, -14, "Second line.")

    text = read(on_canvas(draw)).text
    assert "First line of the text." in text
    assert "Second line." in text


def encrypted() -> bytes:
    return on_canvas(lambda canvas: canvas.drawString(72, 700, "secret"), encrypt="password")


def scanned() -> bytes:
    return on_canvas(lambda canvas: canvas.rect(72, 700, 50, 50))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (encrypted, "this PDF is encrypted"),
        (scanned, "no text on its 1 pages: it seems to be scanned"),
        (lambda: b"%PDF-1.4 nothing", "broken"),
        (lambda: drawn([paragraph("x")])[:300], "broken"),
        (lambda: b"", "0 bytes"),
    ],
)
def test_what_cannot_be_read_says_why(data: Callable[[], bytes], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_document(data(), "x.pdf")


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(DocumentError, match="2 pages, and at most 1"):
        read_document(drawn([paragraph("a"), page_break(), paragraph("b")]), "x.pdf")


def test_threads_may_read_at_once() -> None:
    data = drawn([paragraph("A sentence in a thread. " * 30), page_break(), paragraph("End.")])
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(read(data).text)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 6
    assert len(set(texts)) == 1
