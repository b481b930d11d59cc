"""The way of a case: plan, replay or run, transcript, score, row. Only this module knows the order."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cassettes.file import Cassette
from harness.cassettes.identity import file_names
from harness.cassettes.interaction import exchanges
from harness.cassettes.library import Library
from harness.cassettes.scrubbing import Scrubbing
from harness.config import Config, JudgeSettings, check_target
from harness.documents import Document, load_document
from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.transcript import Failure, Provenance, Transcript
from harness.results import RunFolder
from harness.results.kept import Kept
from harness.scoring import score_case
from harness.scoring.own import NamedScorer, find_scorers
from harness.targets.failures import errored, failure_of
from harness.targets.known import TARGETS, check_assistant

if TYPE_CHECKING:  # annotations only: a session that replays everything pays for no HTTP client
    from harness.run import Runner, RunSettings
    from harness.run.common import Common
    from harness.run.judging import Bench
    from harness.run.won import Won


SPENT = "spent.jsonl"
"""The file in which processes note what their runs use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one process of a session has to do with."""

    folder: RunFolder
    """The run's folder, the same for all processes."""
    embedded_url: str | None = None
    """The embedded server that another process started; None: start one when it is needed."""
    share: int = 1
    """How many processes share the limit of runs at once."""
    spent: Path | None = None
    """Where what runs cost is noted, for all pipelines that share a budget; None: among what the folder's share."""
    kept: Kept | None = None
    """The rows that an earlier session of the same run has won; None: there was no such session."""
    records: bool = True
    """Whether runs are recorded, where the settings allow it."""
    common: "Common | None" = None
    """What runs share with those of processes that have the folder; None: this process has it."""


