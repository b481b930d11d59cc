"""What objects of one kind say alike in case after case: settings, dates, all that is null or empty.

It stands once in the set-up's texts, and an object in a case's file holds `$base: NAME` and what is its own:

    {"$base": "1f3a9c04be77", "id": "run_...", "object": "thread.run", "thread_id": "thread_...", "status": "queued"}

A base is JSON with all keys of the object in their order; `$` stands for what each object says itself.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from harness.cassettes.canonical import DATE
from harness.cassettes.pretty import pretty

OWN = "$"

_SETTINGS = frozenset(
    {
        "file_id",  # of search results only: elsewhere it is the object's own
        "file_name",
        "filename",
        "include",
        "instructions",
        "max_output_tokens",
        "model",
        "parallel_tool_calls",
        "reasoning",
        "response_format",
        "service_tier",
        "temperature",
        "tool_choice",
        "tool_resources",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "truncation_strategy",
    }
)
"""Members that say how the assistant is set up, and not what it did."""


def name_of(text: str) -> str:
    """Return the name under which a text is shared."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def on_base(
    item: dict[str, Any], texts: dict[str, str], *, is_result: bool = False, is_request: bool = False
) -> dict[str, Any]:
    """Return an object of the protocol as its base and what is its own; anything else as it is.

    Args:
        item: Part of a body; texts that it shares may have been replaced.
        texts: Takes up the base.
        is_result: Whether it is part of what a search has found.
        is_request: Whether it is the whole of what was sent.
    """
    is_object = isinstance(item.get("object"), str) and isinstance(item.get("id"), str)
    if not (is_object or is_request or (is_result and "file_id" in item)):
        return item
    own = {name: value for name, value in item.items() if not _is_common(name, value, is_result=is_result)}
    if len(item) - len(own) < (2 if is_result or is_request else 3):
        return item  # a name would take as much room
    base = pretty({name: OWN if name in own else value for name, value in item.items()})
    texts[name_of(base)] = base
    return {"$base": name_of(base), **own}


def _is_common(name: str, value: Any, *, is_result: bool) -> bool:
    if name == "file_id":
        return is_result
    if isinstance(value, dict) and "$text" in value:
        return False  # a base stands alone: what it named could not be found through it
    is_date = name.endswith("_at") and value == DATE
    # A response tells under `text` how its text is laid out, and not what it says.
    is_setting = name in _SETTINGS or (name == "text" and isinstance(value, dict))
    return value in (None, [], {}) or isinstance(value, bool) or is_date or (is_setting and value != OWN)


def off_base(item: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the object that `on_base` took apart.

    Raises:
        ValueError: Its base is not there, or wants something that the object does not say.
    """
    name = item["$base"]
    if name not in texts:
        raise ValueError(f"the shared base {name} is missing")
    base = _decoded(texts[name])
    own = {key: value for key, value in item.items() if key != "$base"}
    left_out = [key for key, value in base.items() if value == OWN and key not in own]
    if left_out:
        raise ValueError(f"an object on the base {name} lacks {', '.join(left_out)}")
    return {**base, **own}


@lru_cache(maxsize=256)
def _decoded(text: str) -> dict[str, Any]:
    decoded = json.loads(text)
    if not isinstance(decoded, dict):
        raise TypeError("a shared base is no object")
    return decoded
