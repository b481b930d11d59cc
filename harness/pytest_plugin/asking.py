"""The fixture `ask`: tests written in Python, over the same pipeline as suites."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast, get_args

import pytest

from harness.answer import FactLike, read_facts
from harness.casefile import load_suite
from harness.cassettes.library import TESTS
from harness.config import Config, did_you_mean
from harness.documents import Document
from harness.errors import BudgetReached, CaseFileError, HarnessError
from harness.model.facts import AnyFact
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import DEFAULT_MIN_GROUNDEDNESS, Behaviour, Claim, FactScore, Outcome, TurnScore
from harness.model.suite import Assistant, Case, Expectation, LoadedSuite, Suite
from harness.pipeline import Part, Pipeline
from harness.plan import SourceFiles, plan_suite
from harness.report.failure import failure_text, turn_lines
from harness.report.plain import shortened
from harness.results import RunFolder
from harness.scoring.claims import read_answer
from harness.scoring.facts import check_fact
from harness.scoring.sql import values_of

REFUSAL = "I can't find that in the documents."
"""The sentence with which an assistant should refuse where a test names none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Something that was looked for in an answer; true where it is there."""

    what: str
    """What was looked for, in words."""
    is_met: bool
    answer: str
    """The answer, for the message of an assertion."""

    def __bool__(self) -> bool:
        return self.is_met

    def __repr__(self) -> str:
        # pytest shows this in one line, cut to some 240 characters; the whole account follows below it.
        return f"<{'' if self.is_met else 'not '}stated: {self.what}; the answer: “{shortened(self.answer, 120)}”>"


class Asked:
    """An answer, judged; what a test asserts about.

    Args:
        row: What was asked, what happened, and what it is worth.
        turn: The score of the one turn.
        documents: The documents by path, for `sql` facts.
    """

    def __init__(self, row: Row, turn: TurnScore, documents: Mapping[str, Document]) -> None:
        self.row = row
        self._turn = turn
        self._documents = documents
        self._checks: list[Check] = []

    def __repr__(self) -> str:
        return f"<{self.behaviour}: “{shortened(self.text, 160)}”>"

    @property
    def text(self) -> str:
        """The answer without citation markers."""
        return read_answer(self.row.attempt).text if self.row.attempt else ""

    @property
    def behaviour(self) -> Behaviour:
        """What the assistant did."""
        return self._turn.behaviour

    @property
    def is_refused(self) -> bool:
        """Whether it refused, or asked back."""
        return self.behaviour in {Behaviour.REFUSED, Behaviour.CLARIFYING}

    @property
    def groundedness(self) -> float | None:
        """Mean of the claims' support in [0, 1]; None where nothing can be checked."""
        return self._turn.groundedness

    @property
    def is_grounded(self) -> bool | None:
        """Whether groundedness reaches the shipped threshold; None where it does not apply."""
        return None if self.groundedness is None else self.groundedness >= DEFAULT_MIN_GROUNDEDNESS

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it claims, each with the passage that decided."""
        return self._turn.claims

    def states(self, *facts: FactLike) -> Check:
        """Look for facts, spelled as in a case file; all of them must be there. The test fails where one is no fact."""
        with _told("states"):
            if not facts:
                raise CaseFileError("no fact is given: what should the answer state?", hint="as in asked.states(28)")
            scores = [self._check(fact) for fact in read_facts(facts, "facts")]
        missing = [score for score in scores if not score.is_met]
        return self._noted(", ".join(_in_words(score) for score in missing or scores), is_met=not missing)

    def cites(self, document: str) -> Check:
        """Look for a citation of a document, named by its path below the fixtures folder."""
        cited = {citation.document for citation in self._turn.citations}
        return self._noted(f"a citation of {document}", is_met=document in cited)

    def _check(self, fact: AnyFact) -> FactScore:
        return check_fact(fact, self.text, lambda sql: values_of(sql, self._documents))[0]

    def _noted(self, what: str, *, is_met: bool) -> Check:
        check = Check(what=what, is_met=is_met, answer=self.text)
        self._checks.append(check)
        return check

    def account(self) -> Iterator[str]:
        """Return what was asked, answered and looked for, line by line."""
        yield from turn_lines(self.row, self._turn)
        for check in self._checks:
            yield f"looked for, and {'found' if check.is_met else 'did not find'}: {shortened(check.what, 200)}"
        provenance = self.row.transcript.provenance
        if provenance is not None and provenance.cassette is not None:
            yield f"{provenance.origin}: {provenance.cassette}"


@contextmanager
def _told(call: str) -> Iterator[None]:
    """Fail the test by what is wrong with a call of it: ten frames of our own would only hide that."""
    try:
        yield
    except BudgetReached as reached:
        pytest.skip(f"budget: {reached.what}")
    except HarnessError as error:
        raise pytest.fail.Exception(f"{call}: {error}", pytrace=False) from None


def _check_arguments(prompt: object, texts: Mapping[str, object], documents: object, expect: object) -> None:
    """Refuse arguments of another kind.

    Raises:
        CaseFileError: One is.
    """
    given = {name: text for name, text in texts.items() if text is not None}
    for name, value in {"prompt": prompt, **given}.items():
        if not isinstance(value, str):
            raise CaseFileError(f"found {value!r}, a text is wanted", where=name)
        if name == "prompt" and not value.strip():
            raise CaseFileError("is empty: what should be asked?", where=name)
    is_list = isinstance(documents, Sequence) and not isinstance(documents, str | bytes)
    if documents is not None and not (
        is_list and all(isinstance(one, str) for one in cast("Sequence[object]", documents))
    ):
        hint = 'names below the fixtures folder, as in documents=["products.json"]'
        raise CaseFileError(f"found {documents!r}, a list of names is wanted", where="documents", hint=hint)
    allowed = get_args(Expectation)
    if expect not in allowed:
        near = did_you_mean(expect, allowed) if isinstance(expect, str) else ""
        raise CaseFileError(f"found {expect!r}{near or ';'} allowed: {', '.join(allowed)}", where="expect")


def _in_words(score: FactScore) -> str:
    known = f" = {shortened(score.expected, 80)}" if score.expected is not None else ""
    return f"{score.fact}{known}" + (f" ({score.error})" if score.error else "")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Ask:
    """Asks an assistant, once a call. The answer is recorded under the test's name, further ones with a number."""

    item: pytest.Item
    run: Callable[[LoadedSuite], Asked]
    load: Callable[[str], Suite]
    asked: list[Asked] = field(default_factory=list)
    """What was asked so far, for the account of a failure."""

    def __repr__(self) -> str:
        return "ask"

    def __call__(  # noqa: PLR0913 - the keywords are what a suite's file says
        self,
        prompt: str,
        *,
        documents: Sequence[str] | None = None,
        suite: str | None = None,
        instructions: str | None = None,
        refusal: str | None = None,
        model: str | None = None,
        expect: Expectation = "answer",
    ) -> Asked:
        """Ask.

        Args:
            prompt: What the user says.
            documents: Files below the fixtures folder; None: the suite's.
            suite: A suite whose assistant, documents and refusal are taken, such as `cases/products.yaml`.
            instructions: What the assistant is told; None: the suite's, or to answer only from the documents.
            refusal: The sentence with which it should refuse.
            model: Its model; None: the suite's, or the configured one.
            expect: What the account of a failure calls right.

        The test fails where an argument, a document, the suite or a setting cannot be used.
        """
        with _told("ask"):
            texts = {"suite": suite, "instructions": instructions, "refusal": refusal, "model": model}
            _check_arguments(prompt, texts, documents, expect)
            base = self.load(suite) if suite is not None else _bare(refusal or REFUSAL)
            own = base.assistant
            assistant = replace(
                own,
                instructions=own.instructions if instructions is None else instructions,
                model=own.model if model is None else model,
            )
            asking = replace(
                base,
                documents=base.documents if documents is None else tuple(documents),
                assistant=assistant,
                refusal=refusal or base.refusal,
                variants={},
                cases=(Case(id=self._name(), prompt=prompt, expect=expect),),
            )
            asked = self.run(self._loaded(asking))
        self.asked.append(asked)
        return asked

    def _loaded(self, suite: Suite) -> LoadedSuite:
        line = self.item.reportinfo()[1] or 0
        lines = {case.id: line + 1 for case in suite.cases}
        return LoadedSuite(suite=suite, path=_file(self.item), lines=lines, document_lines={})

    def _name(self) -> str:
        """Name the recording by the test: class, function and parameters, as far as a file's name may hold them."""
        own = ".".join(self.item.nodeid.split("::")[1:])
        number = f"-{len(self.asked) + 1}" if self.asked else ""
        safe = re.sub(r"[^A-Za-z0-9_.-]", "-", own).strip("-.")[:70]
        return f"{safe if safe == own else f'{safe}-{hashlib.sha256(own.encode()).hexdigest()[:8]}'}{number}"


