"""Room for runs is shared out among workers, and batches among what is waiting: pure, without a cluster."""

from dataclasses import replace

import pytest
from planned_support import planned

from harness.cluster.allotment import SILENT_S, Allotment, Report, Share
from harness.cluster.batches import LARGEST, TRIES, Queue
from harness.cluster.start import check_reach
from harness.config import Endpoint
from harness.errors import ConfigError
from harness.run.limits import Limits


class Clock:
    """A clock that is set by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def says(worker: str, going: int = 0, waiting: int = 0, **more: int) -> Report:
    return Report(worker=worker, going=going, waiting=waiting, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allotment(clock: Clock) -> Allotment:
    return Allotment(Limits(8), 600, clock)


def test_one_who_is_alone_has_all(allotment: Allotment) -> None:
    assert allotment.share(says("a", waiting=20)) == Share(runs=8, per_minute=600, era=0)


def test_a_second_waits_until_the_first_has_given_back(allotment: Allotment) -> None:
    allotment.share(says("a", waiting=20))

    assert allotment.share(says("b", waiting=20)).runs == 0
    assert allotment.share(says("a", going=8, waiting=12)).runs == 4
    assert allotment.share(says("b", waiting=20)).runs == 0
    allotment.share(says("a", going=4, waiting=12))
    assert allotment.share(says("b", waiting=20)) == Share(runs=4, per_minute=300, era=0)


def test_what_one_does_not_need_others_have(allotment: Allotment) -> None:
    allotment.share(says("a", going=1))

    assert allotment.share(says("b", waiting=20)).runs == 7


def test_one_who_is_silent_loses_its_share(allotment: Allotment, clock: Clock) -> None:
    allotment.share(says("a", waiting=20))
    clock.now_s = SILENT_S

    assert allotment.share(says("b", waiting=20)).runs == 8


def test_one_who_has_nothing_to_do_holds_nothing(allotment: Allotment) -> None:
    allotment.share(says("a", waiting=8))
    allotment.share(says("a"))

    assert allotment.share(says("b", waiting=20)) == Share(runs=8, per_minute=600, era=0)


def test_a_refusal_halves_the_room_of_all_once_for_what_was_asked_together(allotment: Allotment) -> None:
    first = allotment.share(says("a", waiting=4))
    allotment.share(says("b", waiting=4))

    assert allotment.share(says("a", going=2, waiting=6, refused=first.era)) == Share(runs=0, per_minute=300, era=1)
    assert allotment.share(says("b", going=1, waiting=6, refused=first.era)) == Share(runs=2, per_minute=300, era=1)
    assert allotment.share(says("b", going=1, waiting=6, answered=4)).runs == 4


@pytest.mark.parametrize("seed", range(20))
def test_all_together_never_have_more_than_there_is(seed: int) -> None:
    import random

    draw = random.Random(seed)
    most = draw.randint(1, 30)
    allotment = Allotment(Limits(most), None, Clock())
    going, granted = dict.fromkeys("abcde", 0), dict.fromkeys("abcde", 0)
    for _ in range(300):
        one = draw.choice("abcde")
        going[one] = draw.randint(0, max(going[one], granted[one]))  # some have ended, some have begun
        share = allotment.share(says(one, going=going[one], waiting=draw.randint(0, 20)))
        granted[one] = share.runs
        assert sum(max(going[name], granted[name]) for name in going) <= most


def test_batches_become_smaller_and_hold_each_run_once() -> None:
    runs = [replace(planned(), trial=number) for number in range(1, 2_001)]
    queue = Queue(runs, at_once=8)

    batches = []
    while queue:
        batches.append(queue.take(2, lambda _: True))

    assert [len(batch) for batch in batches[:3]] == [LARGEST] * 3
    assert len(batches[-1]) <= 4
    assert [one for batch in batches for one in batch] == runs


def test_what_cannot_be_handed_out_is_in_no_batch() -> None:
    runs = [replace(planned(), trial=number) for number in range(1, 5)]
    queue = Queue(runs, at_once=8)

    assert queue.take(1, lambda one: one.trial > 2) == runs[2:]
    assert not queue


def test_a_run_that_ends_its_workers_is_given_up() -> None:
    run = planned()
    queue = Queue([run], at_once=1)

    for _ in range(TRIES - 1):
        assert queue.give_back(queue.take(1, lambda _: True)) == []
    assert queue.give_back(queue.take(1, lambda _: True)) == [run]
    assert not queue


NODES = [
    {"NodeID": "a", "NodeManagerAddress": "10.0.0.1", "Alive": True},
    {"NodeID": "b", "NodeManagerAddress": "10.0.0.1", "Alive": True},
    {"NodeID": "c", "NodeManagerAddress": "10.0.0.3", "Alive": False},
]
ELSEWHERE = {"NodeID": "d", "NodeManagerAddress": "10.0.0.2", "Alive": True}


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:8080/v1", "http://localhost:8080/v1"])
def test_an_endpoint_of_this_machine_is_refused_where_the_cluster_has_others(url: str | None) -> None:
    endpoint = Endpoint(name=url or "embedded", base_url=url, source="default")

    check_reach(endpoint, NODES, "a")
    with pytest.raises(ConfigError, match=r"listens on this machine only: 10\.0\.0\.2 of the cluster cannot reach it"):
        check_reach(endpoint, [*NODES, ELSEWHERE], "a")


def test_an_endpoint_that_all_reach_is_none_of_that() -> None:
    url = "https://models.example/v1"

    check_reach(Endpoint(name=url, base_url=url, source="default"), [*NODES, ELSEWHERE], "a")
