"""Runs beside a baseline: each case's standing, what it came to before, and the answer it gave then."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.errors import ResultsError
from harness.model.record import Record
from harness.model.row import Row
from harness.report.page.costs import Costs
from harness.report.page.pool import TextPool
from harness.report.page.run import ReportRun
from harness.results import RunFolder, record_of, row_from_data
from harness.results.baseline import Baseline
from harness.results.rows import plain_rows
from harness.results.standing import Place, Standing, Standings, by_place, standings
from harness.scoring.citations import with_bare_markers
from harness.scoring.claims import read_answer

_FIGURES = ("trial", "outcome", "behaviour", "groundedness", "facts_share", "prompt_tokens", "completion_tokens")
_Answer: TypeAlias = tuple[Place, str]
"""A case in a variant, and the digest of what was answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What runs are shown beside."""

    baseline: Baseline
    run: RunFolder | None
    """The run that it was last set from; None where it is gone."""
    gone: Callable[[Sequence[Place]], Sequence[Place]]
    """Tells which of the cases that no run holds are gone: the others were only not chosen."""
    flake_allowance: float = 0.0
    """As in the gate."""

    @property
    def state(self) -> tuple[object, ...]:
        """What tells it from another one, or from itself before it was set anew."""
        return self.baseline.run, self.baseline.at, self.baseline.records, self.run


class Beside:
    """Knows each row's place beside the baseline.

    Args:
        reference: The baseline.
        runs: The runs.
        pool: Where texts are kept.

    Raises:
        ResultsError: A run cannot be read.
    """

    def __init__(self, reference: Reference, runs: Sequence[ReportRun], pool: TextPool) -> None:
        self._baseline, self._run, self._pool = reference.baseline, reference.run, pool
        before = by_place(reference.baseline.records)
        self._runs = dict(_each_run(before, runs, reference.flake_allowance))
        unseen = [place for place in before if not any(place in places for places in self._runs.values())]
        self._gone = {place: before[place] for place in reference.gone(unseen)}
        self._unseen = len(unseen) - len(self._gone)
        self._answers = self._read_answers()

    def columns(self, run: str, row: Row) -> dict[str, Any]:
        """Return what the table tells of a row: its standing, and the outcomes before as `[[outcome, count]]`."""
        one = self._runs[run].get(_place(row))
        if one is None:  # it came while the run was read
            return {"standing": None, "before": ()}
        return {"standing": one.standing.value, "before": _outcomes(one.before)}

    def detail(self, run: str, row: Row, costs: Costs) -> dict[str, Any]:
        """Return what the page of a case tells: the same trial in the baseline; nothing where it holds none."""
        one = self._runs[run].get(_place(row))
        now = _like(row, one.now) if one is not None else None
        if one is None or now is None or not one.before:
            return {}
        then = next((it for it in one.before if it.trial == now.trial), one.before[0])
        told = {name: getattr(then, name) for name in _FIGURES}
        told |= {"seconds": then.duration_s, "trials": len(one.before), "model": then.model, "said": bool(then.answer)}
        told["now_facts_share"] = now.facts_share
        told["cost"] = costs.of(then.model, then.prompt_tokens, then.completion_tokens)
        if then.answer == now.answer:
            told["same"] = True
        elif (one.place, then.answer) in self._answers:
            told["answers"] = [self._pool.add(text) for text in self._answers[one.place, then.answer]]
        return {"before": told}

    def data(self) -> dict[str, Any]:
        """Return what the overview tells."""
        return {
            "name": self._baseline.name,
            "run": self._baseline.run,
            "at": self._baseline.at,
            "isThere": self._run is not None,
            "runs": [self._counts(run, places.values()) for run, places in self._runs.items()],
            "gone": [[*place[0], place[1], _outcomes(trials)] for place, trials in self._gone.items()],
            "unseen": self._unseen,
        }

    def _counts(self, run: str, found: Any) -> dict[str, Any]:
        counts = Counter(one.standing.value for one in found) + Counter({Standing.GONE.value: len(self._gone)})
        return {"id": run, "counts": counts, "worse": sum(one.is_worse for one in found)}

    def _read_answers(self) -> dict[_Answer, list[str]]:
        """Read the baseline's answers that differ, where the run that it was set from still has them.

        A baseline may hold results of several runs: an answer is only taken for its own if its digest says so.
        """
        if self._run is None:
            return {}
        wanted = set(self._wanted())
        found: dict[_Answer, list[str]] = {}
        try:
            for _, _, data in plain_rows(self._run) if wanted else ():
                record = record_of(data)
                key = ((record.key, record.variant), record.answer)
                if key in wanted and key not in found:
                    found[key] = [_said(turn) for turn in row_from_data(data).transcript.turns]
        except (ResultsError, ValueError, LookupError, TypeError):  # a run that was spoiled since is as good as gone
            self._run = None
            return {}
        return found

    def _wanted(self) -> Iterator[_Answer]:
        for places in self._runs.values():
            for place, one in places.items():
                now = {record.answer for record in one.now}
                yield from ((place, then.answer) for then in one.before if then.answer and now != {then.answer})


def _each_run(
    before: Mapping[Place, Sequence[Record]], runs: Sequence[ReportRun], allowance: float
) -> Iterator[tuple[str, dict[Place, Standings]]]:
    for run in runs:
        now = list(run.records())
        places = by_place(now)
        old = [record for place, trials in before.items() if place in places for record in trials]
        yield run.id, {one.place: one for one in standings(old, now, allowance)}


def _place(row: Row) -> Place:
    return (row.planned.suite, row.planned.case.id), row.planned.variant


def _like(row: Row, records: Sequence[Record]) -> Record | None:
    """Return the record of a row; None for one that came while the run was read."""
    planned = row.planned
    wanted = (planned.trial, planned.target, planned.model)
    return next((one for one in records if (one.trial, one.target, one.model) == wanted), None)


def _outcomes(trials: Sequence[Record]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(one.outcome.value for one in trials).most_common())


def _said(turn: Any) -> str:
    """Return a turn's answer as it is read: without the markers of its citations."""
    if turn.final is None:
        return ""
    answer = read_answer(with_bare_markers(turn.final))
    return answer.text or answer.refusal or ""
