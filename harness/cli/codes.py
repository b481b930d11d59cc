"""Exit codes of the command line: pytest's, where they mean the same."""

from harness.session.codes import FAILED, INTERRUPTED, NOTHING_CHOSEN, OK, USAGE

INTERNAL = 3
"""A fault of this program: it ends with a traceback."""
CLOSED_PIPE = 141
"""Whoever read the output had enough, as `head` has; what a shell says of `cat` then."""
MEANINGS = {
    OK: "all is as it should be, or the gate says so",
    FAILED: "a case failed or errored, the gate is broken, the budget left cases over; or the answer to what was asked "
    "is no: a suite is wrong, a recording is stale, something got worse, something is left",
    INTERRUPTED: "interrupted, or a suite could not be read: then nothing was run",
    INTERNAL: "a fault of this program, with a traceback: please report it",
    USAGE: "a wrong call: an option, a path, a name, a setting",
    NOTHING_CHOSEN: "no case was chosen",
    CLOSED_PIPE: "who read the output closed the pipe (`harness sql ... | head`)",
}
"""What each exit code says."""

__all__ = ["CLOSED_PIPE", "FAILED", "INTERNAL", "INTERRUPTED", "MEANINGS", "NOTHING_CHOSEN", "OK", "USAGE"]
