"""Single keys from a terminal, without enter."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ESCAPE_WAIT_S = 0.05
"""How long the rest of an arrow key may take to come; after that it was the escape key itself."""


@contextmanager
def single_keys() -> Iterator[Callable[[], str]]:
    """Return what reads a key; the terminal is as it was afterwards.

    It is set once and not for each key, as `getchar` does: what is typed while a screen is drawn would be lost.
    """
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import typer

        yield typer.getchar
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        yield lambda: _key(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _key(terminal: int) -> str:
    """Return a key's characters: one, or all of an arrow key.

    Raises:
        EOFError: The terminal is gone.
    """
    data = os.read(terminal, 1)
    if not data:
        raise EOFError
    if data == b"\x1b":
        while len(data) < 8 and not data[-1:].isalpha() and select.select([terminal], [], [], ESCAPE_WAIT_S)[0]:
            data += os.read(terminal, 1)
    else:
        while data[0] >= 0xC0 and len(data) < _length(data[0]):
            data += os.read(terminal, 1)
    return data.decode("utf-8", "replace")


def _length(first: int) -> int:
    """Return how many bytes a character has in UTF-8, by its first."""
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4
