"""`harness run --watch`: stay, and run again what a change touches."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from harness.cli.running import Call, run_cases
from harness.config import Project
from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.report.plain import shortened
from harness.session.choose import Key, key_of, project_of_places

POLL_S = 0.5
"""Seconds between two looks at the files."""
LONGEST = 200
"""Characters of the line that names what has changed."""

Stamps: TypeAlias = Mapping[Path, tuple[int, int]]
"""When each file was written, in nanoseconds, and its size."""


def watch_cases(call: Call, say: Callable[[str], None]) -> None:
    """Run all that is chosen, then, at each change, what is now another run than before; until Ctrl-C.

    Raises:
        HarnessError: There is no project.
    """
    project = project_of_places(call.wish.places, call.here)
    known = _Known()
    while True:
        stamps = stamps_of(project)
        try:
            # Only what can be read is known: a suite that is broken for a moment counts as changed once it is whole.
            run_cases(call, known.news)
        except HarnessError as error:
            say(f"harness: {error}")
        say("watching for changes; Ctrl-C ends it")
        try:
            while (now := stamps_of(project)) == stamps:
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            say("")  # the terminal's ^C stands on a line of its own
            return
        changed = sorted({project.relative(path) for path, _ in stamps.items() ^ now.items()})
        say(f"\nchanged: {shortened(', '.join(changed), LONGEST)}")


@dataclass(slots=True)
class _Known:
    """The runs as they were planned last: instructions, documents' hashes, prompts, facts, all of it."""

    planned: dict[Key, Planned] = field(default_factory=dict)

    def news(self, planned: list[Planned]) -> list[Planned]:
        """Return the runs that are new, or not what they were."""
        # A case that only moved within its file is the same.
        bare = {key_of(one): replace(one, line=0) for one in planned}
        news = [one for one in planned if self.planned.get(key_of(one)) != bare[key_of(one)]]
        self.planned |= bare
        return news


def stamps_of(project: Project) -> Stamps:
    """Return the state of all files that cases are made of: suites, what lies beside them, documents, settings."""
    return dict(_stamps(project))


def _stamps(project: Project) -> Iterator[tuple[Path, tuple[int, int]]]:
    walks = [os.walk(folder) for folder in (project.cases, project.fixtures)]
    below = (Path(folder, name) for walk in walks for folder, _, names in walk for name in names)
    for path in (*below, project.root / "pyproject.toml", project.root / ".env"):
        try:
            state = path.stat()
        except OSError:  # it is gone, or was never there
            continue
        yield path, (state.st_mtime_ns, state.st_size)
