"""Judge a transcript: what the assistant did, whether the documents hold what it claims, and what that amounts to."""

from harness.model.score import DEFAULT_MIN_GROUNDEDNESS
from harness.scoring.scorer import SCORER, score_case

__all__ = ["DEFAULT_MIN_GROUNDEDNESS", "SCORER", "score_case"]
