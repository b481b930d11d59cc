"""Everything that the parts of one server share."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from harness.server.bridge.endpoint import ChatEndpoint
from harness.server.bridge.model import BridgedModel
from harness.server.library import Library
from harness.server.models.interface import BuiltInModel, StreamingModel
from harness.server.responses.log import ResponseLog
from harness.server.runlog import RunLog
from harness.server.search import SearchIndex
from harness.server.settings import Settings
from harness.server.store import Store
from harness.server.wire import ApiError, Json, not_found, now
from harness.server.workers import Background, Workers

_WORDS = {
    "thread.message": "message",
    "thread.run": "run",
    "thread.run.step": "run step",
    "vector_store": "vector store",
    "upload.part": "upload part",
    "vector_store.file": "file",
    "vector_store.files_batch": "file batch",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One server's parts, handed to whoever serves a request."""

    settings: Settings
    """How it behaves."""
    store: Store
    """Objects and file contents."""
    index: SearchIndex
    """Searchable passages."""
    library: Library
    """Files as documents."""
    models: Mapping[str, BuiltInModel | StreamingModel]
    """The models it offers, by name."""
    endpoint: ChatEndpoint | None = None
    """The upstream that is asked for every other model; None where there is none."""
    background: Background = field(default_factory=Background)
    """Runs and file processing under way."""
    readers: Workers = field(default_factory=lambda: Workers(2))
    """Threads that read documents: this is pure computing, more would only share the same core."""
    thinkers: Workers = field(default_factory=lambda: Workers(8))
    """Threads in which models answer; more runs wait as `queued`."""
    readings: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict)
    """The files that are being read for each vector store, by its id."""
    active_runs: dict[str, RunLog] = field(default_factory=dict)
    """The run under way in each thread, by thread id."""
    active_responses: dict[str, ResponseLog] = field(default_factory=dict)
    """The responses under way, by id."""

    def require(self, kind: str, identifier: str, *, parent: str = "") -> Json:
        """Return an object.

        Raises:
            ApiError: 404 where there is none.
        """
        found = self.store.get(kind, identifier, parent=parent)
        if found is None or (kind == "file" and (found.get("expires_at") or math.inf) <= now()):
            raise not_found(_WORDS.get(kind, kind), identifier)
        return found

    def require_model(self, name: str) -> BuiltInModel | StreamingModel:
        """Return a model. Whether the upstream has one of that name is told when it is asked.

        Raises:
            ApiError: 404 where this server offers none of that name.
        """
        model = self.models.get(name)
        if model is None and self.endpoint is not None and name:
            return BridgedModel(name, self.endpoint, self.thinkers)
        if model is None:
            raise no_model(name)
        return model


def no_model(name: str) -> ApiError:
    """Return the 404 for a model that does not exist."""
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(404, message, param="model", code="model_not_found")


def state_of(request: Request) -> State:
    """Return the state behind a request."""
    state = request.app.state.server
    assert isinstance(state, State)
    return state
