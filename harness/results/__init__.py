"""Results: a folder a run, a row a case, variant and trial."""

from harness.results.folder import LEDGER, MANIFEST, ROWS, RunFolder, find_run
from harness.results.frames import load_results
from harness.results.records import Located, read_records, record_of, row_at
from harness.results.rows import read_rows, row_data, row_from_data
from harness.results.tidy import load_citations, load_claims, load_facts, load_retrieved
from harness.results.trials import trial_table

__all__ = [
    "LEDGER",
    "MANIFEST",
    "ROWS",
    "Located",
    "RunFolder",
    "find_run",
    "load_citations",
    "load_claims",
    "load_facts",
    "load_results",
    "load_retrieved",
    "read_records",
    "read_rows",
    "record_of",
    "row_at",
    "row_data",
    "row_from_data",
    "trial_table",
]
