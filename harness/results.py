"""A run's folder: `results.jsonl` (a row a line), `manifest.json`."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ResultsError
from harness.model.row import Row
from harness.model.score import TurnScore

if TYPE_CHECKING:  # annotations only: pandas takes half a second to import
    import pandas as pd
    from pydantic import TypeAdapter

ROWS, MANIFEST, LEDGER = "results.jsonl", "manifest.json", "remote.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFolder:
    """Where one run keeps what it found."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id: when it began, in UTC, and four random digits."""
        return self.path.name

    @property
    def ledger(self) -> Path:
        """The list of remote objects that the run made."""
        return self.path / LEDGER

    @property
    def shared(self) -> Path:
        """Where the processes of a session tell each other what is set up; empty once the run is over."""
        return self.path / "shared"

    @classmethod
    def new(cls, results: Path) -> "RunFolder":
        """Name a new folder below `results`. It is made when something is put into it."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
        return cls(path=results / f"{stamp}-{secrets.token_hex(2)}")

    def make(self) -> None:
        """Make the folder.

        Raises:
            ResultsError: It cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "check the permissions, or set `results` in [tool.harness]"
            reason = error.strerror or str(error)
            raise ResultsError(
                f"cannot make a folder for results: {reason}", where=str(self.path), hint=hint
            ) from error

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row (as `row_data` gives it). It outlives this process, whatever ends it.

        The system writes it to the disk in its own time: what a power cut takes, a replay gives back, and to wait for
        the disk at each row would take longer than the replay itself.
        """
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        path = self.path / ROWS
        try:
            file = path.open("a", encoding="utf-8", newline="\n")
        except FileNotFoundError:  # the first row makes the folder
            self.make()
            file = path.open("a", encoding="utf-8", newline="\n")
        with file:
            file.write(line)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write what the run was about."""
        target = self.path / MANIFEST
        draft = target.with_suffix(".tmp")
        draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(target)


@cache
def _adapter() -> "TypeAdapter[Row]":
    from pydantic import TypeAdapter

    return TypeAdapter(Row)


def row_data(row: Row) -> dict[str, Any]:
    """Return a row as plain data: what a line holds, and what workers send to the controller."""
    from pydantic_core import to_jsonable_python

    # What the adapter would give, which takes as long to make as a hundred rows: only to read them needs it.
    data: dict[str, Any] = to_jsonable_python(row)
    case = data["planned"]["case"]
    for holder in (case, *(case["turns"] or ())):
        holder["expected_facts"] = [_spelled(fact) for fact in holder["expected_facts"]]
    return data


def _spelled(fact: dict[str, Any]) -> dict[str, Any]:
    """Spell the keys of a fact as case files do: `not`, where the dataclass has `not_`."""
    data = {key.rstrip("_"): value for key, value in fact.items()}
    for key in data.keys() & {"any_of", "all_of"}:
        data[key] = [_spelled(one) for one in data[key]]
    if "not" in data:
        data["not"] = _spelled(data["not"])
    return data


def row_from_data(data: Mapping[str, Any]) -> Row:
    """Return the row that `row_data` described."""
    return _adapter().validate_python(data)


def find_run(results: Path, name: str, holding: str = ROWS) -> RunFolder:
    """Find a run by its id, the beginning of it, its path, or `latest`.

    Args:
        results: Where runs are kept.
        name: What the user calls it.
        holding: The file that makes a folder a run: one that was broken off early has a ledger, and no rows.

    Raises:
        ResultsError: There is none, or several begin so.
    """
    if (Path(name) / holding).is_file():
        return RunFolder(path=Path(name))
    runs = sorted(path.parent for path in results.glob(f"*/{holding}"))
    found = runs[-1:] if name == "latest" else [run for run in runs if run.name.startswith(name)]
    if len(found) == 1:
        return RunFolder(path=found[0])
    known = ", ".join(run.name for run in runs[-5:]) or "none yet: run `pytest cases/` first"
    what = f"{len(found)} runs begin with {name!r}" if found else f"there is no run {name!r}"
    raise ResultsError(what, where=str(results), hint=f"the latest runs: {known}")


