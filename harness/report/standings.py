"""What a run is beside its baseline, and what the gate says of it, in words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from harness.gate import GateCheck
from harness.model.record import Record
from harness.report.plain import plain
from harness.results.standing import Place, Standing, Standings

MOST_LISTED = 12
"""Of one kind, more cases than these are only counted."""
LISTED = (Standing.BROKEN, Standing.NEW, Standing.FIXED, Standing.CHANGED, Standing.GONE, Standing.ERRORED)
"""What is listed, worst first; what is the same is only counted."""


def baseline_lines(name: str, beside: Sequence[Standings]) -> Iterator[str]:
    """Return how a run compares with a baseline: counts, then what is not the same."""
    counts = Counter(one.standing for one in beside)
    told = ", ".join(
        f"{counts[standing]} {standing.value}" for standing in (Standing.SAME, *LISTED) if counts[standing]
    )
    yield f"baseline {plain(name)}: {told}"
    for standing in LISTED:
        found = listed(beside, standing)
        for one in found[:MOST_LISTED]:
            yield f"  {standing.value.ljust(8)} {plain(place_name(one.place))}: {change(one)}"
        if len(found) > MOST_LISTED:
            yield f"  {standing.value.ljust(8)} and {len(found) - MOST_LISTED} more"


def listed(beside: Sequence[Standings], standing: Standing) -> list[Standings]:
    """Return the cases of one kind in the order they are listed in: first what the gate counts as broken."""
    return sorted((one for one in beside if one.standing is standing), key=lambda one: not one.is_worse)


def baseline_data(name: str, beside: Sequence[Standings]) -> dict[str, Any]:
    """Return how a run compares with a baseline, as data: counts of all, and each that is not the same."""
    counts = Counter(one.standing.value for one in beside)
    return {
        "baseline": name,
        "counts": {standing.value: counts[standing.value] for standing in Standing if counts[standing.value]},
        "worse": sum(one.is_worse for one in beside),
        "cases": [
            {
                "case": place_name(one.place),
                "standing": one.standing.value,
                "before": [record.outcome.value for record in one.before],
                "now": [record.outcome.value for record in one.now],
            }
            for one in beside
            if one.standing is not Standing.SAME
        ],
    }


def gate_lines(checks: Sequence[GateCheck]) -> Iterator[str]:
    """Return what the gate says: failed checks first, each with its figure."""
    failed = [check for check in checks if not check.is_met]
    yield f"gate: {'failed' if failed else 'passed'} ({len(checks) - len(failed)} of {len(checks)} limits kept)"
    yield from (f"  {'kept' if check.is_met else 'BROKEN'} {check.line}" for check in sorted(checks, key=_is_met))


def gate_data(checks: Sequence[GateCheck]) -> list[dict[str, Any]]:
    """Return what the gate says, as data."""
    return [
        {"name": one.name, "limit": one.limit, "value": one.value, "is_met": one.is_met, "note": one.note}
        for one in checks
    ]


def place_name(place: Place) -> str:
    """Name a case in a variant as pytest does."""
    (suite, case), variant = place
    return f"{suite}::{case}" + (f"[{variant}]" if variant != "default" else "")


def change(one: Standings) -> str:
    """Say what changed: `grounded -> over_refusal`."""
    return " -> ".join(_outcomes(trials) for trials in (one.before, one.now) if trials)


def _outcomes(trials: Sequence[Record]) -> str:
    counts = Counter(record.outcome.value for record in trials)
    return ", ".join(f"{count} x {name}" if len(trials) > 1 else name for name, count in counts.most_common())


def _is_met(check: GateCheck) -> bool:
    return check.is_met
