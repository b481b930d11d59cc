"""Take secrets out of what was recorded, before anything of it is written.

What only names things is replaced by `[secret]`: URLs, and JSON fields such as names and metadata. What is said is not:
another text in the place of a message, an instruction or a passage would shift the offsets of citations, and be judged
as if it had been answered. There the write is refused. Headers are not kept at all.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from harness.cassettes.interaction import EVENT_STREAM, Interaction, events, json_or_text
from harness.cassettes.pretty import pretty
from harness.cassettes.secrets import Secrets
from harness.cassettes.streams import stream_text
from harness.config import project_on_path
from harness.errors import CassetteError, ConfigError

SECRET = "[secret]"  # noqa: S105 - what stands in its place
"""Stands where a secret stood."""
SPOKEN = frozenset(
    {
        "additional_instructions",
        "arguments",
        "content",
        "delta",
        "description",
        "input",
        "instructions",
        "output",
        "prompt",
        "refusal",
        "text",
        "value",
    }
)
"""Fields whose text is said: by the user, the assistant, its author, a function or a document; the model reads it."""


@runtime_checkable
class Scrubber(Protocol):
    """Takes out of a recording what must not be kept; named in `[tool.harness] scrubbers`."""

    def scrub(self, interaction: Interaction) -> Interaction:
        """Return what may be written of a request and its response."""


class Scrubbing:
    """The user's scrubbers, then our own.

    Args:
        values: Secret values.
        names: Scrubbers as `package.module:name`; each is an object with `scrub`, or a class of such.
        root: The project: modules are looked for there too.
    """

    def __init__(self, values: frozenset[str], names: Sequence[str], root: Path) -> None:
        self._secrets = Secrets(values)
        self._names = names
        self._root = root

    @cached_property
    def _scrubbers(self) -> dict[str, Scrubber]:
        return {name: load_scrubber(name, self._root) for name in self._names}

    def clean(self, interactions: Sequence[Interaction], case: str) -> tuple[Interaction, ...]:
        """Return a tape as it may be written.

        Args:
            interactions: In canonical form.
            case: Whose tape it is, for messages.

        Raises:
            CassetteError: A secret stands in what was said, or a scrubber failed.
            ConfigError: A scrubber cannot be loaded.
        """
        for name, scrubber in self._scrubbers.items():
            interactions = [_scrubbed(scrubber, name, one, case) for one in interactions]
        return tuple(self._clean(one, case) for one in interactions)

    def clean_text(self, text: str) -> str:
        """Return a text with `[secret]` in the place of each secret."""
        return self._secrets.without(text, SECRET)

    def _clean(self, one: Interaction, case: str) -> Interaction:
        at = f"{one.method} {urlsplit(one.uri).path}"
        return replace(
            one,
            uri=self._clean_uri(one.uri),
            request_body=self._clean_body(one.request_body, case, f"the request {at}"),
            response_body=self._clean_stream(one.response_body, case, f"the stream of {at}")
            if one.response_type == EVENT_STREAM
            else self._clean_body(one.response_body, case, f"the answer to {at}"),
        )

    def _clean_uri(self, uri: str) -> str:
        url = urlsplit(uri)
        pairs = parse_qsl(url.query, keep_blank_values=True)
        cleaned = [(self.clean_text(key), SECRET if self._is_secret(value) else value) for key, value in pairs]
        if cleaned != pairs:
            uri = urlunsplit(url._replace(query=urlencode(cleaned)))
        return self._secrets.without(uri, quote(SECRET))

    def _is_secret(self, value: str) -> bool:
        return value in self._secrets.values or self._secrets.are_in(value)

    def _clean_body(self, body: str, case: str, place: str) -> str:
        if not self._secrets.are_in(body):
            return body
        decoded = json_or_text(body)
        if not isinstance(decoded, dict | list):
            return self._secrets.without(body, SECRET)
        return pretty(self._clean_value(decoded, case, place))

    def _clean_stream(self, body: str, case: str, place: str) -> str:
        if not self._secrets.are_in(body):
            return body
        return stream_text(replace(event, data=self._clean_value(event.data, case, place)) for event in events(body))

    def _clean_value(self, value: Any, case: str, place: str, field: str = "") -> Any:
        if isinstance(value, Mapping):
            return {
                self.clean_text(key): self._clean_value(item, case, place, f"{field}.{key}" if field else key)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._clean_value(item, case, place, f"{field}[{at}]") for at, item in enumerate(value)]
        if not isinstance(value, str) or not self._secrets.are_in(value):
            return value
        if field.rpartition(".")[2].partition("[")[0] in SPOKEN:
            raise CassetteError(
                f"{case} was not recorded: `{field}` of {place} holds the value of a secret from the environment or "
                "`.env`, and text that is said cannot be changed",
                hint="take the secret out of the prompt, the instructions or the document, then record again",
            )
        return SECRET


def load_scrubber(name: str, root: Path) -> Scrubber:
    """Load a scrubber.

    Args:
        name: `package.module:name`.
        root: The project: modules are looked for there too.

    Raises:
        ConfigError: There is no such module or name, importing it fails, or it does not scrub.
    """
    where = f"pyproject.toml: [tool.harness] scrubbers: {name}"
    module_name, _, attribute = name.partition(":")
    try:
        with project_on_path(root):
            found = getattr(importlib.import_module(module_name), attribute)
        scrubber = found() if isinstance(found, type) else found
    except Exception as error:  # the user's code runs here, and may fail in any way
        raise ConfigError(f"cannot be loaded: {type(error).__name__}: {error}", where=where) from error
    if not isinstance(scrubber, Scrubber):
        raise ConfigError("is no scrubber", where=where, hint="it needs a method `scrub(interaction)`")
    return scrubber


def _scrubbed(scrubber: Scrubber, name: str, interaction: Interaction, case: str) -> Interaction:
    hint = "correct the scrubber, or take it out of [tool.harness] scrubbers"
    try:
        scrubbed = scrubber.scrub(interaction)
    except Exception as error:  # the user's code runs here; its message may repeat what it was to take out
        what = f"{case} was not recorded: the scrubber {name} failed with {type(error).__name__}"
        raise CassetteError(what, hint=hint) from error
    if not isinstance(scrubbed, Interaction):
        what = f"{case} was not recorded: the scrubber {name} returned {type(scrubbed).__name__}, not an Interaction"
        raise CassetteError(what, hint=hint)
    return scrubbed
