"""Cassettes on disk: vcrpy's format and its metadata slot, written by us so that people can read and diff them."""

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.cassettes.interaction import Interaction
from harness.cassettes.secrets import refuse_secrets
from harness.errors import CassetteBroken

FORMAT = 1
"""Of our part of the metadata. vcrpy's own version stands beside it."""

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


def read_cassette(path: Path, where: str) -> Cassette:
    """Read a cassette of ours.

    Args:
        path: The file.
        where: How messages call it.

    Raises:
        CassetteBroken: It is cut, edited badly, of another version, no text, or a directory.
    """
    try:
        data = yaml.load(path.read_bytes().decode(), Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
        return _cassette(data)
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise CassetteBroken(
            f"the cassette cannot be read: {reason}",
            where=where,
            hint="restore it from version control, or record it again: --harness-record=all",
        ) from error


def _cassette(data: Mapping[str, Any]) -> Cassette:
    metadata = data["metadata"]
    if metadata["format"] != FORMAT:
        raise ValueError(f"its format is {metadata['format']!r}, this version reads {FORMAT}")
    if not data["interactions"]:
        raise ValueError("it holds no interactions")
    timings = metadata["recorded"].get("timing") or [{}] * len(data["interactions"])
    pairs = zip(data["interactions"], timings, strict=True)
    return Cassette(
        fingerprint=metadata["fingerprint"],
        interactions=tuple(_interaction(recorded, timing) for recorded, timing in pairs),
        recorded=metadata["recorded"],
    )


def _interaction(data: Mapping[str, Any], timing: Mapping[str, Any]) -> Interaction:
    request, response = data["request"], data["response"]
    return Interaction(
        method=request["method"],
        uri=request["uri"],
        request_type=_first(request["headers"], "content-type"),
        request_body=request["body"] or "",
        status=response["status"]["code"],
        response_type=_first(response["headers"], "content-type"),
        response_body=response["body"]["string"] or "",
        started_s=timing.get("started_s"),
        duration_s=timing.get("duration_s"),
        event_times=tuple(timing.get("events_s", ())),
    )


def _first(headers: Mapping[str, Any], name: str) -> str:
    values = headers.get(name) or [""]
    return str(values[0])


def write_cassette(path: Path, cassette: Cassette, *, hidden: Iterable[str], where: str) -> None:
    """Write a cassette whole or not at all.

    Args:
        path: The file.
        cassette: What it is to hold.
        hidden: Values that must not be in it.
        where: How messages call the file.

    Raises:
        CassetteError: It would hold a secret; nothing was written.
    """
    text = dump(cassette)
    refuse_secrets(text, hidden, where)
    write_atomically(path, text)


def dump(cassette: Cassette) -> str:
    """Return the cassette as the text of its file."""
    from vcr.serialize import serialize

    recorded = {**cassette.recorded, "timing": [_timing(interaction) for interaction in cassette.interactions]}
    content = {
        "requests": [_vcr_request(interaction) for interaction in cassette.interactions],
        "responses": [_vcr_response(interaction) for interaction in cassette.interactions],
        "metadata": {"format": FORMAT, "fingerprint": dict(cassette.fingerprint), "recorded": recorded},
    }
    return str(serialize(content, ReadableYaml))


class ReadableYaml:
    """A serializer for vcrpy: metadata first, bodies over several lines. vcrpy's own loads what it writes."""

    @staticmethod
    def serialize(data: Mapping[str, Any]) -> str:
        """Return the file's text."""
        order = ("version", "metadata", "interactions")
        ordered = {key: data[key] for key in order if key in data}
        return str(yaml.dump(ordered, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120))

    @staticmethod
    def deserialize(text: str) -> Any:
        """Return what `serialize` was given."""
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


class _Readable(_Dumper):  # type: ignore[misc,valid-type]  # chosen at import: C where there is one
    """A dumper that never folds or escapes text of several lines."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Readable.add_representer(str, _text)


def _timing(interaction: Interaction) -> dict[str, Any]:
    timing: dict[str, Any] = {"started_s": interaction.started_s, "duration_s": interaction.duration_s}
    return timing | ({"events_s": list(interaction.event_times)} if interaction.event_times else {})


def _vcr_request(interaction: Interaction) -> Any:
    from vcr.request import Request

    headers = {"content-type": interaction.request_type} if interaction.request_type else {}
    return Request(interaction.method, interaction.uri, interaction.request_body or None, headers)


def _vcr_response(interaction: Interaction) -> dict[str, Any]:
    return {
        "status": {"code": interaction.status, "message": ""},
        "headers": {"content-type": [interaction.response_type]},
        "body": {"string": interaction.response_body},
    }


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


def _without_timing(interaction: Interaction) -> tuple[object, ...]:
    return (
        interaction.method,
        interaction.uri,
        interaction.request_body,
        interaction.status,
        interaction.response_body,
    )
