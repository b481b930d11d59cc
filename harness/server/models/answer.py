"""An answer before it becomes a reply: sentences, each with the places it rests on."""

from dataclasses import dataclass

from harness.documents import Document
from harness.server.models.interface import Chunk

__all__ = ["Answer", "Place", "Statement"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A stretch of a document, or a total worked out over one."""

    document: Document
    start: int | None
    """Offset in the document's text; None for a total, which stands nowhere."""
    end: int | None
    note: str = ""
    """The total in words; empty where the document's own text counts."""

    @property
    def text(self) -> str:
        """What stands there."""
        return self.note or self.document.text[self.start : self.end]

    def as_chunk(self, file_id: str, score: float) -> Chunk:
        """Return it as a search result."""
        return Chunk(
            file_id=file_id, file_name=self.document.path, text=self.text, score=score, start=self.start, end=self.end
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One sentence of an answer."""

    text: str
    places: tuple[Place, ...]
    """What it rests on; all of these are shown as results."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was found for one question."""

    statements: tuple[Statement, ...]
    confidence: float
    """How well the documents support it, in [0, 1]: picks among several readings."""
