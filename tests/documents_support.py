"""What every reader of documents promises, for the tests of each format."""

from harness.documents import Document


def assert_places_are_exact(document: Document) -> None:
    """Hold that passages and spans stand where they say, in reading order."""
    end_before = 0
    for passage in document.passages:
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        assert passage.start >= end_before
        end_before = passage.end
    for table in document.tables:
        assert len(table.rows) == len(table.spans)
        assert all(0 <= start < end <= len(document.text) for start, end in table.spans)
        assert all(len(row) == len(table.columns) for row in table.rows)
