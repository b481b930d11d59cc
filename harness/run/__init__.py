"""Runs against an endpoint: the only place where things happen side by side."""

from harness.run.clean import clean_endpoint
from harness.run.runner import Runner
from harness.run.session import RunSettings

__all__ = ["RunSettings", "Runner", "clean_endpoint"]
