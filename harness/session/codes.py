"""Exit codes: pytest's, whoever started the session."""

OK, FAILED, INTERRUPTED, USAGE, NOTHING_CHOSEN = 0, 1, 2, 4, 5
