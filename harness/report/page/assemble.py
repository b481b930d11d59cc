"""The file itself: style, script and compressed data in one page that may load nothing."""

import base64
import hashlib
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SCRIPTS = (
    "data",
    "text",
    "baseline",
    "filters",
    "charts",
    "overview",
    "table",
    "panel",
    "parts",
    "turn",
    "case",
    "app",
)
"""In the order in which the page reads them: together they are one script."""
STYLES = ("base", "overview", "table", "case", "baseline", "panel", "site", "media")
"""In the order of their force: what narrow screens and paper change stands last."""
_PLACE = re.compile(r"@@([a-z]+)@@")


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A piece of the data that the page inflates when it needs it."""

    name: str
    text: str
    """Base64 of zlib's format: nothing in it can end the element that holds it."""


def packed(name: str, data: Any) -> Chunk:
    """Compress a piece of the data."""
    try:
        raw = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # half of a surrogate pair, which no UTF-8 can hold, or a figure that JSON has no word for
        raw = json.dumps(_sayable(data), separators=(",", ":")).encode()
    return Chunk(name=name, text=base64.b64encode(zlib.compress(raw, 9)).decode("ascii"))


def _sayable(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _sayable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_sayable(value) for value in data]
    return str(data) if isinstance(data, float) and not math.isfinite(data) else data


def assemble(index: Chunk, chunks: Sequence[Chunk]) -> bytes:
    """Return the page.

    Args:
        index: What is needed before anything can be shown; it stands first.
        chunks: All the rest.
    """
    style, script = style_sheet(), _script()
    parts = {
        "policy": "; ".join(
            (
                "default-src 'none'",
                f"script-src '{_hash(script)}'",
                f"style-src '{_hash(style)}'",
                "base-uri 'none'",
                "form-action 'none'",
                "require-trusted-types-for 'script'",  # so that even our own code cannot turn a text into markup
                "trusted-types 'none'",
            )
        ),
        "style": style,
        "script": script,
        "index": _element(index),
        "chunks": "\n".join(_element(chunk) for chunk in chunks),
    }
    return _PLACE.sub(lambda found: parts[found[1]], _read("page.html")).encode()


def style_sheet() -> str:
    """Return the style of all our pages."""
    return "\n".join(_read(f"{name}.css") for name in STYLES)


def style_policy() -> str:
    """Return the source expression of a policy that allows `style_sheet()` and no other style."""
    return f"'{_hash(style_sheet())}'"


def _element(chunk: Chunk) -> str:
    return f'<script type="application/octet-stream" id="{chunk.name}">{chunk.text}</script>'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _script() -> str:
    return "".join(["\n", *(_read(f"{name}.js") for name in SCRIPTS)])


@cache
def _read(name: str) -> str:
    return (files("harness.report.page") / name).read_text(encoding="utf-8")
