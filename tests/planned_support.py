"""A planned run for tests, with everything a test does not care about filled in."""

from dataclasses import replace
from typing import Any

from harness.model.plan import Planned, Source
from harness.model.suite import Assistant, Case

LIBRARY = Source(path="library.md", sha256="ab" * 32)


def planned(**changes: Any) -> Planned:
    """Return a planned run; `changes` replace its fields, `assistant` fields by a mapping."""
    assistant = Assistant(model="extractive", instructions="Answer only from the documents.")
    one = Planned(
        suite="cases/library.yaml",
        line=7,
        case=Case(id="loan", prompt="How long may I keep a book?"),
        variant="default",
        trial=1,
        target="assistants",
        assistant=replace(assistant, **changes.pop("assistant", {})),
        vector_store=None,
        sources=(LIBRARY,),
        refusal="Sorry, I can't find that.",
        min_groundedness=0.5,
    )
    return replace(one, **changes)
