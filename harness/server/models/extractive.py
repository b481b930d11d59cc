"""The stand-in that says only what it finds."""

from collections.abc import Sequence
from typing import TypeAlias

from harness.documents import Document
from harness.documents.language import listed
from harness.server.models.answer import Place, Statement
from harness.server.models.finder import Finder, Finding
from harness.server.models.functions import stated_outputs, wanted_calls
from harness.server.models.instructions import Rules, read_rules
from harness.server.models.interface import Chunk, Conversation, Reply, Segment, Sources
from harness.server.models.invention import guess

__all__ = ["Extractive", "reply_with"]

_Place: TypeAlias = tuple[str, str, int | None, int | None, str]
_SHOWN_RESULTS = 5
_CLARIFYING = "Could you tell me more about what you are looking for?"
_LOWERED = listed(
    "The There It Yes No This These A An For You If In On At After Only Most Any Could Typically Generally Precisely"
)


class Extractive:
    """Answers from what it retrieves, cites it, and refuses where the documents do not hold the answer."""

    name = "extractive"
    description = (
        "A stand-in, not a language model: quotes the sentences and works out the figures it finds in the files, "
        "and refuses otherwise. Deterministic and offline."
    )

    def __init__(self) -> None:
        self._finder = Finder()

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:
        """Answer the conversation's last message."""
        rules = read_rules(conversation.instructions)
        finding = self._finder.find(conversation, sources)
        calls = wanted_calls(conversation, is_answered=not finding.unanswered)
        if calls:
            return Reply(segments=(), function_calls=calls)
        outputs = stated_outputs(conversation)
        statements = [*outputs, *finding.statements]
        is_refusal = not statements and rules.refusal is not None
        if finding.unanswered and not outputs:  # what the files do not answer, the functions were called for
            statements.append(_without_support(finding, rules))
        return reply_with(statements, finding, sources, None if is_refusal else rules.name)


def _without_support(finding: Finding, rules: Rules) -> Statement:
    """Say what the instructions in force leave to say when the files hold no answer.

    Without a rule, a language model answers from what it knows; with a rule but no sentence to refuse with, it
    tends to stretch what comes nearest, and to ask back otherwise. A run whose instructions replaced the assistant's
    shows itself that way.
    """
    if rules.refusal is not None:
        return Statement(text=rules.refusal, places=())
    if not rules.is_grounded:
        return Statement(text=guess(finding.unanswered[0]), places=())
    if finding.nearest is not None:
        return Statement(
            text=f"Most likely this applies here too: {finding.nearest.text}", places=finding.nearest.places
        )
    if finding.is_near:
        return Statement(text=guess(finding.unanswered[0]), places=())
    return Statement(text=_CLARIFYING, places=())


def reply_with(statements: Sequence[Statement], finding: Finding, sources: Sources, name: str | None) -> Reply:
    """Put statements, what they rest on and what search found besides into a reply."""
    # Two files may have one name; what tells them apart is what is in them.
    file_ids = {_identity(document): file_id for file_id, document in sources.files()}
    results: list[Chunk] = []
    numbers: dict[_Place, int] = {}
    segments: list[Segment] = []
    for number, statement in enumerate(statements):
        cites = [_number_of(place, file_ids, results, numbers) for place in statement.places]
        text = statement.text if number or name is None else f"{name}, {_continued(statement.text)}"
        segments.append(Segment(text=text + ("" if number + 1 == len(statements) else " "), cites=tuple(cites)))
    results += _others(sources.search(finding.question, _SHOWN_RESULTS), results)
    return Reply(segments=tuple(segments), results=tuple(results), queries=(finding.question,) if file_ids else ())


def _identity(document: Document) -> tuple[str, str]:
    return document.path, document.sha256


def _number_of(
    place: Place,
    file_ids: dict[tuple[str, str], str],
    results: list[Chunk],
    numbers: dict[_Place, int],
) -> int:
    key = (*_identity(place.document), place.start, place.end, place.note)
    if key not in numbers:
        numbers[key] = len(results)
        results.append(place.as_chunk(file_ids[_identity(place.document)], 1.0))
    return numbers[key]


def _others(found: Sequence[Chunk], results: Sequence[Chunk]) -> list[Chunk]:
    """Return what search found and the answer does not already rest on, scored below it."""
    taken = [(chunk.file_id, chunk.start, chunk.end) for chunk in results]
    return [chunk for chunk in found if (chunk.file_id, chunk.start, chunk.end) not in taken]


def _continued(text: str) -> str:
    """Write a sentence as it goes on behind a name and a comma."""
    first = text.split(" ", 1)[0].rstrip(",.:;")
    return text[0].lower() + text[1:] if first in _LOWERED else text
