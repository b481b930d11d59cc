"""What a response goes on from: earlier responses, a conversation, items kept before."""

from collections.abc import Sequence

from harness.server.responses.items import kept_items
from harness.server.state import State
from harness.server.wire import ApiError, Json

CONVERSATION_ITEM = "conversation.item"
"""How the store calls an item of a conversation."""
_CONTEXT = "response.context"
_EVENTS = "response.events"
_OWNER = "response.item"


def require_response(state: State, identifier: str) -> Json:
    """Return a stored response as it stands now.

    Raises:
        ApiError: 404 where there is none.
    """
    log = state.active_responses.get(identifier)
    if log is not None and log.is_stored:
        return log.response
    found = state.store.get("response", identifier)
    if found is None:
        raise ApiError(404, f"Response with id '{identifier}' not found.")
    return found


def require_conversation(state: State, identifier: str) -> Json:
    """Return a conversation.

    Raises:
        ApiError: 404 where there is none.
    """
    found = state.store.get("conversation", identifier)
    if found is None:
        raise ApiError(404, f"Conversation with id '{identifier}' not found.")
    return found


def conversation_id_of(body: Json) -> str | None:
    """Return the conversation that a request names, by id or as an object."""
    given = body.get("conversation")
    return given["id"] if isinstance(given, dict) else given


def earlier_items(state: State, body: Json) -> list[Json]:
    """Return the items that stand before a request's own.

    Raises:
        ApiError: The request names what does not exist, or two things at once.
    """
    previous, conversation_id = body.get("previous_response_id"), conversation_id_of(body)
    if previous is not None and conversation_id is not None:
        message = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing "
            "one of these."
        )
        raise ApiError(400, message, param="conversation", code="mutually_exclusive_parameters")
    if conversation_id is not None:
        require_conversation(state, conversation_id)
        return conversation_items(state, conversation_id)
    return _items_up_to(state, previous) if previous is not None else []


def _items_up_to(state: State, response_id: str) -> list[Json]:
    if state.store.get("response", response_id) is None:
        message = f"Previous response with id '{response_id}' not found."
        raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
    response = require_response(state, response_id)
    if response["status"] in {"queued", "in_progress"}:
        message = f"Previous response with id '{response_id}' is not finished: its status is '{response['status']}'."
        raise ApiError(400, message, param="previous_response_id", code="invalid_value")
    return [*input_items(state, response_id), *map(_without_results, response["output"])]


def _without_results(item: Json) -> Json:
    return {**item, "results": None} if item["type"] == "file_search_call" else item


def conversation_items(state: State, conversation_id: str) -> list[Json]:
    """Return a conversation's items, oldest first."""
    return [row["item"] for row in state.store.find(CONVERSATION_ITEM, parent=conversation_id)]


def add_to_conversation(state: State, conversation_id: str, items: Sequence[Json]) -> list[Json]:
    """Put items at the end of a conversation, and return them.

    Raises:
        ApiError: 400 for an id that the conversation holds already.
    """
    taken = {item["id"] for item in conversation_items(state, conversation_id)}
    check_joined(taken, items, param="items")
    with state.store.transaction():
        for item in items:
            row = {"object": CONVERSATION_ITEM, "id": item["id"], "item": item}
            state.store.add(row, parent=conversation_id)
    return list(items)


def check_joined(taken: set[str], items: Sequence[Json], param: str = "input") -> None:
    """Refuse items that stand there already.

    Raises:
        ApiError: 400, in the API's words.
    """
    known = set(taken)
    for number, item in enumerate(items):
        if item["id"] in known:
            message = (
                f"Duplicate item found with id {item['id']}. Remove duplicate items from your input and try again."
            )
            raise ApiError(400, message, param=f"{param}[{number}]")
        known.add(item["id"])


def check_calls(items: Sequence[Json]) -> None:
    """Refuse outputs of functions that were not called, and calls that were left without output.

    Raises:
        ApiError: 400, in the API's words.
    """
    called = [item["call_id"] for item in items if item["type"] == "function_call"]
    answered = [item["call_id"] for item in items if item["type"] == "function_call_output"]
    for call_id in answered:
        if call_id not in called:
            message = f"No tool call found for function call output with call_id {call_id}."
            raise ApiError(400, message, param="input")
    for call_id in called:
        if call_id not in answered:
            raise ApiError(400, f"No tool output found for function call {call_id}.", param="input")


def given_items(state: State, body: Json) -> list[Json]:
    """Return a request's own input as items."""
    given = body.get("input")
    return kept_items([] if given is None else given, lambda identifier: find_item(state, identifier))


def find_item(state: State, identifier: str) -> Json | None:
    """Return an item that some response was given or told, or None where there is none."""
    owner = state.store.get(_OWNER, identifier)
    if owner is None:
        return None
    response = state.store.get("response", owner["response_id"]) or {"output": []}
    items = [*input_items(state, owner["response_id"]), *response["output"]]
    return next((_without_results(item) for item in items if item["id"] == identifier), None)


def remember_input(state: State, response_id: str, earlier: Sequence[Json], given: Sequence[Json]) -> None:
    """Keep everything that a response was given, and where its own items are found again."""
    state.store.add({"object": _CONTEXT, "id": response_id, "items": [*earlier, *given]})
    remember_items(state, response_id, given)


def remember_items(state: State, response_id: str, items: Sequence[Json]) -> None:
    """Keep where items are found again, by their ids."""
    for item in items:
        if state.store.get(_OWNER, item["id"]) is None:
            state.store.add({"object": _OWNER, "id": item["id"], "response_id": response_id})


def input_items(state: State, response_id: str) -> list[Json]:
    """Return everything that a response was given, oldest first."""
    kept = state.store.get(_CONTEXT, response_id)
    return kept["items"] if kept is not None else []


def remember_events(state: State, response_id: str, events: Sequence[Json]) -> None:
    """Keep the events of a response that clients may follow again."""
    state.store.add({"object": _EVENTS, "id": response_id, "events": list(events)})


def kept_events(state: State, response_id: str) -> list[Json] | None:
    """Return the events of a response, or None where they were not kept."""
    kept = state.store.get(_EVENTS, response_id)
    return kept["events"] if kept is not None else None


def forget_response(state: State, response: Json) -> None:
    """Forget a response and all that was kept beside it."""
    identifier = response["id"]
    with state.store.transaction():
        for item in [*input_items(state, identifier), *response["output"]]:
            owner = state.store.get(_OWNER, item["id"])
            if owner is not None and owner["response_id"] == identifier:
                state.store.delete(_OWNER, item["id"])
        for kind in (_CONTEXT, _EVENTS, "response"):
            state.store.delete(kind, identifier)
