"""Hands runs out to the cluster, and gives their ends back as they come, each once, whatever becomes of the nodes.

Ray itself tries nothing again: it would make all runs of a batch anew. Who asks again here leaves out what has ended,
and says what the ledger knows of the rest, so that it is gone on with.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.cassettes.identity import assistant_id
from harness.cluster.batches import TRIES, Queue
from harness.cluster.goods import Depot
from harness.cluster.office import Desk, Office
from harness.cluster.start import check_config, cluster
from harness.cluster.worker import Batch, Job, sent_config, work
from harness.config import Config
from harness.errors import HarnessError
from harness.model.plan import Planned, Source
from harness.model.transcript import Failure
from harness.pipeline import SPENT, Part, Pipeline
from harness.run.ledger import Ledger, Remote
from harness.session.stream import End
from harness.targets.failures import errored, failure_of
from harness.targets.maker import UNKNOWN

AHEAD = 2
"""Batches handed out for each worker: while it works on one, the next is there."""
WAIT_S = 0.2
"""How long the driver waits for an end before it looks whether the cluster has grown."""
SetUp: TypeAlias = tuple[str, str, bool, str | None, tuple[Source, ...]]
"""What decides what is set up for a run."""


@dataclass(kw_only=True, slots=True)
class _Going:
    """A batch under way."""

    missing: dict[str, Planned]
    """The runs whose end has not come, by node."""


def ended_on_cluster(
    pipeline: Pipeline, part: Part, config: Config, planned: Sequence[Planned], address: str | None
) -> Iterator[End]:
    """Return the end of each run as it comes; only what needs an endpoint is sent to the cluster.

    Args:
        pipeline: The driver's own: replays, and sets up what cases share.
        part: The driver's part of the session.
        config: The settings in force.
        planned: The runs, each node once.
        address: The cluster's; see `start.cluster`.

    Raises:
        ConfigError: The cluster cannot be had, or cannot do what is asked for.
    """
    check_config(config)
    open_ = []
    for one in planned:
        if pipeline.is_open(one):
            open_.append(one)
        else:
            yield End(planned=one, row=pipeline.row(one))
    if not open_:
        return
    with cluster(config, address) as node_id:
        driver = _Driver(pipeline, part, config, node_id)
        try:
            yield from driver.ends(open_)
        finally:
            driver.close()


class _Driver:
    """The session's side of the cluster.

    Args:
        pipeline: The driver's own.
        part: Its part of the session.
        config: The settings in force.
        node_id: The node that this process is on.
    """

    def __init__(self, pipeline: Pipeline, part: Part, config: Config, node_id: str) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._pipeline = pipeline
        self._config = config
        self._ledger = Ledger(part.folder.ledger)
        self._depot = Depot(config.project)
        here = NodeAffinitySchedulingStrategy(node_id=node_id, soft=False)
        desk = Desk(
            folder=part.folder,
            concurrency=config.concurrency,
            per_minute=config.requests_per_minute,
            budget=config.budget,
            prices=config.prices,
            spent=part.spent or part.folder.shared / SPENT,
            secrets=config.secrets,
        )
        self._office = ray.remote(num_cpus=0, scheduling_strategy=here)(Office).remote(desk)
        url = pipeline.runner.start_server() if config.endpoint.is_embedded else None
        job = Job(id=part.folder.id, config=sent_config(config), embedded_url=url, office=self._office)
        self._job = ray.put(job)
        self._work = ray.remote(num_cpus=1, max_retries=0, num_returns="streaming")(work)
        self._set_ups: dict[SetUp, Future[dict[str, str]]] = {}
        self._going: dict[Any, _Going] = {}
        self._ready = deque[End]()
        self._workers = 1
        """How many there were when the last batch was handed out."""
        self._left = self._left_by_node() if part.kept is not None else {}

    def ends(self, planned: Sequence[Planned]) -> Iterator[End]:
        """Return the end of each run as it comes."""
        import ray

        for one in planned:
            self._set_up(one)
        queue = Queue(planned, self._config.concurrency)
        while queue or self._going or self._ready:
            self._hand_out(queue)
            while self._ready:
                yield self._ready.popleft()
            if self._going:
                there, _ = ray.wait(list(self._going), num_returns=1, timeout=WAIT_S, fetch_local=False)
                for task in there:
                    self._receive(task, queue)

    def _set_up(self, planned: Planned) -> "Future[dict[str, str]]":
        """Return what will be the ids of what a run shares with others: each is made once, and side by side."""
        searches = "file_search" in planned.assistant.tools
        key = (planned.target, assistant_id(planned), searches, planned.vector_store, planned.sources)
        if key not in self._set_ups:
            self._set_ups[key] = self._pipeline.runner.prepare(planned)
        return self._set_ups[key]

    def _hand_out(self, queue: Queue) -> None:
        self._workers = workers = _workers()
        while queue and len(self._going) < AHEAD * workers:
            ids: dict[str, str] = {}
            batch = queue.take(workers, lambda one: self._is_fit(one, ids))  # noqa: B023 - it is called at once
            if not batch:
                return
            left = [remote for one in batch for remote in self._left.get(one.node, ())]
            sent = Batch(
                planned=tuple(batch),
                ids={canonical: live for live, canonical in ids.items()},
                left=tuple(left),
                goods=self._depot.goods(batch),
            )
            self._going[self._work.remote(self._job, sent)] = _Going(missing={one.node: one for one in batch})

    def _is_fit(self, planned: Planned, ids: dict[str, str]) -> bool:
        """Tell whether a run is set up, and add the ids; else it has ended as an error."""
        try:
            ids.update(self._set_up(planned).result())
            for source in planned.sources:
                self._depot.document(source)
        except HarnessError as error:
            self._fail(planned, failure_of(error))
            return False
        except Exception as error:  # noqa: BLE001 - the client and the server's answers are not ours
            self._fail(planned, Failure(kind="internal", message=f"{type(error).__name__}: {error}"))
            return False
        return True

    def _receive(self, task: Any, queue: Queue) -> None:
        """Take the next end that a task has; or its own end, whatever ended it."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            end: End = ray.get(next(task))
        except StopIteration:
            self._lose(self._going.pop(task), queue)  # nothing is missing then
        except RayTaskError as error:
            for one in self._going.pop(task).missing.values():
                self._fail(one, Failure(kind="internal", message=f"the worker failed: {error.cause}"))
        except RayError:
            with suppress(RayError):
                ray.cancel(task, force=True)
            self._lose(self._going.pop(task), queue)
        else:
            if self._going[task].missing.pop(end.planned.node, None) is not None:
                self._ready.append(end)

    def _lose(self, going: _Going, queue: Queue) -> None:
        """Ask again for what a lost worker owes; what it has won is not made again."""
        import ray

        missing = list(going.missing.values())
        if not missing:
            return
        kept = ray.get(self._office.kept.remote(missing))
        for one, transcript in zip(missing, kept, strict=True):
            if transcript is not None:
                self._ready.append(End(planned=one, row=self._pipeline.judge(one, transcript)))
        again = [one for one, transcript in zip(missing, kept, strict=True) if transcript is None]
        self._left = self._left_by_node()
        self._note_possible(again)
        for one in queue.give_back(again):
            self._fail(one, Failure(kind="internal", message=f"{TRIES} workers ended while they made this run"))

    def _note_possible(self, missing: Sequence[Planned]) -> None:
        """Note what a lost worker may have made without telling: it began its runs in order, so many at once."""
        share = -(-self._config.concurrency // self._workers)
        untold = [one for one in missing if one.node not in self._left]
        for one in untold[: max(0, share - (len(missing) - len(untold)))]:
            kind = "thread" if one.target == "assistants" else "response"
            remote = Remote(
                endpoint=self._config.endpoint.name, target=one.target, kind=kind, id=UNKNOWN, node=one.node
            )
            self._ledger.lost(remote)

    def _left_by_node(self) -> dict[str, list[Remote]]:
        left: dict[str, list[Remote]] = {}
        for remote in self._ledger.left():
            if remote.node is not None:
                left.setdefault(remote.node, []).append(remote)
        return left

    def _fail(self, planned: Planned, failure: Failure) -> None:
        row = self._pipeline.judge(planned, errored(planned, failure))
        self._ready.append(End(planned=planned, row=row))

    def close(self) -> None:
        """End what still runs; what it has made is in the ledger."""
        import ray
        from ray.exceptions import RayError

        for task in self._going:
            with suppress(RayError):
                ray.cancel(task, force=True)
        ray.kill(self._office)


def _workers() -> int:
    """Return how many tasks the cluster has room for, as of now."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 0)))
