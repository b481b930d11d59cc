"""Baselines: what a run came to, small and in a form whose differences read well, to be committed."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ResultsError
from harness.model.record import MadeOf, Record
from harness.model.score import Behaviour, Outcome
from harness.model.suite import TargetName
from harness.results.folder import RunFolder
from harness.results.records import configuration_of, digest, documents_of, record_of
from harness.results.rows import no_row, plain_rows
from harness.results.standing import Place

FORMAT = 1
"""The number of the file's form."""
FOLDER = "baselines"
"""Below the results folder; the one part of it that is committed."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")

_OWN = ("case", "trial", "outcome", "behaviour", "is_xfail", "answer")
_SCORES = (
    "groundedness",
    "facts_share",
    "citation_precision",
    "citation_recall",
    "claims",
    "supported_claims",
    "prompt_tokens",
    "completion_tokens",
    "duration_s",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """What results of one suite have in common: written once, not on every line."""

    suite: str
    variant: str
    target: TargetName
    model: str | None
    configuration: Mapping[str, Any]
    """The assistant as configured."""
    documents: Mapping[str, str]
    """Hash by name."""
    scorer: str
    scorer_code: str | None
    """Digest of the code that scored; None where the run does not tell."""
    server: str
    """Digest of the endpoint and the model that it reports."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A record and what it was made with, as far as a baseline keeps it."""

    record: Record
    group: Group

    @property
    def place(self) -> Place:
        """The case in its variant."""
        return self.record.key, self.record.variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Results to measure later runs by."""

    name: str
    run: str
    """Id of the run that it was last set from."""
    at: str
    """When that was, in UTC, ISO 8601."""
    held: tuple[Held, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """Its results."""
        return tuple(one.record for one in self.held)

    def configuration(self, record: Record) -> Mapping[str, Any] | None:
        """Return the configuration that a result of this baseline was made with; None where it holds no such result."""
        return next((one.group.configuration for one in self.held if one.record == record), None)


def baseline_path(results: Path, name: str) -> Path:
    """Return where a baseline is kept.

    Raises:
        ResultsError: It cannot be named so.
    """
    if not NAME.fullmatch(name):
        hint = "up to 100 letters, digits, `-`, `_` and `.` are allowed"
        raise ResultsError(f"a baseline can't be named {name!r}", hint=hint)
    return results / FOLDER / f"{name}.json"


def known_baselines(results: Path) -> list[str]:
    """Return the names of all baselines, sorted."""
    return sorted(path.stem for path in (results / FOLDER).glob("*.json"))


def baseline_of(folder: RunFolder, name: str) -> Baseline:
    """Make a baseline of a run.

    Raises:
        ResultsError: The run cannot be read, or holds nothing.
    """
    code = folder.scorer_code
    held = {}
    for _, number, row in plain_rows(folder):
        try:
            one = _held(row, record_of(row), code)
            _check(one)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise no_row(error, folder, number) from error
        held[_place(one.record)] = one  # a crash may leave a row beside the one that replaces it: the later counts
    if not held:
        raise ResultsError("the run has no results", where=str(folder.path))
    return Baseline(name=name, run=folder.id, at=_now(), held=tuple(held.values()))


def _place(record: Record) -> tuple[object, ...]:
    return (*record.key, record.variant, record.trial)


def _held(row: Mapping[str, Any], record: Record, scorer_code: str | None) -> Held:
    planned = row["planned"]
    group = Group(
        suite=record.suite,
        variant=record.variant,
        target=record.target,
        model=record.model,
        configuration=configuration_of(planned),
        documents=documents_of(planned),
        scorer=record.made_of.scorer,
        scorer_code=scorer_code,
        server=record.made_of.server,
    )
    return Held(record=record, group=group)


def merged(old: Baseline, new: Baseline, places: Iterable[Place]) -> Baseline:
    """Take results of a run over into a baseline.

    Args:
        old: The baseline.
        new: The run, as a baseline.
        places: The cases to take over, each in its variant.

    Returns:
        The old baseline with all results of these places replaced.
    """
    wanted = set(places)
    taken = [one for one in new.held if one.place in wanted]
    found = {one.place for one in taken}
    kept = [one for one in old.held if one.place not in found]
    return replace(old, run=new.run, at=new.at, held=(*kept, *taken))


def without(baseline: Baseline, gone: Iterable[Place]) -> Baseline:
    """Return a baseline without the cases, each in a variant, that are gone."""
    places = set(gone)
    return replace(baseline, held=tuple(one for one in baseline.held if one.place not in places))


def write_baseline(baseline: Baseline, results: Path) -> Path:
    """Write a baseline, whole or not at all, and return where.

    Raises:
        ResultsError: It cannot be written.
    """
    path = baseline_path(results, baseline.name)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_text(baseline))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise ResultsError(f"the baseline cannot be written: {reason}", where=str(path)) from error
    return path


def read_baseline(results: Path, name: str) -> Baseline:
    """Read a baseline.

    Raises:
        ResultsError: There is none of that name, or it is not as it should be.
    """
    path = baseline_path(results, name)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(known_baselines(results)) or "none"
        hint = f"baselines: {known}; make one of a run: harness baseline set latest --name {name}"
        raise ResultsError(f"there is no baseline {name!r}", where=str(path), hint=hint) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path, error) from error
    if isinstance(data, dict) and data.get("format") != FORMAT:
        raise _broken(path, f"its format is {data.get('format')!r}, {FORMAT} is wanted")
    try:
        held = tuple(held for group in _listed(data, "groups") for held in _read_group(group))
        _check_once(held)
        return Baseline(name=name, run=str(data["run"]), at=str(data["at"]), held=held)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: object) -> ResultsError:
    reason = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error)
    hint = "restore it from version control, or set it anew: harness baseline set RUN"
    return ResultsError(f"is no baseline ({shorter(reason)})", where=str(path), hint=hint)


def shorter(text: str) -> str:
    """Return text on one line, cut to the length of a message."""
    return " ".join(text.split())[:200]


def _text(baseline: Baseline) -> str:
    """Return the file: groups in order of their suites, and in them a line a result."""
    groups: dict[str, tuple[Group, list[Record]]] = {}
    for one in baseline.held:
        key = json.dumps([getattr(one.group, field.name) for field in fields(Group)], sort_keys=True)
        groups.setdefault(key, (one.group, []))[1].append(one.record)
    parts = [_group_text(group, records) for group, records in sorted(groups.values(), key=_order)]
    head = f'{{\n "format": {FORMAT},\n "run": {_json(baseline.run)},\n "at": {_json(baseline.at)},\n "groups": [\n'
    return head + ",\n".join(parts) + "\n ]\n}\n"


def _order(one: tuple[Group, Sequence[Record]]) -> tuple[str, ...]:
    group, records = one
    return group.suite, group.variant, group.target, group.model or "", records[0].case


def _group_text(group: Group, records: Sequence[Record]) -> str:
    head = "".join(f"   {_json(field.name)}: {_value(getattr(group, field.name))},\n" for field in fields(Group))
    lines = sorted((record.case, record.trial, _json(_line(record))) for record in records)
    return "  {\n" + head + '   "results": [\n' + ",\n".join(f"    {line}" for _, _, line in lines) + "\n   ]\n  }"


def _value(value: Any) -> str:
    """Return a value as JSON; mappings a line an entry, so that a changed setting is a changed line."""
    if not isinstance(value, Mapping) or not value:
        return _json(value)
    inner = ",\n".join(f"    {_json(key)}: {_json(value[key])}" for key in sorted(value))
    return "{\n" + inner + "\n   }"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _line(record: Record) -> dict[str, Any]:
    """Return a result as a line: what is as usual is left out."""
    usual = {"trial": 1, "is_xfail": False, "claims": 0, "supported_claims": 0, "answer": ""}
    told = {name: getattr(record, name) for name in (*_OWN, *_SCORES)}
    short = {name: value for name, value in told.items() if value is not None and usual.get(name) != value}
    return {**short, "case_digest": record.made_of.case}


def _read_group(data: Mapping[str, Any]) -> Iterable[Held]:
    group = Group(**{field.name: data[field.name] for field in fields(Group)})
    configuration, documents = digest(group.configuration), digest(group.documents)
    for line in _listed(data, "results"):
        rest = {name: value for name, value in line.items() if name not in {"outcome", "behaviour", "case_digest"}}
        made_of = MadeOf(
            configuration=configuration,
            documents=documents,
            case=str(line["case_digest"]),
            scorer=group.scorer,
            server=group.server,
        )
        record = Record(
            suite=group.suite,
            variant=group.variant,
            target=group.target,
            model=group.model,
            made_of=made_of,
            outcome=Outcome(line["outcome"]),
            behaviour=Behaviour(line["behaviour"]),
            **{"trial": 1, "is_xfail": False, "answer": "", **rest},
        )
        held = Held(record=record, group=group)
        _check(held)
        yield held


_TEXTS = ("suite", "case", "variant", "target", "answer")
_MAPPINGS = ("configuration", "documents")
_MOST = 1e15
"""No figure of a result is as large."""


def _check(held: Held) -> None:
    """Refuse a result that no run can have made: the file is edited and merged by people.

    Raises:
        TypeError: A value is of another kind than it should be.
    """
    record, group = held.record, held.group
    texts = {name: getattr(record, name) for name in _TEXTS}
    texts |= {name: getattr(group, name) for name in ("scorer", "server")}
    texts |= {name: value for name in ("model", "scorer_code") if (value := getattr(group, name)) is not None}
    figures = {name: getattr(record, name) for name in _SCORES if getattr(record, name) is not None}
    figures["trial"] = record.trial
    wrong = {name: value for name, value in texts.items() if not isinstance(value, str)}
    wrong |= {name: value for name, value in figures.items() if not _is_figure(value)}
    wrong |= {} if isinstance(record.is_xfail, bool) else {"is_xfail": record.is_xfail}
    wrong |= {name: value for name in _MAPPINGS if not isinstance(value := getattr(group, name), Mapping)}
    for name, value in wrong.items():
        raise TypeError(f"{name} of {record.case!r} is {value!r}")


def _check_once(held: Iterable[Held]) -> None:
    """Refuse a result that stands twice, as both sides of a merge may have left it: either could be the wrong one.

    Raises:
        ValueError: One does.
    """
    seen = set()
    for one in held:
        place = _place(one.record)
        if place in seen:
            raise ValueError(f"it holds {one.record.case!r} twice")
        seen.add(place)


def _listed(data: Mapping[str, Any], name: str) -> list[Any]:
    found = data[name]
    if not isinstance(found, list):
        raise TypeError(f"{name} is {found!r}")
    return found


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
