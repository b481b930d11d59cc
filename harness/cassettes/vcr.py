"""Our cassettes for plain vcrpy, and vcrpy's cassettes for us.

recorder = vcr.VCR()
recorder.register_serializer("harness", Serializer("cassettes"))
with recorder.use_cassette("cassettes/suite/case/default.assistants.model.1.yaml", serializer="harness"):
    ...  # a client whose base URL is https://endpoint.invalid/v1
"""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.cassettes.file import FORMAT, UNREADABLE, Cassette, broken, cassette_of, dump, load_yaml
from harness.cassettes.form import form_parts
from harness.cassettes.interaction import FORM, Interaction, json_or_text
from harness.cassettes.layout import JSON, SIGNS
from harness.cassettes.library import SETUP
from harness.cassettes.pretty import pretty
from harness.cassettes.texts import Texts
from harness.errors import CassetteBroken

_WRONG = (*UNREADABLE, EOFError, zlib.error)
"""What reading a file raises that is not as it should be."""


class Serializer:
    """What vcrpy wants of a serializer: text to data and back, in the form of our files.

    Args:
        folder: The cassettes folder of the project: texts that cassettes share lie below it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder) / SETUP

    def deserialize(self, text: str) -> Any:
        """Return what vcrpy reads from a file; a file in vcrpy's own form is passed on.

        Raises:
            CassetteBroken: It is neither.
        """
        try:
            data = load_yaml(text)
            if (data.get("metadata") or {}).get("format") != FORMAT:
                return data
            texts = Texts(self._folder).all() if any(sign in text for sign in SIGNS) else {}
            interactions = cassette_of(data, texts).interactions
        except _WRONG as error:
            raise broken(error, "the cassette given to vcrpy", text) from error
        return {**data, "interactions": [_to_vcr(one) for one in interactions]}

    def serialize(self, data: Mapping[str, Any]) -> str:
        """Return the text of a file of ours: without headers, bodies decoded, no text shared.

        Raises:
            ValueError: A body is no text.
        """
        metadata = data.get("metadata") or {}
        recorded = dict(metadata.get("recorded") or {})
        seconds = recorded.pop("seconds", [])
        interactions = [_laid_out(from_vcr(one)) for one in data["interactions"]]
        for index, time in enumerate(seconds[: len(interactions)]):  # those that were there before
            interactions[index] = replace(interactions[index], started_s=time[0], duration_s=time[1])
        fingerprint = metadata.get("fingerprint") or {}
        return dump(Cassette(fingerprint=fingerprint, interactions=tuple(interactions), recorded=recorded))


def read_vcr(path: Path) -> tuple[Interaction, ...]:
    """Read a cassette that vcrpy has written, by its YAML or its JSON serializer.

    Raises:
        CassetteBroken: It cannot be read, or is no such cassette.
    """
    from vcr.serializers import yamlserializer

    try:
        text = path.read_bytes().decode()
        data = json.loads(text) if text.lstrip().startswith(("{", "[")) else yamlserializer.deserialize(text)
        if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
            raise TypeError(f"it is no vcrpy cassette: wanted is a list `interactions`, found {_found(data)}")
        if (data.get("metadata") or {}).get("format") == FORMAT:
            raise ValueError("it is a recording of this program's own: `harness cassettes verify` scores those")
        return tuple(from_vcr(one, is_lenient=True) for one in data["interactions"])
    except _WRONG as error:
        is_deep = isinstance(error, RecursionError)
        reason = "it is nested too deeply" if is_deep else " ".join(str(error).split())[:300] or type(error).__name__
        hint = "import takes files that vcrpy recorded, with its YAML or JSON serializer"
        raise CassetteBroken(f"cannot be imported: {reason}", where=str(path), hint=hint) from error


def _found(data: Any) -> str:
    if isinstance(data, dict) and {"request", "response"} <= data.keys():
        return "a single request with its answer; that is no conversation that could be judged"
    return f"the keys {', '.join(map(str, data))[:100]}" if isinstance(data, dict) else type(data).__name__


def from_vcr(entry: Mapping[str, Any], *, is_lenient: bool = False) -> Interaction:
    """Return the interaction that an entry of vcrpy's own format describes, as its serializers see it.

    Args:
        entry: A mapping with `request` and `response`. Bodies may stand decoded in `parsed_body`.
        is_lenient: Whether bytes that are no text are replaced.

    Raises:
        ValueError: A body is no text, and leniency is off.
    """
    request, response = entry["request"], entry["response"]
    errors = "replace" if is_lenient else "strict"
    content_type, sent = _header(request, "content-type"), _content(request, request.get("body"))
    sent_type = _media_type(content_type) if sent else ""
    if sent_type == FORM:
        sent = json.dumps(form_parts(content_type, sent), ensure_ascii=False).encode()
    body = response.get("body")
    got = _content(response, body.get("string") if isinstance(body, Mapping) else body)
    return Interaction(
        method=str(request["method"]).upper(),
        uri=str(request["uri"]),
        request_type=sent_type,
        request_body=sent.decode(errors=errors),
        status=int(response["status"]["code"]),
        response_type=_media_type(_header(response, "content-type")) or JSON,
        response_body=_decoded(got, _header(response, "content-encoding")).decode(errors=errors),
    )


def _to_vcr(one: Interaction) -> dict[str, Any]:
    return {
        "request": {
            "method": one.method,
            "uri": one.uri,
            "body": one.request_body or None,
            "headers": {"content-type": [one.request_type]} if one.request_type else {},
        },
        "response": {
            "status": {"code": one.status, "message": ""},
            "headers": {"content-type": [one.response_type]},
            "body": {"string": one.response_body},
        },
    }


def _laid_out(one: Interaction) -> Interaction:
    """Return an interaction with its JSON over several lines."""
    sent, got = json_or_text(one.request_body), json_or_text(one.response_body)
    return replace(
        one,
        request_body=pretty(sent) if isinstance(sent, dict | list) else one.request_body,
        response_body=pretty(got) if isinstance(got, dict | list) else one.response_body,
    )


def _content(message: Mapping[str, Any], body: Any) -> bytes:
    if body is None and "parsed_body" in message:
        body = message["parsed_body"]
    if hasattr(body, "read"):  # old recordings of uploads hold a file object
        body = body.read()
    if isinstance(body, dict | list):
        body = json.dumps(body, ensure_ascii=False)
    return body if isinstance(body, bytes) else str(body or "").encode()


def _decoded(content: bytes, encoding: str) -> bytes:
    """Undo a content encoding. Recorders may have undone it already, or have dropped the header that tells it."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if encoding in {"", "identity", "gzip"}:
        return content
    import httpx2

    try:
        return httpx2.Response(200, headers={"content-encoding": encoding}, content=content).content
    except httpx2.DecodingError:
        return content


def _header(message: Mapping[str, Any], wanted: str) -> str:
    for name, values in (message.get("headers") or {}).items():
        if str(name).lower() == wanted:
            return str(values[0] if isinstance(values, list) and values else values or "")
    return ""


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
