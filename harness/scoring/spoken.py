"""The language of an answer, and its length in words."""

import math
import re
from functools import cache

from harness.scoring.lazy import Pattern

__all__ = ["count_words", "is_in"]

_SURE = 0.5
"""Share of the belief that a language needs: below it nothing tells, and nothing is held against the answer."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_WORD = Pattern(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0eff\u1000-\u109f"
                   r"\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")  # fmt: skip
_SAME = {"no": {"nn", "nb"}, "nb": {"no", "nn"}, "zh": {"wuu", "yue"}, "ar": {"arz", "ary"}, "hr": {"bs", "sr"}}
"""Languages that the detector tells apart, and readers of a case file do not."""


def is_in(language: str, text: str) -> tuple[bool, str | None]:
    """Tell whether a text is in a language, and in which it is where that can be told (py3langid)."""
    plain = _CODE.sub(" ", text)
    found = _rank(" ".join(plain.split())[:5_000])
    if found is None:
        return True, None
    return found == language or found in _SAME.get(language, set()), found


@cache
def _rank(text: str) -> str | None:
    from py3langid import rank

    if not any(character.isalpha() for character in text):
        return None
    ranked = rank(text)
    best = ranked[0][1]
    share = 1 / sum(math.exp(max(score - best, -700.0)) for _, score in ranked)
    return str(ranked[0][0]) if share >= _SURE else None


def count_words(text: str) -> int:
    """Count words: what stands between blanks and holds a letter or digit; a letter where a script has no blanks."""
    return sum(any(character.isalnum() for character in match[0]) for match in _WORD.finditer(text))
