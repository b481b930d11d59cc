"""Bytes to text, passages and tables."""

from harness.documents.load import ENDINGS, load_document, media_type, read_document
from harness.documents.types import Cell, Document, Passage, Table

__all__ = ["ENDINGS", "Cell", "Document", "Passage", "Table", "load_document", "media_type", "read_document"]
