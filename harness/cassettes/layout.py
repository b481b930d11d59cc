"""How an interaction stands in a file: what a reader looks for, and nothing that says the same twice.

    - call: POST /threads
      sent: |- ...JSON...
      got: |- ...JSON...

`status` and media types are left out where they are the usual ones. A body that repeats an earlier object of the same
cassette holds `$like: N` (the interaction's number, from 0) and what differs. Text that all cases of a set-up share,
such as retrieved passages and instructions, stands once in the set-up's texts file and is named here by `$text`; so
does what objects of one kind have in common, named by `$base` (see `bases`). A body that itself holds such a key is
marked `as_is` (`sent_as_is`) and left alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.cassettes.bases import name_of, off_base, on_base
from harness.cassettes.canonical import BASE
from harness.cassettes.interaction import Interaction, json_or_text
from harness.cassettes.pretty import compact, pretty

JSON = "application/json"
SHARED_LENGTH = 120
"""Characters from which a text is worth sharing."""

SIGNS = ('"$like"', '"$text"', '"$base"')
"""Keys that stand for what was left out."""

Stored = dict[str, Any]
"""An interaction as the YAML file holds it."""


def to_stored(interactions: Sequence[Interaction], texts: dict[str, str] | None) -> list[Stored]:
    """Return interactions as a file holds them.

    Args:
        interactions: In canonical form.
        texts: Shared texts by their short hash; those met here are added. None: every text stands in its place.
    """
    seen: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    return [_stored(number, one, seen, texts) for number, one in enumerate(interactions)]


def _stored(
    number: int,
    one: Interaction,
    seen: dict[tuple[str, str], tuple[int, dict[str, Any]]],
    texts: dict[str, str] | None,
) -> Stored:
    stored: Stored = {"call": f"{one.method} {one.uri.removeprefix(BASE)}"}
    if one.request_type:
        stored |= _sent(one, texts)
    if one.request_type not in {"", JSON}:
        stored["sent_type"] = one.request_type
    if one.status != 200:
        stored["status"] = one.status
    if one.response_type != JSON:
        stored["type"] = one.response_type
    body = json_or_text(one.response_body) if one.response_type == JSON else None
    if not isinstance(body, dict | list) or any(sign in one.response_body for sign in SIGNS):
        return stored | {"got": one.response_body} | ({"as_is": True} if body is not None else {})
    shared = body if texts is None else _shared(body, texts)
    short = _like(number, shared, seen)
    if texts is not None and short is shared and isinstance(short, dict):
        short = on_base(short, texts)
    stored["got"] = pretty(short)
    return stored


def _sent(one: Interaction, texts: dict[str, str] | None) -> Stored:
    if any(sign in one.request_body for sign in SIGNS):
        return {"sent": one.request_body, "sent_as_is": True}
    body = json_or_text(one.request_body) if one.request_type == JSON else None
    if texts is None or not isinstance(body, dict) or "input" not in body:
        return {"sent": one.request_body}
    # Each request of the Responses protocol says all that an assistant would hold.
    return {"sent": pretty(on_base(_shared(body, texts), texts, is_request=True))}


def _like(number: int, body: Any, seen: dict[tuple[str, str], tuple[int, dict[str, Any]]]) -> Any:
    """Return what a body adds to the earlier version of its object."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return body
    key = (str(body.get("object")), body["id"])
    earlier = seen.get(key)
    seen[key] = (number, body)
    if earlier is None or list(earlier[1]) != list(body):
        return body
    return {"$like": earlier[0]} | {name: item for name, item in body.items() if item != earlier[1][name]}


def _shared(value: Any, texts: dict[str, str], key: str = "", *, is_result: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _inner(item, texts, name, is_result=is_result or name == "results") for name, item in value.items()
        }
    if isinstance(value, list):
        return [_inner(item, texts, key, is_result=is_result) for item in value]
    is_worth_it = isinstance(value, str) and len(value) >= SHARED_LENGTH
    if is_worth_it and (key == "instructions" or (is_result and key == "text")):
        texts[name_of(value)] = value
        return {"$text": name_of(value)}
    return value


def _inner(value: Any, texts: dict[str, str], key: str, *, is_result: bool) -> Any:
    shared = _shared(value, texts, key, is_result=is_result)
    return on_base(shared, texts, is_result=is_result) if isinstance(shared, dict) else shared


def from_stored(stored: Sequence[Stored], texts: Mapping[str, str]) -> Iterator[Interaction]:
    """Return the interactions of a file, everything that was left out filled in again.

    Bodies that something was left out of come back as JSON on one line: who reads them decodes them at once.

    Raises:
        ValueError: A text or an earlier interaction that is named is not there.
    """
    bodies: list[Any] = []
    for one in stored:
        method, _, path = one["call"].partition(" ")
        got = one["got"]
        if "as_is" not in one and any(sign in got for sign in SIGNS):
            got = _filled(got, bodies, texts)
        bodies.append(got)
        sent = one.get("sent", "")
        if "sent_as_is" not in one and any(sign in sent for sign in SIGNS):
            sent = _filled(sent, bodies, texts)
        yield Interaction(
            method=method,
            uri=BASE + path if path.startswith("/") else path,
            request_type=one.get("sent_type", JSON if "sent" in one else ""),
            request_body=sent,
            status=one.get("status", 200),
            response_type=one.get("type", JSON),
            response_body=got,
        )


def _filled(got: str, bodies: Sequence[str], texts: Mapping[str, str]) -> str:
    def fill(item: dict[str, Any]) -> Any:
        if "$text" in item and len(item) == 1:
            if item["$text"] not in texts:
                raise ValueError(f"the shared text {item['$text']} is missing")
            return texts[item["$text"]]
        if "$base" in item:
            return off_base(item, texts)
        if "$like" in item:
            number = item.pop("$like")
            if not isinstance(number, int) or not 0 <= number < len(bodies):
                raise ValueError(f"it names an interaction {number!r} that is not there")
            return {**json.loads(bodies[number]), **item}
        return item

    return compact(json.loads(got, object_hook=fill))
