"""Ask the embedded server for what nobody would think of, and hold its answers to OpenAI's public document.

    pip install -c .ci/constraints.txt -e '.[bench]'
    python benchmarks/server_fuzz.py --document openapi.json [--examples 200] [--only /threads]

schemathesis makes requests from the document, for each of its operations; ids of real objects stand in most of them, so
that many are answered well. Then

- no answer has a status of 500 or more
- a good answer has the content type and the schema that the document states; each event of a stream is JSON
- any other has OpenAI's error shape

`PATCHES` lists where the document is wrong about the real API, and what is put in its place. The last line is one JSON
object: operations, requests, how many were answered well, and failures, of which the goal is none.
"""

import argparse
import collections
import json
import random
import re
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from harness.embedded import start_embedded

PATCHES = {
    "first_id and last_id of a list may be null": "the document says text; real traffic has null in empty lists",
    "nullable": "the document says `nullable: true` in the words of OpenAPI 3.0, and calls itself 3.1",
    "GET /files/{file_id}/content is application/octet-stream": "the document says a JSON string; real ones are bytes",
    "bodies with properties are objects": "the document leaves the type of some of them out",
    "discriminator": "the document names no values, and those of a tool that takes the schemas' names are on no wire",
    "runs answer text/event-stream too": "the document names it for responses and chat only, and describes the events",
}
"""What is changed in the document, each with the reason."""
KNOWN = 0.9
"""Share of the names in requests that are made those of real objects."""
OPERATIONS = (
    *("/assistants", "/threads", "/files", "/uploads", "/vector_stores", "/models", "/responses", "/conversations"),
    "/chat/completions",
)
NEEDED = frozenset(
    {
        *("model", "input", "messages", "assistant_id", "thread", "role", "content", "tool_outputs", "query", "files"),
        *("file_id", "file_ids", "part_ids", "items", "attributes", "metadata", "bytes", "filename", "mime_type"),
        "purpose",
    }
)
"""Fields that stay in a request when it is thinned out."""
PLAIN = frozenset({"input", "items", "messages", "content", "tool_outputs"})
"""Fields that hold what anyone would send, in half of the requests."""
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


_NAME = re.compile(r"[a-z0-9_.-]+", re.IGNORECASE)


@dataclass(kw_only=True, slots=True)
class Tally:
    """What came of all requests."""

    requests: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """What went wrong, each kind once an operation: what it is, and a request that shows it."""


def patched(document: Any) -> Any:
    """Return the document with `PATCHES`, and with the server's operations only."""
    paths = {path: item for path, item in document["paths"].items() if path.startswith(OPERATIONS)}
    document = _words_of_31({**document, "paths": paths})
    _loosen_cursors(document)
    for item in document["paths"].values():
        for operation in item.values():
            _say_object(document, operation)
    for name in ("servers", "security"):
        document.pop(name, None)
    answers = document["paths"]["/files/{file_id}/content"]["get"]["responses"]["200"]
    answers["content"] = {"application/octet-stream": {"schema": {}}}
    for path, item in document["paths"].items():
        if "/runs" in path and "post" in item:
            item["post"]["responses"]["200"]["content"]["text/event-stream"] = {"schema": {}}
    return document


def _say_object(document: Any, operation: Any) -> None:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "properties" in schema:
        schema.setdefault("type", "object")


def _words_of_31(node: Any) -> Any:
    if isinstance(node, list):
        return [_words_of_31(item) for item in node]
    if not isinstance(node, dict):
        return node
    is_named = isinstance(node.get("discriminator"), dict) and "propertyName" in node["discriminator"]
    left_out = {"discriminator"} if is_named else set()
    changed = {key: _words_of_31(value) for key, value in node.items() if key not in left_out}
    return {"anyOf": [changed, {"type": "null"}]} if node.get("nullable") is True else changed


