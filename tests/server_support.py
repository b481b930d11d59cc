"""A real server on loopback, with small models, and clients for it."""

import asyncio
import socket
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import uvicorn
from openai import OpenAI

from harness.server.__main__ import bound_socket
from harness.server.app import create_app
from harness.server.faults.book import FaultBook
from harness.server.faults.connection import ReachableProtocol
from harness.server.models.interface import BuiltInModel, Conversation, Reply, Segment, Sources, StreamingModel
from harness.server.settings import Settings


@dataclass
class FirstHit:
    """Search for the last message and cite what is found."""

    name: str = "first-hit"
    description: str = "for tests"
    told: list[Conversation] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:
        self.told.append(conversation)
        self.files = [document.path for _, document in sources.files()]
        query = conversation.spoken[-1].text
        found = tuple(sources.search(query, 5))
        if not found:
            return Reply(segments=(Segment(text="Nothing found."),))
        segments = (
            Segment(text="It says 🙂: "),
            Segment(text=f"{found[0].text.strip()} ", cites=(0,)),
            Segment(text="End."),
        )
        return Reply(segments=segments, results=found, queries=(query,))


@dataclass
class Held:
    """Answer only once released."""

    name: str = "held"
    description: str = "for tests"
    released: threading.Event = field(default_factory=threading.Event)

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        self.released.wait(10)
        return Reply(segments=(Segment(text="Late."),))


@dataclass
class Broken:
    """Fail."""

    name: str = "broken"
    description: str = "for tests"

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        raise ZeroDivisionError("a model's own mistake")


@dataclass
class Slow:
    """Take 10 ms."""

    name: str = "slow"
    description: str = "for tests"

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        time.sleep(0.01)
        return Reply(segments=(Segment(text="Done."),))


def small_models() -> dict[str, BuiltInModel]:
    return {model.name: model for model in (FirstHit(), Held(), Broken(), Slow())}


@contextmanager
def serving(
    settings: Settings | None = None,
    models: Mapping[str, BuiltInModel | StreamingModel] | None = None,
    book: FaultBook | None = None,
) -> Iterator[str]:
    """Serve in a thread; yield the base URL."""
    listener = bound_socket("127.0.0.1", 0)
    app_settings = settings or Settings(poll_after_ms=2)
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            started.set()

    servers: list[Server] = []

    async def run() -> None:
        app = create_app(app_settings, small_models() if models is None else models, book)
        config = uvicorn.Config(
            app, http=ReachableProtocol, log_level="critical", timeout_graceful_shutdown=1, ws="none"
        )
        servers.append(Server(config))
        await servers[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(10)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        servers[0].should_exit = True
        thread.join(10)
        listener.close()


@contextmanager
def client_of(base_url: str, **options: str) -> Iterator[OpenAI]:
    """A client that refuses answers which are not what the package's types say."""
    key = options.get("api_key", "none")
    with OpenAI(base_url=base_url, api_key=key, max_retries=0, _strict_response_validation=True) as client:
        yield client


@contextmanager
def raw_client_of(base_url: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base_url) as client:
        yield client


@contextmanager
def without_sunset_warnings() -> Iterator[None]:
    """The package warns at every call that the hosted Assistants API was to end."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*deprecated", category=DeprecationWarning)
        yield
