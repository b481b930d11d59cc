"""`harness migrate`."""

import os
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.arguments import Json
from harness.cli.data import json_text

if TYPE_CHECKING:  # annotations only: no other command pays for what this one needs
    from harness.migrating import Migration

FORMAT = 1
"""Raised when a key of `--json` changes its meaning."""
WIDTH = 110
KINDS = ("carries over", "changes", "is lost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the user wants of a suite."""

    suite: Path
    name: str
    is_writing: bool
    is_all: bool
    is_json: bool
    endpoint: str | None


def migrate(  # noqa: PLR0913 - typer makes each an option
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="The suite's file.")],
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the variant into the suite.")] = False,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the variant is called.")] = "on-responses",
    everything: Annotated[bool, typer.Option("--all", help="Also tell of fields that the suite does not use.")] = False,
    as_json: Json = False,
    endpoint: Annotated[
        str | None,
        typer.Option("--harness-endpoint", metavar="URL", help="The server that has the suite's `assistant.id`."),
    ] = None,
) -> None:
    """Say what of a suite carries over from the Assistants API to Responses, and write the variant that moves it."""
    request = Request(suite=suite, name=name, is_writing=write, is_all=everything, is_json=as_json, endpoint=endpoint)
    move_suite(request, Path.cwd(), typer.echo)


def move_suite(request: Request, folder: Path, say: Callable[[str], None]) -> None:
    """Print what becomes of a suite's fields, write the variant where that is wanted, and print how to prove the move.

    Raises:
        HarnessError: The suite cannot be used, or the variant cannot be written; then nothing is.
    """
    from harness.config import Flags, find_project, load_config
    from harness.migrating import migration, write_variant

    config = load_config(find_project(folder).root, os.environ, Flags(endpoint=request.endpoint))
    path = request.suite if request.suite.is_absolute() else folder / request.suite
    move = migration(path, config, request.name)
    written = write_variant(move, config) if request.is_writing else None
    if request.is_json:
        say(json_text(_data(move, request, written)))
    else:
        for line in _lines(move, request, written):
            say(line)


def _data(move: "Migration", request: Request, written: str | None) -> dict[str, Any]:
    from harness.migrating.writing import as_data

    fields = [
        {"field": one.field, "kind": one.kind, "used_in": list(places), "now": one.now, "here": one.here or None}
        for one, places in move.moves
        if places or request.is_all
    ]
    return {
        "format": FORMAT,
        "suite": move.loaded.path,
        "fields": fields,
        "left_to_you": list(move.left),
        "variant": {
            "name": move.name,
            "changes": None if move.variant is None else as_data(move.variant),
            "place": written or move.place,
            "is_new": written is not None,
        },
        "proof": list(move.proof),
    }


def _lines(move: "Migration", request: Request, written: str | None) -> Iterator[str]:
    from harness.report.plain import plain

    yield f"{move.loaded.path}: from the Assistants API to the Responses API"
    for kind in KINDS:
        told = [(one, places) for one, places in move.moves if one.kind == kind and (places or request.is_all)]
        if told:
            yield f"\n{kind}"
        for one, places in told:
            used = f" ({plain(_shortened(places))})" if places else " (not used)"
            yield f"  {one.field}{used}"
            yield from _wrapped(one.now, "    now:  ")
            if one.here:
                yield from _wrapped(one.here, "    here: ")
    if move.left:
        yield "\nleft to you"
        for sentence in move.left:
            yield from _wrapped(plain(sentence), "  - ")
    yield from _ending(move, written)


def _shortened(places: tuple[str, ...]) -> str:
    return ", ".join(places) if len(places) <= 3 else f"{', '.join(places[:2])} and {len(places) - 2} more"


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _ending(move: "Migration", written: str | None) -> Iterator[str]:
    yield ""
    if written is not None:
        yield f"wrote the variant {move.name}: {written}"
    elif move.place is not None:
        yield f"the variant {move.name} is there already: {move.place}"
    else:
        yield f"nothing is written; --write puts the variant {move.name} into the suite"
    yield f"the proof{'' if written or move.place else ', once it is there'}:"
    yield from (f"  {command}" for command in move.proof)
