"""A document's prose as units that can answer: sentences, list items and table rows, each with its context."""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.documents import Document, Passage
from harness.documents.language import fold, listed, sentences, tokens
from harness.server.models.schema import RECORD_TYPES, stems
from harness.server.models.thesaurus import in_plain_words
from harness.server.models.vocabulary import akin, related

__all__ = ["Library", "Unit", "units_of"]

_ANAPHORA = listed(
    "it its this that these those they them their he his she her such both each otherwise however then also instead"
)
_POINTERS = listed("such it she he her him them this")
_PRONOUN_ONE = re.compile(
    r"\b(?:loses?|lost|without|needs?|brings?|has|have|takes?|gets?|an?\w*) one\b(?=\s*(?:[,.;]"
    r"|pays?|is|must|may|can|gets?|costs?|will))"
)
_SHORT = 6  # words: a sentence this short leans on the one before
_MOST_CANDIDATES = 200
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
        name = re.sub(r"[-_./]", " ", document.path)
        self.title = frozenset(stems(f"{name} {headings[0] if headings else ''}"))
        rows = [(start, end, table.columns) for table in document.tables for start, end in table.spans]
        self.rows = sorted(rows, key=lambda row: row[0])
        self.row_starts = [start for start, _, _ in self.rows]
        self.count = 0

    def units(self) -> Iterator[Unit]:
        """Yield the document's units in reading order."""
        if self.document.media_type in RECORD_TYPES and self.document.tables:
            return
        lead = ""
        for passage in self.document.passages:
            yield from self._of_passage(passage, lead)
            if passage.text.rstrip().endswith(":"):
                lead = passage.text.strip().rsplit("\n", 1)[-1]
            elif not re.match(r"\s*(?:[-*•]|\d+[.)])\s", passage.text):
                lead = ""

    def _of_passage(self, passage: Passage, lead: str) -> Iterator[Unit]:
        first, previous, item = self.count, None, None
        for start, end, header in self._spans(passage):
            text = self.document.text[start:end]
            kind = "row" if header else "item" if self._is_item(start, text) else "sentence"
            if not _is_furniture(text, passage.heading or "", kind):
                if kind == "item":
                    item = (self.count, start)
                goes_on = self._goes_on_from(start, text, kind, (first, previous, item))
                heading = passage.heading or ""
                yield self._unit((start, end), kind, heading, lead if kind == "item" else "", header, goes_on)
                previous = self.count
                self.count += 1
            if text.rstrip().endswith(":"):
                lead = text

    def _spans(self, passage: Passage) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield (start, end, column names) of each row or sentence; no column names for a sentence."""
        position = max(0, bisect_right(self.row_starts, passage.start) - 1)
        inside = []
        for start, end, header in self.rows[position:]:
            if start >= passage.end:
                break
            if start >= passage.start and end <= passage.end:
                inside.append((start, end, header))
            elif start <= passage.start and passage.end <= end:
                inside.append((passage.start, passage.end, header))
        if inside:
            yield from inside
            return
        for start, end in sentences(passage.text):
            yield passage.start + start, passage.start + end, ()

    def _is_item(self, start: int, text: str) -> bool:
        before = self.document.text[max(0, start - 4) : start]
        return bool(re.search(r"[-*•◦▪]\s*$", before)) or bool(re.match(r"\d{1,2}[.)]\s", text))

    def _goes_on_from(
        self, start: int, text: str, kind: str, context: tuple[int, int | None, tuple[int, int] | None]
    ) -> int | None:
        """Return the unit that a sentence goes on from: the head of its list item, or what it points at."""
        first, previous, item = context
        if kind != "item" and item is not None and "\n\n" not in self.document.text[item[1] : start]:
            return item[0]
        if previous is None:
            return None
        words = [fold(token.text) for token in tokens(text[:120])]
        if words[:1] == ["the"] and len(words) <= _SHORT:
            return first
        points = words[:1] and (
            words[0] in _ANAPHORA or bool(_PRONOUN_ONE.search(text[:60])) or bool(_POINTERS & set(words[:_NEAR_START]))
        )
        return previous if points else None

    def _unit(  # noqa: PLR0913, PLR0917 - one call, and a type for its arguments would be the unit itself
        self, span: tuple[int, int], kind: str, heading: str, lead: str, header: tuple[str, ...], previous: int | None
    ) -> Unit:
        return Unit(
            document=self.document,
            start=span[0],
            end=span[1],
            kind=kind,
            stems=frozenset(stems(in_plain_words(self.document.text[slice(*span)]))),
            context=frozenset(stems(f"{heading} {lead} {' '.join(header)}")),
            title=self.title,
            lead=lead or (heading if kind == "item" else ""),
            header=header,
            previous=previous,
            section=heading,
        )


def _is_furniture(text: str, heading: str, kind: str) -> bool:
    """Headings, running titles, page numbers, table headers: nothing that says something."""
    if heading and fold(text).strip() == fold(heading).strip():
        return True
    if kind != "sentence":
        return False
    ends = re.search(r"[.!?;:…]['\"\u201d\u2019)\]*_]*$", text.strip())
    return "|" in text or not (ends or len(text.split()) >= 12 or ": " in text)


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
        self.titles = frozenset().union(*(unit.title for unit in self.units))
        self.followers: dict[int, list[int]] = {}
        for number, unit in enumerate(self.units):
            if unit.previous is not None:
                self.followers.setdefault(self.first_of[number] + unit.previous, []).append(number)

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

    def knows(self, word: str) -> bool:
        """Whether the documents hold a stem or a word akin to it."""
        return any(kin in self.postings or kin in self.titles for kin in akin(word))

    def names(self, word: str) -> bool:
        """Whether the documents hold a stem or a synonym in the narrow sense."""
        return any(synonym in self.postings or synonym in self.titles for synonym in related(word))

    def loose_weight(self, word: str) -> float:
        """Return how much a stem tells, words akin to it counted in."""
        held = len(set().union(*(self.postings.get(kin, ()) for kin in akin(word))))
        return math.log(1 + (len(self.units) + 1) / (held + 0.5))

    def likeliest_akin(self, weights: Mapping[str, float]) -> list[int]:
        """Return the units that hold most of these stems or words akin to them."""
        return self._likeliest(weights, akin)

    def likeliest(self, weights: Mapping[str, float]) -> list[int]:
        """Return the units that hold most of these stems or synonyms, by weight, and those that go on from them."""
        return self._likeliest(weights, related)

    def _likeliest(self, weights: Mapping[str, float], alike: Callable[[str], frozenset[str]]) -> list[int]:
        held: dict[int, float] = {}
        for word, weight in weights.items():
            for number in set().union(*(self.postings.get(synonym, ()) for synonym in alike(word))):
                held[number] = held.get(number, 0.0) + weight
        best = sorted(held, key=lambda number: (-held[number], number))[:_MOST_CANDIDATES]
        return sorted({*best, *(follower for number in best for follower in self.followers.get(number, ()))})
