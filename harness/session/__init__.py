"""A session: all between choosing cases and closing the run, whoever starts it, pytest or `harness run`."""
