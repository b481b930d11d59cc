"""Text from outside, made safe for Markdown: an answer must not be able to end its block, or bring in HTML."""

import re
from collections.abc import Iterable, Sequence

from harness.report.plain import plain, shortened

_MARKED = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@:-])")


def fenced(text: str, language: str = "") -> str:
    """Return text as a code block with a fence that it does not hold itself."""
    text = plain(text)
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def inline(text: str, length: int = 200) -> str:
    """Return text on one line, with every character that Markdown or HTML would obey taken literally."""
    return _MARKED.sub(r"\\\1", shortened(text, length))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are Markdown already (see `inline`). All columns but the first are aligned to the right."""
    lines = [head, [":--", *("--:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
