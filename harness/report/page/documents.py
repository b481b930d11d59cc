"""The documents that answers rest on, as far as they are still at hand."""

from bisect import bisect_left
from pathlib import Path
from typing import Any

from harness.documents import Document, load_document
from harness.errors import DocumentError
from harness.model.plan import Planned
from harness.model.score import Evidence
from harness.model.transcript import Retrieved
from harness.report.page.pool import TextPool

WHOLE = 400_000
"""Characters; a longer document is not carried in full, only what stands around its passages."""
_AROUND = 1_500
"""Characters before and behind a passage of such a document."""


class _Text:
    """A document's text with offsets in UTF-16, in which a browser counts."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self._wide = [at for at, letter in enumerate(document.text) if ord(letter) > 0xFFFF]
        self._found: dict[str, int] = {}

    def offset(self, start: int) -> int:
        """Return where a browser finds the character."""
        return start + bisect_left(self._wide, start)

    def find(self, passage: str) -> int:
        """Return where a passage stands, in code points; -1 where it does not."""
        if passage not in self._found:
            self._found[passage] = self.text.find(passage)
        return self._found[passage]


class Documents:
    """Finds the text around a passage: in the project's folder, where the bytes are those that were asked about."""

    def __init__(self, pool: TextPool, root: Path | None, max_mb: float) -> None:
        self._pool, self._root, self._max_mb = pool, root, max_mb
        self._numbers: dict[tuple[str, str | None], int] = {}
        self._texts: list[_Text | None] = []
        self.entries: list[dict[str, Any]] = []
        """What the page knows of each: path, state (`whole`, `excerpts`, `changed`, `missing`), text."""

    def evidence(self, evidence: Evidence, planned: Planned) -> dict[str, Any]:
        """Return where a passage stands and, unless the page has the whole document, what stands around it."""
        number = self._number(evidence.document, planned)
        found = {"d": number, "at": [evidence.start, evidence.end], "page": evidence.page}
        return found | self._place(number, evidence.start, evidence.end, evidence.text)

    def retrieved(self, result: Retrieved, planned: Planned) -> dict[str, Any]:
        """Return a search result: a place in a document, or its text where none holds it."""
        told: dict[str, Any] = {"name": result.file_name, "rank": result.rank, "score": result.score}
        if result.document is None or not result.text:
            return told | {"text": self._pool.add(result.text)}
        number = self._number(result.document, planned)
        text = self._texts[number]
        start = -1 if text is None else text.find(result.text)
        if start < 0:
            return told | {"d": number, "text": self._pool.add(result.text)}
        return told | {"d": number} | self._place(number, start, start + len(result.text), result.text)

    def number(self, path: str | None, planned: Planned) -> int | None:
        """Return the number of a document; None for None."""
        return None if path is None else self._number(path, planned)

    def _place(self, number: int, start: int, end: int, said: str) -> dict[str, Any]:
        text = self._texts[number]
        if text is None:
            return {"text": self._pool.add(said)}
        marks = [text.offset(start), text.offset(end)]
        if self.entries[number]["state"] == "whole":
            return {"mark": marks}
        first = max(0, start - _AROUND)
        shift = text.offset(first)
        around = text.text[first : end + _AROUND]
        return {"around": self._pool.add(around), "mark": [mark - shift for mark in marks]}

    def _number(self, path: str, planned: Planned) -> int:
        sha = next((source.sha256 for source in planned.sources if source.path == path), None)
        number = self._numbers.setdefault((path, sha), len(self._numbers))
        if number == len(self.entries):
            self._load(path, sha)
        return number

    def _load(self, path: str, sha: str | None) -> None:
        state, text, document = "missing", None, None
        try:
            if self._root is not None and sha is not None:  # without a hash none could be told to be the one
                document = load_document(self._root, path, max_mb=self._max_mb)
        except (DocumentError, ValueError):  # gone or broken since, or a name that no file can have
            pass
        if document is not None and document.sha256 != sha:
            state = "changed"
        elif document is not None:
            state, text = "whole" if len(document.text) <= WHOLE else "excerpts", _Text(document)
        self._texts.append(text)
        whole = {"text": self._pool.add(text.text)} if text is not None and state == "whole" else {}
        self.entries.append({"path": path, "state": state} | whole)
