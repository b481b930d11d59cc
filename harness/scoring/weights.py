"""The learned figures of grounding: how a claim's fit with a passage becomes a score.

Made, never edited, by `python benchmarks/calibrate.py --write`: a logistic regression, L2-regularised on standardised
features, over people's labels of answers: cmu 138, tc 177, wow 2225, factcheckgpt 1417, mtrag_human 168, wice 356.
An answer is the mean of its claims' features; each set and each label weighs the same. With each set left out of
training in turn, the mean AUROC is 0.906 and the mean balanced accuracy 0.804. What a feature is
stands in `grounding.Features`.
"""

from typing import Final

__all__ = ["BIAS", "WEIGHTS"]

WEIGHTS: Final = {
    "words": 3.251,
    "pairs": 1.145,
    "coverage": 2.736,
    "numbers": -2.114,
    "names": -1.039,
}
"""What each feature adds for support, times its value."""
BIAS: Final = -3.746
"""Where nothing is known."""
