"""An evaluation and testing harness for assistants that answer from documents."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time they are imported when they are asked for: `import harness` stays light
    from harness.answer import ScoredAnswer, score_answer
    from harness.errors import HarnessError
    from harness.model.score import Score
    from harness.results import load_citations, load_claims, load_facts, load_results, load_retrieved
    from harness.scoring.own import Scorer, ScoringContext

__all__ = [
    "HarnessError",
    "Score",
    "ScoredAnswer",
    "Scorer",
    "ScoringContext",
    "load_citations",
    "load_claims",
    "load_facts",
    "load_results",
    "load_retrieved",
    "score_answer",
]

_HOMES = {
    "HarnessError": "harness.errors",
    "Score": "harness.model.score",
    "ScoredAnswer": "harness.answer",
    "Scorer": "harness.scoring.own",
    "ScoringContext": "harness.scoring.own",
    "load_citations": "harness.results",
    "load_claims": "harness.results",
    "load_facts": "harness.results",
    "load_results": "harness.results",
    "load_retrieved": "harness.results",
    "score_answer": "harness.answer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
