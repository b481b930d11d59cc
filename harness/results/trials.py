"""Repeated trials as a pandas table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.model.record import Record
from harness.results.folder import ROWS, RunFolder
from harness.results.records import read_records
from harness.statistics.trials import flake_rate, pass_at_k, pass_hat_k, tally

if TYPE_CHECKING:  # annotations only: pandas takes half a second to import
    import pandas as pd

_Key: TypeAlias = tuple[str, str, str, str, str | None]


def trial_table(path: str | Path, k: int | None = None) -> "pd.DataFrame":
    """Load what the trials of each case came to, one line a case and configuration.

    Args:
        path: The run's folder, or its `results.jsonl`.
        k: What pass@k and pass^k are estimated for; None: the most trials that any case has.

    Returns:
        Columns: suite, case, variant, target, model, trials, passes, errors (trials that could not be judged: neither
        passed nor failed), pass_rate, pass_at_k, pass_hat_k, flake_rate (in [0, 1], NaN where too few trials ended).

    Raises:
        InputError: k is below 1.
        ResultsError: There is no run, or a line of it is no row.
    """
    import pandas as pd

    folder = Path(path)
    found: dict[_Key, list[Record]] = {}
    for located in read_records(RunFolder(path=folder.parent if folder.name == ROWS else folder)):
        one = located.record
        found.setdefault((one.suite, one.case, one.variant, one.target, one.model), []).append(one)
    most = max(map(len, found.values()), default=1) if k is None else k
    return pd.DataFrame([_line(key, records, most) for key, records in found.items()])


def _line(key: _Key, records: Sequence[Record], k: int) -> dict[str, Any]:
    one = tally(record.is_pass for record in records)
    suite, case, variant, target, model = key
    return {
        "suite": suite,
        "case": case,
        "variant": variant,
        "target": target,
        "model": model,
        "trials": len(records),
        "passes": one.passes,
        "errors": len(records) - one.trials,
        "pass_rate": one.rate,
        "pass_at_k": pass_at_k(one, k),
        "pass_hat_k": pass_hat_k(one, k),
        "flake_rate": flake_rate(one),
    }
