"""One number or name of a supported claim changed: is it noticed, and does the unchanged claim stay supported?"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calibration.data import MINIMAL_EDITS, Grounding
from harness.model.score import Claim
from harness.scoring.claims import Statement, statements
from harness.scoring.given import Setting
from harness.scoring.grounding import ground
from harness.scoring.index import Index, index_text
from harness.scoring.terms import Term, terms

__all__ = ["measure"]

_PER_SOURCE = 400  # claims, so that no source is the whole test
_KINDS = ("number", "number of the document", "name", "name of the document")


@dataclass(frozen=True, kw_only=True, slots=True)
class Supported:
    """A claim of a grounded answer that the scorer calls supported."""

    text: str
    index: Index
    document: str


def measure(sources: dict[str, list[Grounding]]) -> dict[str, object]:
    """Print how many changes are noticed, by kind of change."""
    dice = random.Random(20)
    asked, supported = 0, list[Supported]()
    for rows in sources.values():
        claims = [(claim, row) for row in rows if row.is_grounded for claim in _claims(row)]
        for text, row in dice.sample(claims, min(_PER_SOURCE, len(claims))):
            asked += 1
            index = index_text(row.document, "document")
            if _judge(text, index).support == "supported":
                supported.append(Supported(text=text, index=index, document=row.document))
    share = len(supported) / asked
    print(f"Supported among {asked} claims of grounded answers ({MINIMAL_EDITS} included): {share:.3f}")
    names = sorted({term.text for one in supported for term in terms(one.text) if term.kind == "name"})
    noticed: dict[str, list[bool]] = {kind: [] for kind in _KINDS}
    for one in supported:
        for kind, text in _changed(one, names, dice):
            noticed[kind].append(_judge(text, one.index).support != "supported")
    figures: dict[str, object] = {"supported": round(share, 4)}
    print("Of the supported ones with one number or name changed, no longer supported:")
    for kind, seen in (*noticed.items(), *((f"any {of}", _all(noticed, of)) for of in ("number", "name"))):
        print(f"  {kind:24}{sum(seen) / max(len(seen), 1):.3f} of {len(seen)}")
        figures[kind] = [round(sum(seen) / max(len(seen), 1), 4), len(seen)]
    print()
    return figures


def _all(noticed: dict[str, list[bool]], of: str) -> list[bool]:
    return [one for kind, seen in noticed.items() if kind.startswith(of) for one in seen]


def _claims(row: Grounding) -> list[str]:
    return [one.text for one in statements(row.answer, Setting()) if one.kind == "claim"]


def _judge(text: str, index: Index) -> Claim:
    judged = ground(Statement(text=text, start=0, end=len(text), kind="claim"), [index], Setting(), ())
    assert judged is not None, text
    return judged


def _changed(one: Supported, names: Sequence[str], dice: random.Random) -> Iterator[tuple[str, str]]:
    """Change a number and a name: into anything, and into one that the document holds elsewhere."""
    claim = terms(one.text)
    known = {term.key for term in claim}
    others = [term for term in terms(one.document) if term.key not in known]
    numbers = [term for term in claim if term.kind == "number" and term.text.isdigit()]
    if numbers:
        term = dice.choice(numbers)
        yield "number", _replaced(one.text, term, str(_another(int(term.text), dice)))
        stated = [other.text for other in others if other.kind == "number" and other.text.isdigit()]
        if stated:
            yield "number of the document", _replaced(one.text, term, dice.choice(stated))
    written = [term for term in claim if term.kind == "name"]
    if written:
        term = dice.choice(written)
        unknown = [name for name in names if terms(f"x {name}")[-1].key not in known]
        yield "name", _replaced(one.text, term, dice.choice(unknown))
        stated = [other.text for other in others if other.kind == "name"]
        if stated:
            yield "name of the document", _replaced(one.text, term, dice.choice(stated))


def _another(value: int, dice: random.Random) -> int:
    return value + dice.choice([1, 2, 3, 5, 10, 100]) * (1 if value < 3 else dice.choice([-1, 1]))


def _replaced(text: str, term: Term, other: str) -> str:
    return text[: term.start] + other + text[term.end :]
