"""Where requests go, and which key goes with them."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from harness.config.environment import MalformedPlaceholder, UnsetVariable, expand
from harness.config.project import Table, option
from harness.errors import ConfigError
from harness.model.suite import TargetName

EMBEDDED = "embedded"
OPENAI = "openai"
OPENAI_URL = "https://api.openai.com/v1"

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A server that speaks the protocol, and how to talk to it."""

    name: str
    """`embedded`, `openai`, or the base URL."""
    base_url: str | None
    """Without a slash at its end; None for the embedded server, whose port is known once it runs."""
    source: str
    """The setting that named it."""
    api_key: str | None = field(default=None, repr=False)
    """Goes to this endpoint and no other; None sends none."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request."""
    timeout_s: float = 120
    """Seconds that a request may take."""
    ca_file: Path | None = None
    """Certificates to trust; None: the system's."""

    @property
    def is_embedded(self) -> bool:
        """Whether it is our own server, started for the run."""
        return self.base_url is None

    @property
    def is_hosted(self) -> bool:
        """Whether it is OpenAI's own, under whatever name."""
        host = _host(urlsplit(self.base_url or ""))
        return host == "api.openai.com" or host.endswith(".api.openai.com")

    @property
    def is_loopback(self) -> bool:
        """Whether requests stay on this machine."""
        return self.base_url is None or _is_loopback(_host(urlsplit(self.base_url)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """An endpoint as a setting names it, with the key of the same pair."""

    value: str
    source: str
    api_key: str | None
    is_name_allowed: bool = True
    """Whether `embedded` and `openai` are understood; other programs' variables hold URLs only."""


def resolve_endpoint(flag: str | None, environ: Mapping[str, str], table: Table, root: Path) -> Endpoint:
    """Decide where requests go.

    Raises:
        ConfigError: A URL, key, header or CA file that cannot be used, or a key that would travel in clear text.
    """
    named = _choose(flag, environ, table)
    if named.is_name_allowed and named.value == EMBEDDED:
        return Endpoint(name=EMBEDDED, base_url=None, source=named.source, timeout_s=table.timeout_s)
    is_openai = named.is_name_allowed and named.value == OPENAI
    base_url = OPENAI_URL if is_openai else _check_url(named)
    if named.api_key and not _KEY.fullmatch(named.api_key):
        raise ConfigError("the key holds spaces or characters that no header can carry", where=named.source)
    # A header table beside an endpoint belongs to that endpoint; alone it belongs to whichever is chosen.
    takes_headers = table.endpoint is None or named.source == option("endpoint")
    endpoint = Endpoint(
        name=OPENAI if is_openai else base_url,
        base_url=base_url,
        source=named.source,
        api_key=named.api_key,
        headers=_headers(table.headers, environ) if takes_headers else {},
        timeout_s=table.timeout_s,
        ca_file=_ca_file(table.ca_file, root),
    )
    holds_secret = endpoint.api_key or any("${" in table.headers[name] for name in endpoint.headers)
    if base_url.startswith("http:") and holds_secret and not endpoint.is_loopback:
        raise ConfigError(
            f"a key would go to {base_url} unencrypted", where=named.source, hint="use https, or take the key away"
        )
    return endpoint


def check_target(endpoint: Endpoint, target: TargetName) -> None:
    """Refuse what the hosted API no longer has, and requests that it would refuse.

    Raises:
        ConfigError: The assistants target towards api.openai.com, or no key for it.
    """
    if target == "assistants" and endpoint.is_hosted:
        raise ConfigError(
            "OpenAI shut its hosted Assistants API down on 2026-08-26: /v1/assistants and /v1/threads answer 404 there",
            where=endpoint.source,
            hint="run against its successor by --harness-target responses; or name an endpoint that still speaks the "
            "Assistants protocol, or none (`embedded`) for the embedded server",
        )
    is_keyed = endpoint.api_key is not None or any(name.lower() == "authorization" for name in endpoint.headers)
    if endpoint.is_hosted and not is_keyed:
        raise ConfigError(
            "no key is set that goes to api.openai.com",
            where=endpoint.source,
            hint="set OPENAI_API_KEY; beside a URL in HARNESS_ENDPOINT it is HARNESS_API_KEY, and beside `endpoint` in "
            "pyproject.toml the variable that `api_key_env` names",
        )


def _choose(flag: str | None, environ: Mapping[str, str], table: Table) -> _Named:
    # The order of precedence, and with each setting the only key that may go there:
    # flag, HARNESS_ENDPOINT > OPENAI_BASE_URL > OPENAI_API_BASE > ANYSCALE_API_BASE > pyproject.toml > embedded
    for source, value in (("--harness-endpoint", flag), ("HARNESS_ENDPOINT", environ.get("HARNESS_ENDPOINT"))):
        if value:
            key = environ.get("HARNESS_API_KEY") or (environ.get("OPENAI_API_KEY") if value == OPENAI else None)
            return _Named(value=value, source=source, api_key=key or None)
    for source, key_name in (
        ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
        ("OPENAI_API_BASE", "OPENAI_API_KEY"),
        ("ANYSCALE_API_BASE", "ANYSCALE_API_KEY"),
    ):
        if value := environ.get(source):
            return _Named(value=value, source=source, api_key=environ.get(key_name) or None, is_name_allowed=False)
    key = environ.get(table.api_key_env) if table.api_key_env else None
    if table.endpoint:
        return _Named(value=table.endpoint, source=option("endpoint"), api_key=key or None)
    return _Named(value=EMBEDDED, source="default", api_key=None)


def _check_url(named: _Named) -> str:
    try:
        url = urlsplit(named.value.strip())
        _ = url.port  # raises where it is no number
    except ValueError as error:
        raise ConfigError(f"found no URL: {error}", where=named.source) from None
    if url.username is not None or url.password is not None:
        # The value is not shown: it holds a password, and errors end up in logs.
        raise ConfigError(
            "the URL holds credentials", where=named.source, hint="put the key into the variable that goes with it"
        )
    names = ", `embedded` or `openai`" if named.is_name_allowed else ""
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ConfigError(f"found {named.value!r}, wanted is a URL such as https://host/v1{names}", where=named.source)
    if url.query or url.fragment or re.search(r"\s|[\x00-\x1f]", url.geturl()):
        raise ConfigError(f"found {named.value!r}, a base URL has no query, fragment or blank", where=named.source)
    return url.geturl().rstrip("/")


def _host(url: SplitResult) -> str:
    return (url.hostname or "").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(headers: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    expanded = {}
    for name, text in headers.items():
        where = f"{option('headers')}.{name}"
        try:
            value = expand(text, environ)
        except UnsetVariable as error:
            raise ConfigError(f"the variable {error.args[0]} is not set", where=where) from None
        except MalformedPlaceholder as error:
            raise ConfigError(f"found {error.args[0]!r}, wanted is ${{NAME}}", where=where) from None
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ConfigError("its name or value holds characters that no header can carry", where=where)
        expanded[name] = value.strip()
    return expanded


def _ca_file(name: str | None, root: Path) -> Path | None:
    if name is None:
        return None
    path = root / Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(f"there is no file {name}", where=option("ca_file"))
    return path
