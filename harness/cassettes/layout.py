"""How an interaction stands in a file: what a reader looks for, and nothing that says the same twice.

    - call: POST /threads
      sent: |- ...JSON...
      got: |- ...JSON...

`status` and media types are left out where they are the usual ones. A body that repeats an earlier object of the same
cassette holds `$like: N` (the interaction's number, from 0) and what differs. Text that all cases of a set-up share,
such as retrieved passages and instructions, stands once in the set-up's texts file and is named here by `$text`. A body
that itself holds such a key is marked `as_is` and left alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.cassettes.canonical import BASE
from harness.cassettes.interaction import Interaction, json_or_text
from harness.cassettes.pretty import pretty

JSON = "application/json"
SHARED_LENGTH = 120
"""Characters from which a text is worth sharing."""

_SIGNS = ('"$like"', '"$text"')

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
        stored["sent"] = one.request_body
    if one.request_type not in {"", JSON}:
        stored["sent_type"] = one.request_type
    if one.status != 200:
        stored["status"] = one.status
    if one.response_type != JSON:
        stored["type"] = one.response_type
    body = json_or_text(one.response_body) if one.response_type == JSON else None
    if not isinstance(body, dict | list) or any(sign in one.response_body for sign in _SIGNS):
        return stored | {"got": one.response_body} | ({"as_is": True} if body is not None else {})
    stored["got"] = pretty(_like(number, body if texts is None else _shared(body, texts), seen))
    return stored


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
            name: _shared(item, texts, name, is_result=is_result or name == "results") for name, item in value.items()
        }
    if isinstance(value, list):
        return [_shared(item, texts, key, is_result=is_result) for item in value]
    is_worth_it = isinstance(value, str) and len(value) >= SHARED_LENGTH
    if is_worth_it and (key == "instructions" or (is_result and key == "text")):
        name = hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()[:12]
        texts[name] = value
        return {"$text": name}
    return value


def from_stored(stored: Sequence[Stored], texts: Mapping[str, str]) -> Iterator[Interaction]:
    """Return the interactions of a file, everything that was left out filled in again.

    Raises:
        ValueError: A text or an earlier interaction that is named is not there.
    """
    bodies: list[Any] = []
    for one in stored:
        method, _, path = one["call"].partition(" ")
        got = one["got"]
        if "as_is" not in one and any(sign in got for sign in _SIGNS):
            got = _filled(got, bodies, texts)
        bodies.append(got)
        yield Interaction(
            method=method,
            uri=BASE + path if path.startswith("/") else path,
            request_type=one.get("sent_type", JSON if "sent" in one else ""),
            request_body=one.get("sent", ""),
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
        if "$like" in item:
            number = item.pop("$like")
            if not isinstance(number, int) or not 0 <= number < len(bodies):
                raise ValueError(f"it names an interaction {number!r} that is not there")
            return {**json.loads(bodies[number]), **item}
        return item

    return pretty(json.loads(got, object_hook=fill))


def to_vcr(interaction: Interaction) -> tuple[Any, dict[str, Any]]:
    """Return an interaction as vcrpy's request and response."""
    from vcr.request import Request

    sent_type = {"content-type": interaction.request_type} if interaction.request_type else {}
    request = Request(interaction.method, interaction.uri, interaction.request_body or None, sent_type)
    response = {
        "status": {"code": interaction.status, "message": ""},
        "headers": {"content-type": [interaction.response_type]},
        "body": {"string": interaction.response_body},
    }
    return request, response


def from_vcr(data: Mapping[str, Any]) -> Interaction:
    """Return the interaction that an entry of vcrpy's own format describes, as its serializers see it."""
    request, response = data["request"], data["response"]
    body = response["body"]["string"] or ""
    sent = request["body"] or ""
    sent_type = _media_type(request["headers"])
    return Interaction(
        method=request["method"],
        uri=request["uri"],
        request_type=sent_type if sent else "",
        request_body=sent.decode(errors="replace") if isinstance(sent, bytes) else sent,
        status=response["status"]["code"],
        response_type=_media_type(response["headers"]) or JSON,
        response_body=body.decode(errors="replace") if isinstance(body, bytes) else body,
    )


def _media_type(headers: Mapping[str, Any]) -> str:
    for name, values in headers.items():
        if name.lower() == "content-type":
            value = values[0] if isinstance(values, list) else values
            return str(value).partition(";")[0].strip().lower()
    return ""
