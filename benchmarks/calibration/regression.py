"""A small logistic regression, and how well scores rank and divide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Model", "Rated", "auroc", "balanced_accuracy", "fit_model", "rate"]

Array = NDArray[np.float64]
PENALTY = 20.0
"""L2 penalty on the weights of standardised features, where each source weighs 300 examples."""
RESAMPLES = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Weights of the features as they come."""

    weights: Array
    bias: float

    def logits(self, features: Array) -> Array:
        """Score rows of features; positive means grounded."""
        return features @ self.weights + self.bias


@dataclass(frozen=True, kw_only=True, slots=True)
class Rated:
    """A figure and its bootstrap 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def fit_model(sources: list[tuple[Array, NDArray[np.bool_]]]) -> Model:
    """Fit by Newton steps; each source and, within it, each label weighs the same."""
    features = np.vstack([rows for rows, _ in sources])
    labels = np.concatenate([grounded for _, grounded in sources]).astype(float)
    weigh = np.concatenate(
        [np.where(grounded, 150 / grounded.sum(), 150 / (~grounded).sum()) for _, grounded in sources]
    )
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([(features - mean) / deviation, np.ones(len(features))])
    penalty = np.diag([PENALTY] * features.shape[1] + [1e-6])
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        predicted = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weigh * (predicted - labels)) + penalty @ found
        curve = (rows * (weigh * predicted * (1 - predicted))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve, slope)
        found -= step
        if abs(step).max() < 1e-8:
            break
    weights = found[:-1] / deviation
    return Model(weights=weights, bias=float(found[-1] - weights @ mean))


def auroc(scores: Array, grounded: NDArray[np.bool_]) -> float:
    """Return how often a grounded answer scores above an ungrounded one; a tie counts half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive, negative = int(grounded.sum()), int((~grounded).sum())
    return float((ranks[grounded].sum() - positive * (positive + 1) / 2) / (positive * negative))


def balanced_accuracy(scores: Array, grounded: NDArray[np.bool_], threshold: float = 0.5) -> float:
    """Return the mean of the shares of grounded and of ungrounded answers that a threshold tells right."""
    return float(((scores[grounded] >= threshold).mean() + (scores[~grounded] < threshold).mean()) / 2)


def rate(scores: Array, grounded: NDArray[np.bool_]) -> tuple[Rated, Rated]:
    """Return AUROC and balanced accuracy with bootstrap intervals, drawn within each label."""
    random = np.random.default_rng(0)
    places = [np.flatnonzero(grounded), np.flatnonzero(~grounded)]
    drawn = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([random.choice(one, len(one)) for one in places])
        drawn.append((auroc(scores[rows], grounded[rows]), balanced_accuracy(scores[rows], grounded[rows])))
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    values = (auroc(scores, grounded), balanced_accuracy(scores, grounded))
    first, second = (
        Rated(value=value, low=float(bottom), high=float(top))
        for value, bottom, top in zip(values, low, high, strict=True)
    )
    return first, second
