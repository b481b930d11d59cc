"""`harness cassettes record`."""

import shutil
from collections.abc import Callable, Iterator, Sequence

from harness.cassettes.inventory import Entry, remove
from harness.cli.cassettes.look import Seen
from harness.config import did_you_mean
from harness.errors import ConfigError
from harness.model.plan import Planned
from harness.pipeline import Part, Pipeline
from harness.results import RunFolder
from harness.run.ledger import Ledger


def record_missing(seen: Seen, cases: Sequence[str], say: Callable[[str], None]) -> int:
    """Record what has no usable recording, and say of each how it went.

    Args:
        seen: The project; its mode says whether stale and unreadable recordings are made again.
        cases: Names of what to record: cases, node ids, suites, cassettes; empty for all.
        say: Prints a line.

    Returns:
        How many could not be recorded, remote objects left behind included.

    Raises:
        ConfigError: A name that fits nothing.
    """
    entries = _chosen(seen.inventory.entries, cases)
    is_again = seen.config.record == "new_episodes"
    wanted = [one.planned for one in entries if one.state == "missing" or (is_again and one.state != "fresh")]
    stale = [one for one in entries if one.state in {"stale", "unreadable"}]
    failed = 0
    dropped = _dropped(seen) if is_again and not cases else []
    for line in dropped:
        say(line)
    for number, line in enumerate(_recorded(seen, wanted), start=1):
        failed += line.startswith("FAILED")
        say(f"[{number}/{len(wanted)}] {line}" if number <= len(wanted) else line)
    if not (wanted or dropped):
        say("nothing to record")
    if stale and not is_again:
        say(f"{len(stale)} stale or unreadable recordings stay as they are: see --stale")
    return failed


def _dropped(seen: Seen) -> list[str]:
    """Delete set-up recordings that cannot be read, and return a line on each.

    No answer comes from them: where one is missing, nothing is, and the next recording of its cases makes it again.
    """
    lines = []
    for name in seen.inventory.broken_setups:
        remove(seen.config.project.root / name, name)
        lines.append(f"deleted {name}: it could not be read, and comes back with the next recording that needs it")
    return lines


def _chosen(entries: Sequence[Entry], cases: Sequence[str]) -> list[Entry]:
    names = [_names(entry) for entry in entries]
    for case in cases:
        if not any(case in each for each in names):
            near = did_you_mean(case, {name for each in names for name in each})
            hint = "name a case, a node id, a suite or a cassette; other variants by --harness-variant"
            raise ConfigError(f"nothing is called {case!r}{near}", hint=hint)
    return [entry for entry, each in zip(entries, names, strict=True) if not cases or each & set(cases)]


def _names(entry: Entry) -> set[str]:
    planned = entry.planned
    return {planned.case.id, planned.name, planned.node, planned.suite, entry.cassette}


def _recorded(seen: Seen, wanted: Sequence[Planned]) -> Iterator[str]:
    """Run what is wanted, and return a line on each as it ends."""
    folder = RunFolder.new(seen.config.project.results)
    for batch in _batches(wanted):
        pipeline = Pipeline(seen.config, Part(folder=folder))
        try:
            pipeline.submit(batch)
            for planned in batch:
                yield _line(pipeline, planned)
        finally:
            left = pipeline.finish(is_owner=True)
        yield from (f"FAILED to delete {reason}; try: harness cleanup {folder.id}" for reason in left)
    if folder.ledger.exists() and not Ledger(folder.ledger).left():
        shutil.rmtree(folder.path)  # nothing is left to clean up, and there are no results


def _batches(wanted: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Group runs so that no two of a group share a node id: they may differ by their models alone."""
    left = list(wanted)
    while left:
        batch = list({planned.node: planned for planned in reversed(left)}.values())[::-1]
        yield batch
        left = [planned for planned in left if planned not in batch]


def _line(pipeline: Pipeline, planned: Planned) -> str:
    transcript = pipeline.row(planned).transcript
    failure = transcript.failure
    if failure is not None:
        hint = f" ({failure.hint})" if failure.hint else ""
        return f"FAILED {planned.node}: {failure.message}{hint}"
    assert transcript.provenance is not None, "what was run knows where it comes from"
    return f"recorded {planned.node} against {transcript.provenance.endpoint}"
