"""Guess what was meant by a name that does not exist."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean `regex`?` with up to three near names, or an empty text where none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    if not near:
        return ""
    return "; did you mean " + " or ".join(f"`{by_folded[folded]}`" for folded in near) + "?"
