"""The openai client as the runner uses it: one connection pool, a recording transport a run."""

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from harness.config import OPENAI, Endpoint
from harness.errors import ConfigError

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    import httpx2
    from openai import AsyncOpenAI

NO_KEY = "none"
"""The client insists on a key; servers that need none ignore this one."""


def make_transport(endpoint: Endpoint, base_url: str) -> "httpx2.AsyncBaseTransport":
    """Return the transport that all runs share: creating one costs tens of milliseconds for TLS.

    Raises:
        ConfigError: The CA file cannot be read.
    """
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    host, scheme = urlsplit(base_url).hostname or "", urlsplit(base_url).scheme
    proxy = None if proxy_bypass(host) or _is_loopback(host) else getproxies().get(scheme)
    return httpx2.AsyncHTTPTransport(verify=_context(endpoint), limits=limits, proxy=proxy)


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def _context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if endpoint.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(endpoint.ca_file))
    except (OSError, ssl.SSLError) as error:
        hint = "it should be a PEM file with the certificates of the gateway's authority"
        raise ConfigError(f"the CA file cannot be read: {error}", where=str(endpoint.ca_file), hint=hint) from error


def make_client(endpoint: Endpoint, base_url: str, transport: Any) -> "AsyncOpenAI":
    """Return a client that talks through a transport."""
    import httpx2
    from openai import AsyncOpenAI, Omit

    # The client takes organisation and project from the environment; they are nobody's business but OpenAI's.
    account: dict[str, Any] = {}
    if endpoint.name != OPENAI:
        account = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
    timeout = httpx2.Timeout(endpoint.timeout_s, connect=min(10.0, endpoint.timeout_s))
    return AsyncOpenAI(
        api_key=endpoint.api_key or NO_KEY,
        base_url=base_url,
        default_headers={**account, **endpoint.headers},
        timeout=timeout,
        http_client=httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False),
    )