class Pipeline:
    """Takes planned runs in, gives rows out."""

    def __init__(self, config: Config, part: Part) -> None:
        self._config = config
        self._part = part
        model = f" --harness-model={config.demanded_model}" if config.demanded_model else ""
        target = f" --harness-target={config.demanded_target}" if config.demanded_target else ""
        self._library = Library(config.project.root, config.project.cassettes, config.record, options=model + target)
        self._runner: Runner | None = None
        self._running: dict[str, Future[Transcript]] = {}
        self._done: dict[str, Transcript] = {}
        self._documents: dict[str, Document] = {}
        self._own: dict[tuple[str, ...], tuple[NamedScorer, ...]] = {}
        self._won = _won(part)

    @property
    def runner(self) -> "Runner":
        """What makes runs, made when it is first needed."""
        if self._runner is None:
            from harness.run import Runner

            self._runner = Runner(self._run_settings())
        return self._runner

    def submit(self, planned: Sequence[Planned]) -> None:
        """Start what has to be run; what can be replayed is left until it is asked for."""
        for one in planned:
            if not self.is_settled(one):
                self._begin(one)

    def row(self, planned: Planned) -> Row:
        """Return the row of a planned run, waiting for it where it is still going on. Never raises for a bad case.

        Raises:
            BudgetReached: It was not begun.
        """
        if self._part.kept is not None:
            row = self._part.kept.row(planned)
            if row is not None:
                return row
        self._begin(planned)
        transcript = self._done.pop(planned.node, None) or self._running.pop(planned.node).result()
        return self.judge(planned, transcript)

    def start(self, planned: Planned, ended: Callable[[Planned], None]) -> None:
        """Start a run, or replay it, and tell when its row is there to be had, from whatever thread."""
        if not self._is_kept(planned):
            self._begin(planned)
        if planned.node in self._running:
            self._running[planned.node].add_done_callback(lambda _: ended(planned))
        else:
            ended(planned)

    def is_settled(self, planned: Planned) -> bool:
        """Tell whether a run needs no endpoint: it has its row already, is replayed, or an error."""
        return self._is_kept(planned) or self._is_won(planned) or self._library.is_settled(planned)

    def _is_won(self, planned: Planned) -> bool:
        return self._won is not None and self._won.has(planned)

    def _is_kept(self, planned: Planned) -> bool:
        return self._part.kept is not None and self._part.kept.has(planned)

    def wait(self, planned: Planned, timeout_s: float) -> bool:
        """Wait for a run that has been started, at most so long, and tell whether it has ended or none was started."""
        running = self._running.get(planned.node)
        return running is None or not wait([running], timeout_s).not_done

    def going(self) -> int:
        """Return how many runs that were started have not ended."""
        return sum(not future.done() for future in self._running.values())

    def judge(self, planned: Planned, transcript: Transcript) -> Row:
        """Return the row of a run that has been made: an old one, or one of today's. Never raises for a bad case."""
        documents: Mapping[str, Document] = {}
        own: tuple[NamedScorer, ...] = ()
        if transcript.failure is None:
            try:
                documents = self.documents(planned)
                own = self._scorers(planned)
            except HarnessError as error:
                transcript = replace(transcript, error=failure_of(error))
        try:
            score = score_case(planned, transcript, documents, own)
        except Exception as error:  # noqa: BLE001 - an answer that our scorer trips over must not take the others with it
            told = f"the scorer failed on this answer, which is a defect of it: {type(error).__name__}: {error}"
            transcript = replace(transcript, error=Failure(kind="internal", message=told))
            score = score_case(planned, transcript, {}, ())
        row = Row(planned=planned, transcript=transcript, score=score)
        return row if self._config.judge is None else self._bench(self._config.judge).judged(row, documents)

    def _bench(self, settings: JudgeSettings) -> "Bench":
        """Return where the judging model sits."""
        from harness.run.judging import Bench

        config = self._config
        return Bench(
            settings=settings,
            library=self._library,
            may_record=settings.endpoint.is_loopback or config.record_is_explicit,
            scrubbing=Scrubbing(config.secrets, config.scrubbers, config.project.root),
            secrets=config.secrets,
        )

    def _scorers(self, planned: Planned) -> tuple[NamedScorer, ...]:
        """Return the suite's own scorers, each made once a session.

        Raises:
            ConfigError: One of them cannot be had.
        """
        if planned.scorers not in self._own:
            self._own[planned.scorers] = find_scorers(planned.scorers, self._config.project.root)
        return self._own[planned.scorers]

    def finish(self, *, is_owner: bool) -> list[str]:
        """End what still runs, and delete what was made unless it is kept.

        Args:
            is_owner: Whether this process answers for the objects that all processes of the session share.

        Returns:
            A line for each remote object that is left although it should not be.
        """
        # Nothing was run here, and no other process has left anything.
        if self._runner is None and not (is_owner and self._part.folder.ledger.exists()):
            return []
        try:
            self.runner.cancel()
            return self.runner.delete_left() if is_owner and not self._config.keep else []
        except HarnessError as error:
            return [error.what]
        finally:
            self.runner.close()
            if is_owner:
                shutil.rmtree(self._part.folder.shared, ignore_errors=True)

    def _run_settings(self) -> "RunSettings":
        from harness.run import RunSettings
        from harness.run.uploads import Uploads

        config, part = self._config, self._part
        # An embedded server takes all that it holds with it.
        is_reusing = config.reuses_uploads and not config.endpoint.is_embedded
        return RunSettings(
            endpoint=config.endpoint,
            embedded_url=part.embedded_url,
            max_retries=config.max_retries,
            root=config.project.root,
            fixtures=config.project.fixtures,
            library=self._library,
            is_recording=config.may_record and part.records,
            is_keeping=config.keep,
            folder=part.folder,
            secrets=config.secrets,
            scrubbing=Scrubbing(config.secrets, config.scrubbers, config.project.root),
            common=part.common or self._common(),
            uploads=Uploads(config.project.results) if is_reusing else None,
        )

    def _common(self) -> "Common":
        from harness.run.common import Common
        from harness.run.ledger import Ledger
        from harness.run.limits import Limits
        from harness.run.resuming import Underway
        from harness.run.spending import Spending
        from harness.run.won import Won

        config, part = self._config, self._part
        ledger, rate = Ledger(part.folder.ledger), config.requests_per_minute
        return Common(
            ledger=ledger,
            limits=Limits(max(1, config.concurrency // part.share), rate and rate / part.share),
            spending=Spending(config.budget, config.prices, part.spent or part.folder.shared / SPENT),
            won=Won(part.folder.won, config.secrets),
            underway=Underway(ledger if part.kept is not None else None, config.endpoint.name),
        )

    def check(self, planned: Planned) -> None:
        """See that a run can be made, before anything is sent.

        Raises:
            HarnessError: It cannot.
        """
        check_target(self._config.endpoint, planned.target)
        self.documents(planned)

    def _begin(self, planned: Planned) -> None:
        """Replay a run or start it, unless that has been done."""
        if planned.node not in self._running and self.is_open(planned):
            self._running[planned.node] = self.runner.submit(planned)

    def is_open(self, planned: Planned) -> bool:
        """Tell whether a run has to be made. If not, what came of it is found, and its row can be had at once."""
        if self._is_kept(planned) or planned.node in self._done:
            return False
        try:
            found = self._found(planned)
            if found is None:
                self.check(planned)
                return True
        except HarnessError as error:
            found = errored(planned, failure_of(error))
        self._done[planned.node] = found
        return False

    def _found(self, planned: Planned) -> Transcript | None:
        """Return the transcript of a run that was made before; None where there is none.

        Raises:
            HarnessError: There should be one.
        """
        check_assistant(planned)
        transcript = self._won.transcript(planned) if self._won is not None else None
        if transcript is not None:
            return transcript
        cassette = self._library.replay(planned)
        return None if cassette is None else self._replayed(planned, cassette)

    def _replayed(self, planned: Planned, cassette: Cassette) -> Transcript:
        transcript = TARGETS[planned.target].read(exchanges(cassette.interactions), file_names(planned))
        provenance = Provenance(
            origin="replayed",
            cassette=self._library.where(planned),
            endpoint=cassette.recorded.get("endpoint"),
            recorded_at=cassette.recorded.get("at"),
        )
        return replace(transcript, requested_model=planned.model, provenance=provenance)

    def documents(self, planned: Planned) -> dict[str, Document]:
        """Return a case's documents by path, each read once a session.

        Raises:
            DocumentError: One of them cannot be read.
        """
        project = self._config.project
        for source in planned.sources:
            if source.sha256 not in self._documents:
                document = load_document(project.fixtures, source.path, max_mb=project.max_document_mb)
                self._documents[source.sha256] = document
        return {source.path: replace(self._documents[source.sha256], path=source.path) for source in planned.sources}


def _won(part: Part) -> "Won | None":
    """Return the transcripts that an earlier session of the run has left; None where there was none."""
    if part.kept is None or not part.folder.won.exists():
        return None
    from harness.run.won import Won

    return Won(part.folder.won)
