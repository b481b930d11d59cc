"""What the assistant did: answered, refused, partly both, or asked back, and the phrase that shows it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.documents.language import fold, sentences
from harness.model.score import Behaviour
from harness.scoring.claims import Answer, Statement
from harness.scoring.lexicon import (
    ABSTENTION,
    ADVICE,
    CONTRAST,
    DECLINING,
    DENIAL,
    IMPERSONAL,
    MORAL,
    NOTED,
    OFFER,
    OPINION_ASKED,
    OPINIONLESS,
    SCOPE,
    YES_NO,
)
from harness.scoring.terms import terms

__all__ = ["Observed", "observe"]

_ALIKE = 88
"""Of 100: how near a sentence must come to the suite's refusal (rapidfuzz's `ratio`)."""
_LEADING = 2
"""Statements within which a refusal governs what follows: later on it limits an answer."""
_SUBSTANCE = 3
"""Content words that a clause needs to say something."""
_MANY = 4
"""Statements that are neither advice nor morals: who declines and says as many answers something else."""
_APOLOGY = re.compile(
    r"^\W*(?:(?:i am|i'm|we are|we're|so|very|really|but|sorry|unfortunately|apologies|my apologies|i apologi[sz]e|"
    r"i am afraid|i'm afraid|regrettably)[\s,.:;!-]*)+"
)
_SELF = re.compile(r"\b(?:i|i'm|my)\b", re.IGNORECASE)
_TURN = re.compile(r"[,;.]?\s+(?:but|however|though|although|yet)\b,?\s*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """What the assistant did."""

    behaviour: Behaviour
    phrase: str | None
    """The words that made it more or less than an answer."""
    claims: tuple[Statement, ...]
    """What it claims: statements that neither refuse nor advise."""


def observe(
    answer: Answer,
    stated: Sequence[Statement],
    refusal: str | None,
    is_quoted: Callable[[str], bool],
    question: str | None = None,
) -> Observed:
    """Tell what an answer does.

    Args:
        answer: The answer.
        stated: Its statements.
        refusal: The suite's own refusal sentence; None where it has none.
        is_quoted: Tells whether a sentence stands in the documents: `We do not provide refunds` may be their own.
        question: What was asked; None where it is not known.
    """
    plain = [replace(one, text=one.text.replace("\u2019", "'")) for one in stated]  # as the lexicon wants it
    refusing = _refusing(plain, refusal, is_quoted)
    if question and re.search(r"\w", question) and not OPINION_ASKED.search(question):
        refusing = _without_disclaimers(plain, refusing)
    seen = _observe(answer.refusal, plain, refusing)
    claims = tuple(replace(one, text=answer.text[one.start : one.end]) for one in seen.claims)
    return replace(seen, claims=claims)


def _without_disclaimers(stated: Sequence[Statement], refusing: dict[int, str]) -> dict[int, str]:
    """Leave out `I have no opinions` where no opinion was asked for and something follows that answers."""
    kept = {at: phrase for at, phrase in refusing.items() if not OPINIONLESS.search(stated[at].text)}
    return kept if kept or not refusing or _substance(stated, refusing, min(refusing)) else refusing


def _observe(marked: str | None, stated: Sequence[Statement], refusing: dict[int, str]) -> Observed:
    claims = tuple(one for at, one in enumerate(stated) if one.kind == "claim" and at not in refusing)
    if marked is not None:
        behaviour = Behaviour.PARTIAL if claims else Behaviour.REFUSED
        return Observed(behaviour=behaviour, phrase=marked, claims=claims)
    if not refusing:
        return _without_refusal(stated, claims)
    first = min(refusing)
    said = _substance(stated, refusing, first)
    if not said:
        return Observed(behaviour=Behaviour.REFUSED, phrase=refusing[first], claims=())
    clauses = tuple(one for one in said if one not in claims)
    return Observed(behaviour=Behaviour.PARTIAL, phrase=refusing[first], claims=claims + clauses)


def _without_refusal(stated: Sequence[Statement], claims: tuple[Statement, ...]) -> Observed:
    """Tell an answer from a question back: it asks, and claims nothing but what it needs to ask."""
    asked = [one.text for one in stated if one.kind == "question" and not OFFER.match(one.text)]
    substantial = [one for one in claims if not ADVICE.search(one.text)]
    if asked and not substantial:
        return Observed(behaviour=Behaviour.CLARIFYING, phrase=asked[0], claims=())
    return Observed(behaviour=Behaviour.ANSWERED, phrase=None, claims=claims)


def _refusing(stated: Sequence[Statement], refusal: str | None, is_quoted: Callable[[str], bool]) -> dict[int, str]:
    """Find the statements that refuse, each with its deciding words."""
    own = _own_sentences(refusal)
    found = {}
    for at, one in enumerate(stated):
        if one.kind == "heading":
            continue
        phrase = _phrase(one.text) or (_judgement(one.text) if at < _LEADING else None)
        if phrase and (_SELF.search(one.text) or not is_quoted(one.text)):
            found[at] = phrase
        elif own and (sentence := _own(one.text, own)):
            found[at] = sentence
    return found


def _judgement(text: str) -> str | None:
    found = IMPERSONAL.search(text)
    return found[0].strip() if found and not YES_NO.match(text) else None


def _phrase(text: str) -> str | None:
    abstains = ABSTENTION.search(text) if DENIAL.search(text) else None
    found = abstains or DECLINING.search(text) or OPINIONLESS.search(text)
    return found[0].strip() if found else None


def _own_sentences(refusal: str | None) -> list[str]:
    if not refusal:
        return []
    bare = [_bare(refusal[start:end]) for start, end in sentences(refusal)]
    return [sentence for sentence in bare if len(sentence.split()) >= _SUBSTANCE] or [_bare(refusal)]


def _bare(text: str) -> str:
    """Reduce a sentence to its words, apologies and greetings in front taken off."""
    plain = _APOLOGY.sub("", fold(text))
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain))


def _own(text: str, own: Sequence[str]) -> str | None:
    """Recognise the suite's own sentence, also inside a longer one."""
    from rapidfuzz import fuzz

    bare = _bare(text)
    for sentence in own:
        score = fuzz.ratio(bare, sentence) if len(bare) <= len(sentence) else fuzz.partial_ratio(bare, sentence)
        if score >= _ALIKE and _denies(bare) == _denies(sentence) and 2 * len(bare) >= len(sentence):
            return text.strip()
    return None


