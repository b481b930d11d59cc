"""Results: a folder a run, a row a case, variant and trial."""

from harness.results.folder import LEDGER, MANIFEST, ROWS, RunFolder, find_run
from harness.results.frames import load_results
from harness.results.records import Located, read_records, record_of, row_at
from harness.results.rows import read_rows, row_data, row_from_data

__all__ = [
    "LEDGER",
    "MANIFEST",
    "ROWS",
    "Located",
    "RunFolder",
    "find_run",
    "load_results",
    "read_records",
    "read_rows",
    "record_of",
    "row_at",
    "row_data",
    "row_from_data",
]
