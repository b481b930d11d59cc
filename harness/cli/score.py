"""`harness score`: old recordings and transcripts, judged by today's scorers and cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from harness.cli.cassettes.look import Seen, look
from harness.cli.data import outcomes_of, print_json
from harness.cli.notices import tell_of
from harness.config import Flags
from harness.errors import ResultsError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.transcript import Transcript
from harness.pipeline import Part, Pipeline
from harness.report.rescore import Change, change_lines
from harness.report.summary import summary_lines
from harness.results import RunFolder, find_run, read_rows, row_data
from harness.scoring import SCORER
from harness.scoring.code import code_digest


@dataclass(frozen=True, kw_only=True, slots=True)
class _Old:
    """Something that has been run."""

    planned: Planned
    """What is asked today, where it is the same question; else what was asked then."""
    transcript: Transcript | None
    """What happened; None: it is on the cassette."""
    before: Row | None
    """How it was judged; None where that is not known."""
    note: str | None = None
    """Why it is judged by the case as it was."""


def score_again(run: str | None, folder: Path, *, is_json: bool = False) -> int:
    """Score a run, or all recordings, into a new run's folder, and say what changed.

    Args:
        run: A run's name; None: the cassettes.
        folder: Where the project is looked for.
        is_json: Whether data is printed instead of text.

    Returns:
        How many cases passed before and fail now.

    Raises:
        HarnessError: There is no such run, or a suite cannot be read.
    """
    started = datetime.now(UTC)
    seen = look(folder, Flags(variants=("*",), record="none"))
    results = seen.config.project.results
    olds = list(_of_cassettes(seen, results) if run is None else _of_run(seen, find_run(results, run)))
    if not olds:
        raise ResultsError("there is nothing to score", hint="record first: pytest cases/")
    target = RunFolder.new(results)
    pipeline = Pipeline(seen.config, Part(folder=target))
    changes = []
    for old in olds:
        row = pipeline.row(old.planned) if old.transcript is None else pipeline.judge(old.planned, old.transcript)
        target.append(row_data(row))
        changes.append(Change(before=old.before, after=row, note=old.note))
    target.write_manifest(_manifest(target, run, started, len(changes)))
    place = seen.config.project.relative(target.path)
    if is_json:
        print_json(_data(target, place, changes))
    else:
        lines = summary_lines([change.after.brief for change in changes])
        for line in (*lines, "", *change_lines(changes), f"results: {place}"):
            typer.echo(line)
    return sum(change.is_worse for change in changes)


def _data(target: RunFolder, place: str, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "run": target.id,
        "results": place,
        "scorer": SCORER,
        "outcomes": outcomes_of(change.after.outcome for change in changes),
        "compared": sum(change.before is not None for change in changes),
        "worse": sum(change.is_worse for change in changes),
        "changed": [
            {
                "case": change.after.planned.node,
                "before": change.before.outcome.value,
                "now": change.after.outcome.value,
            }
            for change in changes
            if change.before is not None and change.is_changed
        ],
        "judged_as_it_was": {change.after.planned.node: change.note for change in changes if change.note},
    }


def _of_cassettes(seen: Seen, results: Path) -> Iterator[_Old]:
    """Return what can be replayed, with the verdicts of the latest run that has some of it."""
    try:
        before = {_key(row.planned): row for row in read_rows(find_run(results, "latest"))}
    except ResultsError:  # no run yet, or one that cannot be read: then nothing can be compared with it
        before = {}
    for entry in seen.inventory.in_state("fresh"):
        yield _Old(planned=entry.planned, transcript=None, before=before.get(_key(entry.planned)))


def _key(planned: Planned) -> tuple[str, str, str | None]:
    return planned.node, planned.target, planned.model


def _of_run(seen: Seen, run: RunFolder) -> Iterator[_Old]:
    today = {_case(entry.planned): entry.planned for entry in reversed(seen.inventory.entries)}
    tell_of([run])
    for row in read_rows(run):
        planned, note = _today(row.planned, today.get(_case(row.planned)))
        yield _Old(planned=planned, transcript=row.transcript, before=row, note=note)


def _case(planned: Planned) -> tuple[str, str, str]:
    return planned.suite, planned.case.id, planned.variant


def _today(then: Planned, now: Planned | None) -> tuple[Planned, str | None]:
    """Return what a transcript is judged by: the case as it is today, unless it asks something else."""
    if now is None:
        return then, "no suite has this case any more; it is judged as it was"
    if _prompts(then) != _prompts(now):
        return then, "the case asks something else now; it is judged as it was"
    assistant = replace(now.assistant, model=then.model)
    return replace(now, trial=then.trial, target=then.target, assistant=assistant), None


def _prompts(planned: Planned) -> Sequence[str]:
    return planned.asked


def _manifest(target: RunFolder, run: str | None, started: datetime, rows: int) -> dict[str, object]:
    return {
        "run": target.id,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": ["harness", "score", run or "--cassettes"],
        "scored_from": run or "cassettes",
        "scorer": SCORER,
        "scorer_code": code_digest(),
        "rows": rows,
    }
