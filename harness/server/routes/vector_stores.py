"""Vector stores: create, list, get, modify, delete, search."""

from openai.types import VectorStore
from openai.types.vector_store_create_params import VectorStoreCreateParams
from openai.types.vector_store_search_params import VectorStoreSearchParams
from openai.types.vector_store_search_response import VectorStoreSearchResponse
from openai.types.vector_store_update_params import VectorStoreUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.models.interface import Chunk
from harness.server.paging import list_response, read_page
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.vectorstores import create_vector_store, delete_vector_store, expiry, shown_vector_store
from harness.server.wire import ApiError, Json, deleted, shaped

_DEFAULT_RESULTS = 10


async def create(request: Request) -> Response:
    """Make a vector store."""
    body = await read_body(request, VectorStoreCreateParams, is_optional=True)
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
    changed = {key: body[key] for key in ("name", "metadata") if body.get(key) is not None}
    fields = {**vector_store, **changed, **expiry(body.get("expires_after"), vector_store["last_active_at"])}
    state.store.put(shaped(VectorStore, fields))
    return JSONResponse(shown_vector_store(state, fields))


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
    if body.get("filters") is not None:
        raise ApiError(400, "This server does not offer filters.", param="filters", code="unsupported_parameter")
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    limit = body.get("max_num_results") or _DEFAULT_RESULTS
    chunks = await state.thinkers.run(state.index.search, [vector_store["id"]], " ".join(queries), limit)
    threshold = (body.get("ranking_options") or {}).get("score_threshold") or 0.0
    data = [_result(state, vector_store["id"], chunk) for chunk in chunks if chunk.score >= threshold]
    page = {"object": "vector_store.search_results.page", "search_query": queries, "data": data}
    return JSONResponse({**page, "has_more": False, "next_page": None})


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
