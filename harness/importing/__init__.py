"""Suites made of what people have: promptfoo configurations, OpenAI Evals, tables of questions."""

from harness.importing.draft import Left
from harness.importing.importer import Imported, Wanted, import_suite

__all__ = ["Imported", "Left", "Wanted", "import_suite"]
