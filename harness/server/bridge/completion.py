"""One completion, put together from its chunks. Whatever has the wrong type counts as not there."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from harness.server.models.interface import FunctionCall, Used
from harness.server.wire import Json, new_id

__all__ = ["Completion"]

_MOST_CALLS = 32
"""Of one completion; what is called beyond them is not heard."""
_MOST_ID = 64


@dataclass(kw_only=True, slots=True)
class _Call:
    """A call whose pieces are still coming."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Completion:
    """What the upstream's model said and asked for so far."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.used: Used | None = None
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: list[_Call] = []

    @property
    def text(self) -> str:
        """What it said."""
        return "".join(self._texts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing came that makes an answer, not even an end."""
        return not (self.finish_reason or self._calls or self.refusal or self.text)

    @property
    def refusal(self) -> str:
        """What it said as a refusal; empty where it did not refuse."""
        return "".join(self._refusals)

    def take(self, chunk: Json) -> str:
        """Add a chunk, and return the text in it. What a model thinks aloud (`reasoning_content`) is no text."""
        self._count(chunk.get("usage"))
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict) or choice.get("index") not in (0, None):
            return ""
        if isinstance(choice.get("finish_reason"), str):
            self.finish_reason = choice["finish_reason"]
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return ""
        if isinstance(delta.get("refusal"), str):
            self._refusals.append(_clean(delta["refusal"]))
        called = delta.get("tool_calls")
        for piece in called if isinstance(called, list) else ():
            if isinstance(piece, dict):
                self._add(piece)
        text = _clean(_text_of(delta.get("content")))
        self._texts.append(text)
        return text

    def calls(self, taken: Collection[str]) -> list[FunctionCall]:
        """Return the calls it asks for.

        Args:
            taken: Ids of earlier calls. Servers that count from 0 in each completion, or give no ids, must not make
                two calls look like one.
        """
        ids: set[str] = set(taken)
        calls = []
        for call in self._calls:
            if not call.name:
                continue
            usable = call.id if 0 < len(call.id) <= _MOST_ID and call.id not in ids else new_id("call")
            ids.add(usable)
            calls.append(FunctionCall(id=usable, name=call.name, arguments="".join(call.arguments)))
        return calls

    def _add(self, piece: Json) -> None:
        function = piece.get("function")
        if not isinstance(function, dict):
            return
        call = self._call_of(piece)
        if call is None:
            return
        if not call.name and isinstance(function.get("name"), str):
            call.name = _clean(function["name"])
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # some servers parse them too early
            arguments = json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str):
            call.arguments.append(_clean(arguments))

    def _call_of(self, piece: Json) -> _Call | None:
        """Return the call that a piece belongs to: a new one, or one begun before; None beyond the limit.

        Some servers send calls whole, each with index 0 or with none; an id of its own tells a new one then.
        """
        found, place = piece.get("id"), piece.get("index")
        identifier = found if isinstance(found, str) else ""
        index = place if isinstance(place, int) else None
        for call in reversed(self._calls):
            is_other = bool(identifier and call.id and identifier != call.id)
            is_whole = index is None and bool(piece["function"].get("name"))
            if call.index == index and not is_other and not is_whole:
                return call
        if len(self._calls) >= _MOST_CALLS:
            return None
        self._calls.append(_Call(index=index, id=_clean(identifier)))
        return self._calls[-1]

    def _count(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if isinstance(prompt, int) and isinstance(completion, int) and min(prompt, completion) >= 0:
            self.used = Used(prompt_tokens=prompt, completion_tokens=completion)


def _text_of(content: object) -> str:
    """Return the text of content that is a string, or a list of parts of which some may be thoughts."""
    return content if isinstance(content, str) else "".join(_texts_in(content))


def _texts_in(content: object) -> Iterator[str]:
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
            yield part["text"]


def _clean(text: str) -> str:
    """Replace halves of surrogate pairs: JSON can bear them, and nothing else can."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
