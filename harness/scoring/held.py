"""Whether a passage or a document holds what an answer should say, or what a claim rests on."""

import re
from collections.abc import Mapping
from functools import lru_cache

from harness.documents import Document
from harness.documents.language import tokens
from harness.model.facts import AllOf, AnyFact, AnyOf, Date, Listed, Number, Regex, Sql, Text
from harness.model.score import Claim
from harness.scoring.facts import FactChecker, Query

__all__ = ["can_be_held", "holds_evidence", "holds_fact", "stands_in"]

_ALIKE = 0.9
"""Share of a passage's words that a text must hold which quotes it in another spelling or cut."""
_AGGREGATE = re.compile(r"\b(?:count|sum|avg|mean|median|stddev\w*|var\w*|quantile\w*|round)\s*\(", re.IGNORECASE)


def can_be_held(fact: AnyFact) -> bool:
    """Tell whether a fact can stand in a passage: a computed total, a length or a language can't."""
    match fact:
        case Text() | Number() | Date() | Regex() | Listed():
            return True
        case Sql():
            return _AGGREGATE.search(fact.sql) is None
        case AnyOf(any_of=inner) | AllOf(all_of=inner):
            return all(can_be_held(one) for one in inner)
        case _:
            return False


def holds_fact(fact: AnyFact, text: str, query: Query) -> bool:
    """Tell whether a text states a fact; its unit may stand elsewhere, as in the head of a table."""
    return FactChecker(text, query, is_unit_optional=True).check(fact).is_met


def stands_in(fact: AnyFact, documents: Mapping[str, Document], query: Query) -> bool:
    """Tell whether any of the documents states a fact."""
    return any(holds_fact(fact, document.text, query) for document in documents.values())


def holds_evidence(text: str, claim: Claim, documents: Mapping[str, Document]) -> bool:
    """Tell whether a retrieved text holds the passage that a claim rests on, or as much of it as the claim needs."""
    evidence = claim.evidence
    if evidence is None:
        return False
    document = documents.get(evidence.document)
    wanted = document.text[evidence.start : evidence.end] if document is not None else evidence.text
    if _squeezed(wanted) in _squeezed(text):
        return True
    stems, there = _stems(wanted), _stems(text)
    if stems and len(stems & there) >= _ALIKE * len(stems):
        return True
    # What decided reaches over several sentences: a narrower cut will do that holds all that the claim has of them.
    matched = _stems(" ".join(claim.matched))
    return bool(matched) and _squeezed(text) in _squeezed(wanted) and matched <= there


@lru_cache(maxsize=512)
def _squeezed(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=512)
def _stems(text: str) -> frozenset[str]:
    return frozenset(token.stem for token in tokens(text))
