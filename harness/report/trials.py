"""What repeated trials came to: how often cases pass, and which of them flake."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from harness.model.row import Brief
from harness.model.score import Outcome
from harness.statistics.trials import Tally, flake_rate, pass_at_k, pass_hat_k, tally

MOST_FLAKY = 10
"""Cases whose trials disagree that are listed; the rest is counted."""


def trial_lines(rows: Sequence[Brief]) -> Iterator[str]:
    """Return the trials' table, line by line; nothing where each case ran once.

    A line for each suite and variant has the mean over its cases. Below stand the cases whose trials disagree. Trials
    that could not be judged are left out; where fewer than k are left, pass@k and pass^k are not known.
    """
    cases: dict[tuple[str, str, str, tuple[str, str | None]], list[Brief]] = {}
    for row in rows:
        cases.setdefault((row.suite, row.variant, row.case, row.configured), []).append(row)
    fewest, k = min(map(len, cases.values())), max(map(len, cases.values()))
    if k < 2:
        return
    tallies = {key: tally(_is_pass(row) for row in found) for key, found in cases.items()}
    groups: dict[str, list[Tally]] = {}
    for (suite, variant, _, _), one in tallies.items():
        groups.setdefault(f"{suite} [{variant}]", []).append(one)
    flaky = [(_name(*key[:3]), one) for key, one in tallies.items() if flake_rate(one)]
    flaky.sort(key=lambda pair: (-(flake_rate(pair[1]) or 0), pair[0]))
    title = f"{k} trials a case" if fewest == k else f"{fewest} to {k} trials a case"
    heads = ("pass rate", f"pass@{k}", f"pass^{k}", "flake rate")
    label = max(map(len, (title, *groups, *(f"  {name}" for name, _ in flaky[:MOST_FLAKY]))))
    yield title.ljust(label) + "".join(head.rjust(12) for head in heads)
    for name, found in sorted(groups.items()):
        yield name.ljust(label) + _cells(found, k)
    for name, one in flaky[:MOST_FLAKY]:
        yield f"  {name}".ljust(label) + _cells([one], k)
    if len(flaky) > MOST_FLAKY:
        yield f"  and {len(flaky) - MOST_FLAKY} more cases whose trials disagree"
    yield ""


def _is_pass(row: Brief) -> bool | None:
    return None if row.outcome is Outcome.ERROR else row.outcome.is_pass


def _name(suite: str, variant: str, case: str) -> str:
    return f"{suite}::{case} [{variant}]"


def _cells(cases: Sequence[Tally], k: int) -> str:
    figures = (
        [one.rate for one in cases],
        [pass_at_k(one, k) for one in cases],
        [pass_hat_k(one, k) for one in cases],
        [flake_rate(one) for one in cases],
    )
    return "".join(_mean(values).rjust(12) for values in figures)


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.2f}" if known else "n/a"
