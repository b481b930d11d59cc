"""What is found and cited as one: a document's own passages, or pieces of a size that a client has set."""

from collections.abc import Iterator, Sequence

from harness.documents import Document, Passage
from harness.server.rendering import CHARACTERS_PER_TOKEN
from harness.server.wire import Json

AUTO: Json = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
"""How the real API shows a file that was chunked by `auto`; asked for by a client it means the same."""


def shown_chunking(strategy: Json | None) -> Json:
    """Return a chunking strategy as the file shows it."""
    return AUTO if strategy is None or strategy["type"] == "auto" else strategy


def chunks_of(document: Document, strategy: Json) -> Sequence[Passage]:
    """Return a document's chunks, in reading order.

    Args:
        document: What was read of the file.
        strategy: As the file shows it. By `auto`, a chunk is a passage: a paragraph, a list item, a table's record.
    """
    if strategy == AUTO or strategy["type"] != "static":
        return document.passages
    size = strategy["static"]["max_chunk_size_tokens"] * CHARACTERS_PER_TOKEN
    overlap = strategy["static"]["chunk_overlap_tokens"] * CHARACTERS_PER_TOKEN
    return list(_pieces(document, size, overlap))


def _pieces(document: Document, size: int, overlap: int) -> Iterator[Passage]:
    """Yield stretches of at most `size` characters, cut between words, each repeating the end of the last."""
    text, start, passage = document.text, 0, 0
    while start < len(text):
        end = _between_words(text, start, start + size)
        while passage + 1 < len(document.passages) and document.passages[passage + 1].start <= start:
            passage += 1
        near = document.passages[passage] if document.passages else None
        if text[start:end].strip():
            yield Passage(
                text=text[start:end],
                start=start,
                end=end,
                page=near.page if near else None,
                heading=near.heading if near else None,
            )
        if end == len(text):
            return
        start = max(start + 1, _between_words(text, start, max(start + 1, end - overlap)))


def _between_words(text: str, start: int, end: int) -> int:
    """Return the last place before `end` where a word begins; `end` itself where one word fills everything."""
    if end >= len(text):
        return len(text)
    for place in range(end, start, -1):
        if text[place - 1].isspace() and not text[place].isspace():
            return place
    return end
