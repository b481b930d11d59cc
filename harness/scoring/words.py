"""Find words in an answer, whatever their case, accents, spacing, quotes, hyphens and number (plural or singular)."""

import re

from harness.documents.language import fold, tokens
from harness.scoring.denied import is_denied
from harness.scoring.lazy import Pattern

__all__ = ["find_words"]

_QUOTES = re.compile(r"[\"'\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb`*_]")
_GAPS = re.compile(r"[\s\u2010-\u2015\u2212-]+")
_SPELLED_OUT = re.compile(r"[^\w\s.,;:!?'\"()/&\u201c\u201d\u2018\u2019\u2010-\u2015-]")
_WITHOUT_BLANKS = Pattern(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def find_words(wanted: str, answer: str) -> tuple[int, int] | None:
    """Find where an answer says something, unless it says so only to turn it down; None where it does not."""
    pattern = _loose(wanted)
    if pattern is not None:
        for found in pattern.finditer(answer):
            if not is_denied(answer, found.start(), found.end()):
                return found.span()
    if _SPELLED_OUT.search(wanted) or _WITHOUT_BLANKS.search(wanted):
        return _find_folded(wanted, answer)
    keys = [_key(token.stem) for token in tokens(wanted)]
    there = tokens(answer)
    stems = [_key(token.stem) for token in there]
    for at in range(len(stems) - len(keys) + 1 if keys else 0):
        if stems[at : at + len(keys)] == keys:
            start, end = there[at].start, there[at + len(keys) - 1].end
            if not is_denied(answer, start, end):
                return start, end
    return None


def _key(word: str) -> str:
    """Compare `1,234.50` and `1234.5` as equal."""
    try:
        return repr(float(word))
    except ValueError:
        return word


def _loose(wanted: str) -> re.Pattern[str] | None:
    parts = [re.escape(part) for part in _GAPS.split(_QUOTES.sub("", wanted).strip()) if part]
    if not parts:
        return None
    gap = r"[\s\u2010-\u2015\u2212\"'\u201c\u201d\u2018\u2019*_-]{1,9}"
    return re.compile(rf"(?<![^\W_]){gap.join(parts)}(?![^\W_])", re.IGNORECASE)


def _find_folded(wanted: str, answer: str) -> tuple[int, int] | None:
    """Find characters where words can't be told apart: scripts without blanks, names such as `C++`."""
    plain = _GAPS.sub("", fold(wanted))
    kept = [(character, at) for at, one in enumerate(answer) for character in fold(one) if not _GAPS.match(character)]
    found = "".join(character for character, _ in kept).find(plain) if plain else -1
    if found < 0:
        return None
    start, end = kept[found][1], kept[found + len(plain) - 1][1] + 1
    is_inside_word = not _WITHOUT_BLANKS.search(wanted) and (
        (start > 0 and answer[start].isalnum() and answer[start - 1].isalnum())
        or (end < len(answer) and answer[end - 1].isalnum() and answer[end].isalnum())
    )
    return None if is_inside_word else (start, end)
