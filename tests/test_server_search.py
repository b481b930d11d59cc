"""Search in vector stores in full: filters, thresholds, several queries, rewriting, chunking."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from server_support import client_of, raw_client_of, serving

from harness.documents import read_document
from harness.server.chunking import AUTO, chunks_of
from harness.server.filters import is_matching

TEXTS = {"heron": "The grey heron wades.", "stork": "The white stork wades and flies.", "crane": "The crane dances."}
ATTRIBUTES: dict[str, dict[str, str | float | bool]] = {
    "heron": {"colour": "grey", "year": 2020, "is_shy": True},
    "stork": {"colour": "white", "year": 2021, "is_shy": False},
    "crane": {"year": 2022.5},
}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with client_of(base_url) as client:
        yield client


@pytest.fixture
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


@pytest.fixture(scope="module")
def birds(base_url: str) -> str:
    """A vector store with three files and their attributes."""
    with client_of(base_url) as client:
        store = client.vector_stores.create(name="birds")
        files: list[Any] = []
        for name, text in TEXTS.items():
            file = client.files.create(file=(f"{name}.txt", text.encode()), purpose="assistants")
            files.append({"file_id": file.id, "attributes": ATTRIBUTES[name]})
        batch = client.vector_stores.file_batches.create(store.id, files=files)
        client.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id)
        return store.id


def compared(kind: str, key: str, value: object) -> dict[str, object]:
    return {"type": kind, "key": key, "value": value}


FILTERS: list[tuple[dict[str, object], list[str]]] = [
    (compared("eq", "colour", "grey"), ["heron"]),
    (compared("ne", "colour", "grey"), ["crane", "stork"]),
    (compared("gt", "year", 2020), ["crane", "stork"]),
    (compared("gte", "year", 2021), ["crane", "stork"]),
    (compared("lt", "year", 2021), ["heron"]),
    (compared("lte", "year", 2021), ["heron", "stork"]),
    (compared("gt", "colour", "green"), ["heron", "stork"]),
    (compared("gt", "colour", 3), []),
    (compared("eq", "is_shy", True), ["heron"]),
    (compared("eq", "is_shy", 1), []),
    (compared("in", "year", [2020, 2022.5]), ["crane", "heron"]),
    (compared("nin", "colour", ["grey", "red"]), ["crane", "stork"]),
    ({"type": "and", "filters": [compared("gt", "year", 2020), compared("eq", "colour", "white")]}, ["stork"]),
    ({"type": "or", "filters": [compared("eq", "year", 2020), compared("eq", "year", 2022.5)]}, ["crane", "heron"]),
    (
        {
            "type": "and",
            "filters": [
                {"type": "or", "filters": [compared("eq", "year", 2020), compared("eq", "year", 2021)]},
                compared("ne", "colour", "white"),
            ],
        },
        ["heron"],
    ),
    ({"type": "and", "filters": []}, ["crane", "heron", "stork"]),
    ({"type": "or", "filters": []}, []),
]


@pytest.mark.parametrize(("given", "expected"), FILTERS)
def test_a_filter_leaves_the_files_whose_attributes_meet_it(
    client: OpenAI, birds: str, given: Any, expected: list[str]
) -> None:
    found = client.vector_stores.search(birds, query="the heron, the stork and the crane", filters=given).data
    assert sorted(hit.filename.removesuffix(".txt") for hit in found) == expected
    assert sorted(name for name, attributes in ATTRIBUTES.items() if is_matching(attributes, given)) == expected


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "like", "key": "a", "value": "b"}, "filters.type"),
        ({"type": "eq", "key": "a"}, "filters.value"),
        ({"type": "eq", "key": 3, "value": "b"}, "filters.key"),
        ({"type": "eq", "key": "a", "value": ["b"]}, "filters.value"),
        ({"type": "in", "key": "a", "value": "b"}, "filters.value"),
        ({"type": "and", "filters": [{"type": "eq", "key": "a"}]}, "filters.filters[0].value"),
        ({"type": "and", "filters": ["x"]}, "filters.filters[0]"),
        ({"type": "and", "filters": {}}, "filters.filters"),
        ({"type": "and", "filters": [{"type": "or", "filters": [{"type": "x"}]}]}, "filters.filters[0].filters[0].key"),
        ({"type": "eq", "key": "a", "value": "b", "fun": 1}, "filters.fun"),
    ],
)
def test_a_wrong_filter_is_told_where_it_is_wrong(raw: httpx2.Client, birds: str, given: object, param: str) -> None:
    answer = raw.post(f"/vector_stores/{birds}/search", json={"query": "x", "filters": given})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_a_filter_deeper_than_any_use_is_refused(raw: httpx2.Client, birds: str) -> None:
    given: dict[str, object] = compared("eq", "a", 1)
    for _ in range(40):
        given = {"type": "and", "filters": [given]}
    answer = raw.post(f"/vector_stores/{birds}/search", json={"query": "x", "filters": given})
    assert (answer.status_code, "at most" in answer.json()["error"]["message"]) == (400, True)


def test_several_queries_are_answered_together(client: OpenAI, birds: str) -> None:
    page = client.vector_stores.search(birds, query=["heron", "dances"])
    assert sorted(hit.filename for hit in page.data) == ["crane.txt", "heron.txt"]
    assert page.to_dict()["search_query"] == ["heron", "dances"]
    alone = client.vector_stores.search(birds, query="dances").data[0]
    assert next(hit.score for hit in page.data if hit.filename == "crane.txt") == alone.score


def test_no_query_at_all_is_refused(raw: httpx2.Client, birds: str) -> None:
    answer = raw.post(f"/vector_stores/{birds}/search", json={"query": []})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "empty_array")


def test_a_rewritten_query_is_left_with_what_it_is_about(client: OpenAI, birds: str) -> None:
    page = client.vector_stores.search(birds, query="Could you please tell me what the crane does?", rewrite_query=True)
    assert page.to_dict()["search_query"] == ["crane"]
    assert [hit.filename for hit in page.data] == ["crane.txt"]


def test_ranking_options_and_the_number_of_results_limit_what_is_found(client: OpenAI, birds: str) -> None:
    everything = client.vector_stores.search(birds, query="white stork wades").data
    assert [hit.filename for hit in everything] == ["stork.txt", "heron.txt"]
    best = client.vector_stores.search(birds, query="white stork wades", max_num_results=1).data
    assert [hit.filename for hit in best] == ["stork.txt"]
    threshold = (everything[0].score + everything[1].score) / 2
    best = client.vector_stores.search(
        birds, query="white stork wades", ranking_options={"score_threshold": threshold, "ranker": "none"}
    ).data
    assert [hit.filename for hit in best] == ["stork.txt"]


LONG = "".join(f"Sentence number {number} speaks of herons.\n\n" for number in range(100))


@pytest.mark.parametrize(
    ("strategy", "shown", "chunks"),
    [
        (openai.omit, AUTO, 100),
        ({"type": "auto"}, AUTO, 100),
        ({"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}, None, 10),
        ({"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}, None, 19),
        ({"type": "static", "static": {"max_chunk_size_tokens": 4096, "chunk_overlap_tokens": 0}}, None, 1),
    ],
)
def test_a_file_is_cut_as_its_chunking_strategy_says(
    client: OpenAI, strategy: Any, shown: dict[str, object] | None, chunks: int
) -> None:
    file = client.files.create(file=("long.txt", LONG.encode()), purpose="assistants")
    store = client.vector_stores.create()
    attached = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, chunking_strategy=strategy)
    assert attached.to_dict()["chunking_strategy"] == (shown or strategy)
    content = client.vector_stores.files.content(file.id, vector_store_id=store.id).data
    assert len(content) == chunks
    assert all(len(part.text or "") <= 400 for part in content if chunks > 1)
    assert client.vector_stores.search(store.id, query="sentence 42").data[0].score > 0


@pytest.mark.parametrize("text", ["word " * 1_000, "x" * 5_000, "äöü " * 900, " " * 2_000 + "end"])
def test_chunks_cover_the_text_and_overlap_as_much_as_they_should(text: str) -> None:
    document = read_document(text.encode(), "a.txt")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 25}}
    chunks = chunks_of(document, strategy)
    assert all(document.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(len(chunk.text) <= 400 for chunk in chunks)
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered for place, character in enumerate(document.text) if not character.isspace())
    overlaps = [before.end - after.start for before, after in pairwise(chunks)]
    assert all(100 <= overlap <= 110 for overlap in overlaps)


@pytest.mark.parametrize(
    ("static", "param"),
    [
        ({"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0}, "max_chunk_size_tokens"),
        ({"max_chunk_size_tokens": 4097, "chunk_overlap_tokens": 0}, "max_chunk_size_tokens"),
        ({"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}, "chunk_overlap_tokens"),
        ({"max_chunk_size_tokens": 100, "chunk_overlap_tokens": -1}, "chunk_overlap_tokens"),
    ],
)
@pytest.mark.parametrize("place", ["", "files[0].", "tool_resources.file_search.vector_stores[0]."])
def test_a_chunking_strategy_over_the_limits_is_refused(
    raw: httpx2.Client, birds: str, static: dict[str, int], param: str, place: str
) -> None:
    strategy = {"type": "static", "static": static}
    path, body = {
        "": (f"/vector_stores/{birds}/files", {"file_id": "x", "chunking_strategy": strategy}),
        "files[0].": (
            f"/vector_stores/{birds}/file_batches",
            {"files": [{"file_id": "x", "chunking_strategy": strategy}]},
        ),
        "tool_resources.file_search.vector_stores[0].": (
            "/threads",
            {"tool_resources": {"file_search": {"vector_stores": [{"chunking_strategy": strategy}]}}},
        ),
    }[place]
    answer = raw.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == f"{place}chunking_strategy.static.{param}"
