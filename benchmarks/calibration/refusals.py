"""Behaviour: refusal, partial answer or answer, against what people found."""

from collections import Counter
from collections.abc import Sequence

from calibration.data import Refusal
from harness.model.score import Behaviour
from harness.scoring.claims import Answer, statements
from harness.scoring.given import setting_of
from harness.scoring.refusal import observe

__all__ = ["measure"]

_LABELS = ("refusal", "partial", "answer")
_SEEN_AS = {Behaviour.REFUSED: "refusal", Behaviour.PARTIAL: "partial"}
_NOISY = "delucionqa"
"""Over half of what a good rule calls a refusal against its labels is one: measured, left out of means."""


def measure(sources: dict[str, list[Refusal]]) -> dict[str, object]:
    """Print F1 of refusal against answer, and macro F1 of the three, for each source."""
    print("Behaviour: one rule set for all; F1 of refusal against answer (partial left out); F1 of each of the three")
    print(f"{'source':14}{'answers':>8}  {'F1':8}" + "".join(f"{label:10}" for label in _LABELS) + "macro F1")
    figures: dict[str, object] = {}
    pooled: Counter[tuple[str, str]] = Counter()
    macros = []
    for name, rows in sources.items():
        pairs = [(row.label, _seen(row)) for row in rows]
        counted = Counter(pairs)
        binary = _f1(Counter(pair for pair in pairs if pair[0] != "partial"), "refusal")
        each = [_f1(counted, label) for label in _LABELS]
        macro = sum(each) / len(each)
        print(
            f"{name:14}{len(rows):>8}  {binary:<8.3f}" + "".join(f"{value:<10.3f}" for value in each) + f"{macro:.3f}"
        )
        figures[name] = {"f1": round(binary, 4), "macro": round(macro, 4)}
        if name != _NOISY:
            pooled.update(counted)
            macros.append(macro)
    figures["macro_mean"] = round(sum(macros) / len(macros), 4)
    figures["macro_pooled"] = round(_mean([_f1(pooled, label) for label in _LABELS]), 4)
    print(f"macro F1 without {_NOISY}: mean {figures['macro_mean']}, of all pooled {figures['macro_pooled']}\n")
    return figures


def _seen(row: Refusal) -> str:
    stated = statements(row.answer, setting_of([row.question], []))
    behaviour = observe(Answer(text=row.answer), stated, None, lambda _: False, row.question).behaviour
    return _SEEN_AS.get(behaviour, "answer")


def _f1(pairs: Counter[tuple[str, str]], label: str) -> float:
    right = pairs[label, label]
    wrong = sum(count for (meant, seen), count in pairs.items() if (meant == label) != (seen == label))
    return 2 * right / (2 * right + wrong) if right else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
