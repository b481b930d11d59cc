"""`harness cassettes status`: the inventory as text and as data."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from harness.cassettes.inventory import Entry, State
from harness.cli.cassettes.look import Seen
from harness.model.plan import Planned


def status_lines(seen: Seen) -> Iterator[str]:
    """Return the inventory, line by line: first the counts, then what is not fresh, stale ones by their cause."""
    inventory, project = seen.inventory, seen.config.project
    counts = [f"{len(inventory.in_state(state))} {state}" for state in get_args(State)]
    yield f"{project.relative(project.cassettes)}: {', '.join(counts)}, {len(inventory.orphans)} orphaned"
    for state in ("stale", "unreadable", "missing"):
        yield from _entry_lines(state, inventory.in_state(state))
    for path, cause in inventory.broken_setups.items():
        yield f"unreadable: {path}: {cause}"
    yield from waste_lines(seen)
    if inventory.in_state("stale", "unreadable") or inventory.broken_setups:
        yield "record these again: harness cassettes record --stale"
    elif inventory.in_state("missing"):
        yield "record what is missing: harness cassettes record"
    if inventory.orphans or inventory.unused_texts:
        yield "delete what is orphaned or unused: harness cassettes prune"


def _entry_lines(state: State, entries: Sequence[Entry]) -> Iterator[str]:
    causes = dict.fromkeys(entry.cause for entry in entries)
    for cause in causes:
        of_cause = [entry for entry in entries if entry.cause == cause]
        yield f"{state} ({len(of_cause)})" + (f": {cause}" if cause else "")
        yield from (f"    {name_of(entry.planned)}" for entry in of_cause)


def name_of(planned: Planned) -> str:
    """Return a run's name as lists show it: with its model, and its protocol where that is not the older one."""
    target = "" if planned.target == "assistants" else f"  {planned.target}"
    return f"{planned.node}  {planned.model or ''}{target}".rstrip()


def waste_lines(seen: Seen) -> Iterator[str]:
    """Return what `prune` would delete, line by line."""
    inventory, project = seen.inventory, seen.config.project
    if inventory.orphans:
        yield f"orphaned ({len(inventory.orphans)}): no case, variant or recording needs them"
        yield from (f"    {project.relative(path)}" for path in inventory.orphans)
    for path, names in inventory.unused_texts.items():
        yield f"unused: {len(names)} of the texts in {project.relative(path)}"


def status_data(seen: Seen) -> dict[str, Any]:
    """Return the inventory as plain data: a list for each state."""
    inventory, project = seen.inventory, seen.config.project
    states = {state: [_entry_data(entry) for entry in inventory.in_state(state)] for state in get_args(State)}
    return {
        "is_fresh": inventory.is_fresh,
        **states,
        "unreadable_setups": [{"cassette": path, "cause": cause} for path, cause in inventory.broken_setups.items()],
        "orphaned": [project.relative(path) for path in inventory.orphans],
        "unused_texts": {project.relative(path): sorted(names) for path, names in inventory.unused_texts.items()},
    }


def _entry_data(entry: Entry) -> dict[str, Any]:
    planned = entry.planned
    cause = {"cause": entry.cause} if entry.cause else {}
    return {"case": planned.node, "target": planned.target, "model": planned.model, "cassette": entry.cassette, **cause}
