"""One endpoint, one connection pool, many runs: set up, drive, read, record, delete."""

import asyncio
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.cassettes.canonical import Names, canonical
from harness.cassettes.file import Cassette
from harness.cassettes.fingerprint import fingerprint
from harness.cassettes.identity import file_names
from harness.cassettes.interaction import Interaction, exchanges
from harness.cassettes.library import Library
from harness.cassettes.scrubbing import Scrubbing
from harness.config import Endpoint
from harness.errors import CassetteError, DocumentError, HarnessError
from harness.model.plan import Planned, Source
from harness.model.suite import TargetName
from harness.model.transcript import Failure, Provenance, Transcript
from harness.results import RunFolder
from harness.run.clean import PATIENCE, Broom
from harness.run.client import make_client, make_transport
from harness.run.common import Common
from harness.run.ledger import Remote
from harness.run.resuming import resuming, untimed
from harness.run.retries import PatientTransport
from harness.run.sent import sent_digest
from harness.run.settled import found, settled
from harness.run.shared import Make, Ready, SharedObjects, Wanted
from harness.run.stock import Stock
from harness.run.uploads import Uploads
from harness.targets.failures import failure_of
from harness.targets.functions import Functions
from harness.targets.known import TARGETS
from harness.targets.maker import UNKNOWN, Maker, Remember
from harness.targets.patience import Patience
from harness.targets.setup import PASSING


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSettings:
    """How runs are made."""

    endpoint: Endpoint
    embedded_url: str | None
    """Base URL of an embedded server that somebody else started; None: one is started when it is needed."""
    max_retries: int
    """How often a request or a run is tried again."""
    root: Path
    """The project: functions of your own lie below it."""
    fixtures: Path
    """Folder that the documents' paths start from."""
    library: Library
    is_recording: bool
    """Whether cassettes are written; if not, runs are live only."""
    is_keeping: bool
    """Whether remote objects are left in place."""
    folder: RunFolder
    """Where the run keeps its ledger, and where the processes of a session share what they set up."""
    secrets: frozenset[str]
    """Values that must reach no file."""
    scrubbing: Scrubbing
    """Takes them out of what is recorded."""
    common: Common
    """What all runs of the session share."""
    uploads: Uploads | None = None
    """Documents and stores that are kept from run to run; None: none are."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Session:
    """Runs against one endpoint. Lives on one event loop."""

    def __init__(self, settings: RunSettings, url: str) -> None:
        settings.folder.make()
        self._settings = settings
        common = settings.common
        self._ledger, self._limits, self._won = common.ledger, common.limits, common.won
        self._spending, self._underway = common.spending, common.underway
        self._patience = Patience(retries=settings.max_retries)
        self._connections = make_transport(settings.endpoint, url)
        self._transport = self._patient(self._patience)
        self._sweeping = self._patient(PATIENCE)
        self._url = url
        self._broom = Broom(endpoint=settings.endpoint, url=url, ledger=self._ledger)
        self._unsaved: dict[str, Cassette] = {}
        self._desk = asyncio.Semaphore(2)  # one may calculate while the other waits for the disk
        self._saving = threading.Lock()
        self._stock = Stock(settings.endpoint.name, settings.folder.earlier, settings.uploads)
        self._shared = SharedObjects(self._make, self._content, settings.folder.shared, self._stock.locks)

    async def prepare(self, planned: Planned) -> dict[str, str]:
        """Make what a run needs and others share, and return its ids: canonical by live.

        Raises:
            HarnessError: It cannot be made.
        """
        async with self._limits.room():
            return (await self._shared.ready(planned)).names

    async def run(self, planned: Planned) -> Transcript:
        """Make a run and record it, if all went well.

        Raises:
            BudgetReached: It was not begun.
        """
        passing: list[Remote] = []
        try:
            async with self._limits.room():
                self._spending.admit()
                functions = Functions(planned, self._settings.root)
                ready = await self._shared.ready(planned)
                sent, failure = await self._drive(planned, ready, functions, passing)
                self._spend(planned, sent)  # before the next run begins
            async with self._desk:
                await self._transport.quiet()
                transcript = await asyncio.to_thread(self._concluded, planned, ready, sent, failure)
        finally:
            # Only now: what is not on disk yet could not be fetched again after a crash.
            if not self._settings.is_keeping:
                await asyncio.shield(self._delete(passing))
        return transcript

    def _concluded(
        self, planned: Planned, ready: Ready, sent: Sequence[Interaction], failure: Failure | None
    ) -> Transcript:
        """Read what happened, and record it. Runs in a thread: disks are slow."""
        happened = found(sent)
        tape = self._canonical(happened, planned, ready)
        try:
            tape = self._clean(tape, planned.node)
        except HarnessError as error:
            failure = failure or failure_of(error)
        transcript = TARGETS[planned.target].read(exchanges(tape), file_names(planned))
        if failure is not None:
            transcript = replace(transcript, error=failure)
        transcript = replace(transcript, requested_model=planned.model)
        kept = settled(happened)
        if len(kept) < len(happened):  # attempts were given up: they are part of the transcript, not of the recording
            tape = self._clean(self._canonical(kept, planned, ready), planned.node)
        transcript = self._kept(planned, tape, transcript)
        if transcript.failure is None:
            self._won.add(planned, transcript)
        return transcript

    def _spend(self, planned: Planned, sent: Sequence[Interaction]) -> None:
        if self._spending.is_limited:
            transcript = TARGETS[planned.target].read(exchanges(found(sent)), file_names(planned))
            self._spending.add(planned.model, transcript)

    def _canonical(
        self, interactions: Sequence[Interaction], planned: Planned, ready: Ready
    ) -> tuple[Interaction, ...]:
        names = Names(scope=f"{planned.node} {planned.target} {planned.model}", known=dict(ready.names))
        return canonical(interactions, self._url, names)

    def _patient(self, patience: Patience) -> PatientTransport:
        most_s = self._settings.endpoint.timeout_s
        return PatientTransport(self._connections, patience, self._limits, most_s)

    async def _drive(
        self, planned: Planned, ready: Ready, functions: Functions, passing: list[Remote]
    ) -> tuple[tuple[Interaction, ...], Failure | None]:
        from harness.cassettes.transport import CassetteTransport

        left = self._underway.take(planned)
        passing += left
        reaching = resuming(left, planned, self._transport)
        transport = CassetteTransport(reaching)
        timeout_s = self._settings.endpoint.timeout_s * len(planned.case.conversation)
        failure: Failure | None = None
        try:
            async with asyncio.timeout(timeout_s), make_client(self._settings.endpoint, self._url, transport) as client:
                remember = self._remember(planned.target, passing, planned)
                maker = Maker(client=client, remember=remember, patience=self._patience)
                await TARGETS[planned.target].drive(maker, planned, ready.handles, functions)
        except TimeoutError:
            failure = Failure(
                kind="deadline",
                message=f"the run did not end within {timeout_s:g} s",
                hint="raise `timeout_s` in [tool.harness], or look at the server",
            )
        except HarnessError as error:
            failure = failure_of(error)
        return untimed(transport.sent, reaching), failure

    def _kept(self, planned: Planned, tape: Sequence[Interaction], transcript: Transcript) -> Transcript:
        """Write the cassette, where one is to be written: a run that failed is no recording of an answer."""
        settings = self._settings
        where = settings.library.where(planned)
        provenance = Provenance(origin="live", endpoint=settings.endpoint.name, recorded_at=_now())
        if not settings.is_recording or transcript.failure is not None:
            return replace(transcript, provenance=provenance)
        cassette = self._cassette(fingerprint(planned), tape, transcript.reported_model)
        try:
            settings.library.record(planned, cassette, settings.secrets)
            # Not before an answer was recorded: a server on which all runs fail leaves no trace.
            with self._saving:
                while self._unsaved:
                    settings.library.record_setup(*self._unsaved.popitem(), settings.secrets)
        except CassetteError as error:
            return replace(transcript, error=failure_of(error), provenance=provenance)
        return replace(transcript, provenance=replace(provenance, origin="recorded", cassette=where))

    async def _make(self, wanted: Wanted, make: Make, names: dict[str, str]) -> str:
        """Make a shared object over a tape of its own, unless it is there already, and keep the tape if it is news."""
        from harness.cassettes.transport import CassetteTransport

        transport = CassetteTransport(self._transport)
        # What has no recording is made even so, or there would be none.
        if not self._settings.is_recording or self._settings.library.has_setup(wanted.id):
            async with make_client(self._settings.endpoint, self._url, CassetteTransport(self._transport)) as client:
                live = await self._stock.find(wanted, client)
            if live is not None:
                return live
        async with make_client(self._settings.endpoint, self._url, transport) as client:
            remember = self._stock.keeping(wanted, self._remember(wanted.target, []))
            live = await make(Maker(client=client, remember=remember, patience=self._patience))
        known = Names(scope=wanted.id, known={**names, live: wanted.id})
        if self._settings.is_recording:
            tape = self._clean(canonical(transport.interactions, self._url, known), f"{wanted.kind} {wanted.id}")
            cassette = self._cassette({"kind": wanted.kind, "id": wanted.id}, tape, None)
            self._unsaved[wanted.id] = cassette
        return live

    def _clean(self, tape: tuple[Interaction, ...], whose: str) -> tuple[Interaction, ...]:
        """Return a tape as it may be written, and before that be judged: a replay must come to the same."""
        return self._settings.scrubbing.clean(tape, whose) if self._settings.is_recording else tape

    def _cassette(self, made_of: dict[str, Any], tape: Sequence[Interaction], model: str | None) -> Cassette:
        endpoint = self._settings.scrubbing.clean_text(self._settings.endpoint.name)
        recorded = {"at": _now(), "endpoint": endpoint, "model": model}
        good = tuple(interaction for interaction in tape if interaction.status < 400)  # retries that were refused
        return Cassette(fingerprint=made_of, interactions=good, recorded=recorded)

    def _remember(self, target: TargetName, passing: list[Remote], planned: Planned | None = None) -> Remember:
        whose = {} if planned is None else {"node": planned.node, "plan": sent_digest(planned)}
        endpoint = self._settings.endpoint.name

        def remember(kind: str, remote_id: str) -> None:
            remote = Remote(endpoint=endpoint, target=target, kind=kind, id=remote_id, **whose)
            if remote_id == UNKNOWN:
                self._ledger.lost(remote)
                return
            self._ledger.made(remote)
            if kind in PASSING and remote not in passing:
                passing.append(remote)

        return remember

    async def _delete(self, passing: Sequence[Remote]) -> None:
        # What cannot be deleted now stays in the ledger, and is tried again at the end.
        await self._broom.sweep(passing, self._sweeping)

    async def delete_left(self) -> list[str]:
        """Delete all remote objects that the ledger still holds; return for each that stays why."""
        return await self._broom.sweep(self._ledger.left(), self._sweeping)

    async def _content(self, source: Source) -> bytes:
        content = await asyncio.to_thread((self._settings.fixtures / source.path).read_bytes)
        if hashlib.sha256(content).hexdigest() != source.sha256:
            # It would be recorded as what it was when the session began.
            raise DocumentError("the document changed while the session ran", where=source.path, hint="run again")
        return content

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()
