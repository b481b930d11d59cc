"""Regular expressions that are compiled when they are first used: most answers need few of the long ones."""

import re
from collections.abc import Iterator
from functools import cached_property

__all__ = ["Pattern"]


class Pattern:
    """A regular expression with the methods of `re.Pattern`, as far as they are asked for.

    Args:
        text: How it is written.
        flags: Those of `re.compile`.
    """

    def __init__(self, text: str, flags: int = 0) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._text, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place."""
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Find it at the start."""
        return self._compiled.match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find all places."""
        return self._compiled.finditer(text)

    def findall(self, text: str) -> list[str]:
        """Return what stands in all places."""
        return self._compiled.findall(text)
