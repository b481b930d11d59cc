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

HASTY_S = 5.0
"""How long a request may take that only cleans up, in seconds."""
NO_KEY = "none"
"""The client insists on a key; servers that need none ignore this one."""


def make_transport(endpoint: Endpoint, base_url: str) -> "httpx2.AsyncBaseTransport":
    """Return the transport that all runs share: creating one costs tens of milliseconds for TLS.

    Raises:
        ConfigError: The CA file cannot be read.
    """
    import httpx2

    from harness.run.lanes import IDLE_S, Lanes

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE_S)
    host, scheme = urlsplit(base_url).hostname or "", urlsplit(base_url).scheme
    proxy = None if proxy_bypass(host) or _is_loopback(host) else getproxies().get(scheme)
    # Loading the authorities takes tens of milliseconds, and one that trusts nobody is good enough for what needs none.
    is_plain = scheme == "http" and _is_loopback(host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else _context(endpoint)
    return Lanes(lambda: httpx2.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy))


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    import httpx2

    if endpoint.ca_file is None:
        return httpx2.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(endpoint.ca_file))
    except (OSError, ssl.SSLError) as error:
        hint = "it should be a PEM file with the certificates of the gateway's authority"
        raise ConfigError(f"the CA file cannot be read: {error}", where=str(endpoint.ca_file), hint=hint) from error


def make_client(
    endpoint: Endpoint, base_url: str, transport: Any, *, is_patient: bool = True, retries: int = 0
) -> "AsyncOpenAI":
    """Return a client that talks through a transport.

    Args:
        endpoint: Whose key, headers and timeout it uses.
        base_url: Where it talks to.
        transport: What carries its requests.
        is_patient: Whether it waits as long as runs may; not so for cleaning up.
        retries: How often it tries again by itself, whatever that may do twice.
    """
    import httpx2
    from openai import AsyncOpenAI, Omit

    # The client takes organisation and project from the environment; they are nobody's business but OpenAI's.
    account: dict[str, Any] = {}
    if endpoint.name != OPENAI:
        account = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
    wait_s = endpoint.timeout_s if is_patient else min(HASTY_S, endpoint.timeout_s)
    timeout = httpx2.Timeout(wait_s, connect=min(10.0, wait_s))
    return AsyncOpenAI(
        api_key=endpoint.api_key or NO_KEY,
        base_url=base_url,
        default_headers={**account, **endpoint.headers},
        timeout=timeout,
        max_retries=retries,
        http_client=httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False),
    )
