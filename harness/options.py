"""The options of a run, named and explained once: `pytest` and `harness run` have the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["text", "whole", "switch", "several"]
"""What an option takes: a text, a whole number, nothing, or a text each time it is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of a run."""

    name: str
    """As on the command line."""
    field: str
    """Of `Flags`, which takes what it says."""
    help: str
    kind: Kind = "text"
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    """What it may be; empty: anything."""

    @property
    def key(self) -> str:
        """Its name as Python spells it."""
        return self.name.lstrip("-").replace("-", "_")


OPTIONS: Sequence[Option] = (
    Option(
        name="--harness-record",
        field="record",
        choices=("none", "once", "new_episodes", "all"),
        help="which cassettes are recorded; default once, in CI none",
    ),
    Option(
        name="--harness-endpoint",
        field="endpoint",
        metavar="URL",
        help="where runs go: a base URL, `openai`, or `embedded`",
    ),
    Option(
        name="--harness-variant",
        field="variants",
        kind="several",
        metavar="PATTERN",
        help="variants to run, such as `careful`, `*-warm`, `!default`; default `default`",
    ),
    Option(name="--harness-trials", field="trials", kind="whole", metavar="K", help="run each case K times; default 1"),
    Option(
        name="--harness-model", field="model", metavar="NAME", help="model of every assistant, whatever the suites say"
    ),
    Option(
        name="--harness-target",
        field="target",
        choices=("assistants", "responses"),
        help="the protocol of every case, whatever variants say; default assistants, towards `openai` responses",
    ),
    Option(
        name="--harness-concurrency", field="concurrency", kind="whole", metavar="N", help="runs at once; default 8"
    ),
    Option(
        name="--harness-requests-per-minute",
        field="requests_per_minute",
        kind="whole",
        metavar="N",
        help="send no more than so many requests a minute, evenly spread",
    ),
    Option(
        name="--harness-max-tokens",
        field="max_tokens",
        metavar="N",
        help="start no more runs once so many tokens are used; replays use none",
    ),
    Option(
        name="--harness-max-cost",
        field="max_cost",
        metavar="X",
        help="start no more runs once they have cost so much, by the price table",
    ),
    Option(
        name="--harness-max-duration",
        field="max_duration",
        metavar="TIME",
        help="start no more runs after so long, such as `90`, `90s`, `5m`, `1h`",
    ),
    Option(
        name="--harness-dry-run",
        field="dry_run",
        kind="switch",
        help="say what would be replayed, run, uploaded and recorded, and what it would cost; send and write nothing",
    ),
    Option(
        name="--harness-judge",
        field="judge",
        kind="switch",
        help="let the model of [tool.harness.judge] judge as well",
    ),
    Option(
        name="--harness-baseline",
        field="baseline",
        metavar="NAME",
        help="mark what differs from this baseline; fail if the gate is not kept",
    ),
    Option(
        name="--harness-gate",
        field="gate",
        kind="switch",
        help="let [tool.harness.gate] decide about the exit code",
    ),
    Option(
        name="--harness-resume",
        field="resume",
        metavar="RUN",
        help="go on with a run that was broken off: its rows are kept, and only what is missing runs",
    ),
    Option(
        name="--harness-reuse-uploads",
        field="reuse_uploads",
        kind="switch",
        help="keep uploaded documents and vector stores for later runs, and use what earlier ones kept",
    ),
    Option(name="--harness-keep", field="keep", kind="switch", help="leave remote objects in place"),
)
"""In the order of the help."""


def said(value: Callable[[str], Any]) -> dict[str, Any]:
    """Return the fields of `Flags` that the options fill.

    Args:
        value: From an option's key to what was given for it; None or nothing where it was not given.
    """
    found = {option.field: value(option.key) for option in OPTIONS}
    several = [option.field for option in OPTIONS if option.kind == "several"]
    return found | {field: tuple(found[field] or ()) for field in several}
