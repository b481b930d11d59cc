"""How far scorers agree with people, and people with each other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.labels import ANSWERS, CLAIMS, Kind, Label, latest
from harness.report.agreement import cohens_kappa
from harness.report.plain import plain
from harness.statistics import rate_interval

_TITLES: Mapping[Kind, tuple[str, tuple[str, ...]]] = {"claim": ("claims", CLAIMS), "behaviour": ("answers", ANSWERS)}
"""What is labelled, and the words for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What two said of the same things."""

    kind: Kind
    one: str | None
    """A person; None: all people together."""
    other: str
    """A scorer, or another person."""
    pairs: Sequence[tuple[str, str]]
    """What each said, thing by thing."""


def agreements(labels: Sequence[Label]) -> list[Agreement]:
    """Compare people with scorers, and with each other: of each person for each thing the last label counts."""
    last = list(latest(labels).values())
    people = sorted({label.who for label in last})
    found = []
    for kind in _TITLES:
        chosen = [label for label in last if label.kind == kind]
        for scorer in sorted({scorer for label in chosen for scorer in label.said}):
            pairs = [(label.label, label.said[scorer]) for label in chosen if scorer in label.said]
            found.append(Agreement(kind=kind, one=None, other=scorer, pairs=pairs))
        for one, other in combinations(people, 2):
            said = {who: {label.item: label.label for label in chosen if label.who == who} for who in (one, other)}
            both = [(said[one][item], said[other][item]) for item in said[one] if item in said[other]]
            if both:
                found.append(Agreement(kind=kind, one=one, other=other, pairs=both))
    return found


def agreement_lines(labels: Sequence[Label]) -> Iterator[str]:
    """Return the agreement over all labels, line by line."""
    last = latest(labels).values()
    people = sorted({label.who for label in last})
    yield f"{len(last)} labels by {len(people)} {'person' if len(people) == 1 else 'people'}" + (
        f": {', '.join(map(plain, people))}" if people else ""
    )
    for found in agreements(labels):
        name, words = _TITLES[found.kind]
        between = (
            f"scorer {plain(found.other)}" if found.one is None else f"{plain(found.one)} and {plain(found.other)}"
        )
        yield ""
        yield f"{name}, {between}: {_figures(found.pairs)}"
        if found.one is None:
            yield from _confusion(found.pairs, words)


def agreement_data(labels: Sequence[Label]) -> dict[str, Any]:
    """Return the agreement over all labels, as data."""
    last = latest(labels).values()
    return {
        "labels": len(last),
        "people": sorted({label.who for label in last}),
        "agreement": [
            {
                "kind": found.kind,
                "one": found.one,
                "other": found.other,
                "both": len(found.pairs),
                "same": sum(one == other for one, other in found.pairs),
                "kappa": cohens_kappa(found.pairs),
                "said": [[one, other, count] for (one, other), count in sorted(Counter(found.pairs).items())],
            }
            for found in agreements(labels)
        ],
    }


def _figures(pairs: Sequence[tuple[str, str]]) -> str:
    kappa = cohens_kappa(pairs)
    same = sum(one == other for one, other in pairs)
    interval = rate_interval(same, len(pairs))
    between = f" (95 % interval {interval.low:.2f} to {interval.high:.2f})" if interval else ""
    return f"kappa {'n/a' if kappa is None else f'{kappa:.2f}'}, agree on {same} of {len(pairs)}{between}"


def _confusion(pairs: Sequence[tuple[str, str]], words: Sequence[str]) -> Iterator[str]:
    """Return a table: a row for what people said, a column for what the scorer said."""
    counts = Counter(pairs)
    width = max(map(len, words)) + 2
    yield "  " + "people / scorer".ljust(width + 4) + "".join(word.rjust(width) for word in words)
    for word in words:
        yield "  " + word.ljust(width + 4) + "".join(str(counts[word, other]).rjust(width) for other in words)
