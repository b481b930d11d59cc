"""Scorers of your own: found by an entry point's name or as `package.module:name`; an error in one is its own."""

import math
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from harness.config import did_you_mean, project_on_path
from harness.documents import Document
from harness.errors import ConfigError
from harness.model.plan import Planned
from harness.model.score import OwnScore, Score, TurnScore

__all__ = ["GROUP", "NamedScorer", "Scorer", "ScoringContext", "find_scorers", "run_scorer"]

GROUP = "assistant_harness.scorers"
"""The group of entry points in which installed packages name their scorers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringContext:
    """All that a scorer of your own may see of a turn."""

    question: str
    """What the user said in this turn."""
    answer: str
    """What the assistant said, without citation markers."""
    documents: Mapping[str, Document]
    """The case's documents by path."""
    retrieved: tuple[str, ...]
    """The passages that the search returned, best first; empty where the tape does not tell."""
    turn: TurnScore
    """What our own scorer found: behaviour, claims, facts, citations."""
    planned: Planned
    """The case, its variant, model and trial."""


@runtime_checkable
class Scorer(Protocol):
    """What a scorer of your own is: an object with one method. A class of such objects is made without arguments."""

    def score(self, context: ScoringContext) -> Score:
        """Judge a turn. What this raises becomes the score's error, and no verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedScorer:
    """A scorer and the name that the suite calls it by."""

    name: str
    scorer: Scorer


def find_scorers(names: Sequence[str], root: Path) -> tuple[NamedScorer, ...]:
    """Return the scorers of a suite.

    Args:
        names: Entry points' names, or `package.module:name`.
        root: The project: its modules are found besides what is installed.

    Raises:
        ConfigError: There is none of a name, two packages name one so, it cannot be imported, or has no `score`.
    """
    return tuple(NamedScorer(name=name, scorer=_scorer(name, root)) for name in names)


def _scorer(name: str, root: Path) -> Scorer:
    where = f"scorers: {name}"
    point = EntryPoint(name=name, value=name, group=GROUP) if ":" in name else _installed(name, where)
    try:
        with project_on_path(root):
            found: Any = point.load()
            made = found() if isinstance(found, type) else found
    except Exception as error:  # the user's code is imported and made here, and may fail in any way
        reason = f"{type(error).__name__}: {error}"
        hint = "it is looked for where Python looks, and in the project's folder"
        raise ConfigError(f"the scorer cannot be loaded: {reason}", where=where, hint=hint) from error
    if not callable(getattr(made, "score", None)):
        raise ConfigError("a scorer has a method `score(context)`; this has none", where=where)
    return made  # type: ignore[no-any-return]  # checked above as far as it can be


def _installed(name: str, where: str) -> EntryPoint:
    points = entry_points(group=GROUP)
    # An editable install may be found twice on the way: the same object of the same package is one.
    found = {(_owner(point), point.value): point for point in points if point.name == name}
    if len(found) > 1:
        owners = " and ".join(f"{owner} ({value})" for owner, value in sorted(found))
        raise ConfigError(f"two scorers have the name {name!r}: {owners}", where=where, hint="name one by its module")
    if not found:
        known = sorted({point.name for point in points})
        hint = f"installed: {', '.join(known) or 'none'}; a scorer of this project is named `package.module:name`"
        raise ConfigError(f"there is no scorer {name!r}{did_you_mean(name, known)}", where=where, hint=hint)
    return next(iter(found.values()))


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"


def run_scorer(named: NamedScorer, context: ScoringContext) -> OwnScore:
    """Return what a scorer says; an error in it is that score's error."""
    try:
        score: object = named.scorer.score(context)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's program: what it raises is its score's
        return OwnScore(scorer=named.name, error=f"{type(error).__name__}: {error}")
    wrong = _wrong(score)
    if wrong is not None or not isinstance(score, Score):
        return OwnScore(scorer=named.name, error=wrong)
    return OwnScore(scorer=named.name, value=score.value, is_pass=score.is_pass, reason=score.reason)


def _wrong(score: object) -> str | None:
    """Say why what a scorer returned is no score."""
    if isinstance(score, Awaitable):
        if isinstance(score, Coroutine):
            score.close()  # or Python warns that nobody awaits it
        return "it returned something to await: scorers are plain functions, without `async`"
    if not isinstance(score, Score):
        return f"it returned {type(score).__name__}, a harness.Score is wanted"
    value, is_pass, reason = (getattr(score, name) for name in ("value", "is_pass", "reason"))  # as they really are
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if value is not None and not is_number:
        return f"its `value` is {_shown(value)}, a finite number or None is wanted"
    if is_pass is not None and not isinstance(is_pass, bool):
        return f"its `is_pass` is {_shown(is_pass)}, True, False or None is wanted"
    if reason is not None and not isinstance(reason, str):
        return f"its `reason` is {_shown(reason)}, a text or None is wanted"
    return None


def _shown(value: object) -> str:
    return repr(value)[:60] if isinstance(value, str | int | float) else f"of type {type(value).__name__}"
