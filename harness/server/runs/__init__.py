"""Runs: what a model is told, what becomes of its answer, and the states in between."""

from harness.server.runs.machine import recover, start_run
from harness.server.runs.outputs import check_outputs, submit_outputs

__all__ = ["check_outputs", "recover", "start_run", "submit_outputs"]