def _loosen_cursors(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _loosen_cursors(item)
    elif isinstance(node, dict):
        properties = node.get("properties")
        for name in ("first_id", "last_id"):
            if isinstance(properties, dict) and name in properties:
                properties[name] = {"anyOf": [properties[name], {"type": "null"}]}
        for value in node.values():
            _loosen_cursors(value)


class World:
    """Real objects, for requests to name.

    Args:
        base_url: Where the server is.
    """

    def __init__(self, base_url: str) -> None:
        self._http = httpx2.Client(base_url=base_url, timeout=60)
        self.ids: dict[str, str] = {}
        """By the name of the parameter that names them."""

    def make(self) -> None:
        """Make all of them anew."""
        self.ids = {"model": "extractive"}
        self._make_files()
        self._make_run()
        answer = self._post("/responses", {"model": "extractive", "input": "Herons?", "background": True})
        item = {"role": "user", "content": "Hello"}
        self.ids["response_id"] = answer["id"]
        self.ids["conversation_id"] = conversation = self._post("/conversations", {"items": [item]})["id"]
        self.ids["item_id"] = self._get(f"/conversations/{conversation}/items")["data"][0]["id"]

    def _make_files(self) -> None:
        form: Any = {"files": {"file": ("a.txt", b"Herons wade in the river.")}, "data": {"purpose": "assistants"}}
        self.ids["file_id"] = file = self._post("/files", **form)["id"]
        self.ids["vector_store_id"] = store = self._post("/vector_stores")["id"]
        self.ids["batch_id"] = self._post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
        about = {"bytes": 4, "filename": "b.txt", "mime_type": "text/plain", "purpose": "assistants"}
        self.ids["upload_id"] = upload = self._post("/uploads", about)["id"]
        self.ids["part_id"] = self._post(f"/uploads/{upload}/parts", files={"data": ("data", b"text")})["id"]

    def _make_run(self) -> None:
        tools = [{"type": "file_search"}, WEATHER]
        resources = {"file_search": {"vector_store_ids": [self.ids["vector_store_id"]]}}
        body = {"model": "extractive", "tools": tools, "tool_resources": resources}
        self.ids["assistant_id"] = assistant = self._post("/assistants", body)["id"]
        question = {"role": "user", "content": "Where do herons wade, and what is the weather?"}
        self.ids["thread_id"] = thread = self._post("/threads", {"messages": [question]})["id"]
        self.ids["message_id"] = self._get(f"/threads/{thread}/messages")["data"][0]["id"]
        self.ids["busy_thread_id"] = thread = self._post("/threads", {"messages": [question]})["id"]
        self.ids["run_id"] = run = self._post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
        while self._get(f"/threads/{thread}/runs/{run}")["status"] != "requires_action":
            time.sleep(0.005)
        step = self._get(f"/threads/{thread}/runs/{run}/steps")["data"][0]
        self.ids["step_id"] = step["id"]
        self.ids["tool_call_id"] = step["step_details"]["tool_calls"][0]["id"]

    def _post(self, path: str, body: Any = None, **options: Any) -> Any:
        answer = self._http.post(path, json=body, **options)
        answer.raise_for_status()
        return answer.json()

    def _get(self, path: str) -> Any:
        return self._http.get(path).json()


def fill_in(case: Any, ids: dict[str, str], source: random.Random) -> None:
    """Let most of what a made-up request names exist."""
    if "run_id" in (case.path_parameters or {}):
        ids = {**ids, "thread_id": ids["busy_thread_id"]}
    for name in list(case.path_parameters or {}):
        if name in ids and source.random() < KNOWN:
            case.path_parameters[name] = ids[name]
    if isinstance(case.query, dict):
        for name in {"after", "before", "starting_after"} & set(case.query):
            if source.random() < KNOWN:
                del case.query[name]
    if source.random() < KNOWN:
        _fill_in_body(case.body, ids)
        if case.operation.path == "/responses" and isinstance(case.body, dict):
            # The document demands neither; the API does.
            case.body = {"model": ids["model"], "input": "Herons?"} | case.body
    if isinstance(case.body, dict):
        # Of thirty fields one is nearly always wrong: few requests would get past the first check.
        left_out = source.choice((0, 0.5, 0.9, 1))
        for name in [name for name in case.body if name not in NEEDED and source.random() < left_out]:
            del case.body[name]
        for name in PLAIN & set(case.body):
            if source.random() < 0.5:
                case.body[name] = _plain(name, ids)


def _plain(name: str, ids: dict[str, str]) -> Any:
    message = {"role": "user", "content": "Where do herons wade?"}
    outputs = [{"tool_call_id": ids["tool_call_id"], "output": "grey"}]
    texts = {"input": message["content"], "content": message["content"], "tool_outputs": outputs}
    return texts.get(name, [message])


def _fill_in_body(node: Any, ids: dict[str, str]) -> None:
    if isinstance(node, list):
        for item in node:
            _fill_in_body(item, ids)
    if not isinstance(node, dict):
        return
    for name in [name for name in node if not _NAME.fullmatch(name)]:
        del node[name]  # unknown, and refused as such
    for name, value in node.items():
        singular = name.removesuffix("s")
        if name in ids and isinstance(value, str):
            node[name] = ids[name]
        elif name.endswith("_ids") and singular in ids and isinstance(value, list):
            node[name] = [ids[singular]][: len(value)]
        else:
            _fill_in_body(value, ids)


def ask(operation: Any, world: World, base_url: str, options: argparse.Namespace, tally: Tally) -> None:
    """Make so many requests of one operation, and note what is wrong with their answers."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    source = random.Random(options.seed)
    world.make()

    @seed(options.seed)
    @settings(
        max_examples=options.examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask_once(case: Any) -> None:
        fill_in(case, world.ids, source)
        answer = case.call(base_url=base_url, timeout=60)
        tally.requests += 1
        tally.statuses[answer.status_code] += 1
        wrong = fault_of(case, answer)
        if wrong is not None:
            name = f"{operation.method.upper()} {operation.path}: {wrong[:300]}"
            tally.failures.setdefault(name, case.as_curl_command()[:1000])
        if answer.status_code < 300 and operation.method != "get":
            world.make()

    ask_once()


def fault_of(case: Any, answer: Any) -> str | None:
    """Return what is wrong with an answer, or None."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.errors import FailureGroup
    from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

    kind = answer.headers["content-type"][0].partition(";")[0]
    try:
        if answer.status_code >= 300:
            case.validate_response(answer, checks=[not_a_server_error])
            return fault_of_error(answer.json())
        if kind == "text/event-stream":
            case.validate_response(answer, checks=[content_type_conformance])
            for data in re.findall(r"^data: (.+)$", answer.text, re.MULTILINE):
                assert data == "[DONE]" or json.loads(data), data
            return None
        case.validate_response(answer, checks=[content_type_conformance, response_schema_conformance])
    except FailureGroup as group:
        return "; ".join(f"{one.title}: {one.message}".replace("\n", " ") for one in group.exceptions)
    return None


def fault_of_error(body: Any) -> str | None:
    """Return how an error differs from OpenAI's shape, or None."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or set(error) != {"message", "type", "param", "code"}:
        return f"not the error shape: {body}"
    if not error["message"] or not isinstance(error["message"], str) or not isinstance(error["type"], str):
        return f"no message or type: {body}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--document", type=Path, required=True, help="OpenAI's public OpenAPI document, as JSON")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--only", default="", help="operations whose method and path hold this")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    import schemathesis

    warnings.simplefilter("ignore")
    schema = schemathesis.openapi.from_dict(patched(json.loads(options.document.read_text(encoding="utf-8"))))
    total, operations = Tally(), 0
    with start_embedded() as server:
        world = World(server.base_url)
        results: Any = schema.get_all_operations()
        for result in results:
            operation = result.ok()
            name = f"{operation.method.upper()} {operation.path}"
            if options.only not in name:
                continue
            tally, started = Tally(), time.perf_counter()
            ask(operation, world, server.base_url, options, tally)
            good = sum(count for status, count in tally.statuses.items() if status < 300)
            print(f"{name:75} {tally.requests:5} {good:5} good {time.perf_counter() - started:6.1f} s", flush=True)
            for what, request in tally.failures.items():
                print(f"  {what}\n    {request}", flush=True)
            operations += 1
            total.requests += tally.requests
            total.statuses += tally.statuses
            total.failures |= tally.failures
        assert server.is_running
        print(server.stderr_tail())
    print_figures(operations, total)
    return bool(total.failures)


def print_figures(operations: int, total: Tally) -> None:
    """Print what came of it as one JSON object."""
    good = sum(count for status, count in total.statuses.items() if status < 300)
    figures = {"operations": operations, "requests": total.requests, "good": good, "failures": len(total.failures)}
    print(json.dumps({**figures, "statuses": dict(sorted(total.statuses.items())), "goals": {"failures": 0}}))


if __name__ == "__main__":
    sys.exit(main())
