"""Vector stores: create, list, get, modify, delete, search."""

from collections.abc import Sequence

from openai.types import VectorStore
from openai.types.vector_store_create_params import VectorStoreCreateParams
from openai.types.vector_store_search_params import VectorStoreSearchParams
from openai.types.vector_store_search_response import VectorStoreSearchResponse
from openai.types.vector_store_update_params import VectorStoreUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.documents.language import is_content, tokens
from harness.server.expiry import expiry, require_unexpired, touch
from harness.server.filters import check_filter
from harness.server.limits import check_length
from harness.server.models.interface import Chunk
from harness.server.paging import list_response, read_page
from harness.server.search import by_relevance
from harness.server.sources import VectorStoreSources
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.vectorstores import create_vector_store, delete_vector_store, shown_vector_store
from harness.server.wire import ApiError, Json, deleted, shaped

_DEFAULT_RESULTS = 10
_MAX_RESULTS = 50
_MAX_QUERIES = 64
"""Queries of one search: each takes as long as any other."""
_MAX_FILES = 500
"""Files that a vector store can be made with: the limit of the real API."""


async def create(request: Request) -> Response:
    """Make a vector store."""
    body = await read_body(request, VectorStoreCreateParams, is_optional=True)
    check_length("file_ids", body.get("file_ids") or [], _MAX_FILES)
    return JSONResponse(create_vector_store(state_of(request), body))


async def list_vector_stores(request: Request) -> Response:
    """Return one page of the vector stores."""
    state = state_of(request)
    found = state.store.page("vector_store", read_page(request))
    return list_response(found and ([shown_vector_store(state, vector_store) for vector_store in found[0]], found[1]))


async def get(request: Request) -> Response:
    """Return a vector store."""
    state = state_of(request)
    shown = shown_vector_store(state, _of(state, request))
    headers = {"openai-poll-after-ms": str(state.settings.poll_after_ms)} if shown["status"] == "in_progress" else None
    return JSONResponse(shown, headers=headers)


async def modify(request: Request) -> Response:
    """Change a vector store's name, metadata or expiry."""
    state = state_of(request)
    body = await read_body(request, VectorStoreUpdateParams, is_optional=True)
    vector_store = _of(state, request)
    require_unexpired(vector_store)
    changed: Json = {key: body[key] for key in ("name", "metadata") if body.get(key) is not None}
    if "expires_after" in body:
        vector_store.pop("expires_after", None)
        changed |= {"expires_at": None, **expiry(body["expires_after"], vector_store["last_active_at"])}
    vector_store = shaped(VectorStore, {**vector_store, **changed})
    state.store.put(vector_store)
    return JSONResponse(shown_vector_store(state, vector_store))


async def delete(request: Request) -> Response:
    """Forget a vector store."""
    state = state_of(request)
    vector_store = _of(state, request)
    delete_vector_store(state, vector_store["id"])
    return deleted(vector_store["id"], "vector_store.deleted")


async def search(request: Request) -> Response:
    """Return the passages that fit a query."""
    state = state_of(request)
    body = await read_body(request, VectorStoreSearchParams)
    vector_store = _of(state, request)
    require_unexpired(vector_store)
    if body.get("filters") is not None:
        check_filter(body["filters"])
    touch(state, vector_store["id"])
    queries = _queries(body)
    sources = VectorStoreSources(
        state=state,
        vector_store_ids=(vector_store["id"],),
        max_results=_MAX_RESULTS,
        score_threshold=(body.get("ranking_options") or {}).get("score_threshold") or 0.0,
        filters=body.get("filters"),
    )
    limit = body.get("max_num_results") or _DEFAULT_RESULTS
    chunks = await state.thinkers.run(_search_all, sources, queries, limit)
    data = [_result(state, vector_store["id"], chunk) for chunk in chunks]
    page = {"object": "vector_store.search_results.page", "search_query": queries, "data": data}
    return JSONResponse({**page, "has_more": False, "next_page": None})


def _queries(body: Json) -> list[str]:
    """Return what is searched for; rewritten, a question is left with the words that say what it is about."""
    queries = [body["query"]] if isinstance(body["query"], str) else list(body["query"])
    if not queries:
        message = (
            "Invalid 'query': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise ApiError(400, message, param="query", code="empty_array")
    check_length("query", queries, _MAX_QUERIES)
    if not body.get("rewrite_query"):
        return queries
    return [" ".join(token.text for token in tokens(query) if is_content(token)) or query for query in queries]


def _search_all(sources: VectorStoreSources, queries: Sequence[str], limit: int) -> list[Chunk]:
    """Return the best passages of several searches; one that several find counts once, with its best score."""
    best: dict[tuple[str, int | None], Chunk] = {}
    for query in queries:
        for chunk in sources.search(query, limit):
            place = (chunk.file_id, chunk.start)
            best[place] = max(best.get(place, chunk), chunk, key=lambda found: found.score)
    return sorted(best.values(), key=by_relevance)[:limit]


def _result(state: State, vector_store_id: str, chunk: Chunk) -> Json:
    attached = state.store.get("vector_store.file", chunk.file_id, parent=vector_store_id) or {}
    fields = {
        "file_id": chunk.file_id,
        "filename": chunk.file_name,
        "score": chunk.score,
        "attributes": attached.get("attributes") or {},
        "content": [{"type": "text", "text": chunk.text}],
    }
    return shaped(VectorStoreSearchResponse, fields)


def _of(state: State, request: Request) -> Json:
    return state.require("vector_store", request.path_params["vector_store_id"])


routes = [
    Route("/vector_stores", list_vector_stores, methods=["GET"]),
    Route("/vector_stores", create, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}", get, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}", modify, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}", delete, methods=["DELETE"]),
    Route("/vector_stores/{vector_store_id}/search", search, methods=["POST"]),
]