def _bare(refusal: str) -> Suite:
    instructions = f"Answer only from the documents. If they do not hold the answer, reply with: {refusal}"
    placeholder = Case(id="placeholder", prompt="?")
    return Suite(assistant=Assistant(instructions=instructions), refusal=refusal, cases=(placeholder,))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


class Asks:
    """What the tests of a session ask.

    Args:
        config: The settings in force.
        part: This process's part of the session.
        worker: The name of this process under xdist; empty elsewhere.
    """

    def __init__(self, config: Config, part: Part, worker: str) -> None:
        # A folder and a set-up of their own: what suites need, or need no longer, does not concern them.
        project = replace(config.project, cassettes=config.project.cassettes / TESTS)
        self._config = replace(config, project=project, variants=("default",), trials=1)
        # Each process has a set-up of its own: nobody has started a server for all of them, as for suites.
        self._folder = RunFolder(path=part.folder.path.with_name(f"{part.folder.id}-tests{worker}"))
        self._pipeline = Pipeline(self._config, replace(part, folder=self._folder, kept=None))
        self._files = SourceFiles(project=project)
        self._of: dict[str, Ask] = {}

    def of(self, item: pytest.Item) -> Ask:
        """Return what a test asks by."""
        ask = self._of[item.nodeid] = Ask(item=item, run=self._run, load=self._load)
        return ask

    def explain(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Add to a failure what was asked and answered."""
        ask = self._of.pop(item.nodeid, None)
        add = getattr(report.longrepr, "addsection", None)
        if ask is not None and add is not None:
            for asked in ask.asked:
                add("what was asked", "\n".join(asked.account()))

    def finish(self) -> list[str]:
        """End what still runs, and delete what was made; see `Pipeline.finish`."""
        left = self._pipeline.finish(is_owner=True)
        self._folder.won.unlink(missing_ok=True)  # each test had its answer
        return left

    def _load(self, name: str) -> Suite:
        project = self._config.project
        return load_suite(project.root / name, project, self._config.environ).suite

    def _run(self, loaded: LoadedSuite) -> Asked:
        (planned,) = plan_suite(loaded, self._config, files=self._files)
        row = self._pipeline.row(planned)
        turn = row.deciding
        if turn is None or row.outcome is Outcome.ERROR:
            pytest.fail(failure_text(row, "latest"), pytrace=False)
        return Asked(row, turn, self._documents(planned))

    def _documents(self, planned: Planned) -> dict[str, Document]:
        try:
            return self._pipeline.documents(planned)
        except HarnessError:  # told already: the answer could not have been judged
            return {}
