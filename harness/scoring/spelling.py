"""When a number as it is written states a value: equal once the value is rounded to what was written."""

from collections.abc import Iterable
from functools import lru_cache

__all__ = ["is_rounded", "is_stated"]


@lru_cache(maxsize=4096)  # the numbers of a passage are held against every fact of every case that finds it
def _step(text: str, value: float) -> float:
    """Tell how fine a spelling is: 1 for `941`, 0.1 for `12.5 %`, 100 for `1.2k`, 0 where nothing is rounded."""
    digits = "".join(character for character in text.replace(",", "") if character.isdigit() or character == ".").strip(
        "."
    )
    if not digits or digits.count(".") > 1:
        return 0.0
    written = float(digits)
    scale = max(abs(value) / written, 1.0) if written else 1.0
    decimals = len(digits.partition(".")[2])
    return scale * 10.0**-decimals if decimals <= 15 else 0.0


def is_stated(value: float, written_value: float, text: str) -> bool:
    """Tell whether a spelling states a value.

    `941` and `940.9` state 940.92; `0` does not state 0.3, and `1k` (one digit, scaled) does not state 1,234.

    Args:
        value: What should be stated.
        written_value: What the spelling says.
        text: The spelling.
    """
    if abs(value - written_value) <= 1e-9 * max(1.0, abs(value)):
        return True
    size = _step(text, written_value)
    digits = sum(character.isdigit() for character in text)
    if not size or written_value == 0 or (size > 1 and digits < 2):
        return False
    return abs(value - written_value) <= size / 2 * (1 + 1e-9)


def is_rounded(written_value: float, text: str, values: Iterable[float]) -> bool:
    """Tell whether a spelling rounds one of some values: `941` for 940.92. A whole value is never rounded."""
    return any(abs(value) < 1e15 and value != int(value) and is_stated(value, written_value, text) for value in values)
