"""What a whole run came to, on one screen."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.model.row import Row
from harness.model.score import Behaviour, Outcome

STAND_INS = {"extractive", "eager", "scripted"}
"""Models that are built into the embedded server. Reports say that they are no language models."""


def summary_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Return the summary, line by line: expected against observed, outcomes, origins, tokens."""
    yield from _matrix(rows)
    yield ""
    yield from _outcomes(rows)
    yield ""
    yield from _origins(rows)
    yield from _tokens(rows)
    yield from _stand_ins(rows)


def _matrix(rows: Sequence[Row]) -> Iterator[str]:
    seen = Counter((_expected(row), row.deciding.behaviour if row.deciding else Behaviour.ERRORED) for row in rows)
    behaviours = [one for one in Behaviour if any(behaviour == one for _, behaviour in seen)]
    yield "expected".ljust(12) + "".join(one.value.rjust(12) for one in behaviours)
    for expected in ("answer", "refuse"):
        counts = [seen[expected, one] for one in behaviours]
        if any(counts):
            yield expected.ljust(12) + "".join(str(count or "·").rjust(12) for count in counts)


def _expected(row: Row) -> str:
    turn = row.deciding
    if turn is not None and turn.expect is not None:
        return turn.expect
    expectations = [turn.expectation for turn in row.planned.case.conversation]
    return next(one for one in expectations if one is not None)


def _outcomes(rows: Sequence[Row]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.planned.suite, row.planned.variant), []).append(row)
    found = [outcome for outcome in Outcome if any(row.outcome == outcome for row in rows)]
    label = max(len(f"{suite} [{variant}]") for suite, variant in groups)
    width = max(len(outcome) for outcome in found) + 2
    yield "outcomes".ljust(label) + "".join(outcome.value.rjust(width) for outcome in found)
    for (suite, variant), group in sorted(groups.items()):
        counts = Counter(row.outcome for row in group)
        cells = "".join(str(counts[outcome] or "·").rjust(width) for outcome in found)
        yield f"{suite} [{variant}]".ljust(label) + cells


def _origins(rows: Sequence[Row]) -> Iterator[str]:
    origins: Counter[tuple[str, str]] = Counter()
    for row in rows:
        provenance = row.transcript.provenance
        origin = provenance.origin if provenance else "not run"
        endpoint = (provenance.endpoint if provenance else None) or "unknown"
        origins[origin, endpoint] += 1
    words = {
        "replayed": "replayed, recorded against {}",
        "recorded": "recorded against {}",
        "live": "ran live against {}, not recorded",
        "not run": "not run",
    }
    parts = [f"{count} " + words[origin].format(endpoint) for (origin, endpoint), count in sorted(origins.items())]
    yield "runs: " + "; ".join(parts)


def _tokens(rows: Sequence[Row]) -> Iterator[str]:
    used = [row.usage for row in rows if row.usage is not None]
    if used:
        prompt, completion = (sum(u.prompt_tokens for u in used), sum(u.completion_tokens for u in used))
        yield f"tokens: {prompt:,} prompt, {completion:,} completion"


def _stand_ins(rows: Sequence[Row]) -> Iterator[str]:
    models = sorted({str(row.transcript.reported_model or row.planned.model) for row in rows} & STAND_INS)
    if models:
        yield f"models: {', '.join(models)} (built-in stand-ins, not language models)"
