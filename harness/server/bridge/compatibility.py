"""Parameters that not every chat endpoint knows."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from harness.server.wire import Json

__all__ = ["named_in", "without_refused"]

_RENAMED = {"max_tokens": "max_completion_tokens"}
"""The old name goes first: servers that know only one mostly know that one, and several pass over the new one in
silence, while those that want the new one say so."""
_SPARED = ("stream_options", "parallel_tool_calls")
"""What an answer is as good without: counts of tokens, and a hint how to ask for functions."""


def named_in(said: str, request: Mapping[str, Any]) -> str | None:
    """Return the parameter that a refusal names and that can be spared or renamed, or None.

    What changes an answer, such as a temperature or a response format, is never left out: the client must hear of it.

    Args:
        said: The upstream's words.
        request: The refused request.
    """
    for name in (*_SPARED, *_RENAMED):
        if name in request and re.search(rf"\b{name}\b", said):
            return name
    return None


def without_refused(request: Mapping[str, Any], refused: Collection[str]) -> Json:
    """Return a request without the parameters that an upstream has refused."""
    kept = {name: value for name, value in request.items() if name not in refused or name in _RENAMED}
    return {_RENAMED.get(name, name) if name in refused else name: value for name, value in kept.items()}
