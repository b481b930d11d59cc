"""What people say of answers: `results/labels.jsonl`, a label a line, added to and never rewritten."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.errors import ResultsError

__all__ = ["ANSWERS", "CLAIMS", "FILE", "Kind", "Label", "Labels", "append_label", "latest", "read_labels"]

Kind: TypeAlias = Literal["claim", "behaviour"]
"""What is labelled: a statement of an answer, or what the answer does."""

FILE = "labels.jsonl"
"""Below the results folder; it is committed."""
CLAIMS = ("supported", "contradicted", "not_found")
"""Labels of a claim, as the scorer has them."""
ANSWERS = ("refusal", "partial", "answer")
"""Labels of what an answer does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What somebody says of one thing."""

    who: str
    at: str
    """When, in UTC, ISO 8601."""
    run: str
    """The run that it was seen in."""
    node: str
    """pytest's name of what was run."""
    turn: int
    """From 1."""
    kind: Kind
    item: str
    """Digest of what is judged: prompt, text and documents. The same in every run that holds the same."""
    prompt: str
    text: str
    """The claim; for a behaviour the answer."""
    label: str
    said: Mapping[str, str] = field(default_factory=dict)
    """What each scorer said of it then, by the scorer's name."""
    document: str | None = None
    """The document of the deciding passage; None where there was none."""
    passage: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    """Hashes of the case's documents, by path: a label holds for these."""

    def __post_init__(self) -> None:
        allowed = CLAIMS if self.kind == "claim" else ANSWERS
        if self.label not in allowed:
            raise ValueError(f"the label {self.label!r} is none of {', '.join(allowed)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """All labels of a project."""

    labels: Sequence[Label] = ()
    """Oldest first."""
    is_torn: bool = False
    """Whether the last line was cut off and is left out."""


_FIELDS = {one.name for one in fields(Label)}
_WANTED = {"who", "at", "run", "node", "turn", "kind", "item", "prompt", "text", "label"}


def read_labels(path: Path) -> Labels:
    """Read labels; none where there is no file. A last line that a crash tore is left out, and told.

    Raises:
        ResultsError: It cannot be read, or a line that is not the last is no label.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return Labels()
    except OSError as error:
        raise ResultsError(f"cannot be read: {error.strerror}", where=str(path)) from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_label(json.loads(line)))
        except (ValueError, TypeError) as error:
            if number == len(lines):
                return Labels(labels=tuple(found), is_torn=True)
            raise ResultsError(f"the line is no label: {str(error)[:200]}", where=f"{path}:{number}") from error
    return Labels(labels=tuple(found))


def _label(data: Any) -> Label:
    if not isinstance(data, dict) or not set(data) >= _WANTED:
        raise ValueError(f"wanted are {', '.join(sorted(_WANTED))}")
    if data["kind"] not in {"claim", "behaviour"} or not isinstance(data["turn"], int):
        raise ValueError("its `kind` or `turn` is none")
    if not all(isinstance(data[name], str) for name in _WANTED - {"turn"}):
        raise ValueError("a value that should be text is none")
    if not all(isinstance(data.get(name, {}), dict) for name in ("said", "documents")):
        raise ValueError("`said` and `documents` are mappings")
    # What a later version adds is passed over: its labels stay readable.
    return Label(**{name: value for name, value in data.items() if name in _FIELDS})


def append_label(path: Path, label: Label) -> None:
    """Add a label, and wait until it is on the disk: a person's work is not made twice.

    Raises:
        ResultsError: It cannot be written.
    """
    line = json.dumps(asdict(label), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            _mend(file)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultsError(f"the label cannot be written: {error.strerror}", where=str(path)) from error


def _mend(file: Any) -> None:
    """Cut off a torn last line: what is added must not be glued to it."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    content = file.read()
    end = content.rfind(b"\n") + 1
    try:
        _label(json.loads(content[end:]))
        file.write(b"\n")  # whole, only its end is missing
    except (ValueError, TypeError):
        file.truncate(end)


def latest(labels: Iterable[Label]) -> dict[tuple[str, str], Label]:
    """Return the last label of each person for each thing, by both."""
    return {(label.who, label.item): label for label in labels}
