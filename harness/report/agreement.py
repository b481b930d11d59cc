"""How far a model that judges agrees with the deterministic scorer."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.model.row import Brief


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return the agreement of two judges beyond chance (Cohen 1960): 1 is perfect, 0 is chance.

    Args:
        pairs: What the one and the other say of the same thing.

    Returns:
        None without pairs, and where both always say the same one thing: chance alone would agree then.
    """
    if not pairs:
        return None
    total = len(pairs)
    agreed = sum(ours == theirs for ours, theirs in pairs) / total
    ours, theirs = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(count * theirs[word] for word, count in ours.items()) / total**2
    return None if chance >= 1 else round((agreed - chance) / (1 - chance), 4)


def agreement_lines(rows: Sequence[Brief]) -> Iterator[str]:
    """Return how far each judge agrees, line by line; nothing where none was asked."""
    judges: dict[str, list[Brief]] = {}
    for row in rows:
        if row.judge is not None:
            judges.setdefault(row.judge, []).append(row)
    for judge, judged in sorted(judges.items()):
        pairs = [pair for row in judged for pair in row.judged]
        kappa = cohens_kappa(pairs)
        same = sum(ours == theirs for ours, theirs in pairs)
        figure = "n/a" if kappa is None else f"{kappa:.2f}"
        failed = sum(row.judge_errors for row in judged)
        yield f"judge {judge}: kappa {figure}, agrees on {same} of {len(pairs)} claims" + (
            f"; {failed} answers could not be judged (harness show says why)" if failed else ""
        )
