"""A document's prose as units that can answer: sentences, list items and table rows, each with its context."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.documents import Document, Passage
from harness.documents.language import fold, listed, sentences, tokens
from harness.server.models.schema import stems
from harness.server.models.vocabulary import related

__all__ = ["Library", "Unit", "units_of"]

_RECORD_TYPES = frozenset({"application/json", "application/jsonl", "text/csv", "text/tab-separated-values"})
_ANAPHORA = listed(
    "it its this that these those they them their he his she her such both each otherwise however then there also instead"
)
_NEAR_START = 6  # words within which `such` or `it` still points to the sentence before


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A stretch of a document that can be quoted as an answer."""

    document: Document
    start: int
    end: int
    kind: str
    """sentence, item or row."""
    stems: frozenset[str]
    """Stems of its words."""
    context: frozenset[str]
    """Stems of the heading and of the line that leads a list in; for a row of the column names too."""
    title: frozenset[str]
    """Stems of the document's name and first heading."""
    lead: str
    """The heading or line that makes an item or row understandable; empty for a sentence that stands alone."""
    header: tuple[str, ...]
    """The column names above a row; empty otherwise."""
    previous: int | None
    """Index, within the document, of the sentence that this one goes on from; None where it stands alone."""
    section: str
    """The heading it stands under."""

    @property
    def text(self) -> str:
        """What it says."""
        return self.document.text[self.start : self.end]


def units_of(document: Document) -> tuple[Unit, ...]:
    """Split a document into units. Records of JSON and CSV files are left to the table reader."""
    return tuple(_Splitter(document).units())


class _Splitter:
    """Walks a document's passages once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        headings = [passage.heading for passage in document.passages if passage.heading]
        self.title = frozenset(stems(re.sub(r"[-_./]", " ", document.path))) | frozenset(
            stems(headings[0] if headings else "")
        )
        self.rows = {start: (end, table.columns) for table in document.tables for start, end in table.spans}
        self.count = 0

    def units(self) -> Iterator[Unit]:
        if self.document.media_type in _RECORD_TYPES and self.document.tables:
            return
        lead = ""
        for passage in self.document.passages:
            heading = passage.heading or ""
            yield from self._of_passage(passage, heading, lead)
            lead = (
                passage.text.strip() if passage.text.rstrip().endswith(":") else lead if self._is_list(passage) else ""
            )

    def _is_list(self, passage: Passage) -> bool:
        return bool(re.match(r"\s*(?:[-*•]|\d+[.)])\s", passage.text))

    def _of_passage(self, passage: Passage, heading: str, lead: str) -> Iterator[Unit]:
        previous: int | None = None
        lead_line = lead.rsplit("\n", 1)[-1]
        for start, end in self._spans(passage):
            text = self.document.text[start:end]
            row = (
                next((columns for row, (stop, columns) in self.rows.items() if row <= start and end <= stop + 2), None)
                if self.rows
                else None
            )
            before = self.document.text[max(0, start - 4) : start]
            is_item = bool(re.search(r"[-*•◦▪]\s*$", before)) or bool(re.match(r"\d{1,2}[.)]\s", text))
            is_heading = bool(heading) and fold(text).strip() == fold(heading).strip()
            if is_heading or (row is None and not is_item and self._is_furniture(text)):
                if text.rstrip().endswith(":"):
                    lead_line = text
                continue
            goes_on = self._goes_on(text, previous)
            yield self._unit(
                (start, end),
                heading,
                lead_line if is_item else "",
                row,
                previous if goes_on else None,
                "row" if row else "item" if is_item else "sentence",
            )
            previous = self.count
            self.count += 1
            if text.rstrip().endswith(":"):
                lead_line = text

    def _spans(self, passage: Passage) -> Iterator[tuple[int, int]]:
        inside = [
            (start, end) for start, (end, _) in self.rows.items() if start >= passage.start and end <= passage.end
        ]
        if inside:
            yield from sorted(inside)
            return
        if any(start <= passage.start and passage.end <= end for start, (end, _) in self.rows.items()):
            yield passage.start, passage.end
            return
        for start, end in sentences(passage.text):
            yield passage.start + start, passage.start + end

    def _is_furniture(self, text: str) -> bool:
        """Running titles, page numbers, table headers: nothing that says something."""
        if "|" in text:
            return True
        return (
            not re.search(r"[.!?;:…]['\"\u201d\u2019)\]*_]*$", text.strip())
            and len(text.split()) < 12
            and ": " not in text
        )

    def _goes_on(self, text: str, previous: int | None) -> bool:
        if previous is None:
            return False
        first = [fold(token.text) for token in tokens(text[:120])][:_NEAR_START]
        return bool(first) and (first[0] in _ANAPHORA or "such" in first or "it" in first)

    def _unit(
        self,
        span: tuple[int, int],
        heading: str,
        lead: str,
        row: tuple[str, ...] | None,
        previous: int | None,
        kind: str,
    ) -> Unit:
        text = self.document.text[slice(*span)]
        shown = lead if lead else heading if kind == "item" else ""
        return Unit(
            document=self.document,
            start=span[0],
            end=span[1],
            kind=kind,
            stems=frozenset(stems(text)),
            context=frozenset(stems(f"{heading} {lead} {' '.join(row or ())}")),
            title=self.title,
            lead=shown,
            header=row or (),
            previous=previous,
            section=heading,
        )


class Library:
    """All units of the searchable documents, with postings and document frequencies."""

    def __init__(self, parts: Sequence[tuple[Unit, ...]]) -> None:
        self.units: list[Unit] = []
        self.first_of: dict[int, int] = {}
        for units in parts:
            offset = len(self.units)
            for unit in units:
                self.first_of[len(self.units)] = offset
                self.units.append(unit)
        self.sections: dict[tuple[str, str], set[str]] = {}
        for unit in self.units:
            self.sections.setdefault((unit.document.path, unit.section), set()).update(unit.stems)
        self.postings: dict[str, list[int]] = {}
        for number, unit in enumerate(self.units):
            for word in unit.stems | unit.context:
                self.postings.setdefault(word, []).append(number)
        self.titles = frozenset().union(*(units[0].title for units in parts if units))

    def previous(self, number: int) -> Unit | None:
        """Return the sentence that a unit goes on from."""
        unit = self.units[number]
        return None if unit.previous is None else self.units[self.first_of[number] + unit.previous]

    def section(self, unit: Unit) -> set[str]:
        """Return the stems of everything under the heading that a unit stands under."""
        return self.sections[unit.document.path, unit.section]

    def frequency(self, word: str) -> int:
        """Count the units that hold a stem or a synonym of it."""
        return max((len(self.postings.get(synonym, ())) for synonym in related(word)), default=0)

    def weight(self, word: str) -> float:
        """Return how much a stem tells: the rarer, the more."""
        return math.log(1 + (len(self.units) + 1) / (self.frequency(word) + 0.5))

    def holding(self, words: Sequence[str]) -> list[int]:
        """Return the units that hold at least one of these stems or synonyms, in reading order."""
        found: set[int] = set()
        for word in words:
            for synonym in related(word):
                found.update(self.postings.get(synonym, ()))
        return sorted(found)
