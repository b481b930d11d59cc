"""Let a model judge what was answered: its requests recorded and replayed like those of a run."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from harness.cassettes.canonical import BASE, Names, canonical
from harness.cassettes.file import Cassette
from harness.cassettes.interaction import Interaction
from harness.cassettes.library import Library
from harness.cassettes.scrubbing import Scrubbing
from harness.config import JudgeSettings
from harness.documents import Document
from harness.errors import CassetteMissing, HarnessError
from harness.model.plan import Planned
from harness.model.row import Row
from harness.model.score import JudgedClaim, Judgement
from harness.run.client import make_client, make_transport
from harness.scoring.judge import PROMPT, ChatJudge, Judge, JudgeError, Task, task_of
from harness.scoring.retrieval import texts_of
from harness.targets.calls import endpoint_errors

RETRIES = 2
"""How often a judge is asked again: all that it may cost is a few tokens, it leaves nothing behind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where a judge sits."""

    settings: JudgeSettings
    library: Library
    may_record: bool
    """Whether it may be asked: towards a server that is not on this machine only where the user said so."""
    scrubbing: Scrubbing
    """Takes secrets out of what is recorded."""
    secrets: frozenset[str]

    def judged(self, row: Row, documents: Mapping[str, Document]) -> Row:
        """Return a row with what the judge says of each turn's claims. An error is the judgement's, not the row's."""
        tasks = _tasks(row, documents)
        if not tasks:
            return row
        judge = ChatJudge(model=self.settings.model)
        try:
            # A thread of its own: whoever calls may be inside an event loop already.
            with ThreadPoolExecutor(1) as pool:
                said = pool.submit(asyncio.run, self._judge(judge, row.planned, list(tasks.values()))).result()
        except HarnessError as error:
            said = [Judgement(model=self.settings.model, prompt=PROMPT, error=str(error)) for _ in tasks]
        judgements = dict(zip(tasks, said, strict=True))
        turns = tuple(
            replace(turn, judgement=judgements.get(at, turn.judgement)) for at, turn in enumerate(row.score.turns)
        )
        return replace(row, score=replace(row.score, turns=turns))

    async def _judge(self, judge: Judge, planned: Planned, tasks: Sequence[Task]) -> list[Judgement]:
        asked = {"judge": {"model": self.settings.model, "prompt": PROMPT}, "tasks": [_asked(task) for task in tasks]}
        cassette = self.library.replay_judge(planned, asked)
        if cassette is None:
            return await self._live(judge, planned, tasks, asked)
        from harness.cassettes.transport import CassetteTransport

        transport = CassetteTransport(recorded=cassette.interactions)
        return [await self._ask(judge, transport, BASE, task) for task in tasks]

    async def _live(
        self, judge: Judge, planned: Planned, tasks: Sequence[Task], asked: dict[str, Any]
    ) -> list[Judgement]:
        from harness.cassettes.transport import CassetteTransport

        endpoint = self.settings.endpoint
        url = endpoint.base_url or ""
        if not self.may_record:
            hint = "say --harness-record=once: that server is not on this machine, and may cost money"
            where = self.library.shown(self.library.judge_path(planned))
            raise CassetteMissing("no recording of the judge", where=where, hint=hint)
        async with make_transport(endpoint, url) as inner:
            transport = CassetteTransport(inner)
            said = [await self._ask(judge, transport, url, task) for task in tasks]
        if not any(one.error for one in said):
            tape = canonical(transport.interactions, url, Names(scope=f"{planned.node} {PROMPT}"))
            self._keep(planned, self.scrubbing.clean(tape, f"the judge of {planned.node}"), asked)
        return said

    def _keep(self, planned: Planned, tape: tuple[Interaction, ...], asked: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        endpoint = self.scrubbing.clean_text(self.settings.endpoint.name)
        recorded = {"at": at, "endpoint": endpoint, "model": self.settings.model}
        cassette = Cassette(fingerprint=asked, interactions=tape, recorded=recorded)
        self.library.record_judge(planned, cassette, self.secrets)

    async def _ask(self, judge: Judge, transport: Any, url: str, task: Task) -> Judgement:
        judgement = Judgement(model=self.settings.model, prompt=PROMPT)
        claims: tuple[JudgedClaim, ...]
        try:
            async with make_client(self.settings.endpoint, url, transport, retries=RETRIES) as client:
                with endpoint_errors(client):
                    claims = await judge.judge(client, task)
        except JudgeError as error:
            return replace(judgement, error=str(error))
        return replace(judgement, claims=claims)


def _tasks(row: Row, documents: Mapping[str, Document]) -> dict[int, Task]:
    """Return what the judge is shown, by the turn's index; turns without a claim are none of its business."""
    tasks = {}
    for at, score in enumerate(row.score.turns):
        final = row.transcript.turns[at].final if at < len(row.transcript.turns) else None
        if score.claims and final is not None:
            question = row.planned.asked[at]
            tasks[at] = task_of(question, score, texts_of(final.retrieved), documents)
    return tasks


def _asked(task: Task) -> dict[str, Any]:
    """Return what a recording answers: in words where they are short, by its hash where they are passages."""
    passages = hashlib.sha256("\0".join(task.passages).encode("utf-8", "replace")).hexdigest()
    return {"question": task.question, "claims": list(task.claims), "passages": passages}
