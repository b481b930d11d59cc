"""An evaluation and testing harness for assistants that answer from documents."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time they are imported when they are asked for: `import harness` stays light
    from harness.answer import ScoredAnswer, score_answer
    from harness.errors import HarnessError
    from harness.model.score import Score
    from harness.results import load_results
    from harness.scoring.own import Scorer, ScoringContext

__all__ = ["HarnessError", "Score", "ScoredAnswer", "Scorer", "ScoringContext", "load_results", "score_answer"]

_HOMES = {
    "HarnessError": "harness.errors",
    "Score": "harness.model.score",
    "ScoredAnswer": "harness.answer",
    "Scorer": "harness.scoring.own",
    "ScoringContext": "harness.scoring.own",
    "load_results": "harness.results",
    "score_answer": "harness.answer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