def read_rows(folder: RunFolder) -> Iterator[Row]:
    """Read a run's rows. A torn last line, left by a crash, is passed over.

    Raises:
        ResultsError: A line that is not the last is no row.
    """
    path = folder.path / ROWS
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ResultsError(f"cannot be read: {error.strerror}", where=str(path)) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield row_from_data(json.loads(line))
        except ValueError as error:  # pydantic's errors are ValueErrors too
            if number == len(lines):
                return
            reason = " ".join(str(error).split())[:200]
            raise ResultsError(f"the line is no row: {reason}", where=f"{path}:{number}") from error


def load_results(path: str | Path) -> "pd.DataFrame":
    """Load a run's results as a table, one line a case, variant and trial.

    Args:
        path: The run's folder, or its `results.jsonl`.

    Returns:
        Columns: suite, case, variant, trial, target, model, reported_model, tags, expect, behaviour, outcome, is_pass,
        is_xfail, blame (None for a pass), failed_checks, groundedness, groundedness_retrieved (in [0, 1], NaN where it
        does not apply, as all shares), claims, supported_claims, facts, facts_met, facts_share (by weight), citations,
        citation_precision, citation_recall, fabricated_citations, context_recall, context_precision,
        first_useful_rank, prompt,
        answer, error, origin, cassette, prompt_tokens, completion_tokens, duration_s (seconds), scorer.

    Raises:
        ResultsError: There is no run, or a line of it is no row.
    """
    import pandas as pd

    folder = Path(path)
    rows = read_rows(RunFolder(path=folder.parent if folder.name == ROWS else folder))
    return pd.DataFrame([_record(row) for row in rows])


def _record(row: Row) -> dict[str, Any]:
    planned, transcript, turn, attempt = row.planned, row.transcript, row.deciding, row.attempt
    usage, provenance, failure = row.usage, transcript.provenance, transcript.failure
    return {
        "suite": planned.suite,
        "case": planned.case.id,
        "variant": planned.variant,
        "trial": planned.trial,
        "target": planned.target,
        "model": planned.model,
        "reported_model": transcript.reported_model,
        "tags": list(planned.tags),
        "expect": turn.expect if turn else None,
        "behaviour": turn.behaviour.value if turn else "errored",
        "outcome": row.outcome.value,
        "is_pass": row.outcome.is_pass,
        "is_xfail": planned.is_expected_failure,
        "blame": turn.blame if turn else None,
        "failed_checks": list(turn.failed_checks) if turn else [],
        "groundedness": turn.groundedness if turn else None,
        "groundedness_retrieved": turn.groundedness_retrieved if turn else None,
        "claims": len(turn.claims) if turn else 0,
        "supported_claims": sum(claim.support == "supported" for claim in turn.claims) if turn else 0,
        "facts": len(turn.facts) if turn else 0,
        "facts_met": sum(fact.is_met for fact in turn.facts) if turn else 0,
        **_shares(turn),
        "prompt": planned.case.conversation[row.score.deciding_turn or 0].text,
        "answer": attempt.text if attempt else None,
        "error": failure.message if failure else None,
        "origin": provenance.origin if provenance else None,
        "cassette": provenance.cassette if provenance else None,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "duration_s": row.duration_s,
        "scorer": row.score.scorer,
    }


def _shares(turn: TurnScore | None) -> dict[str, Any]:
    retrieval = turn.retrieval if turn else None
    return {
        "facts_share": turn.facts_share if turn else None,
        "citations": len(turn.citations) if turn else 0,
        "citation_precision": turn.citation_precision if turn else None,
        "citation_recall": turn.citation_recall if turn else None,
        "fabricated_citations": len(turn.fabricated_citations) if turn else 0,
        "context_recall": retrieval.context_recall if retrieval else None,
        "context_precision": retrieval.context_precision if retrieval else None,
        "first_useful_rank": retrieval.first_useful_rank if retrieval else None,
    }
