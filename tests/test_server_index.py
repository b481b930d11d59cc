"""The index of a vector store: what is remembered of it follows its changes, and only the best are looked up."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from harness.documents import Passage, read_document
from harness.server.library import Library
from harness.server.models.interface import Chunk
from harness.server.search import SearchIndex
from harness.server.store import Store

STORE = "vs_a"
BIRDS = "The heron wades.\n\nThe crane dances.\n\nThe heron and the crane.\n\nNo bird at all."
FISH = "The heron eats fish.\n\nA fish swims.\n\nThe carp is a fish."


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.fixture
def index(store: Store) -> SearchIndex:
    index = SearchIndex(store)
    index.create(STORE)
    return index


def passages(text: str) -> Sequence[Passage]:
    return read_document(text.encode(), "a.txt").passages


def found(index: SearchIndex, files: Sequence[str] | None = None, limit: int = 10) -> list[Chunk]:
    return index.search({STORE: files}, "heron fish crane", limit)


def test_scores_follow_every_change_of_the_index(store: Store, index: SearchIndex) -> None:
    index.add(STORE, "file-1", "birds.txt", passages(BIRDS))
    before = found(index)
    index.add(STORE, "file-2", "fish.txt", passages(FISH))
    both = found(index)
    fresh = SearchIndex(store)
    assert both == found(fresh)
    assert {chunk.score for chunk in both} != {chunk.score for chunk in before}
    index.remove(STORE, "file-2")
    assert found(index) == before
    index.drop(STORE)
    index.create(STORE)
    assert found(index) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("files", [None, ["file-1"], ["file-2", "file-1"], []], ids=str)
def test_fewer_results_are_the_best_of_more(index: SearchIndex, limit: int, files: list[str] | None) -> None:
    index.add(STORE, "file-1", "birds.txt", passages(BIRDS))
    index.add(STORE, "file-2", "fish.txt", passages(FISH))
    everything = found(index, files, 100)
    assert found(index, files, limit) == everything[:limit]
    assert all(upper.score >= lower.score for upper, lower in pairwise(everything))
    assert {chunk.file_id for chunk in everything} == set(["file-1", "file-2"] if files is None else files)


def test_equal_scores_stand_in_the_order_of_names_and_places(index: SearchIndex) -> None:
    for name in ("c.txt", "a.txt", "b.txt"):
        index.add(STORE, f"file-{name}", name, passages("One heron.\n\nOne heron."))
    places = [(chunk.file_name, chunk.start) for chunk in found(index, limit=4)]
    assert places == [("a.txt", 0), ("a.txt", 12), ("b.txt", 0), ("b.txt", 12)]


def test_what_was_used_longest_ago_is_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.server.library._MAX_CHARACTERS", 30)
    library = Library(store, max_reading_s=5)
    for number in range(3):
        store.add_content_part(f"file-{number}", 0, f"Bird number {number}.".encode())
    first, second = (library.document(f"file-{number}", f"{number}.txt") for number in range(2))
    assert library.document("file-0", "0.txt") is first
    third = library.document("file-2", "2.txt")
    assert library.document("file-2", "2.txt") is third
    assert library.document("file-1", "1.txt") is not second
    library.forget("file-1")
    assert library.document("file-0", "0.txt") == first
