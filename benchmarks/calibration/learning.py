"""Groundedness: learn from all sources but one, measure on that one."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.baseline import eight_features
from calibration.data import MINIMAL_EDITS, Grounding
from calibration.regression import Array, Model, auroc, balanced_accuracy, fit_model, rate
from harness.scoring import weights
from harness.scoring.claims import statements
from harness.scoring.given import Setting
from harness.scoring.grounding import GATE, Features, best_fit, ground
from harness.scoring.index import index_text

__all__ = ["measure"]

_WEIGHTS = Path(weights.__file__)
_TEMPLATE = '''"""The learned figures of grounding: how a claim's fit with a passage becomes a score.

Made, never edited, by `python benchmarks/calibrate.py --write`: a logistic regression, L2-regularised on standardised
features, over people's labels of answers: {counts}.
An answer is the mean of its claims' features; each set and each label weighs the same. With {held} left out of
training in turn, the mean AUROC is {means[0]:.3f} and the mean balanced accuracy {means[1]:.3f}. What a feature is
stands in `grounding.Features`.
"""

from typing import Final

__all__ = ["BIAS", "WEIGHTS"]

WEIGHTS: Final = {{
{values}
}}
"""What each feature adds for support, times its value."""
BIAS: Final = {bias:.3f}
"""Where nothing is known."""
'''
_FOLDS = 5
_NOTHING = Features(words=0.0, pairs=0.0, coverage=0.0, numbers=0.0, names=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What is learned from the examples of one source."""

    name: str
    without_claim: int
    """Answers that only ask or greet, left out."""
    grounded: NDArray[np.bool_]
    features: list[Array]
    """Of each answer, one row of features for each claim."""
    gates: list[Array]
    """Of each answer, for each claim what its score is multiplied by."""
    baseline: Array
    """The eight features of each answer."""
    shipped: Array
    """Each answer's groundedness as it is shipped."""

    @property
    def means(self) -> Array:
        """Each answer's mean features."""
        return np.array([rows.mean(axis=0) for rows in self.features])

    def only(self, chosen: NDArray[np.bool_]) -> "Source":
        """Return the source with some of its answers."""
        places = np.flatnonzero(chosen).tolist()
        return replace(
            self,
            grounded=self.grounded[chosen],
            features=[self.features[at] for at in places],
            gates=[self.gates[at] for at in places],
            baseline=self.baseline[chosen],
            shipped=self.shipped[chosen],
        )

    def scores(self, model: Model) -> Array:
        """Return each answer's groundedness: the mean of its claims' scores."""
        return np.array(
            [
                (gate / (1 + np.exp(-model.logits(rows)))).mean()
                for rows, gate in zip(self.features, self.gates, strict=True)
            ]
        )


def measure(sources: dict[str, list[Grounding]], *, write: bool) -> dict[str, object]:
    """Print AUROC and balanced accuracy of each source, left out of training; write the weights of all."""
    read = [_read(name, rows) for name, rows in sources.items()]
    learned = [source for source in read if source.name != MINIMAL_EDITS]
    print("Groundedness: each source left out of training in turn; [bootstrap 95 % interval]; threshold 0.5 for all")
    print(f"{'source':14}{'answers':>8}  {'AUROC':22}{'balanced accuracy':22}{'eight features: AUROC':22}and accuracy")
    figures: dict[str, object] = {}
    kept: dict[str, list[float]] = {}
    for held in read:
        ours, theirs = _predicted(held, [source for source in learned if source is not held])
        rated = (*rate(ours, held.grounded), *rate(theirs, held.grounded))
        print(f"{held.name:14}{len(ours):>8}  " + "".join(f"{one!s:22}" for one in rated))
        kept[held.name] = [round(one.value, 4) for one in rated]
        figures[held.name] = dict(
            zip(("auroc", "accuracy", "auroc_eight", "accuracy_eight"), kept[held.name], strict=True)
        )
    left_out = ", ".join(f"{source.name} {source.without_claim}" for source in read if source.without_claim)
    print(f"left out, because they claim nothing: {left_out}")
    means = np.mean([kept[source.name] for source in learned], axis=0)
    print(f"{'mean':14}{'':8}  " + "".join(f"{value:<22.3f}" for value in means) + f"(without {MINIMAL_EDITS})")
    figures["mean"] = dict(
        zip(("auroc", "accuracy", "auroc_eight", "accuracy_eight"), means.round(4).tolist(), strict=True)
    )
    shipped = [(auroc(one.shipped, one.grounded), balanced_accuracy(one.shipped, one.grounded)) for one in learned]
    figures["shipped"] = dict(zip(("auroc", "accuracy"), np.mean(shipped, axis=0).round(4).tolist(), strict=True))
    print(f"shipped weights and verdicts, on what they were learned from: {figures['shipped']}\n")
    if write:
        _write(fit_model([(source.means, source.grounded) for source in learned]), learned, means.tolist())
    return figures


def _predicted(held: Source, others: list[Source]) -> tuple[Array, Array]:
    """Return the scores of a source by our features and by the eight, learned without what is scored."""
    if others:
        eight = fit_model([(source.baseline, source.grounded) for source in others])
        ours = held.scores(fit_model([(source.means, source.grounded) for source in others]))
        return ours, 1 / (1 + np.exp(-eight.logits(held.baseline)))
    # The only source: a fifth of it is left out in turn, each with its share of both labels.
    ours, theirs = np.empty(len(held.grounded)), np.empty(len(held.grounded))
    fold = np.empty(len(held.grounded), dtype=int)
    for label in (True, False):
        places = np.flatnonzero(held.grounded == label)
        fold[places] = np.arange(len(places)) % _FOLDS
    for number in range(_FOLDS):
        ours[fold == number], theirs[fold == number] = _predicted(
            held.only(fold == number), [held.only(fold != number)]
        )
    return ours, theirs


def _read(name: str, rows: list[Grounding]) -> Source:
    """Read the features of the answers that claim something: to others the program gives no groundedness."""
    kept, features, gates, shipped = [], [], [], []
    for row in rows:
        claims = [one for one in statements(row.answer, Setting()) if one.kind == "claim"]
        if not claims:
            continue
        index = index_text(row.document, "document")
        fits = [best_fit(one.text, [index]) for one in claims]
        kept.append(row)
        features.append(np.array([fit.features if fit else _NOTHING for fit in fits]))
        gates.append(np.array([GATE if fit and fit.decisive else 1.0 for fit in fits]))
        judged = [claim for one in claims if (claim := ground(one, [index], Setting(), ())) is not None]
        shipped.append(sum(claim.score for claim in judged) / len(judged))
    return Source(
        name=name,
        without_claim=len(rows) - len(kept),
        grounded=np.array([row.is_grounded for row in kept]),
        features=features,
        gates=gates,
        baseline=eight_features(kept),
        shipped=np.array(shipped),
    )


def _write(model: Model, learned: list[Source], means: list[float]) -> None:
    counts = ", ".join(f"{source.name} {len(source.grounded)}" for source in learned)
    held = "each set" if len(learned) > 1 else "each fifth of it"
    values = "\n".join(
        f'    "{name}": {value:.3f},' for name, value in zip(Features._fields, model.weights, strict=True)
    )
    _WEIGHTS.write_text(
        _TEMPLATE.format(held=held, counts=counts, means=means, values=values, bias=model.bias), encoding="utf-8"
    )
    print(f"written: {_WEIGHTS.name}\n")
