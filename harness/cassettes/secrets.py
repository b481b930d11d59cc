"""Which text holds a secret, in whatever encoding; and the last look at what is about to be written."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from harness.errors import CassetteError

LONG_ENOUGH = 12
"""Shorter values, such as `EMPTY` or `ollama`, are also plain words: they are looked for in URLs only."""

LAYERS = 4
"""How often text may be URL-encoded for a secret to be found in it."""

_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|([nrt]))?")
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}


class Secrets:
    """Values that must reach no file.

    Args:
        values: The values as they are.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = frozenset(value for value in values if value)
        long = [value for value in self.values if len(value) >= LONG_ENOUGH]
        self._base64 = {form for value in long for form in _base64_forms(value)}
        forms = {form for value in long for form in _forms(value)} | self._base64 | {quote(one) for one in self._base64}
        # The longest first: a form that holds another is taken out whole.
        self._forms = sorted(forms, key=len, reverse=True)
        self._sought = forms | {_unescaped(value) for value in long}

    def are_in(self, text: str) -> bool:
        """Tell whether text holds one of them: as it is, Base64, URL-encoded or escaped as JSON, also repeatedly."""
        if not self._sought:
            return False
        return any(self._are_seen_in(view) for view in _views(text))

    def _are_seen_in(self, view: str) -> bool:
        if any(form in view for form in self._sought):
            return True
        packed = "".join(view.split())  # Base64 may stand over several lines
        return any(form in packed for form in self._base64)

    def without(self, text: str, mark: str) -> str:
        """Return text with a mark in the place of each of them; the mark alone where it is encoded oddly."""
        for form in self._forms:
            text = text.replace(form, mark)
        return mark if self.are_in(text) else text

    def taken_out(self, data: Any, mark: str) -> Any:
        """Return plain data, as `json.loads` gives it, with a mark for each of them in its texts."""
        return self._marked(data, mark) if self.are_in(json.dumps(data, ensure_ascii=False)) else data

    def _marked(self, data: Any, mark: str) -> Any:
        if isinstance(data, str):
            return self.without(data, mark)
        if isinstance(data, Mapping):
            return {key: self._marked(item, mark) for key, item in data.items()}
        return [self._marked(item, mark) for item in data] if isinstance(data, list) else data


def refuse_secrets(texts: Iterable[str], secrets: Iterable[str], where: str) -> None:
    """Refuse to go on with texts that hold a secret.

    Args:
        texts: What is about to be written.
        secrets: Values that must not be in it, in no usual encoding.
        where: The file it was meant for.

    Raises:
        CassetteError: One of them is. The message names no part of it.
    """
    known = Secrets(secrets)
    if any(known.are_in(text) for text in texts):
        raise CassetteError(
            "the recording would hold the value of a secret from the environment or .env; it was not written",
            where=where,
            hint="the assistant, a document or a prompt repeats it: take it out there, then record again",
        )


def strings(value: Any) -> Iterator[str]:
    """Return all texts of plain data, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def _views(text: str) -> set[str]:
    """Return text as it is and with its encodings undone, layer by layer."""
    views = {text, _unescaped(text)}
    latest = views
    for _ in range(LAYERS):
        coded = [view for view in latest if "%" in view]
        latest = {_unescaped(undo(view)) for view in coded for undo in (unquote, unquote_plus)} - views
        if not latest:
            break
        views = views | latest
    return views


def _unescaped(text: str) -> str:
    """Undo the escapes of JSON, and of JSON within JSON. Backslashes of its own a text loses too."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _BLANKS.get(escape[2] or "", "")


def _forms(secret: str) -> set[str]:
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)} | escaped


def _base64_forms(secret: str) -> Iterator[str]:
    """Return what of the encoded secret is the same whatever stands before and behind it: `user:secret`, say."""
    content = secret.encode(errors="surrogatepass")
    for shift in range(3):
        bits = (shift + len(content)) * 8
        whole = slice((shift * 8 + 5) // 6, bits // 6)
        padded = b"\0" * shift + content
        yield base64.b64encode(padded).decode()[whole]
        yield base64.urlsafe_b64encode(padded).decode()[whole]
