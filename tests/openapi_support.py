"""Answers held to OpenAI's public document, where that is at hand."""

import functools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

DOCUMENT = Path(__file__).parents[2] / "shared" / "wire" / "openapi.json"
needs_document = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason="OPENAI'S PUBLIC DOCUMENT IS NOT HERE: ../shared/wire"
)


class Checked(httpx2.HTTPTransport):
    """A transport that holds every good answer to the public document; without the document it only counts.

    Streams are read whole before they are passed on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[str] = []
        """What was answered well, for example `POST /responses`."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        return _checked(request, response, response.read(), self.operations)


class CheckedAsync(httpx2.AsyncHTTPTransport):
    """The same for asynchronous clients."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        return _checked(request, response, await response.aread(), self.operations)


def _checked(
    request: httpx2.Request, response: httpx2.Response, content: bytes, operations: list[str]
) -> httpx2.Response:
    path = request.url.path.removeprefix("/v1")
    if response.status_code < 300:
        operations.append(f"{request.method} {path}")
        if DOCUMENT.is_file():
            check_answer(request.method, path, content, response.headers["content-type"])
    return httpx2.Response(response.status_code, headers=response.headers, content=content, request=request)


@contextmanager
def checked_client_of(base_url: str) -> Iterator[tuple[OpenAI, Checked]]:
    """A client that refuses what the package's types or the public document do not say."""
    transport = Checked()
    with (
        httpx2.Client(transport=transport, base_url=base_url, timeout=20) as http,
        OpenAI(
            base_url=base_url, api_key="none", max_retries=0, http_client=http, _strict_response_validation=True
        ) as client,
    ):
        yield client, transport


def check_answer(method: str, path: str, content: bytes, content_type: str) -> None:
    """Hold an answer's body, or each event of a stream, to the document."""
    kind = content_type.partition(";")[0]
    place, operation = _operation(method, path)
    answers = operation["responses"]["200"].get("content", {})
    if kind == "text/event-stream" and path.startswith("/threads"):
        for name, data in re.findall(r"^event: (.+)\ndata: (\{.+)$", content.decode(), re.MULTILINE):
            _check({"event": name, "data": json.loads(data)}, "/components/schemas/AssistantStreamEvent")
    elif kind == "text/event-stream":
        # The document forgets that a response can be fetched as a stream.
        name = answers.get(kind, {}).get("schema", {}).get("$ref", "/ResponseStreamEvent").rsplit("/", 1)[-1]
        for data in re.findall(r"^data: (.+)$", content.decode(), re.MULTILINE):
            if data != "[DONE]":
                _check_event(json.loads(data), name)
    elif answers and kind != "application/octet-stream":  # the document takes the content of a file for JSON
        _check(json.loads(content), f"{place}/responses/200/content/{kind.replace('/', '~1')}/schema")


def _check_event(event: Any, union: str) -> None:
    schemas = _document()["components"]["schemas"]
    # One branch of a union is meant: what is wrong in it says more than that no branch fits.
    names = [branch["$ref"].rsplit("/", 1)[-1] for branch in schemas[union].get("anyOf", [])] or [union]
    for name in names:
        if name == union or event["type"] in schemas[name]["properties"]["type"].get("enum", []):
            _check(event, f"/components/schemas/{name}")
            return
    raise AssertionError(f"the public document knows no event {event['type']!r}")


def _check(body: Any, place: str) -> None:
    found = _validator(place).iter_errors(body)
    # The document says text; real traffic has null in an empty list.
    is_empty_list = isinstance(body, dict) and body.get("data") == []
    errors = [error for error in found if not (is_empty_list and error.json_path in {"$.first_id", "$.last_id"})]
    assert not errors, [f"{error.json_path}: {error.message[:300]}" for error in errors[:3]]


@functools.cache
def _validator(place: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    registry: Any = Registry().with_resource("urn:openai", DRAFT202012.create_resource(_document()))
    return Draft202012Validator({"$ref": f"urn:openai#{place}"}, registry=registry)


@functools.cache
def _document() -> Any:
    return _nullable(json.loads(DOCUMENT.read_text()))


def _nullable(node: Any) -> Any:
    """Say in the words of OpenAPI 3.1 what the document still says in those of 3.0."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _nullable(value) for key, value in node.items()}
    return {"anyOf": [changed, {"type": "null"}]} if node.get("nullable") is True else changed


def _operation(method: str, path: str) -> tuple[str, Any]:
    """Return where an operation stands in the document, and what stands there."""
    paths = _document()["paths"]
    # `/responses/input_tokens` must not be taken for `/responses/{response_id}`.
    templates = [path] if path in paths else paths
    for template in templates:
        is_meant = re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        if is_meant and method.lower() in paths[template]:
            return f"/paths/{template.replace('/', '~1')}/{method.lower()}", paths[template][method.lower()]
    raise AssertionError(f"the public document knows no {method} {path}")
