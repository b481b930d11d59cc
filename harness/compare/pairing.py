"""The same case on both sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.compare.side import Side
from harness.model.record import Record
from harness.model.score import Outcome

Key: TypeAlias = tuple[str, ...]
"""Suite, case, and of variant, target and model those that a side holds several of for one case."""
PASSES = frozenset(outcome for outcome in Outcome if outcome.is_pass)
DIMENSIONS = ("variant", "target", "model")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case on one side: all its trials together."""

    records: tuple[Record, ...]
    judged: tuple[Record, ...]
    """The trials that did not error."""
    rate: float | None
    """Share of the judged trials that passed, in [0, 1]; None where all errored."""

    @classmethod
    def of(cls, records: Sequence[Record]) -> "CaseResult":
        """Put a case's trials together."""
        judged = tuple(record for record in records if record.outcome is not Outcome.ERROR)
        passes = sum(record.outcome in PASSES for record in judged)
        return cls(tuple(records), judged, passes / len(judged) if judged else None)

    @property
    def outcomes(self) -> str:
        """The outcomes in words: one, or each with how often it came."""
        names = [record.outcome.value for record in self.records]
        if len(names) == 1:
            return names[0]
        return ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))

    def mean(self, measure: str) -> float | None:
        """Return the mean of a measure over the trials that have it; None where none has."""
        values = [value for record in self.judged if (value := getattr(record, measure)) is not None]
        return sum(values) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A case that both sides hold."""

    key: Key
    a: CaseResult
    b: CaseResult

    @property
    def name(self) -> str:
        """The case as pytest names it, with what else it is paired by."""
        return named(self.key)

    @property
    def is_errored(self) -> bool:
        """Whether a side has no trial that could be judged."""
        return self.a.rate is None or self.b.rate is None

    @property
    def change(self) -> float:
        """Pass rate of B less that of A, in [-1, 1]; 0 where a side errored."""
        before, after = self.a.rate, self.b.rate
        return 0.0 if before is None or after is None else after - before

    @property
    def told(self) -> tuple[Record, Record]:
        """The two trials that show the change: one that passed beside one that failed, else the first judged."""
        wanted = self.change < 0
        return _first(self.a, is_pass=wanted), _first(self.b, is_pass=not wanted)

    @property
    def is_same_outcome(self) -> bool:
        """Whether the trials came to the same outcomes."""
        return {one.outcome for one in self.a.judged} == {one.outcome for one in self.b.judged}

    @property
    def is_answer_changed(self) -> bool:
        """Whether the trials gave other answers."""
        return {one.answer for one in self.a.judged} != {one.answer for one in self.b.judged}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """What two sides have in common, and what only one of them has."""

    pairs: tuple[Pair, ...]
    broken: tuple[Pair, ...]
    """The pairs that pass less often in B, the largest fall first."""
    fixed: tuple[Pair, ...]
    """The pairs that pass more often in B, the largest rise first."""
    other_outcomes: tuple[Pair, ...]
    """The pairs that pass alike often, and came to other outcomes."""
    changed: tuple[Pair, ...]
    """The pairs with other answers and the same outcomes."""
    errored: tuple[Pair, ...]
    """The pairs in which a side has no verdict."""
    new: tuple[Key, ...]
    """Only in B."""
    gone: tuple[Key, ...]
    """Only in A."""


def dimensions_of(sides: Sequence[Side]) -> tuple[str, ...]:
    """Return what cases are paired by beside suite and id: whatever some side holds several values of for one case.

    Two suites may name two models, and two variants: neither makes a case of one of them two.
    """
    dimensions: tuple[str, ...] = ()
    for one in DIMENSIONS:
        if any(_is_several(side.records, dimensions, one) for side in sides):
            dimensions += (one,)
    return dimensions


def _is_several(records: Sequence[Record], dimensions: Sequence[str], name: str) -> bool:
    """Tell whether results that would be one case hold several values of something."""
    if len({getattr(record, name) for record in records}) < 2:  # most runs: no case need be looked at
        return False
    first: dict[tuple[object, ...], object] = {}
    for record in records:
        value = getattr(record, name)
        place = (record.suite, record.case, *(getattr(record, one) for one in dimensions))
        if first.setdefault(place, value) != value:
            return True
    return False


def paired(a: Side, b: Side, dimensions: Sequence[str]) -> Pairing:
    """Pair two sides, in A's order."""
    before, after = _grouped(a.records, dimensions), _grouped(b.records, dimensions)
    pairs = tuple(
        Pair(key, CaseResult.of(records), CaseResult.of(after[key])) for key, records in before.items() if key in after
    )
    judged = [pair for pair in pairs if not pair.is_errored]
    same = [pair for pair in judged if pair.change == 0]
    return Pairing(
        pairs=pairs,
        broken=tuple(sorted((pair for pair in judged if pair.change < 0), key=lambda pair: pair.change)),
        fixed=tuple(sorted((pair for pair in judged if pair.change > 0), key=lambda pair: -pair.change)),
        other_outcomes=tuple(pair for pair in same if not pair.is_same_outcome),
        changed=tuple(pair for pair in same if pair.is_same_outcome and pair.is_answer_changed),
        errored=tuple(pair for pair in pairs if pair.is_errored),
        new=tuple(key for key in after if key not in before),
        gone=tuple(key for key in before if key not in after),
    )


def named(key: Key) -> str:
    """Return a key as text: `suite::case`, and in brackets what else it holds."""
    suite, case, *rest = key
    return f"{suite}::{case}[{', '.join(rest)}]" if rest else f"{suite}::{case}"


def _grouped(records: Iterable[Record], dimensions: Sequence[str]) -> Mapping[Key, list[Record]]:
    groups: dict[Key, list[Record]] = {}
    for record in records:
        extra = (str(getattr(record, one)) for one in dimensions)
        groups.setdefault((record.suite, record.case, *extra), []).append(record)
    return groups


def _first(result: CaseResult, *, is_pass: bool) -> Record:
    return next((one for one in result.records if one.is_pass is is_pass), (result.judged or result.records)[0])
