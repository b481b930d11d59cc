"""Whether a turn brought the function calls that it should."""

import json
import math
from collections.abc import Sequence
from typing import Any

from harness.model.suite import CaseTurn
from harness.model.tools import ExpectedCall
from harness.model.transcript import Attempt, FunctionStep

__all__ = ["failed_calls"]


def failed_calls(wanted: CaseTurn, attempt: Attempt) -> tuple[str, ...]:
    """Say which demanded calls did not happen, or that one did where none may.

    Calls are told apart: two demanded ones need two. Their order does not matter, and others may happen too.
    """
    called = [step for step in attempt.steps if isinstance(step, FunctionStep)]
    if wanted.expected_calls is None:
        return ()
    if not wanted.expected_calls:
        return (f"calls: none expected, called {_shown(called)}",) if called else ()
    missing = _unmatched(wanted.expected_calls, called)
    return tuple(
        f"calls: {_spelled(call.function, call.arguments)} missing, called {_shown(called)}" for call in missing
    )


def _unmatched(expected: Sequence[ExpectedCall], called: Sequence[FunctionStep]) -> list[ExpectedCall]:
    """Return the expected calls that find no call of their own (augmenting paths: as few as can be)."""
    holder: dict[int, int] = {}

    def place(at: int, tried: set[int]) -> bool:
        for number, step in enumerate(called):
            if number not in tried and _fits(expected[at], step):
                tried.add(number)
                if number not in holder or place(holder[number], tried):
                    holder[number] = at
                    return True
        return False

    return [call for at, call in enumerate(expected) if not place(at, set())]


def _fits(expected: ExpectedCall, step: FunctionStep) -> bool:
    return expected.function == step.name and _holds(_arguments(step), dict(expected.arguments))


def _holds(value: Any, wanted: Any) -> bool:
    """Tell whether a value is the wanted one; a mapping may hold more."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(key in value and _holds(value[key], one) for key, one in wanted.items())
    if isinstance(wanted, list):
        is_alike = isinstance(value, list) and len(value) == len(wanted)
        return is_alike and all(map(_holds, value, wanted))
    if isinstance(wanted, str) and isinstance(value, str):
        return " ".join(value.split()).casefold() == " ".join(wanted.split()).casefold()
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return _is_close(value, wanted)
    return bool(value == wanted)


def _is_close(value: float, wanted: float) -> bool:
    try:
        return math.isclose(value, wanted, rel_tol=1e-9)
    except OverflowError:  # a whole number that no float is as large as
        return value == wanted


def _arguments(step: FunctionStep) -> Any:
    try:
        return json.loads(step.arguments) if step.arguments.strip() else {}
    except (ValueError, RecursionError):
        return step.arguments


def _shown(called: Sequence[FunctionStep]) -> str:
    return ", ".join(_spelled(step.name, _arguments(step)) for step in called) or "nothing"


def _spelled(name: str, arguments: Any) -> str:
    """Spell a call as people do: `get_price(item="Boston")`."""
    if isinstance(arguments, dict):
        try:
            arguments = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
        except RecursionError:  # nested just so deeply that it could be read
            arguments = "..."
    return f"{name}({arguments})".encode(errors="replace").decode()  # half a character cannot be written