def _denies(bare: str) -> bool:
    return re.search(r"\b(?:no|not|never|cannot|unable|\w+n't)\b", bare) is not None


def _substance(stated: Sequence[Statement], refusing: dict[int, str], first: int) -> tuple[Statement, ...]:
    """Find what an answer says besides refusing."""
    others = tuple(
        one for at, one in enumerate(stated) if at not in refusing and one.kind == "claim" and not _is_aside(one.text)
    )
    clauses = tuple(clause for at in refusing if (clause := _clause(stated[at])) is not None)
    if not clauses and _is_declining(stated, first):
        # Who declines explains why: only a turn (`However, ...`) goes over into an answer.
        others = tuple(one for one in others if not MORAL.search(one.text))
        turned = [at for at, one in enumerate(others) if CONTRAST.match(one.text)]
        return others[turned[0] :] if turned else others if len(others) >= _MANY else ()
    return others + clauses


def _is_aside(text: str) -> bool:
    """Tell whether a statement says where to ask, or what the documents are about instead."""
    return bool(SCOPE.search(text) or (ADVICE.search(text) and not NOTED.match(text)))


def _is_declining(stated: Sequence[Statement], first: int) -> bool:
    """Tell `I will not` from `I can't find it`; `I can't provide` is told by the reasons that follow."""
    text = stated[first].text
    if OPINIONLESS.search(text):
        return False
    if ABSTENTION.search(text):
        return any(MORAL.search(one.text) for one in stated[first:])
    return True


def _clause(one: Statement) -> Statement | None:
    """Find the clause of a refusing sentence that goes over into an answer (`I can't see X, but Y is 5`)."""
    for match in _TURN.finditer(one.text):
        before, rest = one.text[: match.start()], one.text[match.end() :]
        if _phrase(before) is None or _phrase(rest) or ADVICE.search(rest) or SCOPE.search(rest):
            continue
        if len(terms(rest)) >= _SUBSTANCE:
            return Statement(text=rest, start=one.start + match.end(), end=one.end, kind="claim")
    return None
