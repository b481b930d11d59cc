"""Judge a transcript: what the assistant did, whether the documents hold what it claims, and what that amounts to."""

from harness.scoring.scorer import SCORER, score_case
from harness.scoring.verdict import DEFAULT_MIN_GROUNDEDNESS

__all__ = ["DEFAULT_MIN_GROUNDEDNESS", "SCORER", "score_case"]
