"""A task of the cluster: make the runs of a batch, score them, hand their ends back one by one."""

import json
import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.cluster.goods import Goods
from harness.cluster.tied import TiedLedger, TiedLimits, TiedSpending, TiedWon
from harness.config import Config
from harness.model.plan import Planned
from harness.pipeline import Part, Pipeline
from harness.results import RunFolder
from harness.run.common import Common
from harness.run.ledger import Remote
from harness.run.resuming import Underway
from harness.session.stream import End, ended_runs


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What all batches of a session have in common."""

    id: str
    """The run's."""
    config: Config = field(repr=False)
    embedded_url: str | None
    office: Any
    """The actor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Runs that one task makes."""

    planned: tuple[Planned, ...]
    ids: Mapping[str, str]
    """Live ids of what is set up for them, by canonical id."""
    left: tuple[Remote, ...]
    """What a worker that was lost has begun for them."""
    goods: Goods


_SHOPS: "dict[str, Shop]" = {}
"""By the run's id. Only a module outlives a task; a process of Ray's serves one session, so there is one shop."""


def work(job: Job, batch: Batch) -> Iterator[End]:
    """Return the end of each run of a batch as it comes."""
    if job.id not in _SHOPS:
        _SHOPS[job.id] = Shop(job)
    yield from _SHOPS[job.id].ends(batch)


class Shop:
    """A worker's own pipeline, with documents that are read once and connections that stay open.

    Args:
        job: The session.
    """

    def __init__(self, job: Job) -> None:
        # There only while there are runs: Ray ends workers without asking them to tidy up.
        self._root = Path(tempfile.gettempdir(), f"harness-worker-{secrets.token_hex(8)}")
        config = job.config
        root = self._root
        project = replace(
            config.project, root=root, cases=root, fixtures=root / "fixtures", cassettes=root / "cassettes"
        )
        self._run = RunFolder(path=self._root / "results" / job.id)
        self._read: set[str] = set()
        spending = TiedSpending(config.budget, config.prices)
        self._underway = Underway(None, config.endpoint.name)
        common = Common(
            ledger=TiedLedger(job.office),
            limits=TiedLimits(job.office, f"{platform.node()}-{os.getpid()}", spending),
            spending=spending,
            won=TiedWon(job.office),
            underway=self._underway,
        )
        part = Part(folder=self._run, embedded_url=job.embedded_url, records=False, common=common)
        self._pipeline = Pipeline(replace(config, project=project), part)

    def ends(self, batch: Batch) -> Iterator[End]:
        """Make the runs of a batch."""
        self._root.mkdir(mode=0o700)
        try:
            self._take(batch.goods)
            self._run.shared.mkdir(parents=True)
            for canonical, live in batch.ids.items():
                (self._run.shared / f"{canonical}.json").write_text(json.dumps({"id": live}), encoding="utf-8")
            self._underway.add(batch.left)
            yield from ended_runs(self._pipeline, batch.planned, len(batch.planned))
            self._read.update(batch.goods.documents)
        finally:
            shutil.rmtree(self._root, ignore_errors=True)

    def _take(self, goods: Goods) -> None:
        import ray

        news = {path: ref for path, ref in goods.documents.items() if path not in self._read}
        _write(self._root / "fixtures", dict(zip(news, ray.get(list(news.values())), strict=True)))
        if goods.code is not None:
            _write(self._root, ray.get(goods.code))


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def sent_config(config: Config) -> Config:
    """Return the settings as workers need them: without the environment, and without secrets but the endpoint's key."""
    return replace(config, environ={}, secrets=frozenset(), record="once", judge=None)
