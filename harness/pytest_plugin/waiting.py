"""A line now and then while a session waits for live runs: minutes may pass without a dot."""

import time

from harness.pipeline import Pipeline
from harness.pytest_plugin.collect import CaseItem

EVERY_S = 10.0
"""Seconds between two lines."""


def wait_for(item: CaseItem, pipeline: Pipeline, chosen: int) -> None:
    """Wait for the run of an item, if there is one.

    Called between two items, when pytest captures nothing; a line from another thread could end up in a test's output.

    Args:
        item: The next item.
        pipeline: Makes its run.
        chosen: How many cases the session has.
    """
    config = item.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.verbose < 0:
        return
    began = time.monotonic()
    while not pipeline.wait(item.planned, EVERY_S):
        waited = f"waited {time.monotonic() - began:.0f} s"
        reporter.ensure_newline()
        reporter.write_line(f"live runs: {pipeline.going()} of {chosen} cases still run or wait; {waited}")
