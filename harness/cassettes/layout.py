"""How an interaction stands in a file: what a reader looks for, and nothing that says the same twice.

    - call: POST /threads
      sent: |- ...JSON...
      got: |- ...JSON...

`status` and media types are left out where they are the usual ones. A body that repeats an earlier object of the same
cassette holds `$like: N` (the interaction's number, from 0) and what differs. Text that all cases of a set-up share,
such as retrieved passages and instructions, stands once in the set-up's texts file and is named here by `$text`; so
does what objects of one kind have in common, named by `$base` (see `bases`). A stream is a list of its events, each by
its name; they are bodies too, named by the interaction's number and their own: `$like: "1.0"`. A body that itself holds
such a key is marked `as_is` (`sent_as_is`) and left alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from harness.cassettes.bases import name_of, off_base, on_base
from harness.cassettes.canonical import BASE
from harness.cassettes.interaction import EVENT_STREAM, Interaction, events, json_or_text
from harness.cassettes.pretty import compact, pretty
from harness.cassettes.streams import stream_text
from harness.model.tape import Event

JSON = "application/json"
SHARED_LENGTH = 120
"""Characters from which a text is worth sharing."""

SIGNS = ('"$like"', '"$text"', '"$base"')
"""Keys that stand for what was left out."""

Stored = dict[str, Any]
"""An interaction as the YAML file holds it."""
_Place: TypeAlias = int | str
"""Where a body stands: its interaction's number, or for an event of a stream `NUMBER.EVENT`."""
_Seen: TypeAlias = dict[tuple[str, str], tuple[_Place, dict[str, Any]]]
"""The latest version of each object, and where it stands."""


def to_stored(interactions: Sequence[Interaction], texts: dict[str, str] | None) -> list[Stored]:
    """Return interactions as a file holds them.

    Args:
        interactions: In canonical form.
        texts: Shared texts by their short hash; those met here are added. None: every text stands in its place.
    """
    seen: _Seen = {}
    return [_stored(number, one, seen, texts) for number, one in enumerate(interactions)]


def _stored(number: int, one: Interaction, seen: _Seen, texts: dict[str, str] | None) -> Stored:
    stored: Stored = {"call": f"{one.method} {one.uri.removeprefix(BASE)}"}
    if one.request_type:
        stored |= _sent(one, texts)
    if one.request_type not in {"", JSON}:
        stored["sent_type"] = one.request_type
    if one.status != 200:
        stored["status"] = one.status
    if one.response_type != JSON:
        stored["type"] = one.response_type
    if one.response_type == EVENT_STREAM:
        return stored | _stream(number, one.response_body, seen, texts)
    body = json_or_text(one.response_body) if one.response_type == JSON else None
    if not isinstance(body, dict | list) or any(sign in one.response_body for sign in SIGNS):
        return stored | {"got": one.response_body} | ({"as_is": True} if body is not None else {})
    stored["got"] = pretty(_short(number, body, seen, texts))
    return stored


def _stream(number: int, body: str, seen: _Seen, texts: dict[str, str] | None) -> Stored:
    if any(sign in body for sign in SIGNS):
        return {"got": body, "as_is": True}
    told = []
    for at, event in enumerate(events(body)):
        data = event.data
        if not isinstance(data, str):
            data = pretty(_short(f"{number}.{at}", data, seen, texts))
        told.append({event.name: data})
    return {"got": told}


def _short(place: _Place, body: Any, seen: _Seen, texts: dict[str, str] | None) -> Any:
    """Return a body without what was said before."""
    shared = body if texts is None else _shared(body, texts)
    if isinstance(shared, dict) and isinstance(shared.get("response"), dict):  # an event of the Responses protocol
        return {**shared, "response": _like_or_based(place, shared["response"], seen, texts)}
    return _like_or_based(place, shared, seen, texts)


def _like_or_based(place: _Place, shared: Any, seen: _Seen, texts: dict[str, str] | None) -> Any:
    short = _like(place, shared, seen)
    return on_base(short, texts) if texts is not None and short is shared and isinstance(short, dict) else short


def _sent(one: Interaction, texts: dict[str, str] | None) -> Stored:
    if any(sign in one.request_body for sign in SIGNS):
        return {"sent": one.request_body, "sent_as_is": True}
    body = json_or_text(one.request_body) if one.request_type == JSON else None
    if texts is None or not isinstance(body, dict) or "input" not in body:
        return {"sent": one.request_body}
    # Each request of the Responses protocol says all that an assistant would hold.
    return {"sent": pretty(on_base(_shared(body, texts), texts, is_request=True))}


def _like(place: _Place, body: Any, seen: _Seen) -> Any:
    """Return what a body adds to the earlier version of its object."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return body
    key = (str(body.get("object")), body["id"])
    earlier = seen.get(key)
    seen[key] = (place, body)
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
    bodies: dict[_Place, str] = {}
    for number, one in enumerate(stored):
        method, _, path = one["call"].partition(" ")
        got = one["got"]
        if isinstance(got, list):
            got = stream_text(_told(number, got, bodies, texts))
        elif "as_is" not in one and any(sign in got for sign in SIGNS):
            got = _filled(got, bodies, texts)
        bodies[number] = got
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


def _told(
    number: int, got: Sequence[Mapping[str, str]], bodies: dict[_Place, str], texts: Mapping[str, str]
) -> Iterator[Event]:
    for at, one in enumerate(got):
        ((name, text),) = one.items()
        data = json_or_text(_filled(text, bodies, texts) if any(sign in text for sign in SIGNS) else text)
        if isinstance(data, dict):
            bodies[f"{number}.{at}"] = compact(data.get("response", data))
        yield Event(name=name, data=data)


def _filled(got: str, bodies: Mapping[_Place, str], texts: Mapping[str, str]) -> str:
    def fill(item: dict[str, Any]) -> Any:
        if "$text" in item and len(item) == 1:
            if item["$text"] not in texts:
                raise ValueError(f"the shared text {item['$text']} is missing")
            return texts[item["$text"]]
        if "$base" in item:
            return off_base(item, texts)
        if "$like" in item:
            place = item.pop("$like")
            if place not in bodies:
                raise ValueError(f"it names an interaction {place!r} that is not there")
            return {**json.loads(bodies[place]), **item}
        return item

    return compact(json.loads(got, object_hook=fill))
