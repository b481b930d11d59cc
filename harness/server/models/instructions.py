"""What the instructions in force demand: a refusal sentence, answers from the documents only, a name to use."""

import re
from dataclasses import dataclass

__all__ = ["Rules", "read_rules"]

_QUOTED = (
    r"[\"\u201c\u201d](?P<double>[^\"\u201c\u201d\n]{8,300})[\"\u201c\u201d]"
    r"|['\u2018](?P<single>[^\n]{8,300}?)['\u2019](?=[\s.,;)]|$)"
)
_SAY = re.compile(
    rf"\b(?:answer|respond|reply|say|state|return|write|tell \w+|output|use|sentence|words?|message"
    rf"|with|exactly)\b[^\"\u201c'\u2018\n]{{0,80}}(?:{_QUOTED})",
    re.IGNORECASE,
)
_UNQUOTED = re.compile(
    r"\b(?:answer|respond|reply|say)(?: exactly| only| with)*:\s*(?P<plain>(?:sorry|i(?:'|\u2019)?m"
    r"|i am|i do|i can)[^\n]{5,250}?[.!])(?=\s|$)",
    re.IGNORECASE,
)
_REFUSING = re.compile(
    r"sorry|afraid|apolog|don['\u2019]t|do not|can['\u2019]t|cannot|could not|couldn['\u2019]t|unable"
    r"|no (?:information|answer)|not (?:found|in|available|covered|know|contain|able|there)"
    r"|isn['\u2019]t",
    re.IGNORECASE,
)
_GROUNDED = re.compile(
    r"\b(?:answer|rely|use|respond|reply)\w*\b[^.\n]{0,60}\b(?:only|solely|exclusively)\b"
    r"|\bonly\b[^.\n]{0,60}\b(?:from|based on|using|with|in)\b[^.\n]{0,60}"
    r"|\b(?:do not|don['\u2019]t|never)\b[^.\n]{0,60}\b(?:answer|guess|invent|make up|speculate"
    r"|outside|own knowledge|general knowledge)\b"
    r"|\bif\b[^.\n]{0,100}\b(?:not|isn['\u2019]t|aren['\u2019]t|cannot|can['\u2019]t|doesn['\u2019]t|unable)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?i:address|call|greet)\s+(?:the\s+)?(?:user|customer|reader|client|person|them|me)\s+"
    r"(?:as\s+|by the name(?: of)?\s+|with the name\s+)?"
    r"[\"\u201c'\u2018]?(?P<name>[A-Z][\w'\u2019-]*(?:\s+[A-Z][\w'\u2019-]*){0,3})"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What to do where the documents hold no answer, and how to speak."""

    refusal: str | None
    """The sentence to refuse with, exactly; None where the instructions hold none."""
    is_grounded: bool
    """Whether they demand to answer from the documents only."""
    name: str | None
    """How to address the user; None where nothing is said."""


def read_rules(instructions: str) -> Rules:
    """Read the instructions in force. The last refusal sentence and the last name count, as later text overrides."""
    name = None
    for match in _NAME.finditer(instructions):
        name = match["name"].strip()
    refusal = _refusal(instructions)
    return Rules(refusal=refusal, is_grounded=refusal is not None or bool(_GROUNDED.search(instructions)), name=name)


def _refusal(instructions: str) -> str | None:
    found = None
    for match in _SAY.finditer(instructions):
        sentence = (match["double"] or match["single"] or "").strip()
        found = sentence if _REFUSING.search(sentence) else found
    if found is None and (plain := _UNQUOTED.search(instructions)):
        found = plain["plain"].strip()
    if found is None:
        quoted = [(m["double"] or m["single"]).strip() for m in re.finditer(_QUOTED, instructions)]
        found = next(
            (
                text
                for text in quoted
                if re.match(r"sorry|i['\u2019]m (?:sorry|afraid)|unfortunately", text, re.IGNORECASE)
            ),
            None,
        )
    return found
