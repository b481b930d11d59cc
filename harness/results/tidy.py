"""What stands inside rows, as tidy tables: a line a claim, a fact, a citation, a retrieved passage."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.model.row import Row
from harness.model.score import TurnScore
from harness.results.folder import ROWS, RunFolder
from harness.results.rows import read_rows

if TYPE_CHECKING:  # annotations only: pandas takes half a second to import
    import pandas as pd

Lines: TypeAlias = Iterator[dict[str, Any]]

KEYS = ("suite", "case", "variant", "trial", "turn")
"""What every table begins with: they join to those of `load_results`; `turn` counts from 1."""


def load_claims(path: str | Path) -> "pd.DataFrame":
    """Load the claims of a run, one line a claim.

    Args:
        path: The run's folder, or its `results.jsonl`.

    Returns:
        Columns: those of `KEYS`, then claim (number in its turn, from 1), text, support (supported, contradicted or
        not_found), score (in [0, 1]), document, start, end (of the deciding passage, in code points), passage,
        confirmed_by. Without claims: a table with these columns and no line.

    Raises:
        ResultsError: There is no run, or a line of it is no row.
    """
    return _frame(path, claim_lines, CLAIMS)


def load_facts(path: str | Path) -> "pd.DataFrame":
    """Load the expected facts of a run, one line a fact; see `load_claims`.

    Returns:
        Columns: those of `KEYS`, then fact, is_met, found, expected, error, weight.
    """
    return _frame(path, fact_lines, FACTS)


def load_citations(path: str | Path) -> "pd.DataFrame":
    """Load the citations of a run, one line a citation; see `load_claims`.

    Returns:
        Columns: those of `KEYS`, then document, marker, claim (number in its turn, from 1), is_true, is_known,
        is_supported, is_in_place, is_retrieved, is_fabricated.
    """
    return _frame(path, citation_lines, CITATIONS)


def load_retrieved(path: str | Path) -> "pd.DataFrame":
    """Load the passages that file search returned in a run, one line a passage; see `load_claims`.

    Returns:
        Columns: those of `KEYS`, then rank (from 1, over all searches of the turn), document, file_name, score, text,
        is_useful (whether it holds an expected fact, or what a claim rests on; None where that was not judged).
    """
    return _frame(path, retrieved_lines, RETRIEVED)


CLAIMS = ("claim", "text", "support", "score", "document", "start", "end", "passage", "confirmed_by")
FACTS = ("fact", "is_met", "found", "expected", "error", "weight")
CITATIONS = (
    "document",
    "marker",
    "claim",
    "is_true",
    "is_known",
    "is_supported",
    "is_in_place",
    "is_retrieved",
    "is_fabricated",
)
RETRIEVED = ("rank", "document", "file_name", "score", "text", "is_useful")


def claim_lines(row: Row) -> Lines:
    """Return a line for each claim of a row."""
    for keys, turn in _turns(row):
        for number, claim in enumerate(turn.claims, start=1):
            evidence = claim.evidence
            yield {
                **keys,
                "claim": number,
                "text": claim.text,
                "support": claim.support,
                "score": claim.score,
                "document": evidence.document if evidence else None,
                "start": evidence.start if evidence else None,
                "end": evidence.end if evidence else None,
                "passage": evidence.text if evidence else None,
                "confirmed_by": claim.confirmed_by,
            }


def fact_lines(row: Row) -> Lines:
    """Return a line for each expected fact of a row."""
    for keys, turn in _turns(row):
        yield from ({**keys, **{name: getattr(fact, name) for name in FACTS}} for fact in turn.facts)


def citation_lines(row: Row) -> Lines:
    """Return a line for each citation of a row."""
    for keys, turn in _turns(row):
        for citation in turn.citations:
            told = {name: getattr(citation, name) for name in CITATIONS}
            yield {**keys, **told, "claim": None if citation.claim is None else citation.claim + 1}


def retrieved_lines(row: Row) -> Lines:
    """Return a line for each passage that was retrieved for a row."""
    useful = {index: turn.retrieval.useful for index, turn in enumerate(row.score.turns) if turn.retrieval}
    for index, turn in enumerate(row.transcript.turns):
        for rank, found in enumerate(turn.final.retrieved if turn.final else (), start=1):
            yield {
                **_keys(row, index),
                "rank": rank,
                "document": found.document,
                "file_name": found.file_name,
                "score": found.score,
                "text": found.text,
                "is_useful": rank in useful[index] if index in useful else None,
            }


TABLES: Mapping[str, tuple[Callable[[Row], Lines], Sequence[str]]] = {
    "claims": (claim_lines, CLAIMS),
    "facts": (fact_lines, FACTS),
    "citations": (citation_lines, CITATIONS),
    "retrieved": (retrieved_lines, RETRIEVED),
}
"""What makes each table's lines of a row, and the columns behind the keys."""


def _turns(row: Row) -> Iterator[tuple[dict[str, Any], TurnScore]]:
    return ((_keys(row, index), turn) for index, turn in enumerate(row.score.turns))


def _keys(row: Row, index: int) -> dict[str, Any]:
    planned = row.planned
    return dict(zip(KEYS, (planned.suite, planned.case.id, planned.variant, planned.trial, index + 1), strict=True))


def _frame(path: str | Path, lines: Callable[[Row], Lines], columns: Iterable[str]) -> "pd.DataFrame":
    import pandas as pd

    folder = Path(path)
    rows = read_rows(RunFolder(path=folder.parent if folder.name == ROWS else folder))
    return pd.DataFrame([line for row in rows for line in lines(row)], columns=[*KEYS, *columns])
