"""Cassettes on disk: whole or not at all, readable in a diff, shared texts beside them."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from harness.cassettes.interaction import Interaction
from harness.cassettes.layout import from_stored, to_stored
from harness.errors import CassetteBroken

VERSION, FORMAT = 1, 1
"""vcrpy's version of the outer form, and ours of what is in it."""

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
    try:
        return _cassette(load_yaml(path.read_bytes().decode()), texts)
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise broken(error, where) from error


def broken(error: Exception, where: str) -> CassetteBroken:
    """Return the one error for all the ways in which a recording can be unreadable."""
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    hint = "restore it from version control, or record it again: --harness-record=all"
    return CassetteBroken(f"the cassette cannot be read: {reason}", where=where, hint=hint)


def load_yaml(text: str) -> Any:
    """Load YAML by a safe loader."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Return data as YAML in its own order, text of several lines as it is."""
    return str(yaml.dump(dict(data), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120))


def _cassette(data: Mapping[str, Any], texts: Mapping[str, str]) -> Cassette:
    metadata = data["metadata"]
    if metadata["format"] != FORMAT:
        raise ValueError(f"its format is {metadata['format']!r}, this version reads {FORMAT}")
    if not data["interactions"]:
        raise ValueError("it holds no interactions")
    interactions = from_stored(data["interactions"], texts)
    times = metadata["recorded"].get("seconds") or [[None, None]] * len(data["interactions"])
    return Cassette(
        fingerprint=metadata["fingerprint"],
        interactions=tuple(_timed(one, time) for one, time in zip(interactions, times, strict=True)),
        recorded=metadata["recorded"],
    )


def _timed(interaction: Interaction, time: Sequence[float]) -> Interaction:
    return replace(interaction, started_s=time[0], duration_s=time[1], event_times=tuple(time[2:]))


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
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
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
    return [_without_timing(one) for one in left] == [_without_timing(one) for one in right]


def _without_timing(interaction: Interaction) -> Interaction:
    return replace(interaction, started_s=None, duration_s=None, event_times=())
