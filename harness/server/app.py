"""The server as one application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from harness.server.bridge.endpoint import ChatEndpoint
from harness.server.faults.book import FaultBook
from harness.server.faults.striking import Faults
from harness.server.filestore import forget_expired_files
from harness.server.library import Library
from harness.server.middleware import Envelope
from harness.server.models.interface import BuiltInModel, StreamingModel
from harness.server.responses.making import recover_responses
from harness.server.routes import (
    assistants,
    chat,
    conversations,
    files,
    messages,
    model_list,
    not_offered,
    responses,
    runs,
    steps,
    threads,
    uploads,
    vector_store_files,
    vector_stores,
)
from harness.server.routing import ByResource
from harness.server.runs import recover
from harness.server.search import SearchIndex
from harness.server.settings import Settings
from harness.server.state import State
from harness.server.store import DATABASE_NAME, Store
from harness.server.vectorstores import resume_reading
from harness.server.wire import ApiError, handle_api_error, handle_crash, handle_departure, handle_http_error


def create_app(
    settings: Settings,
    models: Mapping[str, BuiltInModel | StreamingModel] | None = None,
    book: FaultBook | None = None,
) -> Starlette:
    """Make a server.

    Args:
        settings: How it behaves.
        models: The models it offers, by name; the built-in ones where None.
        book: What goes wrong on purpose; None for nothing. Needs connections of `ReachableProtocol`.
    """
    # `/threads/runs` must come before `/threads/{thread_id}`.
    routes = [
        *model_list.routes,
        *files.routes,
        *uploads.routes,
        *not_offered.routes,
        *vector_stores.routes,
        *vector_store_files.routes,
        *assistants.routes,
        *runs.routes,
        *steps.routes,
        *messages.routes,
        *threads.routes,
        *responses.routes,
        *conversations.routes,
        *chat.routes,
    ]
    middleware = [Middleware(Envelope, settings=settings)]
    if book is not None:
        middleware.append(Middleware(Faults, book=book))
    app = Starlette(
        routes=[Mount("/v1", app=ByResource(routes))],
        middleware=middleware,
        exception_handlers={
            ApiError: handle_api_error,
            HTTPException: handle_http_error,
            ClientDisconnect: handle_departure,
            Exception: handle_crash,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False  # bodies do not survive a redirect
    app.state.server = _state(settings, models)
    return app


def _state(settings: Settings, models: Mapping[str, BuiltInModel | StreamingModel] | None) -> State:
    if models is None:
        from harness.server.models import BUILT_IN

        models = BUILT_IN
    store = Store(settings.data / DATABASE_NAME if settings.data else None)
    return State(
        settings=settings,
        store=store,
        index=SearchIndex(store),
        library=Library(store, max_reading_s=settings.max_reading_s),
        models=models,
        endpoint=ChatEndpoint(settings.upstream) if settings.upstream is not None else None,
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state: State = app.state.server
    state.store.delete_contents_without_file()
    forget_expired_files(state)
    recover(state)
    recover_responses(state)
    resume_reading(state)
    yield
    await state.background.stop()
    if state.endpoint is not None:
        await state.endpoint.close()
    state.store.close()
