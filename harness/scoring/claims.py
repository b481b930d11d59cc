"""An answer's text to statements: what can be checked, and what is a heading, politeness, a question or an echo."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.documents.language import STOP_WORDS, fold, listed, sentences, words
from harness.model.transcript import Attempt, Citation, RefusalPart, TextPart
from harness.scoring.given import Setting
from harness.scoring.lexicon import FILLER, LEAD_IN, YES_NO
from harness.scoring.terms import pieces, terms

__all__ = ["Answer", "Placed", "Statement", "StatementKind", "language_note", "read_answer", "statements"]

StatementKind: TypeAlias = Literal["claim", "echo", "filler", "heading", "question"]
"""What a statement is; only a claim is checked."""

_MARKER = re.compile(r"[ \t]?【[^】\n]{0,80}】")
_HEADING = re.compile(r"\s*(?:\*\*|__)[^*_]{1,80}(?:\*\*|__):?\s*$|\s*[-=*_]{3,}\s*$|[\s|:+=-]*$")
_RULED = re.compile(r"[ \t|]*\n[ \t|:]*-{2,}[ \t|:-]*(?:\n|$)")
_FOREIGN = listed(
    """
    der die das und ist nicht ein eine den dem mit von zu auf für im sie wird werden sind auch
    le la les des du et est une pas dans pour que qui sur avec il elle sont aux au ce cette
    el los las y es no un una en por para con se del lo su más son como
    il lo gli e è di che non per con sono della nel alla
    o os as e é não um uma em do da dos das para com por mais são
    de het een van en niet op te zijn voor met aan ook bij
    och att det som en på är av för med inte den till
    i w na z się nie do jest to że od o po jak
    """
) - {"no", "as", "do", "to", "an", "in", "on", "die", "den", "i", "a"}
"""Commonest words of other European languages that English does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A citation and where it stands once the markers are off."""

    citation: Citation
    position: int
    """Offset in the answer's text, in code points."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an attempt said."""

    text: str
    """Without citation markers; the parts joined by blank lines."""
    citations: tuple[Placed, ...] = ()
    """In the order of the text."""
    refusal: str | None = None
    """What the protocol itself marks as a refusal; None where it marks nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A sentence, list item, heading or table row of an answer."""

    text: str
    start: int
    """Offset in the answer's text."""
    end: int
    """Offset behind it."""
    kind: StatementKind


def read_answer(attempt: Attempt) -> Answer:
    """Take the citation markers off an answer and remember where they stood."""
    text, citations = "", list[Placed]()
    for part in attempt.parts:
        if not isinstance(part, TextPart):
            continue
        text += "\n\n" if text else ""
        clean, placed = _without_markers(part, len(text))
        text += clean
        citations += placed
    refusals = [part.text for part in attempt.parts if isinstance(part, RefusalPart)]
    refusal = "\n\n".join(refusals) if refusals else None
    return Answer(text=text, citations=tuple(sorted(citations, key=lambda placed: placed.position)), refusal=refusal)


def _without_markers(part: TextPart, offset: int) -> tuple[str, list[Placed]]:
    spans = {match.span() for match in _MARKER.finditer(part.text)}
    for citation in part.citations:
        is_covered = any(start <= citation.start and citation.end <= end for start, end in spans)
        if citation.marker and not is_covered and part.text[citation.start : citation.end] == citation.marker:
            spans.add((citation.start, citation.end))
    kept, position = [], 0
    for start, end in sorted(spans):
        kept.append(part.text[position:start])
        position = max(position, end)
    kept.append(part.text[position:])
    placed = [
        Placed(citation=citation, position=offset + citation.start - _removed_before(citation.start, spans))
        for citation in part.citations
    ]
    return "".join(kept), placed


def _removed_before(position: int, spans: set[tuple[int, int]]) -> int:
    return sum(min(end, max(start, position)) - start for start, end in spans if start < position)


def statements(text: str, setting: Setting) -> tuple[Statement, ...]:
    """Split an answer into statements and tell what each is.

    Args:
        text: The answer without citation markers.
        setting: What the user and the instructions said.
    """
    spans = [piece for start, end in sentences(text) for piece in pieces(text, start, end)]
    return tuple(
        Statement(
            text=text[start:end],
            start=start,
            end=end,
            kind="heading" if _is_marked_heading(text, start, end) else _kind(text[start:end], setting),
        )
        for start, end in spans
    )


def _is_marked_heading(text: str, start: int, end: int) -> bool:
    """Recognise `# ...`, whose sign is no part of the statement, and the head of a table."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return line.lstrip().startswith("#") or _RULED.match(text, end) is not None


def _kind(text: str, setting: Setting) -> StatementKind:
    if _HEADING.match(text):
        return "heading"
    if FILLER.search(text.replace("\u2019", "'")):
        return "filler"
    if text.rstrip("\"'\u201d\u2019)*_ ").endswith(("?", "\uff1f")):
        return "question"
    found = terms(text)
    if not found:
        return "filler"
    if LEAD_IN.search(text) and not any(term.kind == "number" for term in found):
        return "heading"
    keys = {term.key for term in found}
    return "echo" if not YES_NO.match(text) and setting.states(keys) else "claim"


def language_note(text: str) -> str | None:
    """Say so where an answer is not in English, whose small words, endings and phrases the scorer knows.

    Others are compared word by word: names and numbers as in English, every other word only in the form it has.
    """
    found = [word for word in words(text) if not word[0].isdigit()]
    letters = "".join(found)
    if not letters:
        return None
    foreign = sum(word in _FOREIGN for word in found)
    english = sum(fold(word) in STOP_WORDS for word in found)
    is_other_script = sum(character > "\u036f" for character in letters) > len(letters) / 3
    if is_other_script or (foreign >= 3 and foreign > 2 * english):
        return (
            "not in English: its words are compared as they stand, and refusals are known by the suite's sentence only"
        )
    return None
