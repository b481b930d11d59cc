"""The server as one application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Router

from harness.server.library import Library
from harness.server.middleware import Envelope
from harness.server.models.interface import BuiltInModel
from harness.server.routes import (
    assistants,
    files,
    messages,
    model_list,
    runs,
    steps,
    threads,
    vector_store_files,
    vector_stores,
)
from harness.server.runs import recover
from harness.server.search import SearchIndex
from harness.server.settings import Settings
from harness.server.state import State
from harness.server.store import DATABASE_NAME, Store
from harness.server.vectorstores import resume_reading
from harness.server.wire import ApiError, handle_api_error, handle_crash, handle_http_error


def create_app(settings: Settings, models: Mapping[str, BuiltInModel] | None = None) -> Starlette:
    """Make a server.

    Args:
        settings: How it behaves.
        models: The models it offers, by name; the built-in ones where None.
    """
    # `/threads/runs` must come before `/threads/{thread_id}`.
    routes = [
        *model_list.routes,
        *files.routes,
        *vector_stores.routes,
        *vector_store_files.routes,
        *assistants.routes,
        *runs.routes,
        *steps.routes,
        *messages.routes,
        *threads.routes,
    ]
    app = Starlette(
        # A trailing slash would otherwise be answered by a redirect, which bodies do not survive.
        routes=[Mount("/v1", app=Router(routes, redirect_slashes=False))],
        middleware=[Middleware(Envelope, settings=settings)],
        exception_handlers={ApiError: handle_api_error, HTTPException: handle_http_error, Exception: handle_crash},
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.server = _state(settings, models)
    return app


def _state(settings: Settings, models: Mapping[str, BuiltInModel] | None) -> State:
    if models is None:
        from harness.server.models import BUILT_IN

        models = BUILT_IN
    store = Store(settings.data / DATABASE_NAME if settings.data else None)
    return State(settings=settings, store=store, index=SearchIndex(store), library=Library(store), models=models)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state: State = app.state.server
    state.store.delete_contents_without_file()
    recover(state)
    resume_reading(state)
    yield
    await state.background.stop()
    state.store.close()
