"""Cassettes on disk: whole or not at all, readable in a diff, shared texts beside them."""

import math
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import yaml

from harness.cassettes.interaction import Interaction, json_or_text
from harness.cassettes.layout import from_stored, to_stored
from harness.errors import CassetteBroken
from harness.model.tape import Json

VERSION, FORMAT = 1, 1
"""vcrpy's version of the outer form, and ours of what is in it."""
DRAFT = ".tmp"
"""How the name of a file ends that is being written."""

UNREADABLE = (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a file raises that is not as it should be."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cassette:
    """A recording and what it was made of."""

    fingerprint: Mapping[str, Any]
    """What was asked: plain data, compared when the cassette is to be replayed."""
    interactions: tuple[Interaction, ...]
    recorded: Mapping[str, Any] = field(default_factory=dict)
    """When it was made, against what: no part of its identity."""


def read_cassette(path: Path, texts: Mapping[str, str], where: str) -> Cassette:
    """Read a cassette of ours.

    Args:
        path: The file.
        texts: The shared texts of its set-up.
        where: How messages call it.

    Raises:
        CassetteBroken: It is cut, edited badly, of another version, no text, or a directory.
    """
    text = ""
    try:
        text = path.read_bytes().decode()
        return cassette_of(load_yaml(text), texts)
    except UNREADABLE as error:
        raise broken(error, where, text) from error


def read_fingerprint(path: Path) -> Mapping[str, Any] | None:
    """Return what a cassette says it was made of, if that much of it can be read."""
    try:
        fingerprint = load_yaml(path.read_bytes().decode())["metadata"]["fingerprint"]
    except UNREADABLE:
        return None
    return fingerprint if isinstance(fingerprint, dict) else None


def broken(error: Exception, where: str, text: str = "") -> CassetteBroken:
    """Return the one error for all the ways in which a recording can be unreadable.

    Args:
        error: What reading it raised.
        where: How messages call the file.
        text: What is in it, as far as it is known.
    """
    is_conflict = re.search("^<<<<<<<", text, re.MULTILINE)
    reason = "it holds the marks of a merge conflict" if is_conflict else _reason(error)
    hint = "restore it from version control, or record it again: harness cassettes record --stale"
    return CassetteBroken(f"the cassette cannot be read: {reason}", where=where, hint=hint)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks `{error.args[0]}`: it is cut, or was edited by hand"
    if isinstance(error, TypeError | AttributeError):
        return "it is empty, cut, or no cassette"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split())[:300] or type(error).__name__


def load_yaml(text: str) -> Any:
    """Load YAML by a safe loader."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Return data as YAML in its own order, text of several lines as it is."""
    return str(yaml.dump(dict(data), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120))


def cassette_of(data: Mapping[str, Any], texts: Mapping[str, str]) -> Cassette:
    """Return the cassette that the data of a file describes.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: It describes none.
    """
    metadata = data["metadata"]
    if data["version"] != VERSION:
        raise ValueError(f"its version is {data['version']!r}, this version reads {VERSION}")
    if metadata["format"] != FORMAT:
        raise ValueError(f"its format is {metadata['format']!r}, this version reads {FORMAT}")
    if not data["interactions"]:
        raise ValueError("it holds no interactions")
    interactions = from_stored(data["interactions"], texts)
    times = _times(metadata["recorded"].get("seconds") or [[None, None]] * len(data["interactions"]))
    return Cassette(
        fingerprint=metadata["fingerprint"],
        interactions=tuple(_timed(one, time) for one, time in zip(interactions, times, strict=True)),
        recorded=metadata["recorded"],
    )


def _times(times: Any) -> Sequence[Sequence[Any]]:
    """Return times as they stand in a file, if that is what they are."""
    if not (isinstance(times, list) and all(isinstance(time, list) and len(time) >= 2 for time in times)):
        raise ValueError("`seconds` is no list of times: it was edited by hand")
    for time in times:
        for at in time:
            if not all(map(_is_seconds, at if isinstance(at, list) and len(at) == 2 else [at])):
                raise ValueError(f"`seconds` holds {at!r}, which is no time: it was edited by hand")
    return times


def _is_seconds(value: object) -> bool:
    return value is None or (type(value) in {int, float} and math.isfinite(cast("float", value)))


def _timed(interaction: Interaction, time: Sequence[Any]) -> Interaction:
    events = tuple(tuple(at) if isinstance(at, list) else at for at in time[2:])
    return replace(interaction, started_s=time[0], duration_s=time[1], event_times=events)


def dump(cassette: Cassette, texts: dict[str, str] | None = None) -> str:
    """Return the cassette as the text of its file.

    Args:
        cassette: What it is to hold.
        texts: Takes up the texts that the cassette shares with others; None: it shares none.
    """
    seconds = _Flow([_Flow([one.started_s, one.duration_s, *one.event_times]) for one in cassette.interactions])
    metadata = {
        "format": FORMAT,
        "fingerprint": dict(cassette.fingerprint),
        "recorded": {**cassette.recorded, "seconds": seconds},
    }
    interactions = to_stored(cassette.interactions, texts)
    return dump_yaml({"version": VERSION, "metadata": metadata, "interactions": interactions})


class _Flow(list[Any]):
    """A list that stands on one line."""


class _Readable(_Dumper):  # type: ignore[misc,valid-type]  # chosen at import: C where there is one
    """A dumper that never folds or escapes text of several lines."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


def _flow(dumper: Any, value: _Flow) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Readable.add_representer(str, _text)
_Readable.add_representer(_Flow, _flow)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}{DRAFT}")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def same_content(left: Sequence[Interaction], right: Sequence[Interaction]) -> bool:
    """Tell whether two recordings hold the same traffic, timing aside."""
    return [_content(one) for one in left] == [_content(one) for one in right]


def _content(interaction: Interaction) -> tuple[Interaction, Json, Json]:
    """Return what a recording says: not when, and not how its JSON is laid out."""
    bare = replace(interaction, started_s=None, duration_s=None, event_times=(), request_body="", response_body="")
    return bare, json_or_text(interaction.request_body), json_or_text(interaction.response_body)
