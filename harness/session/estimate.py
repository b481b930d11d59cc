"""Roughly what a run will use: what its case used when it was recorded, or else by the length of what is sent."""

import math
from dataclasses import dataclass
from pathlib import Path

from harness.cassettes.identity import file_names
from harness.cassettes.interaction import exchanges
from harness.cassettes.library import Library
from harness.model.plan import Planned
from harness.model.transcript import Usage
from harness.targets.known import TARGETS

CHARACTERS_PER_TOKEN = 4
"""Of English prose, about; other languages and tables take more tokens."""
CHUNK_TOKENS, CHUNKS = 800, 20
"""What a file search hands to a hosted model where nobody says otherwise."""
ANSWER_TOKENS = 250
"""Of an answer of some sentences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a run will use, about."""

    usage: Usage
    is_measured: bool
    """Whether a recording of the same case tells it; if not, it follows from lengths alone."""


def estimate(planned: Planned, library: Library, fixtures: Path) -> Estimate:
    """Return what a run will use, about."""
    measured = _measured(planned, library)
    return Estimate(usage=measured or _by_length(planned, fixtures), is_measured=measured is not None)


def _measured(planned: Planned, library: Library) -> Usage | None:
    cassette = library.read_any(planned)
    if cassette is None:
        return None
    protocol = str(cassette.fingerprint.get("protocol", "")).partition(" ")[0]
    target = next((target for name, target in TARGETS.items() if name == protocol), TARGETS[planned.target])
    return target.read(exchanges(cassette.interactions), file_names(planned)).usage


def _by_length(planned: Planned, fixtures: Path) -> Usage:
    assistant = planned.assistant
    # What a run is told replaces what the assistant is.
    told = (assistant.run_instructions or assistant.instructions) + assistant.additional_run_instructions
    fixed = _tokens(told) + _retrieved(planned, fixtures)
    prompt, said = 0, 0
    for asked in planned.asked:  # each turn sends again what was said before
        said += _tokens(asked)
        prompt += fixed + said
        said += ANSWER_TOKENS
    return Usage(prompt_tokens=prompt, completion_tokens=ANSWER_TOKENS * len(planned.asked))


def _retrieved(planned: Planned, fixtures: Path) -> int:
    if not searches(planned):
        return 0
    most = CHUNK_TOKENS * (planned.assistant.max_num_results or CHUNKS)
    if planned.vector_store is not None:  # nobody knows what it holds
        return most
    whole = sum(size(fixtures / source.path) for source in planned.sources)
    return min(most, math.ceil(whole / CHARACTERS_PER_TOKEN))


def searches(planned: Planned) -> bool:
    """Tell whether a run searches documents."""
    has_documents = bool(planned.sources) or planned.vector_store is not None
    return has_documents and "file_search" in planned.assistant.tools


def size(path: Path) -> int:
    """Return a file's bytes; 0 where it is gone by now."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
