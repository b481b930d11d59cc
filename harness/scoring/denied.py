"""Words that an answer names only to turn them down: `not 91 but 92`, `92, not 91`, `92 instead of 91`."""

import re

__all__ = ["is_denied"]

_LINK = r"(?:(?:a|an|the|just|exactly|in|on|at|by|of|for|to|from|until|after|before)\s+){0,2}\W{0,2}$"
_TURNED_DOWN = re.compile(
    rf"\b(?:rather than|instead of|as opposed to|as distinct from|no longer|contrary to)\s+{_LINK}", re.IGNORECASE
)
_APART = re.compile(rf"(?:[,;:(\u2013\u2014]|\s-|\b(?:and|but))\s*not\s+{_LINK}", re.IGNORECASE)
_NOT = re.compile(rf"(?:\bnot|\bnever|n['\u2019]t(?:\s+be)?)\s+{_LINK}", re.IGNORECASE)
_CORRECTION = re.compile(
    r"[^.;\n]{0,60}(?:\bbut\b|[;,.]\s+(?:it|they|that|this|the \w+)(?:['\u2019]s|['\u2019]re|\s+(?:is|are|was|were))\b"
    r"|[;,.]\s+(?:rather|instead)\b)",
    re.IGNORECASE,
)


def is_denied(answer: str, start: int, end: int) -> bool:
    """Tell whether a stretch of an answer is named only to be turned down.

    A plain `it is not in Seattle` names Seattle for its own sake, and is not: what counts is that another thing is put
    in its place.
    """
    before = answer[max(0, start - 60) : start]
    if _TURNED_DOWN.search(before) or _APART.search(before):
        return True
    return _NOT.search(before) is not None and _CORRECTION.match(answer[end : end + 120]) is not None
