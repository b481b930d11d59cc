"""`harness cassettes import`: tapes that vcrpy recorded, as conversations."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from harness.cassettes.file import write_atomically
from harness.cassettes.interaction import exchanges
from harness.cassettes.vcr import read_vcr
from harness.documents import Document, read_document
from harness.errors import CassetteBroken, DocumentError, ResultsError
from harness.model.plan import Planned, Source
from harness.model.score import CaseScore
from harness.model.suite import Assistant, Case, CaseTurn, TargetName
from harness.model.tape import Exchange
from harness.model.transcript import Provenance, Transcript
from harness.report.conversation import transcript_lines
from harness.scoring import score_case
from harness.targets.assistants.read import read as read_assistants
from harness.targets.responses.read import read as read_responses

Reader: TypeAlias = Callable[[Sequence[Exchange], Mapping[str, str]], Transcript]
READERS: Mapping[TargetName, Reader] = {"assistants": read_assistants, "responses": read_responses}


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """A conversation from somebody else's tape."""

    file: str
    transcript: Transcript
    score: CaseScore | None
    """Without expectations there are behaviours and claims, and no outcomes; None where no document was given."""


def read_documents(paths: Iterable[Path]) -> dict[str, Document]:
    """Read documents by their names.

    Raises:
        DocumentError: One of them cannot be read.
    """
    documents = {}
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DocumentError(f"cannot be read: {error.strerror}", where=str(path)) from error
        documents[path.name] = read_document(data, path.name, where=str(path))
    return documents


def import_tape(path: Path, documents: Mapping[str, Document]) -> list[Imported]:
    """Read the conversations on a tape, one for each protocol spoken there.

    Raises:
        CassetteBroken: It cannot be read, or nobody speaks on it.
    """
    tape = exchanges(read_vcr(path))
    files = _files(tape, documents)
    transcripts = [reader(tape, files) for reader in READERS.values()]
    spoken = [transcript for transcript in transcripts if transcript.turns]
    if not spoken:
        kinds = ", ".join(dict.fromkeys(f"{exchange.method} {exchange.path}" for exchange in tape))[:300]
        what = f"holds no run of an assistant and no response of the Responses API, only {kinds or 'nothing'}"
        raise CassetteBroken(what, where=str(path), hint="was another part of the conversation recorded elsewhere?")
    provenance = Provenance(origin="imported", cassette=str(path))
    return [_judged(replace(one, provenance=provenance), str(path), documents) for one in spoken]


def _files(tape: Sequence[Exchange], documents: Mapping[str, Document]) -> dict[str, str]:
    """Return the given documents by name, and by the ids that uploads on the tape gave them."""
    uploads = (exchange.response for exchange in tape if isinstance(exchange.response, dict))
    ids = {str(one.get("id")): str(one.get("filename")) for one in uploads if one.get("object") == "file"}
    return {name: name for name in documents} | {known: name for known, name in ids.items() if name in documents}


def _judged(transcript: Transcript, file: str, documents: Mapping[str, Document]) -> Imported:
    if not documents:
        return Imported(file=file, transcript=transcript, score=None)
    score = score_case(_planned(transcript, file, documents), transcript, documents)
    # A case must expect something to be judged; here nobody did, so no outcome is anybody's.
    turns = tuple(replace(turn, expect=None, outcome=None, failed_checks=()) for turn in score.turns)
    return Imported(file=file, transcript=transcript, score=replace(score, turns=turns))


def _planned(transcript: Transcript, file: str, documents: Mapping[str, Document]) -> Planned:
    prompts = [turn.prompt if turn.prompt.strip() else "(not on the tape)" for turn in transcript.turns]
    return Planned(
        suite=file,
        line=1,
        case=Case(id="imported", turns=tuple(CaseTurn(prompt=prompt, expect="answer") for prompt in prompts)),
        variant="default",
        trial=1,
        target=transcript.target,
        assistant=Assistant(model=transcript.requested_model),
        vector_store=None,
        sources=tuple(Source(path=name, sha256=document.sha256) for name, document in documents.items()),
        refusal=None,
        min_groundedness=0.0,
    )


def imported_lines(tape: Imported) -> Iterator[str]:
    """Return a conversation as a person reads it."""
    transcript = tape.transcript
    yield f"{tape.file}  ({transcript.target}, model {transcript.reported_model})"
    yield from transcript_lines(transcript, tape.score.turns if tape.score else ())
    yield ""


def imported_data(tapes: Sequence[Imported]) -> Any:
    """Return conversations as plain data: a list of `{file, transcript, score}`."""
    from pydantic import TypeAdapter

    adapter: TypeAdapter[list[Any]] = TypeAdapter(list[Imported])
    return adapter.dump_python(list(tapes), mode="json", by_alias=True)


def write_transcripts(tapes: Sequence[Imported], path: Path) -> None:
    """Write conversations as JSON; see `imported_data`.

    Raises:
        ResultsError: The file cannot be written.
    """
    try:
        write_atomically(path, json.dumps(imported_data(tapes), indent=2) + "\n")
    except OSError as error:
        raise ResultsError(f"cannot be written: {error.strerror}", where=str(path)) from error
