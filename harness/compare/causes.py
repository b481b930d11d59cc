"""What differs between two results, and between two sides at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from harness.compare.pairing import Pair
from harness.compare.side import Side
from harness.model.record import Record
from harness.results.records import case_of
from harness.results.rows import row_data

MOST_KINDS = 5
"""Different changes of one kind that are spelled out; the rest is counted."""


class Cause(StrEnum):
    """What may have changed a verdict."""

    CONFIGURATION = "configuration"
    MODEL = "model"
    """The model asked for, the model that answered, or the endpoint."""
    DOCUMENTS = "documents"
    CASE = "case"
    SCORER = "scorer"
    ANSWER = "answer"
    """Nothing that we know of differs but the answer."""

    @property
    def words(self) -> str:
        """As a report says it."""
        return {"model": "server or model", "answer": "the answer alone"}.get(self.value, self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A value that differs."""

    where: str
    """What it is the value of, for example `instructions` or a document's name."""
    before: Any
    """None where the reference has none."""
    after: Any
    """None where the other side has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """One way in which results differ, and how many do so."""

    pairs: int
    example: str
    """The first case that differs so."""
    edits: tuple[Edit, ...]
    """Empty where it is not known what differs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """A cause, over all pairs."""

    cause: Cause
    pairs: int
    """Pairs in which it differs."""
    flips: int
    """Flips that it is named for."""
    changes: tuple[Changed, ...]
    """The first few kinds of difference."""
    kinds: int
    """How many kinds there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lens:
    """Two sides, and what is known of their differences so far: few kinds are shared by thousands of pairs."""

    a: Side
    b: Side
    _configurations: dict[tuple[str, str], frozenset[Cause]] = field(default_factory=dict)

    @property
    def is_scorer_known(self) -> bool:
        """Whether both sides tell which code scored."""
        return self.a.scorer_code is not None and self.b.scorer_code is not None

    def causes(self, a: Record, b: Record) -> frozenset[Cause]:
        """Return what differs between two results; empty where nothing does that we know of."""
        was, now = a.made_of, b.made_of
        found: set[Cause] = set()
        if was.configuration != now.configuration:
            found |= self._configuration(a, b)
        if was.server != now.server:
            found.add(Cause.MODEL)
        if was.documents != now.documents:
            found.add(Cause.DOCUMENTS)
        if was.case != now.case:
            found.add(Cause.CASE)
        if was.scorer != now.scorer or (self.is_scorer_known and self.a.scorer_code != self.b.scorer_code):
            found.add(Cause.SCORER)
        return frozenset(found)

    def _configuration(self, a: Record, b: Record) -> frozenset[Cause]:
        """Tell the model, which is a cause of its own, from the rest of the configuration."""
        key = (a.made_of.configuration, b.made_of.configuration)
        if key not in self._configurations:
            was, now = self.a.configuration(a), self.b.configuration(b)
            names = {edit.where.partition("[")[0] for edit in edits(was, now)} if was and now else {"?"}
            found = {Cause.MODEL if name == "model" else Cause.CONFIGURATION for name in names}
            self._configurations[key] = frozenset(found)
        return self._configurations[key]

    def edits(self, cause: Cause, a: Record, b: Record) -> tuple[Edit, ...]:
        """Return what exactly differs; empty where the sides do not hold it."""
        return _EDITS[cause](self, a, b) if cause in _EDITS else ()


def edits(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Edit, ...]:
    """Return where two plain values differ."""
    from deepdiff import DeepDiff

    # Mappings with few keys in common are looked into as well: else they would be one difference without a place.
    tree = DeepDiff(dict(before), dict(after), view="tree", verbose_level=2, threshold_to_diff_deeper=0)
    found = []
    for change in (one for kind in tree.values() for one in kind):
        path = change.path(output_format="list")
        where = str(path[0]) + "".join(f"[{part}]" for part in path[1:])
        found.append(Edit(where=where, before=_value(change.t1), after=_value(change.t2)))
    return tuple(sorted(found, key=lambda edit: edit.where))


def _value(value: Any) -> Any:
    """Return a side of a difference; deepdiff has an object of its own for what is not there."""
    return None if type(value).__name__ == "NotPresent" else value


def _configuration_edits(lens: Lens, a: Record, b: Record) -> tuple[Edit, ...]:
    was, now = lens.a.configuration(a), lens.b.configuration(b)
    found = edits(was, now) if was is not None and now is not None else ()
    return tuple(edit for edit in found if edit.where != "model")


def _model_edits(lens: Lens, a: Record, b: Record) -> tuple[Edit, ...]:
    asked = () if a.model == b.model else (Edit(where="model", before=a.model, after=b.model),)
    was, now = _served(lens.a, a), _served(lens.b, b)
    return (*asked, *(edits(was, now) if was is not None and now is not None else ()))


def _served(side: Side, record: Record) -> dict[str, Any] | None:
    row = side.detail(record)
    if row is None:
        return None
    provenance = row.transcript.provenance
    return {"endpoint": provenance.endpoint if provenance else None, "reported model": row.transcript.reported_model}


def _document_edits(lens: Lens, a: Record, b: Record) -> tuple[Edit, ...]:
    was, now = lens.a.documents(a), lens.b.documents(b)
    if was is None or now is None:
        return ()
    names = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    return tuple(Edit(where=name, before=was.get(name), after=now.get(name)) for name in names)


def _case_edits(lens: Lens, a: Record, b: Record) -> tuple[Edit, ...]:
    rows = lens.a.detail(a), lens.b.detail(b)
    if rows[0] is None or rows[1] is None:
        return ()
    was, now = (case_of(row_data(row)["planned"]) for row in rows if row is not None)
    return edits(was, now)


def _scorer_edits(lens: Lens, a: Record, b: Record) -> tuple[Edit, ...]:
    name = (
        ()
        if a.made_of.scorer == b.made_of.scorer
        else (Edit(where="version", before=a.made_of.scorer, after=b.made_of.scorer),)
    )
    codes = lens.a.scorer_code, lens.b.scorer_code
    code = (
        ()
        if codes[0] == codes[1] or not lens.is_scorer_known
        else (Edit(where="code", before=codes[0], after=codes[1]),)
    )
    return (*name, *code)


_EDITS: Mapping[Cause, Callable[[Lens, Record, Record], tuple[Edit, ...]]] = {
    Cause.CONFIGURATION: _configuration_edits,
    Cause.MODEL: _model_edits,
    Cause.DOCUMENTS: _document_edits,
    Cause.CASE: _case_edits,
    Cause.SCORER: _scorer_edits,
}


def sum_up(lens: Lens, pairs: Iterable[Pair]) -> tuple[Why, ...]:
    """Return which causes differ between two sides, each with what exactly does. `flips` is left at 0."""
    kinds: dict[Cause, dict[tuple[object, ...], list[Pair]]] = {}
    for pair in pairs:
        a, b = pair.told
        for cause in lens.causes(a, b):
            kinds.setdefault(cause, {}).setdefault(_kind(cause, a, b), []).append(pair)
    return tuple(_why(lens, cause, kinds[cause]) for cause in Cause if cause in kinds)


def _kind(cause: Cause, a: Record, b: Record) -> tuple[object, ...]:
    was, now = a.made_of, b.made_of
    if cause is Cause.MODEL:
        return a.model, b.model, was.server, now.server
    return getattr(was, cause.value), getattr(now, cause.value)


def _why(lens: Lens, cause: Cause, kinds: Mapping[tuple[object, ...], Sequence[Pair]]) -> Why:
    return Why(
        cause=cause,
        pairs=sum(len(pairs) for pairs in kinds.values()),
        flips=0,
        changes=tuple(_changes(lens, cause, kinds.values())),
        kinds=len(kinds),
    )


def _changes(lens: Lens, cause: Cause, kinds: Iterable[Sequence[Pair]]) -> Iterator[Changed]:
    for pairs in sorted(kinds, key=len, reverse=True)[:MOST_KINDS]:
        yield Changed(pairs=len(pairs), example=pairs[0].name, edits=lens.edits(cause, *pairs[0].told))


def with_flips(whys: Sequence[Why], named: Sequence[Iterable[Cause]]) -> tuple[Why, ...]:
    """Return the causes with how many flips each is named for; those that only flips show are added.

    Args:
        whys: What differs.
        named: The causes of each flip.
    """
    known = {why.cause: why for why in whys}
    counts = {cause: sum(cause in causes for causes in named) for cause in Cause}
    found = []
    for cause, flips in counts.items():
        if cause in known:
            found.append(replace(known[cause], flips=flips))
        elif flips:
            found.append(Why(cause=cause, pairs=flips, flips=flips, changes=(), kinds=0))
    return tuple(found)
