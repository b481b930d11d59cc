"""What commands print for machines: `--json` everywhere."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from harness.errors import ConfigError

if TYPE_CHECKING:  # annotations only: `harness --help` reads no model
    from harness.model.score import Outcome

JSON = "json"


def json_text(data: Any) -> str:
    """Return data as one JSON document.

    In ASCII: any encoding of the terminal holds it, and no control character of an answer reaches it.
    """
    return json.dumps(data, indent=2, default=str, allow_nan=False)


def print_json(data: Any) -> None:
    """Print data as one JSON document."""
    typer.echo(json_text(data))


def outcomes_of(outcomes: "Iterable[Outcome]") -> dict[str, int]:
    """Return how often there is each outcome, in their own order; those that there are not are left out."""
    from harness.model.score import Outcome

    counts = Counter(outcomes)
    return {one.value: counts[one] for one in Outcome if counts[one]}


def chosen_form(form: str | None, allowed: Sequence[str], *, is_json: bool) -> str:
    """Return the form that `--format` and `--json` ask for; without them the first.

    Raises:
        ConfigError: There is no such form, or they ask for two.
    """
    if form is not None and form not in allowed:
        raise ConfigError(f"found {form!r}, allowed are {', '.join(allowed)}", where="--format")
    if is_json and form not in {None, JSON}:
        raise ConfigError(f"--json and --format {form} exclude each other", where="--format")
    return JSON if is_json else form or allowed[0]
