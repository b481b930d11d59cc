"""Exit codes of the command line: pytest's, where they mean the same."""

FAILED, INTERRUPTED, USAGE = 1, 2, 4
