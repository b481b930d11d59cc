"""What a whole run came to, on one screen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from harness.model.row import Brief
from harness.model.score import Behaviour, Outcome
from harness.model.suite import Expectation
from harness.report.agreement import agreement_lines
from harness.report.plain import plain, shortened
from harness.report.trials import trial_lines

STAND_INS = {"extractive", "eager"}
"""Models that are built into the embedded server. Reports say that they are no language models."""

_MOST_ERRORS = 3
"""More different errors of scorers than this are only counted."""


def summary_lines(rows: Sequence[Brief]) -> Iterator[str]:
    """Return the summary, line by line: expected against observed, outcomes, origins, tokens."""
    yield from _matrix(rows)
    yield ""
    yield from _outcomes(rows)
    yield ""
    yield from trial_lines(rows)
    yield from _origins(rows)
    yield from _tokens(rows)
    yield from _stand_ins(rows)
    yield from agreement_lines(rows)
    yield from _scorer_errors(rows)


def _matrix(rows: Sequence[Brief]) -> Iterator[str]:
    seen = Counter((row.expect, row.behaviour) for row in rows)
    behaviours = [one for one in Behaviour if any(behaviour == one for _, behaviour in seen)]
    yield "expected".ljust(12) + "".join(one.value.rjust(12) for one in behaviours)
    for expected in get_args(Expectation):
        counts = [seen[expected, one] for one in behaviours]
        if any(counts):
            yield expected.ljust(12) + "".join(str(count or "·").rjust(12) for count in counts)


def _outcomes(rows: Sequence[Brief]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Brief]] = {}
    for row in rows:
        groups.setdefault((row.suite, row.variant), []).append(row)
    found = [outcome for outcome in Outcome if any(row.outcome == outcome for row in rows)]
    label = max(len(f"{suite} [{variant}]") for suite, variant in groups)
    width = max(len(outcome) for outcome in found) + 2
    yield "outcomes".ljust(label) + "".join(outcome.value.rjust(width) for outcome in found)
    for (suite, variant), group in sorted(groups.items()):
        counts = Counter(row.outcome for row in group)
        cells = "".join(str(counts[outcome] or "·").rjust(width) for outcome in found)
        yield f"{suite} [{variant}]".ljust(label) + cells


def _origins(rows: Sequence[Brief]) -> Iterator[str]:
    origins: Counter[tuple[str, str]] = Counter()
    for row in rows:
        origins[row.origin or "not run", row.endpoint or "unknown"] += 1
    words = {
        "replayed": "replayed, recorded against {}",
        "recorded": "recorded against {}",
        "live": "ran live against {}, not recorded",
        "not run": "not run",
    }
    parts = [f"{count} " + words[origin].format(endpoint) for (origin, endpoint), count in sorted(origins.items())]
    yield "runs: " + "; ".join(parts)


def _tokens(rows: Sequence[Brief]) -> Iterator[str]:
    used = [row.usage for row in rows if row.usage is not None]
    if used:
        prompt, completion = (sum(u.prompt_tokens for u in used), sum(u.completion_tokens for u in used))
        yield f"tokens: {prompt:,} prompt, {completion:,} completion"


def _stand_ins(rows: Sequence[Brief]) -> Iterator[str]:
    models = sorted({str(row.model) for row in rows if row.behaviour is not Behaviour.ERRORED} & STAND_INS)
    if models:
        yield f"models: {', '.join(models)} (built-in stand-ins, not language models)"


def _scorer_errors(rows: Sequence[Brief]) -> Iterator[str]:
    errors = Counter(error for row in rows for error in row.scorer_errors)
    if errors:
        told = [f"{plain(name)}: {shortened(message, 120)}" for (name, message), _ in errors.most_common(_MOST_ERRORS)]
        more = f"; and {len(errors) - _MOST_ERRORS} others" if len(errors) > _MOST_ERRORS else ""
        yield f"scorer errors: {errors.total()} ({'; '.join(told)}{more})"
