"""Which handler serves a request."""

from collections.abc import Iterable

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class ByResource:
    """Look for a route among those of its resource alone: trying all of them takes longer than most answers.

    Args:
        routes: Their paths begin with the resource, as `/threads/{thread_id}` does; where two fit, the first counts.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        by_resource: dict[str, list[Route]] = {}
        for route in routes:
            by_resource.setdefault(_resource(route.path), []).append(route)
        # A trailing slash would otherwise be answered by a redirect, which bodies do not survive.
        self._routers = {name: Router(own, redirect_slashes=False) for name, own in by_resource.items()}
        self._no_router = Router(redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = scope["path"].removeprefix(scope["root_path"])
        await self._routers.get(_resource(path), self._no_router)(scope, receive, send)


def _resource(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
