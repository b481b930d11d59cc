"""The user's turns: which questions a message asks, and whether it leans on an earlier one."""

import re
from collections.abc import Iterator

from harness.documents.language import is_content, tokens

__all__ = ["is_dependent", "is_pointing", "parts_of", "rewritten", "task_of"]

_SECTION = re.compile(r"^\s*#+\s*(?P<name>[A-Za-z ]{3,30}?)\s*#*\s*:?\s*$", re.MULTILINE)
_LEAD = re.compile(
    r"^\s*(?:(?:and|but|so|ok|okay|then|also|now|what about|how about|what of|same question|the same)\b[\s,]*)+(?:for\b\s*)?",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:those|these|them|they|their|theirs|it|its|he|she|his|her|there|of which|the same|this one|that one|the latter|both of|this|that)\b(?! (?:is|are) (?:a|an|any|no|many)\b)",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|are|was|were|will be) there\b|\bthere (?:is|are|was|were)\b|\bis it (?:possible|allowed|true|permitted|ok|okay)\b|\b(?:that|this) (?=\w+(?:ed|es)\b)|\bhow long does it take\b|\bdoes it take\b|\bdoes it cost to\b|\bit take[s]? to\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\?\s+(?=\S)|[,;]?\s+and\s+(?=(?:what|how|which|who|where|when|why|is|are|does|do|did|can|could|in which|at what|by how)\b)|;\s+(?=\w)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:what|how|which|who|whom|whose|where|when|why|is|are|was|were|does|do|did|can|could|may|should|must|list|name|give|tell|show|count|compare)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:hi|hello|hey|dear \w+|please|thanks|thank you|ok|okay|could you (?:please )?(?:tell me|say|list|give me|show me)|can you (?:please )?(?:tell me|say|list|give me|show me)"
    r"|i(?:'d| would) like to know|i want to know|do you know|tell me|please tell me|let me know|i(?:'m| am) wondering)\b[\s,:!.]*",
    re.IGNORECASE,
)


def task_of(message: str) -> str:
    """Return the objective of a prompt written in sections (`# OBJECTIVE #`); any other message as it is."""
    heads = list(_SECTION.finditer(message))
    for index, head in enumerate(heads):
        if head["name"].strip().lower() in {"objective", "task", "question", "goal"}:
            end = heads[index + 1].start() if index + 1 < len(heads) else len(message)
            return message[head.end() : end].strip()
    return message.strip()


def parts_of(message: str) -> tuple[str, ...]:
    """Split a message into its questions. Sentences that ask nothing stay with the question that follows."""
    parts: list[str] = []
    start = 0
    for match in _SPLIT.finditer(message):
        part = message[start : match.start()].strip()
        if _is_question(part) and _is_question(message[match.end() :]):
            parts.append(part)
            start = match.end()
    parts.append(message[start:].strip(" ?"))
    return tuple(_polished(part) for part in parts if part.strip(" ?.!"))


def _is_question(part: str) -> bool:
    return bool(_ASKS.search(part)) and sum(map(is_content, tokens(part))) > 0


def _polished(part: str) -> str:
    """Take greetings off, and statements in front of the question."""
    sentences = re.split(r"(?<=[.!])\s+(?=[A-Z])", part.strip())
    asking = [sentence for sentence in sentences if _ASKS.match(_POLITE.sub("", sentence))]
    text = asking[-1] if len(sentences) > 1 and asking else part.strip()
    while (shorter := _POLITE.sub("", text, count=1).strip()) != text and shorter:
        text = shorter
    return text


def is_pointing(text: str) -> bool:
    """Tell whether a question points at something said before: `those`, `it`, `there`."""
    return bool(_POINTING.search(_EXPLETIVE.sub(" ", text)))


def is_dependent(text: str) -> bool:
    """Tell whether a question cannot be understood without the ones before it."""
    return bool(_LEAD.match(text)) or is_pointing(text) or not _ASKS.search(text)


def rewritten(text: str, earlier: str) -> Iterator[str]:
    """Put the fragment of a follow-up in the place of each topic of the earlier question, last topic first."""
    fragment = re.sub(
        r"^(?:in|for|with|to|by|at|on|of|the)\s+", "", _LEAD.sub("", text).strip(" ?.!"), flags=re.IGNORECASE
    )
    if not fragment or _ASKS.match(fragment):
        return
    runs: list[tuple[int, int]] = []
    for word in tokens(earlier):
        if not is_content(word):
            continue
        if runs and not re.search(r"[^\s-]", earlier[runs[-1][1] : word.start]):
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    for start, end in reversed(runs):
        yield f"{earlier[:start]}{fragment}{earlier[end:]}"
