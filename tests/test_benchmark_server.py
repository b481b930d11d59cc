"""What `benchmarks/server_kills.py` and `benchmarks/server_fuzz.py` look for is found where it is."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.server.store import DATABASE_NAME, Store
from harness.server.wire import Json

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RUN: Json = {"object": "thread.run", "id": "run_1", "status": "completed", "thread_id": "thread_1"}
THREAD: Json = {"object": "thread", "id": "thread_1"}


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def add_run_without_message(store: Store) -> None:
    store.add(THREAD)
    store.add(RUN, parent="thread_1")


def add_step_without_run(store: Store) -> None:
    step = {"id": "step_1", "object": "thread.run.step", "run_id": "run_1", "type": "tool_calls", "status": "completed"}
    store.add(step, parent="run_1")


def add_message_under_way(store: Store) -> None:
    store.add(THREAD)
    store.add({"id": "msg_1", "object": "thread.message", "status": "in_progress"}, parent="thread_1")


def add_bytes_of_nothing(store: Store) -> None:
    store.add_content_part("file-1", 0, b"x")


def add_half_a_file(store: Store) -> None:
    store.add({"id": "file-1", "object": "file", "bytes": 2})
    store.add_content_part("file-1", 0, b"x")


def add_store_without_index(store: Store) -> None:
    store.add({"id": "vs_1", "object": "vector_store"})


def add_index_without_store(store: Store) -> None:
    store.query("create virtual table fts_vs1 using fts5(text, file_id unindexed)")


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (add_run_without_message, "run_1 is complete and has said nothing"),
        (add_step_without_run, "step_1 of thread.run run_1, which is not there"),
        (add_message_under_way, "msg_1 is in_progress for ever"),
        (add_bytes_of_nothing, "bytes of file-1, which is not there"),
        (add_half_a_file, "file-1 has not the bytes that it says"),
        (add_store_without_index, "fts_vs_1 is an index without a vector store, or missing"),
        (add_index_without_store, "fts_vs1 is an index without a vector store, or missing"),
    ],
)
def test_what_is_half_there_after_a_kill_is_found(
    benchmark_module: Callable[[str], Any], tmp_path: Path, add: Callable[[Store], None], said: str
) -> None:
    store = Store(tmp_path / DATABASE_NAME)
    add(store)
    store.close()
    kept = benchmark_module("server_kills").Kept(tmp_path / DATABASE_NAME)
    faults = list(kept.faults())
    kept.close()
    assert len(faults) == 1
    assert said in faults[0]


@pytest.mark.slow
def test_a_killed_server_comes_back(benchmark_module: Callable[[str], Any]) -> None:
    told = benchmark_module("server_kills").kill_again_and_again(2, seed=3)
    assert (told["kills_survived"], told["wrong"]) == (2, 0)
    assert told["kept_objects"] > 0


@pytest.mark.parametrize(
    ("body", "is_right"),
    [
        ({"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}}, True),
        ({"error": {"message": "", "type": "invalid_request_error", "param": None, "code": None}}, False),
        ({"error": {"message": "No.", "type": "invalid_request_error"}}, False),
        ({"error": "No."}, False),
        ({"detail": "No."}, False),
        (["No."], False),
    ],
    ids=json.dumps,
)
def test_only_the_apis_error_shape_is_one(
    benchmark_module: Callable[[str], Any], body: object, *, is_right: bool
) -> None:
    assert (benchmark_module("server_fuzz").fault_of_error(body) is None) is is_right
