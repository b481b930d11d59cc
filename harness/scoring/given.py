"""What stands in a conversation before the answer: statements of the user and of the instructions, and questions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.documents.language import sentences
from harness.scoring.terms import terms

__all__ = ["Setting", "setting_of"]

_TOGETHER = 3  # sentences of which an echo may be put together
_REQUEST = re.compile(
    r"\W*(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|will|would|should|"
    r"has|have|please|tell|give|list|show|explain|describe|summari[sz]e|find|compare|write|name|state|count|and|or)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What an answer may repeat without claiming it."""

    told: tuple[frozenset[str], ...] = ()
    """Keys of each run of neighbouring statements."""
    stated: frozenset[str] = frozenset()
    """Keys of all that the user and the instructions state."""
    asked: frozenset[str] = frozenset()
    """Keys of all that the user asks. To state what was asked is an answer, so it is a claim like any other."""

    def states(self, keys: Iterable[str]) -> bool:
        """Tell whether all of this stands together in what the answer was given."""
        wanted = frozenset(keys)
        return any(wanted <= told for told in self.told)


def setting_of(prompts: Iterable[str], instructions: Iterable[str]) -> Setting:
    """Read what the user said so far and what the assistant was told.

    Args:
        prompts: The user's turns, the latest included.
        instructions: The texts that configure the assistant.
    """
    told, stated, asked = list[frozenset[str]](), set[str](), set[str]()
    for text, is_user in [*((text, True) for text in prompts), *((text, False) for text in instructions)]:
        run = list[frozenset[str]]()
        for start, end in sentences(text):
            keys = frozenset(term.key for term in terms(text[start:end]))
            if is_user and _is_request(text[start:end]):
                asked |= keys
            else:
                run.append(keys)
                stated |= keys
        told += (frozenset().union(*run[at : at + _TOGETHER]) for at in range(len(run)))
    return Setting(told=tuple(told), stated=frozenset(stated), asked=frozenset(asked))


def _is_request(text: str) -> bool:
    return text.rstrip("\"'\u201d\u2019)*_ ").endswith(("?", "\uff1f")) or _REQUEST.match(text) is not None
