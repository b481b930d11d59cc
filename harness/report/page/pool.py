"""Texts that many rows share, kept once."""

from typing import Any

SHORT = 64
"""Characters; a shorter text stands where it is used: a reference would hardly be shorter."""
_CHUNK = 300_000
"""Characters of texts that are compressed together: a case's page inflates the few chunks that it needs."""


class TextPool:
    """Gives each text a number; what holds a reference is made whole again by the page."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, text: str | None) -> Any:
        """Return the text, or for a long one `{"$": number}`."""
        if text is None or len(text) < SHORT:
            return text
        return {"$": self._numbers.setdefault(text, len(self._numbers))}

    def chunks(self) -> list[list[str]]:
        """Return all texts in the order of their numbers, cut into lists of a readable size."""
        chunks: list[list[str]] = []
        size = _CHUNK
        for text in self._numbers:
            if size >= _CHUNK:
                chunks.append([])
                size = 0
            chunks[-1].append(text)
            size += len(text)
        return chunks
