"""Bytes to text, passages and tables."""

from harness.documents.types import Cell, Document, Passage, Table

__all__ = ["Cell", "Document", "Passage", "Table"]
