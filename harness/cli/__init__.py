"""The `harness` command. Commands parse, call one function, print, and return pytest's exit codes."""

from harness.cli.app import main

__all__ = ["main"]
