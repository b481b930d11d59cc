"""Regular expressions from case files, run so that none can hang a suite."""

import json
import re
import subprocess
import sys

__all__ = ["PatternError", "search"]

_TIME_LIMIT_S = 2.0
_HARMLESS_LENGTH = 4_000
"""Characters up to which one open repeat costs at most some milliseconds."""
_OPEN_REPEAT = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+]|\{\d*,\d*\})")
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_MOST_CHOICES = 4
"""Alternatives and optional parts up to which trying all of them together costs nothing: each may double the ways."""
_CHOICE = re.compile(r"\||\?(?!:)")
_WORKER = """
import json, re, sys
pattern, text = json.load(sys.stdin)
found = re.search(pattern, text, re.IGNORECASE)
json.dump(found and list(found.span()), sys.stdout)
"""


class PatternError(ValueError):
    """A pattern that is no regular expression, or that takes too long."""


def search(pattern: str, text: str) -> tuple[int, int] | None:
    """Find a pattern, upper and lower case alike; what could run for ever runs apart, with a time limit.

    Raises:
        PatternError: It is no regular expression, or the time limit has passed.
    """
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"not a regular expression: {error}") from error
    if _is_harmless(pattern, text):
        found = compiled.search(text)
        return found.span() if found else None
    return _search_apart(pattern, text)


def _is_harmless(pattern: str, text: str) -> bool:
    repeats = len(_OPEN_REPEAT.findall(pattern))
    # Back references, and groups that can do more, such as set a flag by which comments may stand before a repeat.
    if _REPEATED_GROUP.search(pattern) or re.search(r"\\\d|\(\?[^:]", pattern):
        return False
    if len(_CHOICE.findall(pattern)) > _MOST_CHOICES:
        return False
    return repeats == 0 or (repeats == 1 and len(text) <= _HARMLESS_LENGTH)


def _search_apart(pattern: str, text: str) -> tuple[int, int] | None:
    # Python's `re` cannot be interrupted from another thread, so what may not end runs where it can be killed.
    command = [sys.executable, "-I", "-S", "-c", _WORKER]
    try:
        done = subprocess.run(  # noqa: S603 - our own program text; the pattern arrives as data
            command,
            input=json.dumps([pattern, text]),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_TIME_LIMIT_S,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PatternError(
            f"this pattern took longer than {_TIME_LIMIT_S:g} s; "
            "repeats inside repeats, as in (a+)+, and many alternatives or optional parts in a row can take for ever"
        ) from error
    except subprocess.CalledProcessError as error:
        raise PatternError("this pattern could not be run") from error
    span = json.loads(done.stdout)
    return (span[0], span[1]) if span else None
