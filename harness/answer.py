"""Score one answer against documents, without suites, servers or recordings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from harness.documents import Document, read_document
from harness.errors import CaseFileError, DocumentError
from harness.model.facts import AnyFact
from harness.model.score import DEFAULT_MIN_GROUNDEDNESS, Behaviour, Claim, FactScore
from harness.model.suite import CaseTurn
from harness.model.transcript import Attempt, TextPart

__all__ = ["FactLike", "ScoredAnswer", "read_facts", "score_answer"]

FactLike: TypeAlias = "AnyFact | str | float | Mapping[str, Any]"
"""A fact as a case file spells it: text, a number, a mapping such as `{"number": 12, "unit": "days"}`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredAnswer:
    """What an answer is worth."""

    behaviour: Behaviour
    """`answered`, `refused`, `partial`, `clarifying`; `errored` where the answer is empty."""
    phrase: str | None
    """The words that made it more or less than an answer."""
    groundedness: float | None
    """Mean of the claims' support in [0, 1]; None for a refusal or an answer without a checkable claim."""
    claims: tuple[Claim, ...]
    """Each checkable statement with the passage that decided."""
    facts: tuple[FactScore, ...]
    """Each expected fact, in the order given."""

    @property
    def is_grounded(self) -> bool | None:
        """Whether groundedness reaches the shipped threshold; None where it does not apply."""
        return None if self.groundedness is None else self.groundedness >= DEFAULT_MIN_GROUNDEDNESS

    @property
    def facts_met(self) -> bool:
        """Whether every expected fact is met."""
        return all(fact.is_met for fact in self.facts)


def score_answer(
    answer: str,
    documents: "Iterable[str | Path] | str | Path",
    question: str = "",
    refusal: str | None = None,
    expected_facts: Sequence[FactLike] = (),
) -> ScoredAnswer:
    """Judge an answer by the documents it should rest on.

    Args:
        answer: What was said; citation markers such as `【4:0†source】` are passed over.
        documents: Texts as `str`, files as `Path` (Markdown, text, HTML, CSV, JSON, PDF).
        question: What was asked: to repeat it claims nothing.
        refusal: The sentence with which the assistant should refuse, where it has one of its own.
        expected_facts: What the answer should state, spelled as in a case file.

    Returns:
        Behaviour, groundedness, claims and facts. The same arguments always give the same result.

    Raises:
        DocumentError: A document cannot be read.
        CaseFileError: An expected fact is none.
    """
    from harness.scoring.given import setting_of
    from harness.scoring.index import index_of
    from harness.scoring.scorer import Context, score_turn

    facts = read_facts(expected_facts)
    read = {document.path: document for document in _documents(documents)}
    if not answer.strip():
        return ScoredAnswer(behaviour=Behaviour.ERRORED, phrase=None, groundedness=None, claims=(), facts=())
    context = Context(
        documents=read,
        indexes={path: index_of(document) for path, document in read.items()},
        setting=setting_of([question], []),
        refusal=refusal,
        minimum=DEFAULT_MIN_GROUNDEDNESS,
    )
    attempt = Attempt(status="completed", raw_status=None, parts=(TextPart(text=answer),))
    wanted = CaseTurn(prompt=question or "?", expect="answer", expected_facts=facts)
    score = score_turn(attempt, wanted, context)
    return ScoredAnswer(
        behaviour=score.behaviour,
        phrase=score.phrase,
        groundedness=score.groundedness,
        claims=score.claims,
        facts=score.facts,
    )


def read_facts(facts: Sequence[FactLike]) -> tuple[AnyFact, ...]:
    """Return facts that are spelled as in a case file; a bare number is a number, not its digits.

    Raises:
        CaseFileError: One of them is none; the message says what is wrong with it.
    """
    return tuple(_fact(fact, f"expected_facts[{at}]") for at, fact in enumerate(facts))


def _fact(fact: FactLike, where: str) -> AnyFact:
    from pydantic import TypeAdapter, ValidationError

    from harness.casefile.translate import problems_of
    from harness.model.facts import Fact

    spelled: object = dict(fact) if isinstance(fact, Mapping) else fact
    if isinstance(fact, int | float) and not isinstance(fact, bool):
        spelled = {"number": fact}
    adapter: TypeAdapter[AnyFact] = TypeAdapter(Fact)
    try:
        return adapter.validate_python(spelled)
    except ValidationError as error:
        raise CaseFileError("; ".join(str(problem) for problem in problems_of(error)), where=where) from None


def _documents(documents: "Iterable[str | Path] | str | Path") -> Iterator[Document]:
    for number, document in enumerate([documents] if isinstance(documents, str | Path) else documents, start=1):
        if isinstance(document, Path):
            yield _read(document)
        elif document.strip():
            yield _read_text(document, f"document-{number}.txt")


def _read(path: Path) -> Document:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"this document cannot be read: {error.strerror}", where=str(path)) from error
    return read_document(data, path.as_posix().lstrip("/"), where=str(path))


def _read_text(text: str, name: str) -> Document:
    if _names_a_file(text):
        hint = "a text is a str, a file is a pathlib.Path: say Path(...)"
        raise DocumentError("this text is the name of a file", where=repr(text), hint=hint)
    return read_document(text.replace("\0", "\ufffd").encode("utf-8", "replace"), name)


def _names_a_file(text: str) -> bool:
    if len(text) > 300 or "\n" in text or "\0" in text or not Path(text).suffix:
        return False
    try:
        return Path(text).is_file()
    except OSError:  # longer than a file's name can be
        return False
