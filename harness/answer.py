"""Score one answer against documents, without suites, servers or recordings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from harness.documents import ENDINGS, Document, read_document
from harness.errors import CaseFileError, DocumentError
from harness.model.facts import AnyFact
from harness.model.score import DEFAULT_MIN_GROUNDEDNESS, Behaviour, Claim, FactScore
from harness.model.suite import CaseTurn
from harness.model.transcript import Attempt, TextPart

__all__ = ["FactLike", "ScoredAnswer", "read_facts", "score_answer"]

FactLike: TypeAlias = "AnyFact | str | float | Mapping[str, Any]"
"""A fact as a case file spells it: text, a number, a mapping such as `{"number": 12, "unit": "days"}`."""

_FORMS = "a text is a str, a file is a pathlib.Path"


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
        """Whether every expected fact is met; an empty answer meets none."""
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
        DocumentError: A document cannot be read, or is neither a text nor a path.
        CaseFileError: An expected fact is none, or they are no list.
        TypeError: Answer, question or refusal is no text.
    """
    from harness.scoring.given import setting_of
    from harness.scoring.index import index_of
    from harness.scoring.scorer import Context, score_turn

    _check_texts({"answer": answer, "question": question, "refusal": "" if refusal is None else refusal})
    facts = read_facts(expected_facts)
    read = {document.path: document for document in _documents(documents)}
    if not answer.strip():
        unmet = tuple(FactScore(fact=str(fact), is_met=False, weight=fact.weight) for fact in facts)
        return ScoredAnswer(behaviour=Behaviour.ERRORED, phrase=None, groundedness=None, claims=(), facts=unmet)
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


def read_facts(facts: Iterable[FactLike], name: str = "expected_facts") -> tuple[AnyFact, ...]:
    """Return facts that are spelled as in a case file; a bare number is a number, not its digits.

    Args:
        facts: The facts.
        name: What messages call them.

    Raises:
        CaseFileError: One of them is none, or they are no list; the message says what is wrong.
    """
    if isinstance(facts, str | bytes | Mapping) or not isinstance(facts, Iterable):
        raise CaseFileError(f"found {_shown(facts)}, a list of facts is wanted", where=name, hint=f"say {name}=[...]")
    return tuple(_fact(fact, f"{name}[{at}]") for at, fact in enumerate(facts))


def _check_texts(arguments: Mapping[str, object]) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise TypeError(f"{name}: found {_shown(value)}, a text (str) is wanted")


def _shown(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {repr(value)[:60]}"


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
    if isinstance(documents, str | Path):
        documents = [documents]
    if isinstance(documents, bytes | Mapping) or not isinstance(documents, Iterable):
        raise DocumentError(f"found {_shown(documents)}, a list is wanted", where="documents", hint=_FORMS)
    for number, document in enumerate(documents, start=1):
        if isinstance(document, Path):
            yield _read(document)
        elif not isinstance(document, str):
            raise DocumentError(f"found {_shown(document)}", where=f"documents[{number - 1}]", hint=_FORMS)
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
        raise DocumentError("this text is the name of a file", where=repr(text), hint=f"{_FORMS}: say Path(...)")
    return read_document(text.replace("\0", "\ufffd").encode("utf-8", "replace"), name)


def _names_a_file(text: str) -> bool:
    suffix = "" if len(text) > 255 or "\n" in text or "\0" in text else Path(text).suffix
    if suffix.lower() in ENDINGS and len(text.split()) == 1:
        return True  # there or not: nobody's whole document is `policy.pdf`
    try:
        return bool(suffix) and Path(text).is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False
