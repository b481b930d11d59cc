"""Bytes to text, passages and tables."""

from harness.documents.load import load_document, media_type, read_document
from harness.documents.types import Cell, Document, Passage, Table

__all__ = ["Cell", "Document", "Passage", "Table", "load_document", "media_type", "read_document"]
