"""How far scorers agree with people, and people with each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from harness.labels import ANSWERS, CLAIMS, Kind, Label, latest
from harness.report.agreement import cohens_kappa
from harness.report.plain import plain
from harness.statistics import rate_interval

_TITLES: tuple[tuple[Kind, str, tuple[str, ...]], ...] = (
    ("claim", "claims", CLAIMS),
    ("behaviour", "answers", ANSWERS),
)


def agreement_lines(labels: Sequence[Label]) -> Iterator[str]:
    """Return the agreement over all labels: of each person for each thing the last one counts."""
    last = list(latest(labels).values())
    people = sorted({label.who for label in last})
    yield f"{len(last)} labels by {len(people)} {'person' if len(people) == 1 else 'people'}" + (
        f": {', '.join(map(plain, people))}" if people else ""
    )
    for kind, name, words in _TITLES:
        chosen = [label for label in last if label.kind == kind]
        for scorer in sorted({scorer for label in chosen for scorer in label.said}):
            pairs = [(label.label, label.said[scorer]) for label in chosen if scorer in label.said]
            yield ""
            yield f"{name}, scorer {plain(scorer)}: {_figures(pairs)}"
            yield from _confusion(pairs, words)
        for one, other in combinations(people, 2):
            said = {who: {label.item: label.label for label in chosen if label.who == who} for who in (one, other)}
            both = [(said[one][item], said[other][item]) for item in said[one] if item in said[other]]
            if both:
                yield ""
                yield f"{name}, {plain(one)} and {plain(other)}: {_figures(both)}"


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
