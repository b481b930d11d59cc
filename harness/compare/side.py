"""One side of a comparison: its results, and how to get at what each of them came of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from harness.errors import ResultsError
from harness.model.record import Record
from harness.model.row import Row
from harness.results.baseline import Baseline
from harness.results.folder import RunFolder
from harness.results.notices import notices
from harness.results.records import configuration_of, documents_of, read_records, row_at
from harness.results.rows import row_data

Plain: TypeAlias = Mapping[str, Any]


def _unknown(_: Record) -> None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """Results that are compared as one."""

    name: str
    """What the user calls it, for example `latest@careful`."""
    origin: str
    """What that is, for example `run 2026-11-23T07-00-42-234c`."""
    records: Sequence[Record]
    detail: Callable[[Record], Row | None] = _unknown
    """The whole row of a record; None where there are no texts, as in a baseline."""
    configuration: Callable[[Record], Plain | None] = _unknown
    """What a record's assistant was configured as; None where that is not known."""
    documents: Callable[[Record], Mapping[str, str] | None] = _unknown
    """Hashes of a record's documents, by name; None where they are not known."""
    scorer_code: str | None = None
    """Digest of the code that scored; None where it is not known."""
    notices: Sequence[str] = ()
    """What is to be known of how its runs ended; nothing where they came to their end."""

    def only(self, name: str, **values: str) -> "Side":
        """Return the part of it whose records have these values, such as `variant="careful"`."""
        kept = [one for one in self.records if all(getattr(one, key) == value for key, value in values.items())]
        return replace(self, name=name, records=kept)


def side_of_run(folder: RunFolder, name: str) -> Side:
    """Return a run as a side.

    Raises:
        ResultsError: It cannot be read.
    """
    places: dict[int, int] = {}
    records = []
    for located in read_records(folder):
        places[id(located.record)] = located.offset
        records.append(located.record)

    def detail(record: Record) -> Row:
        return row_at(folder, places[id(record)])

    def planned(record: Record) -> Plain:
        data: Plain = row_data(detail(record))["planned"]
        return data

    return Side(
        name=name,
        origin=f"run {folder.id}",
        records=records,
        detail=detail,
        configuration=lambda record: configuration_of(planned(record)),
        documents=lambda record: documents_of(planned(record)),
        scorer_code=folder.scorer_code,
        notices=notices(folder),
    )


def side_of_baseline(baseline: Baseline, name: str) -> Side:
    """Return a baseline as a side: it has no texts."""
    groups = {id(one.record): one.group for one in baseline.held}
    codes = {group.scorer_code for group in groups.values()}
    return Side(
        name=name,
        origin=f"baseline {baseline.name} of run {baseline.run}",
        records=baseline.records,
        configuration=lambda record: groups[id(record)].configuration,
        documents=lambda record: groups[id(record)].documents,
        scorer_code=codes.pop() if len(codes) == 1 else None,
    )


def joined(sides: Iterable[Side], name: str) -> Side:
    """Return several sides as one; where two hold the same case, variant, target, model and trial, the later counts."""
    chosen: dict[tuple[object, ...], tuple[Record, Side]] = {}
    several = list(sides)
    for side in several:
        for record in side.records:
            place = (*record.key, record.variant, record.target, record.model, record.trial)
            chosen[place] = (record, side)
    owners = {id(record): side for record, side in chosen.values()}
    codes = {side.scorer_code for side in owners.values()}
    return Side(
        name=name,
        origin=", ".join(dict.fromkeys(side.origin for side in owners.values())),
        records=[record for record, _ in chosen.values()],
        detail=lambda record: owners[id(record)].detail(record),
        configuration=lambda record: owners[id(record)].configuration(record),
        documents=lambda record: owners[id(record)].documents(record),
        scorer_code=codes.pop() if len(codes) == 1 else None,
        notices=tuple(dict.fromkeys(line for side in several for line in side.notices)),
    )


def check_not_empty(sides: Sequence[Side]) -> None:
    """Refuse a side without results.

    Raises:
        ResultsError: One of them has none.
    """
    for side in sides:
        if not side.records:
            raise ResultsError(f"{side.name} has no results ({side.origin})", where="harness compare")
