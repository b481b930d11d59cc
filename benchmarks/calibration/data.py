"""The labelled answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MINIMAL_EDITS", "Grounding", "Refusal", "read_groundings", "read_refusals"]

MINIMAL_EDITS = "summedits"
"""The source that is measured, but neither learned from nor counted in means: words alone tell nothing there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounding:
    """An answer and whether people found it grounded in a document."""

    document: str
    question: str
    answer: str
    is_grounded: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An answer and what people found that it does."""

    question: str
    answer: str
    label: str
    """`refusal`, `partial` or `answer`."""


def read_groundings(folder: Path) -> dict[str, list[Grounding]]:
    """Read the examples of each source, those with one document next to each other."""
    return {
        path.stem.removeprefix("grounding_").removeprefix("begin_"): sorted(
            (
                Grounding(
                    document=row["document"],
                    question=row["question"],
                    answer=row["answer"],
                    is_grounded=row["label"] == "grounded",
                )
                for row in _rows(path)
            ),
            key=lambda one: one.document,
        )
        for path in sorted(folder.glob("grounding_*.jsonl"))
    }


def read_refusals(folder: Path) -> dict[str, list[Refusal]]:
    """Read the examples of each source."""
    return {
        path.stem.removeprefix("refusal_"): [
            Refusal(question=row["question"], answer=row["answer"], label=row["label"]) for row in _rows(path)
        ]
        for path in sorted(folder.glob("refusal_*.jsonl"))
    }


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
