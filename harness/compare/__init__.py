"""Compare runs, variants, targets, models and baselines: paired case by case, with a verdict and what changed."""

from harness.compare.build import Comparison, Options, Versus, compare
from harness.compare.causes import Cause
from harness.compare.side import Side

__all__ = ["Cause", "Comparison", "Options", "Side", "Versus", "compare"]
