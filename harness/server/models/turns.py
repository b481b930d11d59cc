"""The user's turns: which questions a message asks, and whether it leans on an earlier one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.language import is_content, tokens
from harness.server.models.vocabulary import LIGHT

__all__ = ["Part", "is_dependent", "is_pointing", "parts_of", "rewritten", "task_of"]

_LONGEST_MESSAGE = 2_000  # characters: what follows is not read, so that no message can keep the server busy
_SECTION = re.compile(r"^\s*#+\s*(?P<name>[A-Za-z ]{3,30}?)\s*#*\s*:?\s*$", re.MULTILINE)
_LEAD = re.compile(
    r"^\s*(?:(?:and|but|so|ok|okay|then|also|now|what about|how about|what of|same question"
    r"|the same)\b[\s,]*)+(?:for\b\s*)?",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:those|these|them|they|their|theirs|it|its|he|she|his|her|there|of which|the same|this one"
    r"|that one|the latter|both of)\b(?! (?:is|are) (?:a|an|any|no|many)\b)"
    r"|\b(?:this|that)\s*[?.!,]*$|\b(?:is|was|are|were|does|did|of|for|like|by|in|at) (?:this|that)\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|are|was|were|will be) there\b|\bthere(?:'s| is| are| was| were)\b|\bis it (?:possible|allowed"
    r"|true|permitted|ok|okay|to)\b|\bit (?:is|was|would be) to\b|\bhow long does it take\b"
    r"|\bthan (?:those|that|the ones?)\b|\bthat of\b|\bthose (?:for|of|in|from|with|on)\b"
    r"|\bdoes it take\b|\bdoes it cost to\b|\bit take[s]? to\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"(\b(?:my|our|a|an)\s+\w+\b[^,.?]*?)\b(?:its|their|his|her)\b(?=\s+\w)"
    r"|(\b(?:if|when|while|once|since)\s+(?!it\b|they\b|that\b|those\b"
    r"|this\b)[^,?]*,[^,?]*?)\b(?:it|they|them|she|he)\b"
    r"|(\btell \w+ (?:that )?)(?:it|they|she|he)\b",
    re.IGNORECASE,
)
"""Pronouns that stand for something which the question itself names before: `my rabbit ... its operation`."""
_SPLIT = re.compile(
    r"\?\s+(?=\S)|[,;]?\s+and\s+(?=(?:what|what's|how|which|who|where|when|why|is|are|does|do|did|can|could"
    r"|(?:in|at|by|from|on|to|for|of|with|until) (?:which|what|how|whom|when))\b)|;\s+(?=\w)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:what|how|which|who|whom|whose|where|when|why|is|are|was|were|does|do|did|can|could|may"
    r"|should|must|list|name|give|tell|show|count|compare)\b",
    re.IGNORECASE,
)
_REPEATED = re.compile(
    r",?\s+and (?:how (?:much|many)|what) (?:was|is|were|are) (?:that|it|this|they)\s*\?*\s*$",
    re.IGNORECASE,
)
"""Asks for the figure by which the record was found, which an answer states anyway."""
_FORM = re.compile(
    r"(?:please\s+)?(?:(?:i(?:'d| would) (?:like|need|want)|give me|show me|tell me|state|name|i need|i want)\s+)?"
    r"(?:please\s+)?(?:both|the (?:averages?|totals?|means?|sums?)(?: \w+)? (?:of|for) (?:each|both))\b[^?]*$|"
    r"(?:i(?:'d| would) like|give me|show me|tell me|i need"
    r"|i want)\s+(?:the )?\w+(?: \w+)? (?:of|for) (?:each|both)\b[^?]*$",
    re.IGNORECASE,
)
"""What follows a question and says which figures the answer should hold: `Give me both averages.`"""
_POLITE = re.compile(
    r"^(?:hi|hello|hey|dear \w+|please|thanks|thank you|ok|okay|could you (?:please )?(?:tell me|say"
    r"|list|give me|show me)|can you (?:please )?(?:tell me|say|list|give me|show me)"
    r"|i(?:'d| would) like to know|i want to know|do you know|tell me|please tell me|let me know"
    r"|i(?:'m| am) wondering)\b[\s,:!.]*",
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One question of a message."""

    text: str
    setting: str = ""
    """What the message says in front of it: `I am travelling to Boston.`"""


def parts_of(message: str) -> tuple[Part, ...]:
    """Split a message into its questions, each with the statements in front of it."""
    message = _REPEATED.sub("?", _without_tail(message[:_LONGEST_MESSAGE]))
    parts: list[str] = []
    start = 0
    for match in _SPLIT.finditer(message):
        part = message[start : match.start()].strip()
        behind = message[match.end() :]
        if _is_question(part) and (_is_question(behind) or _FORM.match(behind)):
            parts.append(part)
            start = match.end()
    last = message[start:].strip(" ?")
    if parts and _FORM.match(last):
        parts[-1] = f"{parts[-1]}, {last.strip('.')}"
    else:
        parts.append(last)
    return tuple(_as_part(part) for part in parts if part.strip(" ?.!"))


def _without_tail(message: str) -> str:
    """Take off what follows the last question and asks nothing, as `Please state both averages.` does."""
    question, mark, tail = message.rpartition("?")
    if _FORM.match(tail.strip()):
        return message
    return question + mark if mark and question and not _ASKS.search(_POLITE.sub("", tail.strip())) else message


def _is_question(part: str) -> bool:
    return bool(_ASKS.search(part)) and sum(map(is_content, tokens(part))) > 0


def _as_part(part: str) -> Part:
    """Take greetings off, and set statements in front of the question apart."""
    sentences = re.split(r"(?<=[.!])\s+(?=[A-Z])", part.strip())
    asking = [index for index, sentence in enumerate(sentences) if _ASKS.match(_POLITE.sub("", sentence))]
    if not asking and _ASKS.search(sentences[-1]):
        asking = [len(sentences) - 1]
    is_set_apart = len(sentences) > 1 and asking
    text = sentences[asking[-1]] if is_set_apart else part.strip()
    setting = " ".join(sentences[: asking[-1]]) if is_set_apart else ""
    while (shorter := _POLITE.sub("", text, count=1).strip()) != text and shorter:
        text = shorter
    return Part(text=text, setting=setting)


def is_pointing(text: str) -> bool:
    """Tell whether a question points at something said before: `those`, `it`, `there`."""
    text = _without_own_pronouns(text)
    if _POINTING.search(_EXPLETIVE.sub(" ", text)):
        return True
    says_nothing = not any(is_content(word) and word.stem not in LIGHT for word in tokens(text))
    return says_nothing and bool(
        _POINTING.search(re.sub(r"\bthere (?:is|are|was|were)\b|\b(?:is|are|was|were) there\b", " ", text))
    )


def _without_own_pronouns(text: str) -> str:
    """Take out the pronouns that stand for something which the question itself names before."""
    return _WITHIN.sub(lambda match: next(group for group in match.groups() if group), text)


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
