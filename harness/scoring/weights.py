"""The learned figures of grounding: how a claim's fit with a passage becomes a score.

Made by a logistic regression over seven sets of human-labelled answers (dialogue, retrieval-augmented answers, claims
against web evidence, Wikipedia claims; the set of minimal edits left out, where words alone tell nothing). Each answer
is the mean of its claims' features; each set and each label weighs the same; L2 penalty 5 on standardised features.
Left out of training in turn, the sets give a mean AUROC of 0.89. A positive weight speaks for support.
"""

__all__ = ["BIAS", "BIGRAMS", "COVERAGE", "FOREIGN_NAMES", "FOREIGN_NUMBERS", "FOREIGN_WORDS"]

BIAS = -2.29
"""Where nothing is known."""
COVERAGE = 5.11
"""Times the share of the claim that its best passage holds, rare words counting more."""
BIGRAMS = 0.35
"""Times the share of neighbouring words that are neighbours in the passage."""
FOREIGN_WORDS = -0.16
"""Times log(1 + n) of the n terms that stand nowhere in the document."""
FOREIGN_NUMBERS = -1.65
"""Times log(1 + n) of the n numbers among them."""
FOREIGN_NAMES = -0.76
"""Times log(1 + n) of the n names among them."""
