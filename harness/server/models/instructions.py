"""What the instructions in force demand: a refusal sentence, answers from the documents only, a name to use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["DEFAULT_REFUSAL", "Rules", "read_rules"]

DEFAULT_REFUSAL = "I'm sorry, I can't find that in the documents."
"""What to refuse with where the instructions ask for a refusal but leave its words open."""
_QUOTES = re.compile(
    r"\"(?P<straight>[^\"]{4,400})\""
    r"|[\u201c\u201e\u201d](?P<curly>[^\u201c\u201d\u201e]{4,400})[\u201d\u201c]"
    r"|[\u00ab\u2039]\s?(?P<angled>[^\u00bb\u203a]{4,400}?)\s?[\u00bb\u203a]"
    r"|`+(?P<code>[^`]{4,400})`+|\*\*(?P<bold>[^*]{4,400})\*\*"
    # An apostrophe stands inside a word, a quotation mark beside one: `don't` neither opens nor closes a quotation.
    r"|(?<![\w])['\u2018](?=\S)(?P<single>.{4,400}?)(?<=[\w.!?])['\u2019](?!\w)",
    re.DOTALL,
)
_VERBS = r"answer|respond|reply|say|state|return|write|output|print|use|tell(?: \w+){1,2}|give|is|be|words?|sentence"
_SAYING = re.compile(rf"\b(?:{_VERBS})\b[^.!?\"]{{0,90}}$", re.IGNORECASE)
_AVOIDED = re.compile(
    r"\b(?:never|do not|don['\u2019]t|avoid|instead of|rather than)\s+(?:\w+\s+){0,2}"
    r"(?:say|write|use|saying|writing|using|answer(?:ing)?|reply(?:ing)?|phrases?)\b[^.!?;,\"]{0,60}$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|when(?:ever)?|where(?:ver)?|in case|should|unless|otherwise|else|for (?:any"
    r"|every)(?:thing|one)|questions?|other cases|any(?:thing)? else)\b",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"n['\u2019]t\b|\b(?:not|neither|nor|no|none|nothing|nowhere|cannot|missing|absent|lacks?|lacking|outside|beyond"
    r"|unable|unknown|unless|without|fails?|otherwise|else|silent|other cases"
    r"|any(?:thing)? else|unanswerable|unsure|refus\w+|declin\w+)\b",
    re.IGNORECASE,
)
_REFUSING = re.compile(
    r"sorry|afraid|apolog|unfortunately|n['\u2019]t\b|\bdo not\b|cannot|could not|unable"
    r"|\bno (?:information|answer|idea|data|record|mention)|nothing|beyond|outside"
    r"|\bnot (?:found|in|available|covered|know|contain|able|there|something|listed|mentioned|part|documented)\b",
    re.IGNORECASE,
)
_UNQUOTED = re.compile(
    r"\b(?:answer|respond|reply|say|state|return|output|write|tell \w+|sentence|words?|message)\b[^.:!?\n\"]{0,60}"
    r"(?::\s*|\bwith\s+|\bsay\s+|\bexactly\s+|\bonly\s+|\bjust\s+|\bsimply\s+|(?<=say )"
    r"|(?<=answer )|(?<=reply )|(?<=return ))"
    r"(?P<plain>[A-Z][^\n]{3,250}?(?:[.!](?=\s|$)|(?=\n|$)))"
)
_VAGUE_STARTS = re.compile(r"(?:https?:|Markdown|JSON|English|German|French|Spanish)", re.IGNORECASE)
_TOLD = re.compile(
    r"(?<!\ban )(?<!\bthe )(?<!\bany )\b(?:say|saying|tell|reply|answer|respond|admit|state"
    r"|explain|inform|let|point out|acknowledge|indicate|make (?:it )?clear|apologi[sz]e)"
    r"\b[^.!?\n]{0,40}?\b(?:so|that|you|know)\b[^.!?\n]{0,90}",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"\b(?:politely|kindly|simply|just|must|should|then|,|please|to)\s+(?:decline|refuse|apologi[sz]e)\b"
    r"|(?:^|[.!?]\s+)(?:decline|refuse|apologi[sz]e)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"\b(?:say|saying|admit|state|acknowledge)\s+(?:so|it|that|this)\b(?!\s+\w+\s+(?:is|are))", re.IGNORECASE
)
_GROUNDED = re.compile(
    r"\b(?:answer|rely|use|respond|reply)\w*\b[^.\n]{0,60}\b(?:only|solely|exclusively)\b"
    r"|\bonly\b[^.\n]{0,60}\b(?:from|based on|using|with|in|on)\b[^.\n]{0,60}"
    r"|\b(?:do not|don['\u2019]t|never)\b[^.\n]{0,60}\b(?:answer|guess|invent|make up|speculate"
    r"|outside|own knowledge|general knowledge|estimate)\b"
    r"|\bnothing (?:but|except|other than)\b|\bmust come from\b"
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
    """The sentence to refuse with, exactly; None where the instructions ask for none."""
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
    """Return the sentence that fits the place of a refusal best; the last of several that fit as well."""
    ranked = [
        (score, position, sentence)
        for sentence, start, end, position in _sentences(instructions)
        if (score := _score(instructions, sentence, start, end)) >= 3
    ]
    if ranked:
        return max(ranked)[2]
    return DEFAULT_REFUSAL if _describes_a_refusal(instructions) else None


def _sentences(instructions: str) -> Iterator[tuple[str, int, int, int]]:
    """Yield what might be a sentence to say: (sentence, start, end, position), quoted or behind a colon."""
    quoted = list(_QUOTES.finditer(instructions))
    for match in quoted:
        text = next(group for group in match.groups() if group is not None)
        yield " ".join(text.split()), match.start(), match.end(), match.start()
    for match in _UNQUOTED.finditer(instructions):
        is_quoted = any(quote.start() < match.end("plain") and match.start("plain") < quote.end() for quote in quoted)
        if not is_quoted and not _VAGUE_STARTS.match(match["plain"]):
            yield match["plain"].strip(), match.start("plain"), match.end("plain"), match.start("plain")


def _score(instructions: str, sentence: str, start: int, end: int) -> int:
    """Add up what makes a sentence a refusal: its own words, the condition beside it, the verb in front of it."""
    before = _stretch_before(instructions, start)
    if _AVOIDED.search(before) or len(sentence) < 6:
        return 0
    behind = instructions[end : end + 160]
    is_over = sentence[-1] in ".!?" and re.match(r"\s*(?:$|[A-Z\n-])", behind)
    after = "" if is_over else re.split(r"[.!?\n]", behind, maxsplit=1)[0]
    is_said = bool(_SAYING.search(before))
    is_refusing = bool(_REFUSING.search(sentence)) or bool(re.fullmatch(r"[A-Z_ ]*\bNO[A-Z_ ]*", sentence))
    is_conditional = any(_CONDITION.search(beside) and _MISSING.search(beside) for beside in (before, after))
    is_conditional |= bool(re.search(r"\b(?:refuse|decline)\b|\brefusal\b", before, re.IGNORECASE))
    opens_so = bool(re.match(r"sorry|i['\u2019]m (?:sorry|afraid)|unfortunately", sentence, re.IGNORECASE))
    return max(2 * is_refusing + 2 * is_conditional + is_said, 3 * opens_so)


def _stretch_before(instructions: str, start: int) -> str:
    """Return the two sentences in front of a place, within its paragraph."""
    paragraph = re.split(r"\n\s*\n", instructions[max(0, start - 320) : start])
    text = paragraph[-1] if paragraph[-1].strip() else "\n".join(paragraph[-2:])
    pieces = re.split(r"(?<=[.!?])\s+", " ".join(text.split()))
    return " ".join(pieces[-2:])


def _describes_a_refusal(instructions: str) -> bool:
    """Whether the instructions ask for a refusal in other words: `tell the user that you don't know`."""
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*[-*\n]", instructions):
        if not _CONDITION.search(sentence) or not _MISSING.search(sentence):
            continue
        told = [match for match in _TOLD.finditer(sentence) if not _is_negated(sentence, match.start())]
        if any(_MISSING.search(match[0]) or _SAYS_SO.search(match[0]) for match in told):
            return True
        declined = _DECLINED.search(sentence)
        if declined and not _is_negated(sentence, declined.start()):
            return True
    return False


def _is_negated(sentence: str, start: int) -> bool:
    return bool(re.search(r"(?:\bnot|\bnever|n['\u2019]t)\s+(?:\w+\s+)?$", sentence[:start], re.IGNORECASE))
