"""How fast answers are scored, on one core."""

import time
from collections.abc import Callable

from calibration.data import Grounding
from harness.documents import read_document
from harness.model.score import Claim
from harness.scoring.claims import Answer, statements
from harness.scoring.given import Setting
from harness.scoring.grounding import ground
from harness.scoring.index import Index, build_index
from harness.scoring.refusal import observe

__all__ = ["measure"]

_ANSWER, _DOCUMENT = 430, 1_800  # characters
_ROUNDS = 7
_LARGE = 5_000_000  # characters


def measure(sources: dict[str, list[Grounding]]) -> dict[str, object]:
    """Print answers a second with indexing, and the time an answer takes against a large document once indexed."""
    rows = [row for one in sources.values() for row in one]
    pairs = [
        (row.document[:_DOCUMENT], row.answer[:_ANSWER])
        for row in rows
        if len(row.document) >= _DOCUMENT and len(row.answer) >= _ANSWER
    ][:300]
    small = _best(lambda: [_score(answer, _index(document)) for document, answer in pairs]) / len(pairs)
    large, answers = _large_document(rows), [answer for _, answer in pairs[:50]]
    began = time.process_time()
    index = _index(large)
    indexing = time.process_time() - began
    each = _best(lambda: [_score(answer, index) for answer in answers]) / len(answers)
    print(f"Speed on one core: processor time, best of {_ROUNDS} rounds; behaviour, claims and evidence included")
    print(f"  answers of {_ANSWER} characters against documents of {_DOCUMENT:,}, indexing included: {1 / small:.0f}/s")
    print(
        f"  against a document of {len(large):,} characters ({len(index.segments):,} sentences), "
        f"indexed once in {indexing:.1f} s: {each * 1000:.1f} ms an answer\n"
    )
    return {
        "answers_per_second": round(1 / small),
        "large_ms": round(each * 1000, 2),
        "large_indexing_s": round(indexing, 2),
        "large_segments": len(index.segments),
    }


def _best(work: Callable[[], object]) -> float:
    """Return the shortest time: what is longer measures what else the machine does."""
    spent = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def _index(text: str) -> Index:
    return build_index(read_document(text.encode(), "document.txt"))


def _score(answer: str, index: Index) -> list[Claim | None]:
    stated = statements(answer, Setting())
    claims = observe(Answer(text=answer), stated, None, lambda _: False).claims
    return [ground(claim, [index], Setting(), ()) for claim in claims]


def _large_document(rows: list[Grounding]) -> str:
    """Join documents that differ until they are large."""
    parts, size = list[str](), 0
    for text in dict.fromkeys(row.document for row in rows):
        if size >= _LARGE:
            break
        parts.append(text)
        size += len(text) + 2
    return "\n\n".join(parts)[:_LARGE].replace("\0", " ")
