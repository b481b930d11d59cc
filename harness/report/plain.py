"""Text from outside, made safe for a terminal."""

import re
import textwrap
from collections.abc import Iterator

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Escape sequences and direction overrides: an answer must not be able to repaint the screen."""

_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|##(?=\[)", re.MULTILINE)
"""What the runner of GitHub Actions takes for a command, wherever a step prints it: `::name::` and `##[name]`."""


def plain(text: str) -> str:
    """Return text with its control characters shown instead of obeyed; line breaks and tabs stay."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", unified)


def disarmed(text: str) -> str:
    """Return text in which GitHub finds no command: an answer must not be able to hide what a step says of it."""
    return _COMMAND.sub(lambda found: "#\\x23" if found.group(1) is None else f"{found.group(1)}\\x3a", text)


def shortened(text: str, length: int) -> str:
    """Return text on one line, cut to a length with an ellipsis."""
    line = " ".join(plain(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def indented(text: str, indent: str, width: int = 100) -> Iterator[str]:
    """Wrap text to lines that begin with an indent; its own line breaks stay."""
    for line in plain(text).split("\n"):
        yield from textwrap.wrap(
            line, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        ) or [indent.rstrip()]
