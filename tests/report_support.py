"""Rows for the tests of reports, made without a run, and a reader of the finished page."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from planned_support import planned

from harness.model.plan import Source
from harness.model.row import Row
from harness.model.score import (
    Behaviour,
    CaseScore,
    CitationScore,
    Claim,
    Evidence,
    FactScore,
    Outcome,
    RetrievalScore,
    TurnScore,
)
from harness.model.suite import Case
from harness.model.transcript import (
    Attempt,
    Citation,
    FileSearchStep,
    Provenance,
    Retrieved,
    TextPart,
    Timing,
    Transcript,
    Turn,
    Usage,
)
from harness.report.page import ReportRun
from harness.results import record_of, row_data

DOCUMENT = "Rules 📚 of the library.\n\nMembers may borrow books for 28 days. A late book costs 0.20 USD a day.\n"
PASSAGE = "Members may borrow books for 28 days."
ANSWER = "You may keep a book for 28 days. Cats may borrow too."


def write_library(folder: Path) -> Source:
    """Write the document of the rows, and return what a plan says of it."""
    (folder / "library.md").write_text(DOCUMENT, encoding="utf-8")
    return source_of(folder / "library.md")


def source_of(path: Path) -> Source:
    return Source(path=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def evidence(path: str = "library.md", passage: str = PASSAGE, text: str = DOCUMENT) -> Evidence:
    start = text.index(passage)
    return Evidence(document=path, start=start, end=start + len(passage), text=passage, page=2)


def score(outcome: Outcome = Outcome.GROUNDED, **changes: Any) -> TurnScore:
    """Return the score of ANSWER: one claim supported, one not."""
    cut = ANSWER.index(" Cats")
    one = TurnScore(
        expect="answer",
        behaviour=Behaviour.ANSWERED,
        outcome=outcome,
        groundedness=0.5,
        claims=(
            Claim(text=ANSWER[:cut], start=0, end=cut, support="supported", score=1.0, evidence=evidence()),
            Claim(text=ANSWER[cut + 1 :], start=cut + 1, end=len(ANSWER), support="not_found", score=0.0),
        ),
        facts=(FactScore(fact="number: 28", is_met=True, found="28"),),
        citations=(
            CitationScore(document="library.md", marker="【4:0†a】", is_known=True, is_supported=True, claim=0),
        ),
        retrieval=RetrievalScore(passages=1, useful=(1,), context_recall=1.0, held_claims=1.0),
    )
    return replace(one, **changes)


def attempt(text: str = ANSWER, found: str = PASSAGE) -> Attempt:
    """Return an answer with a citation behind its first sentence, and a search that found a passage."""
    cut = text.index(".") + 1 if "." in text else len(text)
    marked = f"{text[:cut]}【4:0†a】{text[cut:]}"
    citation = Citation(
        document="library.md",
        remote_file_id="file-1",
        file_name="library.md",
        marker="【4:0†a】",
        start=cut,
        end=cut + 7,
        result_index=0,
    )
    result = Retrieved(document="library.md", file_name="library.md", rank=0, score=0.75, text=found)
    return Attempt(
        status="completed",
        raw_status="completed",
        parts=(TextPart(text=marked, citations=(citation,)),),
        steps=(FileSearchStep(queries=("borrow books",), results=(result,)),),
        usage=Usage(prompt_tokens=900, completion_tokens=100),
        timing=Timing(duration_s=1.5),
    )


def row(
    case: str | Case = "loan",
    outcome: Outcome = Outcome.GROUNDED,
    said: Attempt | None = None,
    judged: TurnScore | None = None,
    **plan: Any,
) -> Row:
    """Return a row; `plan` replaces fields of what was planned."""
    judged = judged if judged is not None else score(outcome)
    if isinstance(case, str):
        case = Case(id=case, prompt="How long may I keep a book?", tags=("period",))
    return Row(
        planned=planned(**{"case": case, "tags": ("period",), **plan}),
        transcript=Transcript(
            target="assistants",
            requested_model="extractive",
            reported_model=None,
            turns=(Turn(prompt=case.conversation[0].text, attempts=(said or attempt(),)),),
            provenance=Provenance(origin="replayed", cassette="cassettes/a.yaml", endpoint="embedded"),
        ),
        score=CaseScore(turns=(judged,), deciding_turn=0, outcome=judged.outcome or outcome, scorer="test 1"),
    )


def run_of(*rows: Row, name: str = "2026-11-23T10-00-00-abcd") -> ReportRun:
    return ReportRun(
        id=name,
        rows=lambda: iter(rows),
        records=lambda: (record_of(row_data(one)) for one in rows),
        manifest={"command": ["pytest", "cases/"]},
    )


def unpacked(page: bytes) -> dict[str, Any]:
    """Return all data of a page by the names of its chunks, as a browser would read them."""
    found = re.findall(r'<script type="application/octet-stream" id="(\w+)">([A-Za-z0-9+/=]*)</script>', page.decode())
    return {name: json.loads(zlib.decompress(base64.b64decode(text))) for name, text in found}


def texts_of(chunks: dict[str, Any]) -> list[str]:
    """Return the texts that rows share."""
    names = sorted((name for name in chunks if re.fullmatch(r"t\d+", name)), key=lambda name: int(name[1:]))
    return [text for name in names for text in chunks[name]]


@contextmanager
def viewing(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `harness view` in a project, and return the process and its address."""
    command = [sys.executable, "-m", "harness", "view"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[0]
        finally:
            process.kill()
