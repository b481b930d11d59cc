"""When vector stores expire: so many days after they were last used."""

from openai.types import VectorStore

from harness.server.state import State
from harness.server.wire import ApiError, Json, now, shaped

_SECONDS_PER_DAY = 86_400


def expiry(expires_after: Json | None, active_at: int) -> Json:
    """Return the fields that say when a vector store expires; none where it does not."""
    if expires_after is None:
        return {}
    return {"expires_after": expires_after, "expires_at": active_at + expires_after["days"] * _SECONDS_PER_DAY}


def is_expired(vector_store: Json) -> bool:
    """Tell whether a vector store was not used for as long as it lives."""
    expires_at = vector_store.get("expires_at")
    return expires_at is not None and expires_at <= now()


def require_unexpired(vector_store: Json) -> None:
    """Hold that a vector store can be used.

    Raises:
        ApiError: 400 where it has expired.
    """
    if is_expired(vector_store):
        raise ApiError(400, f"Vector store {vector_store['id']} has expired.", code="vector_store_expired")


def touch(state: State, vector_store_id: str) -> None:
    """Note that a vector store is used, which puts its end off."""
    with state.store.transaction():
        vector_store = state.require("vector_store", vector_store_id)
        moment = now()
        if vector_store["last_active_at"] != moment and not is_expired(vector_store):
            active = {"last_active_at": moment, **expiry(vector_store.get("expires_after"), moment)}
            state.store.put(shaped(VectorStore, {**vector_store, **active}))
