"""Suites as YAML: find them, read them, say everything that is wrong with them at once."""

from harness.casefile.gone import gone_from_suites
from harness.casefile.load import find_suites, is_suite, load_suite

__all__ = ["find_suites", "gone_from_suites", "is_suite", "load_suite"]
