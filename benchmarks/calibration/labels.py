"""The labels that a team has given with `harness review`, as sources to learn from."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calibration.data import Grounding, Refusal
from harness.documents import load_document
from harness.labels import Label, latest, read_labels

__all__ = ["FEWEST", "Labelled", "read_labelled"]

FEWEST = 5
"""So many claims of each kind, supported and not, are needed to learn anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """What labels come to."""

    groundings: list[Grounding]
    """Claims, each against all documents of its case."""
    refusals: list[Refusal]
    without_documents: int
    """Claims left out: a document that they were judged by is not below the fixtures folder any more."""

    @property
    def is_enough(self) -> bool:
        """Whether there are claims enough of both kinds."""
        grounded = sum(one.is_grounded for one in self.groundings)
        return min(grounded, len(self.groundings) - grounded) >= FEWEST


def read_labelled(path: Path, fixtures: Path) -> Labelled:
    """Read labels; where several people judged one thing, the most common label counts, of two the first."""
    documents = dict(_hashed(fixtures))

    @cache
    def text(document: Path) -> str:
        return load_document(fixtures, document.relative_to(fixtures).as_posix()).text

    groundings, refusals, lost = list[Grounding](), list[Refusal](), 0
    for label in _settled(list(latest(read_labels(path).labels).values())):
        if label.kind == "behaviour":
            refusals.append(Refusal(question=label.prompt, answer=label.text, label=label.label))
        elif not label.documents or not set(label.documents.values()) <= set(documents):
            lost += 1
        else:
            joined = "\n\n".join(text(documents[sha]) for sha in label.documents.values())
            is_grounded = label.label == "supported"
            groundings.append(
                Grounding(document=joined, question=label.prompt, answer=label.text, is_grounded=is_grounded)
            )
    groundings.sort(key=lambda one: one.document)
    return Labelled(groundings=groundings, refusals=refusals, without_documents=lost)


def _hashed(fixtures: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(fixtures.rglob("*")):
        if path.is_file():
            yield hashlib.sha256(path.read_bytes()).hexdigest(), path


def _settled(labels: Sequence[Label]) -> Iterator[Label]:
    by_item: dict[str, list[Label]] = {}
    for label in labels:
        by_item.setdefault(label.item, []).append(label)
    for several in by_item.values():
        said = [label.label for label in several]
        yield max(several, key=lambda label: said.count(label.label))
