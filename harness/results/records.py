"""A run's rows as records: what comparing needs, thousands of them in a second, and each row again by its place."""

import hashlib
import json
import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.errors import ResultsError
from harness.model.record import MadeOf, Record
from harness.model.row import Row
from harness.model.score import Behaviour, Outcome
from harness.results.folder import ROWS, RunFolder
from harness.results.rows import no_row, plain_rows, row_from_data

CONFIGURATION = ("target", "assistant", "vector_store", "prompt_template")
"""What of a planned run is its configuration."""
CASE_APART = {"tags", "skip", "xfail", "documents", "min_groundedness"}
"""What of a case decides nothing about its result, or is told elsewhere in the plan."""
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Located:
    """A record and where its row stands."""

    record: Record
    offset: int
    """Bytes before its line in `results.jsonl`."""


def read_records(folder: RunFolder) -> Iterator[Located]:
    """Read a run's rows as records. A torn last line, left by a crash, is passed over.

    Raises:
        ResultsError: There is no such file, or a line that is not the last is no row.
    """
    for offset, number, row in plain_rows(folder):
        try:
            yield Located(record_of(row), offset)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise no_row(error, folder, number) from error


def row_at(folder: RunFolder, offset: int) -> Row:
    """Return the whole row that stands at an offset which `read_records` told.

    Raises:
        ResultsError: It cannot be read any more.
    """
    path = folder.path / ROWS
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return row_from_data(json.loads(file.readline()))
    except (OSError, ValueError) as error:
        raise ResultsError(f"the row cannot be read: {error}", where=str(path)) from error


def record_of(row: Mapping[str, Any]) -> Record:
    """Return the record of a row as plain data.

    Raises:
        LookupError, TypeError, ValueError: It is no row.
    """
    planned, transcript, score = row["planned"], row["transcript"], row["score"]
    decided = score["deciding_turn"]
    turn = None if decided is None else score["turns"][decided]
    attempts = [attempt for one in transcript["turns"] for attempt in one["attempts"]]
    usages = [attempt["usage"] for attempt in attempts if attempt["usage"]]
    timings = [attempt["timing"]["duration_s"] for attempt in attempts if attempt["timing"]]
    claims = turn["claims"] if turn else ()
    return Record(
        suite=planned["suite"],
        case=planned["case"]["id"],
        variant=planned["variant"],
        trial=planned["trial"],
        target=planned["target"],
        model=planned["assistant"]["model"],
        outcome=Outcome(score["outcome"]),
        behaviour=Behaviour(turn["behaviour"]) if turn else Behaviour.ERRORED,
        is_xfail=_is_xfail(planned),
        answer=_answer(transcript),
        made_of=made_of(row),
        groundedness=turn["groundedness"] if turn else None,
        claims=len(claims),
        supported_claims=sum(claim["support"] == "supported" for claim in claims),
        prompt_tokens=sum(usage["prompt_tokens"] for usage in usages) if usages else None,
        completion_tokens=sum(usage["completion_tokens"] for usage in usages) if usages else None,
        duration_s=round(sum(timings), 3) if timings else None,
        **_shares(turn),
    )


def made_of(row: Mapping[str, Any]) -> MadeOf:
    """Return what a row (as plain data) came of."""
    planned, transcript = row["planned"], row["transcript"]
    provenance = transcript["provenance"] or {}
    return MadeOf(
        configuration=_configuration_digest(marshal.dumps({name: planned.get(name) for name in CONFIGURATION}, 2)),
        documents=_shared_digest(documents_of(planned)),
        case=digest(case_of(planned)),
        scorer=row["score"]["scorer"],
        server=_shared_digest([provenance.get("endpoint"), transcript["reported_model"]]),
    )


@lru_cache(maxsize=1024)
def _configuration_digest(configured: bytes) -> str:
    return digest(configuration_of(marshal.loads(configured)))  # noqa: S302 - our own bytes, made by the caller


def configuration_of(planned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a planned run (as plain data)."""
    assistant = _filled_in(planned["assistant"])
    template = {"prompt_template": planned["prompt_template"]} if planned.get("prompt_template") else {}
    store = {"vector_store": planned["vector_store"]} if planned["vector_store"] else {}
    return {"target": planned["target"], **assistant, **template, **store}


def documents_of(planned: Mapping[str, Any]) -> dict[str, str]:
    """Return the documents of a planned run (as plain data): hash by name."""
    return {source["path"]: source["sha256"] for source in planned["sources"]}


def case_of(planned: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a case asks and expects (as plain data)."""
    case = {name: value for name, value in planned["case"].items() if name not in CASE_APART}
    own = {name: planned[name] for name in ("refusal", "min_groundedness", "scorers")}
    filled: dict[str, Any] = _filled_in({**case, **own})
    return filled


def _filled_in(value: Any) -> Any:
    """Leave out what is not set: a field that a later version adds must not make every older result look different."""
    if isinstance(value, dict):
        return {key: _filled_in(one) for key, one in value.items() if one not in (None, "", [], {})}
    return [_filled_in(one) for one in value] if isinstance(value, list) else value


def digest(value: object) -> str:
    """Return 16 hexadecimal digits that stand for a plain value."""
    return hashlib.sha256(_ENCODER.encode(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _shared_digest(value: Any) -> str:
    """Return the same digest of what thousands of rows share."""
    return _digest_of_marshalled(marshal.dumps(value, 2))  # form 2: equal values, equal bytes


@lru_cache(maxsize=1024)
def _digest_of_marshalled(data: bytes) -> str:
    return digest(marshal.loads(data))  # noqa: S302 - our own bytes, made one line above


def _answer(transcript: Mapping[str, Any]) -> str:
    texts = [
        [part["text"] for part in turn["attempts"][-1]["parts"]] for turn in transcript["turns"] if turn["attempts"]
    ]
    return digest(texts) if any(texts) else ""


def _is_xfail(planned: Mapping[str, Any]) -> bool:
    xfail = planned["case"]["xfail"]
    if xfail is None:
        return False
    is_model = xfail["model"] in (None, planned["assistant"]["model"])
    return is_model and xfail["variant"] in (None, planned["variant"])


def _shares(turn: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Return the shares that `TurnScore` computes of its parts; here they are plain data."""
    if turn is None:
        return {}
    whole = sum(fact["weight"] for fact in turn["facts"])
    met = sum(fact["weight"] for fact in turn["facts"] if fact["is_met"])
    citations = turn["citations"]
    standing = [one for one in citations if one["is_supported"] is not None]
    true = [one for one in citations if _is_true(one)]
    cited = {one["claim"] for one in true}
    return {
        "facts_share": round(met / whole, 4) if whole else None,
        "citation_precision": round(sum(map(_is_true, standing)) / len(standing), 4) if standing else None,
        "citation_recall": round(len(cited) / len(turn["claims"]), 4) if turn["claims"] else None,
    }


def _is_true(citation: Mapping[str, Any]) -> bool:
    is_fabricated = not citation["is_known"] or citation["is_retrieved"] is False
    return citation["is_supported"] is True and citation["is_in_place"] and not is_fabricated
