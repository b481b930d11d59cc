"""Conversations: create, get, modify, delete, and the items in them."""

from collections.abc import Collection, Sequence

from openai.types.conversations import Conversation
from openai.types.conversations.conversation_update_params import ConversationUpdateParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.server.paging import list_response, read_page
from harness.server.responses.body import ConversationCreate, ItemsCreate
from harness.server.responses.context import (
    CONVERSATION_ITEM,
    add_to_conversation,
    find_item,
    require_conversation,
)
from harness.server.responses.items import kept_items, new_item_id, shown_item
from harness.server.responses.query import read_include
from harness.server.state import State, state_of
from harness.server.validation import read_body
from harness.server.wire import ApiError, Json, deleted, now, shaped


async def create(request: Request) -> Response:
    """Make a conversation, with its first items."""
    state = state_of(request)
    body = await read_body(request, ConversationCreate, is_optional=True)
    items = _given(state, body.get("items") or [])
    fields = {
        "id": new_item_id("conv"),
        "object": "conversation",
        "created_at": now(),
        "metadata": body.get("metadata") or {},
    }
    conversation = shaped(Conversation, fields)
    with state.store.transaction():
        state.store.add(conversation)
        add_to_conversation(state, conversation["id"], items)
    return JSONResponse(conversation)


def _given(state: State, items: Sequence[Json]) -> list[Json]:
    return kept_items(items, lambda identifier: find_item(state, identifier), "items")


async def get(request: Request) -> Response:
    """Return a conversation."""
    return JSONResponse(_of(state_of(request), request))


async def modify(request: Request) -> Response:
    """Change a conversation's metadata."""
    state = state_of(request)
    body = await read_body(request, ConversationUpdateParams)
    conversation = shaped(Conversation, {**_of(state, request), "metadata": body["metadata"] or {}})
    state.store.put(conversation)
    return JSONResponse(conversation)


async def delete(request: Request) -> Response:
    """Forget a conversation and its items."""
    state = state_of(request)
    conversation = _of(state, request)
    with state.store.transaction():
        state.store.delete_children(CONVERSATION_ITEM, conversation["id"])
        state.store.delete("conversation", conversation["id"])
    return deleted(conversation["id"], "conversation.deleted")


async def create_items(request: Request) -> Response:
    """Add items to a conversation."""
    state = state_of(request)
    include = read_include(request)
    body = await read_body(request, ItemsCreate)
    conversation = _of(state, request)
    added = add_to_conversation(state, conversation["id"], _given(state, body["items"]))
    return list_response(([shown_item(item, include) for item in added], False))


async def list_items(request: Request) -> Response:
    """Return one page of a conversation's items."""
    state = state_of(request)
    include = read_include(request)
    conversation = _of(state, request)
    found = state.store.page(CONVERSATION_ITEM, read_page(request), parent=conversation["id"])
    return list_response(found and (_shown(found[0], include), found[1]))


def _shown(rows: Sequence[Json], include: Collection[str]) -> list[Json]:
    return [shown_item(row["item"], include) for row in rows]


async def get_item(request: Request) -> Response:
    """Return an item of a conversation."""
    state = state_of(request)
    include = read_include(request)
    return JSONResponse(shown_item(_item_of(state, request)["item"], include))


async def delete_item(request: Request) -> Response:
    """Take an item out of a conversation, and return the conversation."""
    state = state_of(request)
    item, conversation = _item_of(state, request), _of(state, request)
    state.store.delete(CONVERSATION_ITEM, item["id"], parent=conversation["id"])
    return JSONResponse(conversation)


def _of(state: State, request: Request) -> Json:
    return require_conversation(state, request.path_params["conversation_id"])


def _item_of(state: State, request: Request) -> Json:
    conversation, item_id = _of(state, request), request.path_params["item_id"]
    found = state.store.get(CONVERSATION_ITEM, item_id, parent=conversation["id"])
    if found is None:
        raise ApiError(404, f"Item with id '{item_id}' not found in conversation '{conversation['id']}'.")
    return found


_CONVERSATION = "/conversations/{conversation_id}"
routes = [
    Route("/conversations", create, methods=["POST"]),
    Route(_CONVERSATION, get, methods=["GET"]),
    Route(_CONVERSATION, modify, methods=["POST"]),
    Route(_CONVERSATION, delete, methods=["DELETE"]),
    Route(_CONVERSATION + "/items", create_items, methods=["POST"]),
    Route(_CONVERSATION + "/items", list_items, methods=["GET"]),
    Route(_CONVERSATION + "/items/{item_id}", get_item, methods=["GET"]),
    Route(_CONVERSATION + "/items/{item_id}", delete_item, methods=["DELETE"]),
]
