"""Which chat endpoint the bridge asks, and with which key."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.errors import ConfigError

__all__ = ["KEY_VARIABLE", "SILENCE_S", "Upstream", "upstream_of"]

KEY_VARIABLE = "HARNESS_UPSTREAM_API_KEY"
"""Where the upstream's key is read from unless another variable is named."""

SILENCE_S = 60.0
"""How long an upstream may be silent unless told otherwise, in seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upstream:
    """An OpenAI-compatible chat endpoint."""

    url: str
    """Its base URL, usually ending in `/v1`, without a slash behind it."""
    api_key: str | None = field(default=None, repr=False)
    """The server's own key for it: never a client's, never shown. None where it wants none."""
    timeout_s: float = SILENCE_S
    """How long it may stay silent, in seconds."""

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine."""
        host = urlsplit(self.url).hostname or ""
        return host in {"localhost", "::1"} or host.startswith("127.")


def upstream_of(
    url: str, *, key_variable: str | None = None, timeout_s: float = SILENCE_S, environ: Mapping[str, str] = os.environ
) -> Upstream:
    """Return the upstream that the command line names.

    Args:
        url: As given: the base URL of an OpenAI-compatible endpoint.
        key_variable: The environment variable with its key, which must then be set; None for `KEY_VARIABLE`, which may
            be absent.
        timeout_s: How long it may stay silent, in seconds.
        environ: The environment.

    Raises:
        ConfigError: The URL, the timeout or the key cannot be used.
    """
    key = environ.get(key_variable or KEY_VARIABLE, "").strip()
    if key_variable and not key:
        raise ConfigError(f"the variable {key_variable} is not set", where="--upstream-key-env")
    if not re.fullmatch(r"[\x21-\x7e]*", key):  # never shown, not even in part
        raise ConfigError("the key holds characters that no HTTP header can bear", where=key_variable or KEY_VARIABLE)
    if not 0 < timeout_s <= 24 * 3600:
        raise ConfigError(f"{timeout_s:g} is no number of seconds between 0 and a day", where="--upstream-timeout")
    return Upstream(url=_base_url(url), api_key=key or None, timeout_s=timeout_s)


def _base_url(url: str) -> str:
    hint = "give a base URL such as http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(url.strip())
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_usable = urlsplit(""), False
    if parts.username or parts.password or parts.query or parts.fragment:
        # Shown neither here nor later: this is where people put keys.
        raise ConfigError(
            "the URL has a user, a password, a query or a fragment",
            where="--upstream",
            hint=f"give the bare base URL, and the key in {KEY_VARIABLE}",
        )
    if not is_usable:
        raise ConfigError(f"not an HTTP URL: {url}", where="--upstream", hint=hint)
    base = url.strip().rstrip("/")
    if base.endswith("/chat/completions"):
        raise ConfigError(f"this is the URL of one route: {url}", where="--upstream", hint=hint)
    return base
